/* gram_kernel.h - the inner loops of the Gram matrix, compiled once for each instruction set.
 *
 * Every product is of two floats' values, so it is exact in double, and a fused multiply-add rounds as a product and a sum do; each
 * output is summed in one order. So all kernels give the same bits. Pure: no allocation, no failure.
 */
#ifndef TL_TRAIN_GRAM_KERNEL_H
#define TL_TRAIN_GRAM_KERNEL_H

#include <stdbool.h>

#include "train/data/matrix.h"

enum { TL_GRAM_LANES = 16 };

struct tl_gram_kernel {
    const char *name;
    bool (*has_instructions)(void);
    /* Of rows from `first` on, their entries in one block:
     * sums[(row - first) * LANES + lane] += value * tile[local * LANES + lane] */
    void (*add_rows)(double *sums, const double *tile, const struct tl_matrix *matrix, size_t first, size_t block);
    /* sums[c * LANES + lane] = sum_i panel[i * LANES + lane] columns[c * row_count + i]. */
    void (*multiply_panel)(double *sums, const float *panel, size_t row_count, const double *columns, size_t column_count);
};

/* All that are compiled in, NULL at the end, and the fastest that this CPU can run. */
extern const struct tl_gram_kernel *const tl_gram_kernels[];
const struct tl_gram_kernel *tl_gram_kernel_choose(void);

extern const struct tl_gram_kernel tl_gram_kernel_plain;
#if defined(__x86_64__)
extern const struct tl_gram_kernel tl_gram_kernel_avx2, tl_gram_kernel_avx512;
#elif defined(__aarch64__)
extern const struct tl_gram_kernel tl_gram_kernel_neon;
#endif

#endif
