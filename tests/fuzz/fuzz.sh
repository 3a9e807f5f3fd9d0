#!/bin/sh
# fuzz.sh SECONDS MUTATE FUZZER [SEED] - SECONDS each of the plain loop and, where clang made it, of libFuzzer, which both begin with the
# golden blobs. Stops at the first input that does harm; libFuzzer leaves it in build/fuzz.
set -eu

seconds=$1 mutate=$2 fuzzer=$3 seed=${4:-0}
"$mutate" "$seconds" "$seed" tests/golden/codec/*.blob
if [ -x "$fuzzer" ]; then
    mkdir -p build/fuzz/codec
    "$fuzzer" -seed="$seed" -max_total_time="$seconds" -max_len=65536 -artifact_prefix=build/fuzz/ -print_final_stats=1 -verbosity=0 \
        build/fuzz/codec tests/golden/codec
else
    echo "skipped: libFuzzer needs clang"
fi
