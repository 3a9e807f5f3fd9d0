#!/bin/sh
# codec.sh BENCH_CODEC TL_EXTRACT DRAW_SKIES PHOTOS [options] - benchmarks ways to keep the features of the first 200 photos by path, of
# drawn ones where PHOTOS is empty. Blosc2 is the system's or, where pip gets it, a copy below build/.
set -eu

bench=$1 tool=$2 draw=$3 photos=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ -z "${TL_BLOSC2:-}" ]; then
    blosc=${TL_PEERS_BLOSC2:-build/peers-blosc2}
    find_library() { find "$blosc" -name 'libblosc2.so' 2>/dev/null | head -n 1; }
    if [ -z "$(find_library)" ]; then
        python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$blosc" blosc2==4.14.1 >"$work/log" 2>&1 || true
    fi
    TL_BLOSC2=$(find_library)
    if [ -n "$TL_BLOSC2" ]; then export TL_BLOSC2; else unset TL_BLOSC2; fi
fi

mkdir "$work/photos"
if [ -n "$photos" ]; then
    [ -d "$photos" ] || { echo "tl: $photos is no folder of photos" >&2; exit 2; }
    root=$(cd "$photos" && pwd)
    (cd "$root" && find . -type f ! -name '.*') | LC_ALL=C sort | head -n 200 | while IFS= read -r path; do
        mkdir -p "$work/photos/$(dirname "$path")"
        ln -s "$root/$path" "$work/photos/$path"
    done
else
    "$draw" "$work/photos"
fi
"$tool" "$work/store.tl" "$work/photos" --quiet >/dev/null || [ $? -eq 1 ] # 1: some photos could not be read
"$bench" "$work/store.tl" "$@"
