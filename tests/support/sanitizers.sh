# sanitizers.sh - what the sanitizers' run times are told; read in by the scripts that run tests, which set $support to this folder.
export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$support/lsan.supp:print_suppressions=0:${LSAN_OPTIONS:-}"
export TSAN_OPTIONS="suppressions=$support/tsan.supp:halt_on_error=1:${TSAN_OPTIONS:-}"
