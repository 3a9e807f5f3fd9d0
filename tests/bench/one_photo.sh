#!/bin/sh
# one_photo.sh BIN DRAW_SKIES [ROUNDS] - how long a process of tl-classify takes that names one photo, from its start to its end, with its
# files in the page cache. cold_start.py does the same with onnxruntime beside it.
set -eu

bin=$1
draw=$2
rounds=${3:-11}
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

[ -r "$weights" ] || { echo "one photo: skipped, there are no weights at $weights (make weights)" >&2; exit 0; }
mkdir "$folder/skies"
"$draw" "$folder/skies"
"$bin/tl-extract" "$folder/store.tl" "$folder/skies" --weights "$weights" --quiet >"$folder/log" 2>&1 &&
    "$bin/tl-train" "$folder/store.tl" --quiet >>"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
photo=$(find "$folder/skies" -name '*.jpg' | sort | head -n 1)
round=0
while [ "$round" -le "$rounds" ]; do
    start=$(date +%s%N)
    "$bin/tl-classify" "$folder/store.tl" "$photo" --weights "$weights" >/dev/null 2>&1
    end=$(date +%s%N)
    [ "$round" -eq 0 ] || echo $(((end - start) / 1000)) # the first warms the files
    round=$((round + 1))
done | sort -n | awk '{ us[NR] = $1 } END { printf "\ntl-classify, one photo in one process: %.0f ms (%.0f to %.0f in %d)\n", us[int((NR + 1) / 2)] / 1e3, us[1] / 1e3, us[NR] / 1e3, NR }'
