#!/bin/sh
# onnx.sh BIN PHOTOS DRAW_SKIES - models of every kind of head: onnx.checker takes them, onnxruntime answers as tl-classify.
set -eu

. tests/export/environment.sh
. tests/export/prepare.sh
train_head sqrt --transform sqrt
train_head all --pool avg --transform sqrt --hidden 24
for kind in $kinds; do
    "$bin/tl-train" "$work/s.tl" --export "$work/$kind.onnx" --run "$kind"
done
"$bin/tl-train" "$work/s.tl" --export "$work/bytes.onnx" --run plain --input uint8
"$bin/tl-extract" "$work/rescaled.tl" "$photos" --preprocess rescale --quiet
"$bin/tl-train" "$work/rescaled.tl" --name rescaled --epochs 3 --quiet >/dev/null
"$bin/tl-train" "$work/rescaled.tl" --export "$work/rescaled.onnx"
"$bin/tl-extract" "$work/half.tl" "$photos" --store-precision float16 --quiet
"$bin/tl-train" "$work/half.tl" --name half --epochs 3 --quiet >/dev/null
"$bin/tl-train" "$work/half.tl" --export "$work/half.onnx"
"$python" tests/export/onnx_answers.py "$bin/tl-classify" "$photos" "$work" $kinds bytes=plain rescaled half
