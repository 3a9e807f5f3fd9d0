#!/bin/sh
# scale.sh OUT VARIANTS [WORK] - a store of VARIANTS made-up features: what writing it cost a row, how long info and an extraction
# that finds everything there take, and how much memory one needs that finds a few new photos. OUT is the build folder. Exits 1
# where a bound is broken. Below 50,000 features only writing and info are looked at; what needs VGG16's weights is skipped
# aloud where there are none.
set -u
export LC_ALL=C

out=$(cd "$1" && pwd) || exit 2
variants=$2
work=$(mktemp -d "${3:-${TMPDIR:-/tmp}}/scale.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PATH="$out/bin:$out/tests/scale:$PATH"
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
per_photo=5
faults=0

# bound WHAT VALUE LIMIT UNIT: tells, and counts a fault where the value is above the limit.
bound() {
    if awk "BEGIN { exit !($2 <= $3) }"; then verdict=ok; else verdict=BROKEN faults=$((faults + 1)); fi
    printf '%-58s %9s %s (at most %s) %s\n' "$1" "$2" "$4" "$3" "$verdict"
}

# grow STORE FOLDER COUNT: a store as tl-extract begins it, and then filled.
grow() {
    if [ "$variants" -ge 50000 ] && [ -s "$weights" ]; then
        mkdir -p "$2/class_000"
        cp "$work/skies/Train/cloudy/cloudy01.jpg" "$2/class_000/0.jpg" || exit 2
        tl-extract "$1" "$2" --variants $((per_photo - 1)) --quiet || exit 2
    fi
    fill_store --check --variants "$3" --per-photo $per_photo "$1" "$2"
}

# seconds_of and memory_of are the last measurement's; the exit code has to be 0.
measured() {
    set -- $(measure "$@")
    seconds_of=$1 memory_of=$2
    [ "$3" -eq 0 ] || { echo "exit code $3"; faults=$((faults + 1)); }
}

mkdir "$work/skies"
draw_skies="$out/tests/demo/draw_skies"
"$draw_skies" "$work/skies" >/dev/null || exit 2

echo "A store of $variants features, $per_photo a photo:"
grow "$work/s.tl" "$work/photos" "$variants" || faults=$((faults + 1))
ls -l "$work/s.tl" | awk '{ printf "%.2f GB\n", $5 / 1e9 }'

measured --cold "$work/s.tl" tl-store info "$work/s.tl"
bound "tl-store info, the file not in memory" "$seconds_of" 1 s
measured tl-store info "$work/s.tl"
bound "tl-store info again" "$seconds_of" 1 s

if [ "$variants" -lt 50000 ]; then
    :
elif [ -s "$weights" ]; then
    photos=$((variants / per_photo))
    limit=$(awk "BEGIN { print $photos / 100000 * 5 }")
    measured --cold "$work/s.tl" tl-extract --plan "$work/s.tl" "$work/photos" --variants $((per_photo - 1))
    bound "tl-extract --plan, $photos photos there, file not in memory" "$seconds_of" "$limit" s
    measured tl-extract --plan "$work/s.tl" "$work/photos" --variants $((per_photo - 1))
    bound "tl-extract --plan again" "$seconds_of" "$limit" s
    measured tl-extract "$work/s.tl" "$work/photos" --variants $((per_photo - 1)) --quiet
    bound "tl-extract with nothing to do, and the weights to read" "$seconds_of" "$(awk "BEGIN { print $limit + 2 }")" s

    grow "$work/small.tl" "$work/few" 10000 >/dev/null || faults=$((faults + 1))
    mkdir -p "$work/photos/new" "$work/few/new"
    cp "$work"/skies/Train/*/*.jpg "$work/photos/new/"
    cp "$work"/skies/Train/*/*.jpg "$work/few/new/"
    measured tl-extract "$work/small.tl" "$work/few" --variants $((per_photo - 1)) --quiet
    small=$memory_of
    measured tl-extract "$work/s.tl" "$work/photos" --variants $((per_photo - 1)) --quiet
    bound "peak memory of a few photos more" "$memory_of" "$(awk "BEGIN { printf \"%.1f\", $small * 1.05 }")" MB
else
    echo "skipped: extraction needs VGG16's weights (make weights)"
fi
[ "$faults" -eq 0 ]
