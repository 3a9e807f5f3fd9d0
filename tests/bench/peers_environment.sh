# peers_environment.sh - sourced: installs the peers into a virtual environment, once, and sets `environment` and `weights`.
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
environment=${TL_PEERS:-build/peers}
if [ ! -e "$environment/complete" ]; then
    echo "Installing onnxruntime, OpenVINO, PyTorch, scikit-learn and Keras with TensorFlow into $environment ..."
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check \
        onnxruntime==1.32.0 openvino==2026.4.1 onnx torch==2.15.0 tensorflow-cpu==2.21.0 keras==3.15.1 scikit-learn h5py numpy pillow
    touch "$environment/complete"
fi
