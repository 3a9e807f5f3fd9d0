#!/bin/sh
# sharing.sh PROGRAM BIN SKIES - an extraction, and beside it tl-train, tl-classify --save, tl-store info and bench_sharing.c.
set -eu

program=$1 bin=$2 skies=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$skies" "$work/photos"
photo=$(ls "$work"/photos/Test/*/* | head -1)
# Something to train on first.
"$bin/tl-extract" "$work/s.tl" "$work/photos" --variants 1 --quiet
"$bin/tl-extract" "$work/s.tl" "$work/photos" --variants 8 --quiet &
extraction=$!
"$program" "$work/s.tl" 20 &
bench=$!
others=0 failures=0
while kill -0 $bench 2>/dev/null; do
    "$bin/tl-train" "$work/s.tl" --quiet >/dev/null 2>"$work/words" || { failures=$((failures + 1)); cat "$work/words"; }
    "$bin/tl-classify" "$work/s.tl" "$photo" --save >/dev/null 2>"$work/words" || { failures=$((failures + 1)); cat "$work/words"; }
    "$bin/tl-store" info "$work/s.tl" >/dev/null 2>"$work/words" || { failures=$((failures + 1)); cat "$work/words"; }
    others=$((others + 3))
done
code=0
wait $bench || code=$?
wait $extraction || { failures=$((failures + 1)); echo "the extraction failed"; }
echo "$others other tools ran meanwhile, $failures of all failed"
[ $code -eq 0 ] && [ $failures -eq 0 ]
