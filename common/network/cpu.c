/* cpu.c - see cpu.h. The compiler's builtins ask the operating system's part of the answer too. */
#include "common/network/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

bool tl_cpu_has_vnni(void)
{
#if defined(__x86_64__)
    return tl_cpu_has_avx512() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
#else
    return false;
#endif
}

#if defined(__x86_64__)
/* Intel's Software Developer's Manual, volume 2, CPUID: the bits of leaf 7, subleaves 0 and 1. */
static bool names_amx(void)
{
    enum { FEATURES = 7, AMX_BF16_AND_TILE = 1 << 22 | 1 << 24, AVX512_BF16 = 1 << 5 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) || (d & AMX_BF16_AND_TILE) != AMX_BF16_AND_TILE)
        return false;
    return __get_cpuid_count(FEATURES, 1, &a, &b, &c, &d) && (a & AVX512_BF16) != 0;
}

/* The kernel keeps the tiles' registers only for processes that have asked (arch/x86/include/uapi/asm/prctl.h); once is
 * enough, again does no harm. */
static bool asks_for_tiles(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#endif

bool tl_cpu_has_amx(void)
{
#if defined(__x86_64__)
    return tl_cpu_has_avx512() && names_amx() && asks_for_tiles();
#else
    return false;
#endif
}
