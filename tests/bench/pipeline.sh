#!/bin/sh
# pipeline.sh BENCH_PIPELINE TL_EXTRACT DRAW_SKIES PHOTOS [options] - benchmarks whole extractions in a folder that is gone afterwards; of
# drawn photos where PHOTOS is empty.
set -eu
bench=$1 tool=$2 draw=$3 photos=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if [ -z "$photos" ]; then
    mkdir "$work/skies"
    "$draw" "$work/skies"
    photos=$work/skies
fi
mkdir "$work/bench"
"$bench" "$tool" "$work/bench" "$photos" "$@"
