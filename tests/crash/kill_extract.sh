#!/bin/sh
# kill_extract.sh PROGRAM BIN SKIES [COUNT [SEED]] - draws a few photos and has kill_extract.c kill extractions of them.
set -eu

program=$1 bin=$2 skies=$3 count=${4:-500} seed=${5:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$skies" "$work/skies"
for class in cloudy rain; do
    mkdir -p "$work/photos/$class"
    cp "$work/skies/Train/$class/$class"01.* "$work/photos/$class/"
done
"$bin/tl-extract" "$work/begun.tl" "$work/photos" --variants 2 --quiet
for class in cloudy rain; do
    cp "$work/skies/Train/$class/$class"0[23].* "$work/photos/$class/"
done
"$program" "$bin" "$work/photos" "$work/begun.tl" "$work" "$count" "$seed"
