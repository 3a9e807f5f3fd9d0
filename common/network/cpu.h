/* cpu.h - what this CPU can do, asked from code that any CPU can run.
 */
#ifndef TL_NETWORK_CPU_H
#define TL_NETWORK_CPU_H

#include <stdbool.h>

bool tl_cpu_has_all(void);    /* what every CPU of this build's architecture has */
bool tl_cpu_has_avx2(void);   /* AVX2 and FMA, and a system that keeps their registers */
bool tl_cpu_has_avx512(void); /* AVX-512F and FMA, likewise */
/* AVX-512F, BW, VL and VNNI, and FMA, likewise */
bool tl_cpu_has_vnni(void);
/* AVX-512F, AVX512-BF16 and AMX with bf16, and the system's leave to use AMX, which this asks for on behalf of the process. */
bool tl_cpu_has_amx(void);

#endif
