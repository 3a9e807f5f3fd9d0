/* cpu.c - see cpu.h. The compiler's builtins ask the operating system's part of the answer too. */
#include "common/network/cpu.h"

bool tl_cpu_has_all(void)
{
    return true;
}

bool tl_cpu_has_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

bool tl_cpu_has_avx512(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}
