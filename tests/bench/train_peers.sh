#!/bin/sh
# train_peers.sh WORKER BIN [OPTIONS...] - runs train_peers.py in the peers' environment.
set -eu

. tests/bench/peers_environment.sh
exec "$environment/bin/python" tests/bench/train_peers.py "$@"
