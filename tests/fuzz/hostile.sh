#!/bin/sh
# hostile.sh BIN HOSTILE_PHOTOS COUNT - COUNT damaged photos through tl-extract: the run ends well, and each photo has a feature or a
# failure. Without weights they are only decoded.
set -eu
export LC_ALL=C
bin=$1 hostile=$2 count=$3
here=$(cd "$(dirname "$0")" && pwd)
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir "$work/photos"
"$hostile" make "$here/../golden/image" "$work/photos/hostile" "$count"
"$hostile" read "$work/photos/hostile"
if [ ! -s "$weights" ]; then
    echo "skipped: the extraction needs VGG16's weights (make weights)"
    exit 0
fi
code=0
"$bin/tl-extract" "$work/s.tl" "$work/photos" --quiet 2>"$work/messages" || code=$?
# Failures are skipped photos, exit code 1.
[ "$code" -eq 1 ] || { tail -3 "$work/messages"; echo "tl-extract ended with exit code $code"; exit 1; }
"$bin/tl-store" query "$work/s.tl" "SELECT cause, count(*) AS photos FROM failures GROUP BY cause ORDER BY cause"
"$bin/tl-store" query "$work/s.tl" --csv "
    SELECT count(*), sum(f.feature_id IS NOT NULL), sum(f.feature_id IS NOT NULL OR x.photo_id IS NOT NULL)
    FROM photo p
    LEFT JOIN variant v ON v.content_id = p.content_id AND v.variant_index = 0
    LEFT JOIN feature f USING (variant_id)
    LEFT JOIN (SELECT DISTINCT photo_id FROM failure) x ON x.photo_id = p.photo_id" | tr -d '\r' | tail -1 >"$work/counts"
IFS=, read -r photos features answered <"$work/counts"
echo "$photos photos: $features with features, $((photos - features)) with a failure"
[ "$photos" -eq "$count" ] && [ "$answered" -eq "$count" ] || { echo "$((count - answered)) photos have neither"; exit 1; }
