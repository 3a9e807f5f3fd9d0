/* bench.h - what the benchmarks of the network share: settings, kernels to try, medians, and what machine this is.
 */
#ifndef TL_TESTS_BENCH_H
#define TL_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/network/kernels.h"

enum { BENCH_KERNELS_MAX = 16, BENCH_ROUNDS_MAX = 1000 };

struct bench {
    long round_count, thread_count;
    const struct tl_conv_kernel *kernels[BENCH_KERNELS_MAX];
    size_t kernel_count;
};

/* Sorts the values. */
double tl_bench_median(double *values, size_t count);

/* GFLOP/s of one core's fused multiply-adds with this kernel's registers (the widest there are for a kernel that is not ours); 0
 * where it cannot be measured. */
double tl_bench_peak(const struct tl_conv_kernel *kernel);

/* Prints one table each. Fail with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_bench_layers(const struct bench *bench, struct tl_error *err);
TL_MUST_USE enum tl_status tl_bench_photos(const struct bench *bench, struct tl_error *err);

#endif
