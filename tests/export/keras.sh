#!/bin/sh
# keras.sh BIN PHOTOS DRAW_SKIES - Keras loads what tl-train exports and answers as tl-classify; what Keras trains comes back as a head.
set -eu

. tests/export/environment.sh
. tests/export/prepare.sh
"$bin/tl-store" export "$work/s.tl" "$work/features.npy" --plain --quiet >/dev/null
for kind in $kinds; do
    for ending in keras weights.h5 h5; do
        "$bin/tl-train" "$work/s.tl" --export "$work/$kind.$ending" --run "$kind"
    done
    "$bin/tl-train" "$work/s.tl" --export "$work/$kind.csv" --run "$kind"
done
"$python" tests/export/keras_answers.py "$bin" "$photos" "$work" $kinds
