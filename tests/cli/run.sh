#!/bin/sh
# run.sh BIN [NAME...] - the command-line tests: each folder NAME here has `cmd`, a script run in an empty folder, and what
# it must print: `stdout`, `stderr`, `exit`, each an exact text after normalise.sed took out times, rates and run ids.
#
# A `cmd` finds the tools on PATH, drawn photos below $SKIES and its own folder as $CASE. A case with a file `needs-weights`
# is skipped aloud where there are none. UPDATE=1 writes the expectations anew; read the difference before committing it.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)
shift
export PATH="$bin:$PATH"
export SKIES="$bin/../cli/skies"
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
export TL_WEIGHTS="$weights"

if [ ! -d "$SKIES/Test" ]; then
    mkdir -p "$SKIES" && "$bin/../tests/demo/draw_skies" "$SKIES" || exit 1
fi
[ $# -gt 0 ] || set -- $(cd "$here" && for c in */cmd; do echo "${c%/cmd}"; done)

work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

same() { # same NAME STREAM: the normalised output against its expectation
    sed -E -f "$here/normalise.sed" "$work/$2" | sed "s|$work/in|.|g; s|$SKIES|SKIES|g; s|$weights|WEIGHTS|g" >"$work/$2.now"
    if [ -n "${UPDATE:-}" ]; then
        if [ -s "$work/$2.now" ]; then cp "$work/$2.now" "$here/$1/$2"; else rm -f "$here/$1/$2"; fi
        return 0
    fi
    [ -e "$here/$1/$2" ] || : >"$work/$2.want"
    [ ! -e "$here/$1/$2" ] || cp "$here/$1/$2" "$work/$2.want"
    diff -u "$work/$2.want" "$work/$2.now" >"$work/$2.diff" || { sed "s|^|    |" "$work/$2.diff"; return 1; }
}

for name in "$@"; do
    if [ -e "$here/$name/needs-weights" ] && [ ! -s "$weights" ]; then
        echo "skipped: $name needs VGG16's weights (make weights)"
        skipped=$((skipped + 1))
        continue
    fi
    chmod -R u+w "$work/in" 2>/dev/null
    rm -rf "$work/in"
    mkdir "$work/in"
    status=0
    (cd "$work/in" && CASE="$here/$name" sh "$here/$name/cmd" >"$work/stdout" 2>"$work/stderr" </dev/null) || status=$?
    echo "$status" >"$work/exit"
    good=yes
    for stream in stdout stderr exit; do
        same "$name" $stream || good=no
    done
    if [ $good = yes ]; then
        passed=$((passed + 1))
    else
        echo "FAILED $name"
        failed=$((failed + 1))
    fi
done
echo "command line: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
