#!/bin/sh
# run_suites.sh VARIANT PROGRAM... - runs test programs one after another and adds up what Check says of them.
set -u

variant=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
support=$here/support
. "$support/sanitizers.sh"
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-60}"

checks=0
failed=0
bad=
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    "$program" >"$log" 2>&1
    status=$?
    # Check's line: "100%: Checks: 12, Failures: 0, Errors: 0"
    counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" | tail -1)
    read -r ran failures errors <<COUNTS
${counts:-0 0 1}
COUNTS
    checks=$((checks + ran))
    failed=$((failed + failures + errors))
    name=${program#*/tests/}
    skipped=$(grep -c '^skipped:' "$log")
    if [ "$status" -ne 0 ] || [ -z "$counts" ]; then
        bad="$bad $name"
        [ $((failures + errors)) -gt 0 ] || failed=$((failed + 1))
        cat "$log"
        echo "FAILED $name (exit $status)"
    elif [ "$skipped" -gt 0 ]; then
        echo "ok     $name: $ran checks"
        grep '^skipped:' "$log" | sort -u | sed 's/^/         /'
    else
        echo "ok     $name: $ran checks"
    fi
done
echo "$variant suites: $checks checks, $failed failed"
[ "$checks" -gt 0 ] && [ "$failed" -eq 0 ] && [ -z "$bad" ]
