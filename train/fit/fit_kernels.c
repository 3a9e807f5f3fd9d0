/* fit_kernels.c - compiled once for each instruction set; see fit_kernels.h. */
#include "train/fit/fit_kernels.h"

#include "common/network/cpu.h"
#include "train/fit/fit_lanes.h"

#define INLINE static inline __attribute__((always_inline))

/* Adam's, with Keras's values. The complements are constants of their own: 1 - 0.999F is off by 1e-5 of itself. */
static const float ONE_MINUS_BETA_1 = 0.1F, ONE_MINUS_BETA_2 = 0.001F, EPSILON = 1e-7F;
/* Moments nearer to zero become zero: they would move a weight by less than 1e-20, while the subnormal numbers they decay to make
 * some processors a hundred times slower. */
static const float TINY = 1e-30F;

enum { QUAD = 4, PARTS = 4, REGISTERS = TL_FIT_PANEL / LANES };

/* The entries of one row in the block. */
struct entries {
    const uint16_t *columns;
    const float *values;
    size_t count;
};

/* A row's entries of the next block stand behind those of this one: they are asked for here, a whole block's work ahead. */
INLINE void ask_for_next(struct entries entries)
{
    enum { LINE_BYTES = 64 };
    const char *columns = (const char *)(entries.columns + entries.count), *values = (const char *)(entries.values + entries.count);

    for (size_t i = 0; i < entries.count * sizeof *entries.columns; i += LINE_BYTES)
        __builtin_prefetch(columns + i, 0, 2);
    for (size_t i = 0; i < entries.count * sizeof *entries.values; i += LINE_BYTES)
        __builtin_prefetch(values + i, 0, 2);
}

INLINE struct entries find_entries(const struct tl_fit_rows *rows, size_t n)
{
    const struct tl_matrix *matrix = rows->matrix;
    const size_t start = tl_matrix_block_start(matrix, rows->picks[n].row, rows->block);
    const size_t end = tl_matrix_block_start(matrix, rows->picks[n].row, rows->block + 1);

    const struct entries entries = {matrix->locals + start, matrix->values + start, end - start};

    ask_for_next(entries);
    return entries;
}

/* ---- sums: four partial ones, because each addition waits for the one before ---- */

/* `quads` is 1 or 2, and constant where this is inlined. */
INLINE void sum_quads(float *sums, const float *weights, size_t quads, struct entries entries)
{
    quad parts[PARTS][2] = {{{0}}};
    const quad *rows = (const quad *)weights;
    size_t i = 0;

    for (; i + PARTS <= entries.count; i += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            for (size_t q = 0; q < quads; q++)
                parts[p][q] += rows[entries.columns[i + p] * quads + q] * entries.values[i + p];
    for (size_t p = 0; i + p < entries.count; p++)
        for (size_t q = 0; q < quads; q++)
            parts[p][q] += rows[entries.columns[i + p] * quads + q] * entries.values[i + p];
    for (size_t q = 0; q < quads; q++)
        ((quad *)sums)[q] = (parts[0][q] + parts[1][q]) + (parts[2][q] + parts[3][q]);
}

INLINE void sum_panel(float *sums, const float *weights, struct entries entries)
{
    lanes parts[PARTS][REGISTERS] = {{{0}}};
    const lanes *rows = (const lanes *)weights;
    size_t i = 0;

    for (; i + PARTS <= entries.count; i += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            for (size_t r = 0; r < REGISTERS; r++)
                parts[p][r] += rows[entries.columns[i + p] * (size_t)REGISTERS + r] * entries.values[i + p];
    for (size_t p = 0; i + p < entries.count; p++)
        for (size_t r = 0; r < REGISTERS; r++)
            parts[p][r] += rows[entries.columns[i + p] * (size_t)REGISTERS + r] * entries.values[i + p];
    for (size_t r = 0; r < REGISTERS; r++)
        ((lanes *)sums)[r] = (parts[0][r] + parts[1][r]) + (parts[2][r] + parts[3][r]);
}

static void sum(float *sums, const float *weights, size_t width, const struct tl_fit_rows *rows)
{
    if (width == QUAD)
        for (size_t n = 0; n < rows->count; n++)
            sum_quads(sums + n * QUAD, weights, 1, find_entries(rows, n));
    else if (width == (size_t)2 * QUAD)
        for (size_t n = 0; n < rows->count; n++)
            sum_quads(sums + n * 2 * QUAD, weights, 2, find_entries(rows, n));
    else
        for (size_t n = 0; n < rows->count; n++)
            sum_panel(sums + n * TL_FIT_PANEL, weights, find_entries(rows, n));
}

/* ---- gradients ---- */

INLINE void add_quads(float *gradient, const float *deltas, size_t quads, struct entries entries)
{
    quad delta[2], *rows = (quad *)gradient;

    for (size_t q = 0; q < quads; q++)
        delta[q] = ((const quad *)deltas)[q];
    for (size_t i = 0; i < entries.count; i++)
        for (size_t q = 0; q < quads; q++)
            rows[entries.columns[i] * quads + q] += delta[q] * entries.values[i];
}

INLINE void add_panel(float *gradient, const float *deltas, struct entries entries)
{
    lanes delta[REGISTERS], *rows = (lanes *)gradient;

    for (size_t r = 0; r < REGISTERS; r++)
        delta[r] = ((const lanes *)deltas)[r];
    for (size_t i = 0; i < entries.count; i++)
        for (size_t r = 0; r < REGISTERS; r++)
            rows[entries.columns[i] * (size_t)REGISTERS + r] += delta[r] * entries.values[i];
}

static void add_gradient(float *gradient, const float *deltas, size_t width, const struct tl_fit_rows *rows)
{
    if (width == QUAD)
        for (size_t n = 0; n < rows->count; n++)
            add_quads(gradient, deltas + n * QUAD, 1, find_entries(rows, n));
    else if (width == (size_t)2 * QUAD)
        for (size_t n = 0; n < rows->count; n++)
            add_quads(gradient, deltas + n * 2 * QUAD, 2, find_entries(rows, n));
    else
        for (size_t n = 0; n < rows->count; n++)
            add_panel(gradient, deltas + n * TL_FIT_PANEL, find_entries(rows, n));
}

/* ---- steps ---- */

static void update_adam(const struct tl_fit_weights *weights, float *gradient, size_t count, const struct tl_fit_step *step)
{
    const lanes rate = lanes_set(step->rate), penalty = lanes_set(step->penalty);
    lanes *all_w = (lanes *)weights->weights, *all_m = (lanes *)weights->moments, *all_v = (lanes *)weights->velocities;
    lanes *all_g = (lanes *)gradient;

    for (size_t i = 0; i < count / LANES; i++) {
        const lanes w = all_w[i], g = all_g[i] + penalty * w;
        const lanes m = lanes_clear_tiny(all_m[i] + (g - all_m[i]) * ONE_MINUS_BETA_1, TINY);
        const lanes v = lanes_clear_tiny(all_v[i] + (g * g - all_v[i]) * ONE_MINUS_BETA_2, TINY);

        all_w[i] = w - rate * m / (lanes_root(v) + EPSILON);
        all_m[i] = m;
        all_v[i] = v;
        all_g[i] = lanes_set(0);
    }
}

/* velocity = momentum velocity - rate g; w += velocity (Keras optimizers/sgd.py). */
static void update_sgd(const struct tl_fit_weights *weights, float *gradient, size_t count, const struct tl_fit_step *step)
{
    const lanes rate = lanes_set(step->rate), penalty = lanes_set(step->penalty), momentum = lanes_set(step->momentum);
    lanes *all_w = (lanes *)weights->weights, *all_m = (lanes *)weights->moments, *all_g = (lanes *)gradient;

    for (size_t i = 0; i < count / LANES; i++) {
        const lanes w = all_w[i], g = all_g[i] + penalty * w;
        const lanes m = lanes_clear_tiny(momentum * all_m[i] - rate * g, TINY);

        all_w[i] = w + m;
        all_m[i] = m;
        all_g[i] = lanes_set(0);
    }
}

static void update(const struct tl_fit_weights *weights, float *gradient, size_t count, const struct tl_fit_step *step)
{
    if (step->solver == TL_COURSE_SGD)
        update_sgd(weights, gradient, count, step);
    else
        update_adam(weights, gradient, count, step);
}

#if defined(TL_ISA_AVX512)
const struct tl_fit_kernels tl_fit_kernels_avx512 = {"avx512", tl_cpu_has_avx512, sum, add_gradient, update};
#elif defined(TL_ISA_AVX2)
const struct tl_fit_kernels tl_fit_kernels_avx2 = {"avx2", tl_cpu_has_avx2, sum, add_gradient, update};
#elif defined(TL_ISA_NEON)
const struct tl_fit_kernels tl_fit_kernels_neon = {"neon", tl_cpu_has_all, sum, add_gradient, update};
#else
const struct tl_fit_kernels tl_fit_kernels_plain = {"plain", tl_cpu_has_all, sum, add_gradient, update};

const struct tl_fit_kernels *const tl_fit_kernels_all[] = {&tl_fit_kernels_plain,
#if defined(__x86_64__)
                                                           &tl_fit_kernels_avx2, &tl_fit_kernels_avx512,
#elif defined(__aarch64__)
                                                           &tl_fit_kernels_neon,
#endif
                                                           NULL};

const struct tl_fit_kernels *tl_fit_kernels_best(void)
{
    const struct tl_fit_kernels *best = &tl_fit_kernels_plain;

    for (size_t i = 0; tl_fit_kernels_all[i]; i++)
        if (tl_fit_kernels_all[i]->is_supported())
            best = tl_fit_kernels_all[i];
    return best;
}

size_t tl_fit_kernels_width(size_t output_count)
{
    if (output_count > (size_t)2 * QUAD)
        return TL_FIT_PANEL;
    return output_count <= QUAD ? QUAD : (size_t)2 * QUAD;
}

size_t tl_fit_kernels_pad(size_t count)
{
    return (count + TL_FIT_PANEL - 1) / TL_FIT_PANEL * TL_FIT_PANEL;
}
#endif
