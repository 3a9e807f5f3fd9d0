#!/bin/sh
# lint_test.sh - proves that lint.sh can fail: each fault is planted in a small tree and must be reported by its file.
set -eu

lint=$(cd "$(dirname "$0")" && pwd)/lint.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"

plant() { # plant NAME FILE LINE...: a sound tree and one file with a fault
    name=$1
    file=$2
    shift 2
    rm -rf common train
    mkdir -p common/base common/codec train
    echo '/* low.h - a sound file. */' >common/base/low.h
    printf '%s\n' '/* high.c - a sound file. */' '#include "common/base/low.h"' >common/codec/high.c
    check sound 0
    printf '%s\n' "$@" >"$file"
    check "$name" 1 "$file"
}
check() { # check NAME EXIT [FILE]
    status=0
    sh "$lint" room=common/base: room=common/codec:common/base room=train:common/base library=zstd=common/codec >report 2>&1 || status=$?
    if [ "$status" -ne "$2" ] || { [ -n "${3:-}" ] && ! grep -q "^${4:-$3}" report; }; then
        echo "lint_test: '$1': exit $status, expected $2 with a line on ${3:-nothing}:"
        cat report
        exit 1
    fi
}

plant 'a low room that includes a higher one' common/base/up.c '/* up.c - x. */' '#include "common/codec/codec.h"'
plant 'a room beside it' train/side.c '/* side.c - x. */' '#include "common/codec/codec.h"'
plant 'a library in the wrong room' common/base/lib.c '/* lib.c - x. */' '#include <zstd.h>'
plant 'a bare malloc' train/heap.c '/* heap.c - x. */' 'void *p = malloc(3);'
plant 'a print' train/talk.c '/* talk.c - x. */' '    printf("x");'
plant 'a missing first line' train/first.c 'int x;'
plant 'something left open' train/open.c '/* open.c - x. */' '/* TO''DO */'
plant 'space at the end' train/space.c '/* space.c - x. */' 'int x; '
plant 'too long a line' train/wide.c '/* wide.c - x. */' "$(printf '%0133d' 0)"
plant 'too long a file' train/long.c '/* long.c - x. */' "$(yes 'int;' | head -400)"
mkdir -p common/alien
plant 'a file in no room' train/fine.h 'x'
echo "lint_test: every planted fault is reported"
