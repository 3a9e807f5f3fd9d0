/* conv_fixture.h - one convolution's random inputs between guard words, run by a kernel; and the sums it should give.
 *
 * Guard words and scratch memory are NaN, so that what leaks in shows in the result too.
 */
#ifndef TL_TESTS_CONV_FIXTURE_H
#define TL_TESTS_CONV_FIXTURE_H

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/network/kernels.h"
#include "tests/support/suite.h"

enum { GUARD_FLOATS = 64, PHOTO_COUNT_MAX = 3 };

static const uint32_t GUARD_BITS = 0x7FDEADBE; /* a NaN, so that what leaks in from outside shows in the result too */

/* Aligned floats with guard words on both sides. */
static inline float *make_buffer(size_t count)
{
    float *whole = tl_memory_alloc_aligned(count + 2 * GUARD_FLOATS, sizeof *whole);

    ck_assert_ptr_nonnull(whole);
    for (size_t i = 0; i < count + 2 * GUARD_FLOATS; i++)
        memcpy(whole + i, &GUARD_BITS, sizeof *whole);
    return whole + GUARD_FLOATS;
}

static inline bool are_guards_whole(const float *buffer, size_t count)
{
    for (size_t i = 0; i < GUARD_FLOATS; i++) {
        if (memcmp(buffer - 1 - i, &GUARD_BITS, sizeof *buffer) != 0 ||
            memcmp(buffer + count + i, &GUARD_BITS, sizeof *buffer) != 0)
            return false;
    }
    return true;
}

static inline void free_buffer(float *buffer)
{
    if (buffer != NULL)
        tl_memory_free(buffer - GUARD_FLOATS);
}

/* One convolution's inputs; describe() names it in messages. */
struct problem {
    struct tl_conv_shape shape;
    size_t photo_count;
    uint64_t seed;
    float *in, *weights, *bias;
};

static inline size_t count_in(const struct tl_conv_shape *s)
{
    return (size_t)s->height * s->width * s->input_channels;
}

static inline size_t count_out(const struct tl_conv_shape *s)
{
    const uint32_t step = s->has_pooling ? 2 : 1;
    return (size_t)(s->height / step) * (s->width / step) * s->output_channels;
}

static inline size_t count_weights(const struct tl_conv_shape *s)
{
    return (size_t)s->kernel * s->kernel * s->input_channels * s->output_channels;
}

static inline void fill(float *values, size_t count, struct tl_random *random, bool is_integer)
{
    for (size_t i = 0; i < count; i++)
        values[i] = is_integer ? (float)tl_random_below(random, 5) - 2 : (float)(2 * tl_random_uniform(random) - 1);
}

static inline struct problem make_problem(const struct tl_conv_shape *shape, size_t photo_count, bool is_integer, uint64_t seed)
{
    struct problem p = {*shape, photo_count, seed, NULL, NULL, NULL};
    struct tl_random random;

    tl_random_init(&random, seed, "kernels");
    p.in = make_buffer(photo_count * count_in(shape));
    p.weights = make_buffer(count_weights(shape));
    p.bias = make_buffer(shape->output_channels);
    fill(p.in, photo_count * count_in(shape), &random, is_integer);
    fill(p.weights, count_weights(shape), &random, is_integer);
    fill(p.bias, shape->output_channels, &random, is_integer);
    return p;
}

static inline void free_problem(struct problem *p)
{
    free_buffer(p->in);
    free_buffer(p->weights);
    free_buffer(p->bias);
}

static inline const char *describe(const struct tl_conv_kernel *kernel, const struct problem *p)
{
    static char text[160];
    snprintf(text, sizeof text, "%s, %zu of %u x %u x %u to %u, kernel %u%s%s%s, seed %llu", kernel->name, p->photo_count,
             p->shape.height, p->shape.width, p->shape.input_channels, p->shape.output_channels, p->shape.kernel,
             p->shape.has_relu ? ", relu" : "", p->shape.has_pooling ? ", pooled" : "",
             p->shape.has_raw_weights ? ", weights raw" : "", (unsigned long long)p->seed);
    return text;
}

/* How coarsely a kernel rounds. */
static inline double get_unit(const struct tl_conv_kernel *kernel)
{
    if (strcmp(kernel->arithmetic, "bf16-wino4") == 0)
        return 0x1p-8;
    if (strcmp(kernel->arithmetic, "i16-wino4") == 0)
        return 0x1p-13; /* of a row's norm, and more than half of it */
    return strcmp(kernel->arithmetic, "bf16x3-wino4") == 0 ? 0x1p-17 : (double)FLT_EPSILON;
}

static inline bool is_exact(const struct tl_conv_kernel *kernel)
{
    return get_unit(kernel) <= (double)FLT_EPSILON;
}

static inline struct tl_conv_shape settle(const struct tl_conv_kernel *kernel, const struct tl_conv_shape *wish)
{
    struct tl_conv_shape shape = *wish;
    kernel->settle(&shape);
    return shape;
}

/* Packs, runs what `thread_count` threads would do to a settled shape, last task first, and looks at every guard. The caller
 * frees the output. */
static inline float *run_settled(const struct tl_conv_kernel *kernel, const struct problem *p, struct tl_conv_shape shape,
                                 size_t thread_count)
{
    const size_t out_count = p->photo_count * count_out(&shape), packed_count = kernel->packed_count(&shape);
    const size_t scratch_count = kernel->scratch_count(&shape), shared_count = kernel->shared_count(&shape, p->photo_count);
    float *out = make_buffer(out_count), *packed = make_buffer(packed_count), *scratch = make_buffer(scratch_count);
    float *shared = make_buffer(shared_count);
    float *zeros = tl_memory_alloc_aligned(shape.input_channels + TL_CONV_ZEROS_UNIT, sizeof *zeros);
    struct tl_conv_call call = {
        .shape = shape,
        .photo_count = p->photo_count,
        .in = p->in,
        .weights = packed,
        .bias = p->bias,
        .out = out,
        .shared = shared,
        .zeros = zeros,
    };

    ck_assert_msg(kernel->is_supported(), "%s: not run here", describe(kernel, p));
    kernel->pack(packed, &shape, p->weights);
    call.division = kernel->divide(&shape, p->photo_count, thread_count);
    ck_assert_msg(call.division.block_count * call.division.range_count > 0, "%s: no tasks", describe(kernel, p));
    for (size_t task = call.division.preparation_count; task > 0; task--)
        kernel->prepare(&call, task - 1);
    for (size_t task = call.division.block_count * call.division.range_count; task > 0; task--)
        kernel->run(&call, task - 1, scratch);
    ck_assert_msg(are_guards_whole(out, out_count), "%s: wrote outside of out", describe(kernel, p));
    ck_assert_msg(are_guards_whole(packed, packed_count), "%s: wrote outside of the packed weights", describe(kernel, p));
    ck_assert_msg(are_guards_whole(scratch, scratch_count), "%s: wrote outside of the scratch memory", describe(kernel, p));
    ck_assert_msg(are_guards_whole(shared, shared_count), "%s: wrote outside of the shared memory", describe(kernel, p));
    free_buffer(packed);
    free_buffer(scratch);
    free_buffer(shared);
    tl_memory_free(zeros);
    return out;
}

static inline float *run_divided(const struct tl_conv_kernel *kernel, const struct problem *p, size_t thread_count)
{
    const struct tl_conv_shape shape = settle(kernel, &p->shape);
    ck_assert_msg(shape.has_pooling == p->shape.has_pooling, "%s: cannot pool", describe(kernel, p));
    return run_settled(kernel, p, shape, thread_count);
}

static inline float *run(const struct tl_conv_kernel *kernel, const struct problem *p)
{
    return run_divided(kernel, p, 1);
}

/* Index of the first float whose bits differ, or `count`. */
static inline size_t find_difference(const float *a, const float *b, size_t count)
{
    size_t i = 0;
    while (i < count && memcmp(a + i, b + i, sizeof *a) == 0)
        i++;
    return i;
}

/* Sum and sum of squares, in double, of the terms of one output. */
struct sums {
    double sum, squares;
    size_t length;
};

static inline struct sums sum_output(const struct problem *p, size_t photo, uint32_t y, uint32_t x, uint32_t o)
{
    const struct tl_conv_shape *s = &p->shape;
    const int64_t half = s->kernel / 2;
    struct sums sums = {(double)p->bias[o], (double)p->bias[o] * (double)p->bias[o], 1};

    for (uint32_t k = 0; k < s->kernel * s->kernel; k++) {
        const int64_t iy = (int64_t)y + k / s->kernel - half, ix = (int64_t)x + k % s->kernel - half;
        if (iy < 0 || iy >= s->height || ix < 0 || ix >= s->width)
            continue;
        for (uint32_t c = 0; c < s->input_channels; c++) {
            const double a = (double)p->in[photo * count_in(s) + ((size_t)iy * s->width + (size_t)ix) * s->input_channels + c];
            const double b = (double)p->weights[((size_t)k * s->input_channels + c) * s->output_channels + o];
            sums.sum += a * b;
            sums.squares += a * b * a * b;
            sums.length++;
        }
    }
    return sums;
}

#endif
