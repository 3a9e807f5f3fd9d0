#!/bin/sh
# run.sh BIN [NAME...] - the command-line tests: each folder NAME here has `cmd`, a script run in an empty folder, and what
# it must print: `stdout`, `stderr`, `exit`, each an exact text after normalise.sed took out times, rates and run ids.
#
# A `cmd` finds the tools on PATH, the words of words.sh, its own folder as $CASE, drawn photos below $SKIES and the program
# hostile_photos as $HOSTILE. A case with a file `needs-weights` is skipped aloud where there are none; so is one with
# `needs-store`, which finds a store at $STORE, made once from the 12 photos below $PHOTOS: Train and Test, cloudy and shine, a mild variant of each training photo, no run.
# UPDATE=1 writes the expectations anew; read the difference before committing it.
set -u
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd) || exit 2
shift
export PATH="$bin:$PATH"
build=$(cd "$bin/.." && pwd)
export SKIES="$build/cli/skies" HOSTILE="$build/tests/fuzz/hostile_photos"
weights=${TL_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/tl/weights/vgg16.h5}
export TL_WEIGHTS="$weights" XDG_DATA_HOME=/no/data
CASE_SECONDS=${CASE_SECONDS:-120}
support=$(cd "$here/../support" && pwd)
. "$support/sanitizers.sh"

# The photos are drawn beside their place and moved there whole, so that a run that was stopped leaves no half of them.
if [ ! -d "$SKIES/Test" ]; then
    rm -rf "$SKIES.new" "$SKIES"
    mkdir -p "$SKIES.new" && "$build/tests/demo/draw_skies" "$SKIES.new" && mv "$SKIES.new" "$SKIES" || exit 1
fi
if [ $# -eq 0 ]; then
    for cmd in "$here"/*/cmd; do
        name=${cmd%/cmd}
        set -- "$@" "${name##*/}"
    done
fi

work=$(mktemp -d)
chmod 755 "$work"
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PHOTOS="$work/skies" STORE="$work/skies.tl"
passed=0 failed=0 skipped=0

make_store() {
    for class in cloudy shine; do
        mkdir -p "$PHOTOS/Train/$class" "$PHOTOS/Test/$class"
        cp "$SKIES/Train/$class/$class"0[1-4].* "$PHOTOS/Train/$class/"
        cp "$SKIES/Test/$class/$class"0[12].* "$PHOTOS/Test/$class/"
    done
    tl-extract "$STORE" "$PHOTOS" --variants 1 --quiet
}

same() { # same NAME STREAM: the normalised output against its expectation
    LC_ALL=C sed -E -f "$here/normalise.sed" "$work/$2" |
        sed "s|$work/in|.|g; s|$STORE|STORE|g; s|$PHOTOS|PHOTOS|g; s|$SKIES|SKIES|g; s|$weights|WEIGHTS|g" >"$work/$2.now"
    if [ -n "${UPDATE:-}" ]; then
        if [ -s "$work/$2.now" ]; then cp "$work/$2.now" "$here/$1/$2"; else rm -f "$here/$1/$2"; fi
        return 0
    fi
    [ -e "$here/$1/$2" ] || : >"$work/$2.want"
    [ ! -e "$here/$1/$2" ] || cp "$here/$1/$2" "$work/$2.want"
    diff -au "$work/$2.want" "$work/$2.now" >"$work/$2.diff" || { sed "s|^|    |" "$work/$2.diff"; return 1; }
}

for name in "$@"; do
    if [ ! -e "$here/$name/cmd" ]; then
        echo "FAILED $name: no such case"
        failed=$((failed + 1))
        continue
    fi
    if [ -e "$here/$name/needs-weights" ] || [ -e "$here/$name/needs-store" ]; then
        if [ ! -s "$weights" ]; then
            echo "skipped: $name needs VGG16's weights (make weights)"
            skipped=$((skipped + 1))
            continue
        fi
    fi
    if [ -e "$here/$name/needs-store" ] && [ ! -e "$STORE" ]; then
        make_store || { echo "FAILED $name: the common store cannot be made"; failed=$((failed + 1)); continue; }
    fi
    chmod -R u+w "$work/in" 2>/dev/null
    rm -rf "$work/in"
    mkdir "$work/in"
    status=0
    (cd "$work/in" && CASE="$here/$name" timeout "$CASE_SECONDS" sh -c '. "$0"; . "$1"' "$here/words.sh" "$here/$name/cmd" \
        >"$work/stdout" 2>"$work/stderr" </dev/null) || status=$?
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
