/* fit_kernels.h - the inner loops of training, once for each instruction set: products with sparse rows, and the solvers' steps.
 *
 *     const struct tl_fit_kernels *kernels = tl_fit_kernels_best();
 *     kernels->sum(sums, weights, width, &rows);                   sums of one block of columns
 *     kernels->add_gradient(gradient, deltas, width, &rows);
 *     kernels->update(&weights, gradient, count, &step);
 *
 * Outputs stand in panels of up to 16; `width` is how many floats of a panel stand beside one another for a column: 4, 8 or
 * 16, what is no output being zero. All arrays are aligned to 64 bytes. The order of every sum is fixed and the same in all
 * kernels, and no operation is fused, so that all give the same bits. Kernels neither allocate nor fail; any number of threads may
 * call them.
 */
#ifndef TL_TRAIN_FIT_KERNELS_H
#define TL_TRAIN_FIT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "train/data/matrix.h"
#include "train/fit/course.h"

enum { TL_FIT_PANEL = 16 }; /* outputs of a panel; counts of weights are multiples of it */

/* A vector to train on. */
struct tl_pick {
    size_t row;
    uint32_t class_index;
};

/* The entries that some rows have in one block of columns. */
struct tl_fit_rows {
    const struct tl_matrix *matrix;
    size_t block;
    const struct tl_pick *picks;
    size_t count;
};

/* Weights with what their solver remembers of them. */
struct tl_fit_weights {
    float *weights;
    float *moments;    /* Adam's m; the velocity of gradient descent */
    float *velocities; /* Adam's v */
};

/* One step's constants; see optimiser.h. */
struct tl_fit_step {
    enum tl_course_solver solver;
    float rate, momentum;
    float penalty; /* 2 l2: times a weight, added to its gradient */
};

struct tl_fit_kernels {
    const char *name;
    bool (*is_supported)(void);

    /* sums[n * width + l] = sum over the entries of row n in the block of weights[column * width + l] * value. `weights` are
     * the block's. In four partial sums, of every fourth entry, joined (0 + 1) + (2 + 3). */
    void (*sum)(float *sums, const float *weights, size_t width, const struct tl_fit_rows *rows);

    /* gradient[column * width + l] += value * deltas[n * width + l] for the rows' entries in order. `gradient` is the block's. */
    void (*add_gradient)(float *gradient, const float *deltas, size_t width, const struct tl_fit_rows *rows);

    /* One step of `count` weights, a multiple of TL_FIT_PANEL; the gradient is zeros afterwards. */
    void (*update)(const struct tl_fit_weights *weights, float *gradient, size_t count, const struct tl_fit_step *step);
};

extern const struct tl_fit_kernels tl_fit_kernels_plain;
#if defined(__x86_64__)
extern const struct tl_fit_kernels tl_fit_kernels_avx2, tl_fit_kernels_avx512;
#elif defined(__aarch64__)
extern const struct tl_fit_kernels tl_fit_kernels_neon;
#endif

/* All kernels of this architecture, the slowest first, then NULL. */
extern const struct tl_fit_kernels *const tl_fit_kernels_all[];

/* The fastest that this CPU has. */
const struct tl_fit_kernels *tl_fit_kernels_best(void);

/* The width of the panels of so many outputs: 16, or what one panel of fewer needs. */
size_t tl_fit_kernels_width(size_t output_count);

/* The next multiple of TL_FIT_PANEL. */
size_t tl_fit_kernels_pad(size_t count);

#endif
