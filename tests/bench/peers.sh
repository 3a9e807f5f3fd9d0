#!/bin/sh
# peers.sh WORKER PHOTOS [OPTIONS...] - runs peers.py in the peers' environment.
set -eu

worker=$1
photos=${2:-../shared/data/weather/Train}
shift 2

[ -d "$photos" ] || { echo "tl: $photos is no folder of photos; name one: make bench-peers PHOTOS=folder" >&2; exit 2; }
. tests/bench/peers_environment.sh
exec "$environment/bin/python" tests/bench/peers.py "$worker" "$weights" "$photos" "$@"
