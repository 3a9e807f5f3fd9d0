#!/bin/sh
# cold_start.sh BIN PHOTOS [OPTIONS...] - runs cold_start.py in the peers' environment.
set -eu

bin=$1
photos=${2:-../shared/data/weather/Train}
shift 2

[ -d "$photos" ] || { echo "tl: $photos is no folder of photos; name one: make bench-cold PHOTOS=folder" >&2; exit 2; }
. tests/bench/peers_environment.sh
exec "$environment/bin/python" tests/bench/cold_start.py "$bin" "$weights" "$photos" "$@"
