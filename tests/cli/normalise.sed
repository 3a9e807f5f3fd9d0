# Durations, rates, run ids and clock times differ from run to run; everything else must not.
s/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/UUID/g
s/[0-9]+(\.[0-9]+)? (photos|variants)\/s/RATE \2\/s/g
s/[0-9]+ h [0-9]+ min/DURATION/g
s/[0-9]+ min [0-9]+ s/DURATION/g
s/([^0-9.])[0-9]+(\.[0-9]+)? (s|ms)([^a-z]|$)/\1DURATION\4/g
s/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g
