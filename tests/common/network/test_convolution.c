/* test_convolution.c - every convolution kernel of the registry against the definition, by its edges.
 *
 * The definition itself is held against sums worked out by hand. Comparisons are tried on planted faults, so that one
 * that cannot fail is seen. Buffers stand between guard words, scratch memory is full of NaN.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/network/kernels.h"
#include "tests/support/suite.h"

enum { GUARD_FLOATS = 64, PHOTO_COUNT_MAX = 3 };

static const uint32_t GUARD_BITS = 0x7FDEADBE; /* a NaN, so that what leaks in from outside shows in the result too */

/* Aligned floats with guard words on both sides. */
static float *make_buffer(size_t count)
{
    float *whole = tl_memory_alloc_aligned(count + 2 * GUARD_FLOATS, sizeof *whole);

    ck_assert_ptr_nonnull(whole);
    for (size_t i = 0; i < count + 2 * GUARD_FLOATS; i++)
        memcpy(whole + i, &GUARD_BITS, sizeof *whole);
    return whole + GUARD_FLOATS;
}

static bool are_guards_whole(const float *buffer, size_t count)
{
    for (size_t i = 0; i < GUARD_FLOATS; i++) {
        if (memcmp(buffer - 1 - i, &GUARD_BITS, sizeof *buffer) != 0 ||
            memcmp(buffer + count + i, &GUARD_BITS, sizeof *buffer) != 0)
            return false;
    }
    return true;
}

static void free_buffer(float *buffer)
{
    if (buffer != NULL)
        tl_memory_free(buffer - GUARD_FLOATS);
}

/* One convolution's inputs; what() names it in messages. */
struct problem {
    struct tl_conv_shape shape;
    size_t photo_count;
    uint64_t seed;
    float *in, *weights, *bias;
};

static size_t count_in(const struct tl_conv_shape *s)
{
    return (size_t)s->height * s->width * s->input_channels;
}

static size_t count_out(const struct tl_conv_shape *s)
{
    return (size_t)s->height * s->width * s->output_channels;
}

static size_t count_weights(const struct tl_conv_shape *s)
{
    return (size_t)s->kernel * s->kernel * s->input_channels * s->output_channels;
}

static void fill(float *values, size_t count, struct tl_random *random, bool is_integer)
{
    for (size_t i = 0; i < count; i++)
        values[i] = is_integer ? (float)tl_random_below(random, 5) - 2 : (float)(2 * tl_random_uniform(random) - 1);
}

static struct problem make_problem(const struct tl_conv_shape *shape, size_t photo_count, bool is_integer, uint64_t seed)
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

static void free_problem(struct problem *p)
{
    free_buffer(p->in);
    free_buffer(p->weights);
    free_buffer(p->bias);
}

static const char *describe(const struct tl_conv_kernel *kernel, const struct problem *p)
{
    static char text[160];
    snprintf(text, sizeof text, "%s, %zu of %u x %u x %u to %u, kernel %u%s, seed %llu", kernel->name, p->photo_count,
             p->shape.height, p->shape.width, p->shape.input_channels, p->shape.output_channels, p->shape.kernel,
             p->shape.has_relu ? ", relu" : "", (unsigned long long)p->seed);
    return text;
}

/* Packs where the kernel wants it, runs, and looks at every guard. The caller frees the output. */
static float *run(const struct tl_conv_kernel *kernel, const struct problem *p)
{
    const size_t out_count = p->photo_count * count_out(&p->shape), packed_count = kernel->packed_count(&p->shape);
    const size_t scratch_count = kernel->scratch_count(&p->shape, p->photo_count);
    float *out = make_buffer(out_count), *packed = make_buffer(packed_count), *scratch = make_buffer(scratch_count);

    if (kernel->start != NULL)
        kernel->start();
    if (packed_count != 0)
        kernel->pack(packed, &p->shape, p->weights);
    kernel->run(out, &p->shape, p->photo_count, p->in, packed_count != 0 ? packed : p->weights, p->bias, scratch);
    ck_assert_msg(are_guards_whole(out, out_count), "%s: wrote outside of out", describe(kernel, p));
    ck_assert_msg(are_guards_whole(packed, packed_count), "%s: wrote outside of the packed weights", describe(kernel, p));
    ck_assert_msg(are_guards_whole(scratch, scratch_count), "%s: wrote outside of the scratch memory", describe(kernel, p));
    free_buffer(packed);
    free_buffer(scratch);
    return out;
}

/* Index of the first float whose bits differ, or `count`. */
static size_t find_difference(const float *a, const float *b, size_t count)
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

static struct sums sum_output(const struct problem *p, size_t photo, uint32_t y, uint32_t x, uint32_t o)
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

/* The largest error as a share of the bound 4 eps sqrt(K) sqrt(sum (ab)^2); above 1 is a fault. */
static double find_worst_share(const float *out, const struct problem *p)
{
    const struct tl_conv_shape *s = &p->shape;
    double worst = 0;

    for (size_t i = 0; i < p->photo_count * count_out(s); i++) {
        const size_t pixel = i / s->output_channels % ((size_t)s->height * s->width);
        const struct sums sums = sum_output(p, i / count_out(s), (uint32_t)(pixel / s->width), (uint32_t)(pixel % s->width),
                                            (uint32_t)(i % s->output_channels));
        const double expected = s->has_relu && sums.sum < 0 ? 0 : sums.sum;
        const double bound = 4 * (double)FLT_EPSILON * sqrt((double)sums.length) * sqrt(sums.squares);
        const double share = fabs((double)out[i] - expected) / bound;
        if (!(share <= worst))
            worst = share;
    }
    return worst;
}

/* Edges of photos, registers and blocks: OpenBLAS's blocks here hold 392 pixels where K is 720, so there are one pixel
 * less, as many, one more and twice as many. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 1, 1, 1, false},    {1, 1, 1, 1, 3, true},     {1, 1, 3, 5, 5, false},   {1, 7, 3, 4, 3, true},
    {9, 1, 3, 4, 3, false},    {1, 40, 2, 16, 5, true},   {2, 2, 16, 16, 3, true},  {3, 3, 17, 15, 3, false},
    {4, 5, 15, 17, 3, true},   {5, 4, 1, 64, 3, true},    {7, 7, 64, 31, 3, true},  {14, 14, 33, 33, 3, true},
    {13, 15, 8, 32, 1, false}, {6, 6, 5, 48, 7, true},    {16, 16, 3, 64, 3, true}, {17, 23, 80, 8, 3, true},
    {14, 28, 80, 8, 3, true},  {3, 131, 80, 8, 3, false}, {28, 28, 80, 8, 3, true}, {2, 2, 512, 3, 3, true},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

/* ---- The definition, by hand ---- */

START_TEST(the_definition_gives_sums_worked_out_by_hand)
{
    /* A 2 x 3 photo of one channel; a kernel that counts up; one output channel. */
    static const struct tl_conv_shape shape = {2, 3, 1, 1, 3, false};
    static const float in[] = {1, 2, 3, 4, 5, 6}, weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bias[] = {0.5F};
    static const float expected[] = {94.5F, 154.5F, 106.5F, 58.5F, 91.5F, 58.5F};
    float out[6], scratch[2];

    tl_conv_reference.run(out, &shape, 1, in, weights, bias, scratch);
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(out[i] == expected[i], "output %zu is %g, not %g", i, (double)out[i], (double)expected[i]);
}
END_TEST

START_TEST(the_definition_mixes_channels_and_cuts_at_zero)
{
    /* One pixel, two channels in and two out: (1, -2) by columns (3, 5) and (4, 6), bias (1, -1). */
    static const struct tl_conv_shape shape = {1, 1, 2, 2, 1, false}, with_relu = {1, 1, 2, 2, 1, true};
    static const float in[] = {1, -2}, weights[] = {3, 4, 5, 6}, bias[] = {1, 9};
    float out[2], scratch[4];

    tl_conv_reference.run(out, &shape, 1, in, weights, bias, scratch);
    ck_assert(out[0] == -6.0F && out[1] == 1.0F);
    tl_conv_reference.run(out, &with_relu, 1, in, weights, bias, scratch);
    ck_assert(out[0] == 0.0F && out[1] == 1.0F);
}
END_TEST

/* ---- Every kernel ---- */

START_TEST(integers_give_the_bits_of_the_definition)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, true, i + 1);
        ck_assert_uint_lt(4 * ((size_t)p.shape.kernel * p.shape.kernel * p.shape.input_channels + 1), 1U << 24);
        const size_t count = p.photo_count * count_out(&p.shape);
        float *out = run(kernel, &p), *expected = run(&tl_conv_reference, &p);
        const size_t at = find_difference(out, expected, count);
        ck_assert_msg(at == count, "%s: output %zu is %g, not %g", describe(kernel, &p), at, (double)out[at],
                      (double)expected[at]);
        /* A fault planted in the last output must be seen. */
        out[count - 1] = nextafterf(out[count - 1], INFINITY);
        ck_assert_uint_eq(find_difference(out, expected, count), count - 1);
        free_buffer(out);
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

START_TEST(random_floats_stay_within_the_bound)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 100);
        float *out = run(kernel, &p);
        const double share = find_worst_share(out, &p);
        ck_assert_msg(share <= 1, "%s: %g times the bound", describe(kernel, &p), share);
        free_buffer(out);
        free_problem(&p);
    }
}
END_TEST

/* A kernel that forgets one product, the middle tap of the first channel, must be reported for every shape. */
START_TEST(a_dropped_product_is_reported)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], 1, false, i + 200);
        p.shape.has_relu = false; /* it would hide the fault where the output is zero */
        float *const weight =
            &p.weights[(size_t)(p.shape.kernel * p.shape.kernel / 2) * p.shape.input_channels * p.shape.output_channels];
        const float kept = *weight;
        *weight = 0;
        float *out = run(kernel, &p);
        *weight = kept;
        ck_assert_msg(find_worst_share(out, &p) > 1, "%s: a dropped product passes", describe(kernel, &p));
        free_buffer(out);
        free_problem(&p);
    }
}
END_TEST

START_TEST(a_photo_among_others_has_the_bits_of_the_photo_alone)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    if (!kernel->is_supported())
        return;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        struct problem p = make_problem(&shapes[i], PHOTO_COUNT_MAX, false, i + 300);
        float *together = run(kernel, &p);
        for (size_t n = 0; n < PHOTO_COUNT_MAX; n++) {
            struct problem one = p;
            one.photo_count = 1;
            one.in = p.in + n * count_in(&p.shape);
            float *alone = run(kernel, &one);
            const size_t at = find_difference(alone, together + n * count_out(&p.shape), count_out(&p.shape));
            ck_assert_msg(at == count_out(&p.shape), "%s: output %zu of photo %zu differs alone", describe(kernel, &p), at, n);
            free_buffer(alone);
        }
        free_buffer(together);
        free_problem(&p);
    }
}
END_TEST

START_TEST(nan_reaches_the_outputs_that_see_it_and_no_others)
{
    static const struct tl_conv_shape shape = {9, 10, 3, 20, 3, true};
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];
    const uint32_t nan_y = 4, nan_x = 5;

    if (!kernel->is_supported())
        return;
    struct problem p = make_problem(&shape, 1, false, 400);
    p.in[((size_t)nan_y * shape.width + nan_x) * shape.input_channels + 1] = NAN;
    float *out = run(kernel, &p);
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++) {
            const bool sees = abs((int)y - (int)nan_y) <= 1 && abs((int)x - (int)nan_x) <= 1;
            for (uint32_t o = 0; o < shape.output_channels; o++)
                ck_assert_msg(isnan(out[((size_t)y * shape.width + x) * shape.output_channels + o]) == sees,
                              "%s: output %u of (%u, %u)", describe(kernel, &p), o, y, x);
        }
    }
    free_buffer(out);
    free_problem(&p);
}
END_TEST

/* The comparisons above are worth what these are. */
START_TEST(a_word_written_outside_a_buffer_is_seen)
{
    float *buffer = make_buffer(10);

    ck_assert(are_guards_whole(buffer, 10));
    buffer[10] = 0;
    ck_assert(!are_guards_whole(buffer, 10));
    memcpy(buffer + 10, &GUARD_BITS, sizeof *buffer);
    buffer[-1] = 0;
    ck_assert(!are_guards_whole(buffer, 10));
    free_buffer(buffer);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("convolution");
    TCase *definition = tcase_create("Definition"), *each = tcase_create("Every kernel");
    const int kernel_count = (int)tl_conv_kernel_count;

    tcase_add_test(definition, the_definition_gives_sums_worked_out_by_hand);
    tcase_add_test(definition, the_definition_mixes_channels_and_cuts_at_zero);
    tcase_set_timeout(each, 120);
    tcase_add_loop_test(each, integers_give_the_bits_of_the_definition, 0, kernel_count);
    tcase_add_loop_test(each, random_floats_stay_within_the_bound, 0, kernel_count);
    tcase_add_loop_test(each, a_dropped_product_is_reported, 0, kernel_count);
    tcase_add_loop_test(each, a_photo_among_others_has_the_bits_of_the_photo_alone, 0, kernel_count);
    tcase_add_loop_test(each, nan_reaches_the_outputs_that_see_it_and_no_others, 0, kernel_count);
    tcase_add_test(each, a_word_written_outside_a_buffer_is_seen);
    suite_add_tcase(suite, definition);
    suite_add_tcase(suite, each);
    return suite;
}
