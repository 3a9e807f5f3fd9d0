# environment.sh - sourced: `python` is that of the peers' environment (tests/bench/peers_environment.sh), or the check is skipped.
python=${TL_PEERS:-build/peers}/bin/python
if [ ! -x "$python" ]; then
    echo "skipped: no environment with Keras and onnxruntime at ${TL_PEERS:-build/peers}; make bench-peers makes one, TL_PEERS names another"
    exit 0
fi
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
if [ ! -e "$weights" ]; then
    echo "skipped: no weights at $weights (make weights)"
    exit 0
fi
