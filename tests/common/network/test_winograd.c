/* test_winograd.c - what the Winograd kernels promise beyond every kernel: one set of bits on all CPUs, pooling fused in.
 */
#include <math.h>
#include <stdlib.h>

#include "common/network/winograd_pack.h"
#include "common/network/winograd_transform.h"
#include "tests/common/network/conv_fixture.h"

/* Edges of tiles (4 to 7), patches, channel blocks (16), panels (16, 32) and rows of the micro-kernels (6, 14); enough
 * tiles for several blocks; layers that are summed directly. */
static const struct tl_conv_shape shapes[] = {
    {1, 1, 8, 1, 3, true, false, TL_CONV_BATCHES, false, 0},      {2, 2, 16, 16, 3, true, false, TL_CONV_BATCHES, false, 0},
    {3, 5, 17, 15, 3, false, false, TL_CONV_BATCHES, false, 0},   {4, 4, 16, 32, 3, true, false, TL_CONV_BATCHES, false, 0},
    {5, 4, 15, 33, 3, true, false, TL_CONV_BATCHES, false, 0},    {6, 7, 64, 31, 3, true, false, TL_CONV_BATCHES, false, 0},
    {8, 9, 33, 48, 3, false, false, TL_CONV_BATCHES, false, 0},   {13, 14, 32, 65, 3, true, false, TL_CONV_BATCHES, false, 0},
    {12, 56, 24, 40, 3, true, false, TL_CONV_BATCHES, false, 0},  {61, 47, 16, 20, 3, true, false, TL_CONV_BATCHES, false, 0},
    {4, 4, 512, 70, 3, true, false, TL_CONV_BATCHES, false, 0},   {2, 2, 8, 16, 3, true, true, TL_CONV_BATCHES, false, 0},
    {3, 3, 8, 16, 3, true, true, TL_CONV_BATCHES, false, 0},      {7, 6, 20, 33, 3, true, true, TL_CONV_BATCHES, false, 0},
    {9, 13, 16, 31, 3, false, true, TL_CONV_BATCHES, false, 0},   {24, 20, 48, 64, 3, true, true, TL_CONV_BATCHES, false, 0},
    {9, 30, 3, 64, 3, true, false, TL_CONV_BATCHES, false, 0},    {17, 5, 7, 33, 3, true, false, TL_CONV_BATCHES, false, 0},
    {14, 14, 130, 33, 3, true, false, TL_CONV_BATCHES, false, 0}, {28, 21, 17, 34, 3, true, false, TL_CONV_BATCHES, false, 0},
    {24, 37, 40, 20, 3, true, true, TL_CONV_BATCHES, false, 0},   {14, 14, 300, 20, 3, true, true, TL_CONV_BATCHES, false, 0},
    {6, 6, 20, 18, 1, true, false, TL_CONV_BATCHES, false, 0},    {9, 8, 9, 35, 5, false, false, TL_CONV_BATCHES, false, 0},
    {5, 90, 3, 16, 7, true, false, TL_CONV_BATCHES, false, 0},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes, THREAD_COUNT_MAX = 9, TILE_COUNT = sizeof tile_sizes / sizeof *tile_sizes };

static bool is_winograd(const struct tl_conv_kernel *kernel)
{
    return strstr(kernel->arithmetic, "wino") != NULL && kernel->is_supported();
}

/* The scalar kernel of the same arithmetic, NULL where there is none. */
static const struct tl_conv_kernel *get_twin(const struct tl_conv_kernel *kernel)
{
    if (!kernel->is_supported())
        return NULL;
    if (strcmp(kernel->arithmetic, tl_conv_winograd_scalar.arithmetic) == 0)
        return &tl_conv_winograd_scalar;
    return strcmp(kernel->arithmetic, tl_conv_winograd7_scalar.arithmetic) == 0 ? &tl_conv_winograd7_scalar : NULL;
}

/* Pooling where the kernel has it, after its back where not. */
static bool can_run(const struct tl_conv_kernel *kernel, const struct tl_conv_shape *shape)
{
    return !shape->has_pooling || settle(kernel, shape).has_pooling;
}

static void check_same(const float *found, const float *expected, size_t count, const struct tl_conv_kernel *kernel,
                       const struct problem *p)
{
    const size_t at = find_difference(found, expected, count);

    ck_assert_uint_gt(count, 0);
    ck_assert_msg(at == count, "%s: output %zu is %a, not %a", describe(kernel, p), at, (double)found[at], (double)expected[at]);
}

START_TEST(kernels_of_one_arithmetic_give_the_bits_of_the_scalar_twin)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    for (size_t i = 0; get_twin(kernel) != NULL && i < SHAPE_COUNT; i++) {
        if (!can_run(kernel, &shapes[i]))
            continue;
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 500);
        const size_t count = p.photo_count * count_out(&p.shape);
        float *found = run(kernel, &p), *expected = run(get_twin(kernel), &p);
        check_same(found, expected, count, kernel, &p);
        /* A fault planted in the last output must be seen. */
        found[count - 1] = nextafterf(found[count - 1], INFINITY);
        ck_assert_uint_eq(find_difference(found, expected, count), count - 1);
        free_buffer(found);
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

START_TEST(any_number_of_threads_gives_the_bits_of_one)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    for (size_t i = 0; is_winograd(kernel) && i < SHAPE_COUNT; i++) {
        if (!can_run(kernel, &shapes[i]))
            continue;
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 600);
        float *expected = run(kernel, &p);
        for (size_t n = 2; n <= THREAD_COUNT_MAX; n++) {
            float *found = run_divided(kernel, &p, n);
            check_same(found, expected, p.photo_count * count_out(&p.shape), kernel, &p);
            free_buffer(found);
        }
        free_buffer(expected);
        free_problem(&p);
    }
}
END_TEST

START_TEST(fused_pooling_gives_the_bits_of_pooling_after)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];
    size_t case_count = 0;

    for (size_t i = 0; is_winograd(kernel) && i < SHAPE_COUNT; i++) {
        if (!shapes[i].has_pooling || !can_run(kernel, &shapes[i]))
            continue;
        struct problem p = make_problem(&shapes[i], 2, false, i + 700);
        float *found = run(kernel, &p), *pooled = make_buffer(2 * count_out(&p.shape));
        struct tl_conv_shape apart = settle(kernel, &p.shape); /* with the same tiles */
        apart.has_pooling = false;
        float *whole = run_settled(kernel, &p, apart, 1);
        for (size_t n = 0; n < 2; n++)
            tl_pool_max(pooled + n * count_out(&p.shape), whole + n * count_out(&apart), p.shape.height, p.shape.width,
                        p.shape.output_channels, 2, 2);
        check_same(found, pooled, 2 * count_out(&p.shape), kernel, &p);
        free_buffer(found);
        free_buffer(pooled);
        free_buffer(whole);
        free_problem(&p);
        case_count++;
    }
    ck_assert(!is_winograd(kernel) || case_count > 0);
}
END_TEST

/* NaN spreads over the tile that it is transformed with, no further; and pooling does not lose it. */
START_TEST(nan_reaches_the_outputs_that_see_it_and_stays_near)
{
    static const struct tl_conv_shape plain = {17, 18, 16, 20, 3, true, false, TL_CONV_BATCHES, false, 0};
    static const struct tl_conv_shape pooled = {17, 18, 16, 20, 3, true, true, TL_CONV_BATCHES, false, 0};
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];

    for (int32_t at = 0; is_winograd(kernel) && at < 17 * 18; at += 7) {
        const bool is_pooled = at % 2 == 1;
        struct problem p = make_problem(is_pooled ? &pooled : &plain, 1, false, 800);
        const int32_t nan_y = at / 18, nan_x = at % 18, step = is_pooled ? 2 : 1, width = 18 / step;
        p.in[(size_t)at * p.shape.input_channels + 3] = NAN;
        float *out = run(kernel, &p);
        for (int32_t y = 0; y < 17 / step; y++) {
            for (int32_t x = 0; x < width; x++) {
                const float value = out[(size_t)(y * width + x) * p.shape.output_channels + 11];
                const int32_t dy = abs(y * step - nan_y), dx = abs(x * step - nan_x);
                if (dy <= 1 && dx <= 1)
                    ck_assert_msg(isnan(value), "%s: NaN at (%d, %d) is lost at (%d, %d)", describe(kernel, &p), nan_y,
                                  nan_x, y, x);
                if (dy >= PATCH_MAX || dx >= PATCH_MAX)
                    ck_assert_msg(!isnan(value), "%s: NaN at (%d, %d) shows at (%d, %d)", describe(kernel, &p), nan_y, nan_x, y, x);
            }
        }
        free_buffer(out);
        free_problem(&p);
    }
}
END_TEST

/* ---- The transforms against the formula's words, in double ---- */

/* A tile's points in the order of its positions, but for infinity; 0 first. */
static size_t list_points(double points[PATCH_MAX], size_t tile)
{
    const struct points *p = get_points(tile);
    size_t count = 0;

    if (p->has_zero)
        points[count++] = 0;
    for (size_t i = 0; i < p->pair_count; i++) {
        points[count++] = (double)p->pair[i];
        points[count++] = -(double)p->pair[i];
    }
    ck_assert_uint_eq(count, tile + 1);
    return count;
}

/* Coefficients of the product of (x - points[j]), without one of them. */
static void multiply_roots(double coefficients[PATCH_MAX + 1], const double *points, size_t count, size_t without)
{
    size_t degree = 0;

    memset(coefficients, 0, (PATCH_MAX + 1) * sizeof *coefficients);
    coefficients[0] = 1;
    for (size_t j = 0; j < count; j++) {
        if (j == without)
            continue;
        degree++;
        for (size_t k = degree; k > 0; k--)
            coefficients[k] = coefficients[k - 1] - points[j] * coefficients[k];
        coefficients[0] *= -points[j];
    }
}

/* A line of 1 where `at` is, else 0, through the code's map: a column of its matrix. */
START_TEST(the_maps_are_those_of_the_points)
{
    const size_t tile = tile_sizes[_i], count = tile + 1;
    double points[PATCH_MAX], product[PATCH_MAX + 1];

    list_points(points, tile);
    for (size_t at = 0; at < tile + 2; at++) {
        vec line[PATCH_MAX] = {0}, out[PATCH_MAX];
        line[at] = vec_set(1);
        transform_input_line(out, line, tile);
        for (size_t i = 0; i <= count; i++) {
            multiply_roots(product, points, count, i);
            ck_assert_msg((double)out[i] == product[at], "B^T[%zu][%zu] of tile %zu is %g, not %g", i, at, tile, (double)out[i],
                          product[at]);
        }
        transform_output_line(out, line, tile);
        for (size_t k = 0; k < tile; k++) {
            const double expected = at == count ? (double)(k == tile - 1) : pow(points[at], (double)k);
            ck_assert_msg((double)out[k] == expected, "A^T[%zu][%zu] of tile %zu is %g, not %g", k, at, tile, (double)out[k],
                          expected);
        }
    }
}
END_TEST

START_TEST(transformed_weights_are_those_of_the_formula)
{
    static const struct tl_conv_shape shape = {4, 4, 3, 5, 3, false, false, TL_CONV_BATCHES, false, 0};
    enum { PANEL = 16 };
    const size_t tile = tile_sizes[_i], side = tile + 2;
    double g[PATCH_MAX][3] = {{0}}, points[PATCH_MAX];
    struct problem p = make_problem(&shape, 1, false, 900);
    const size_t count = count_transformed(&shape, PANEL, tile), point_count = list_points(points, tile);
    float *packed = make_buffer(count);

    for (size_t i = 0; i < point_count; i++) {
        double n = 1;
        for (size_t j = 0; j < point_count; j++)
            n *= i == j ? 1 : points[i] - points[j];
        for (size_t j = 0; j < 3; j++)
            g[i][j] = pow(points[i], (double)j) / n;
    }
    g[point_count][2] = 1;
    pack_transformed(packed, &shape, p.weights, PANEL, tile);
    ck_assert(are_guards_whole(packed, count));
    for (size_t position = 0; position < side * side; position++) {
        for (size_t c = 0; c < 16; c++) {
            for (size_t k = 0; k < PANEL; k++) {
                double expected = 0;
                for (size_t tap = 0; tap < 9 && c < 3 && k < 5; tap++)
                    expected += g[position / side][tap / 3] * (double)p.weights[(tap * 3 + c) * 5 + k] *
                                g[position % side][tap % 3];
                const double found = (double)packed[position * stride_transformed(&shape, PANEL) + c * PANEL + k];
                ck_assert_msg(fabs(found - expected) <= 3e-7, "tile %zu, position %zu, channels %zu, %zu: %g, not %g", tile,
                              position, c, k, found, expected);
            }
        }
    }
    free_buffer(packed);
    free_problem(&p);
}
END_TEST

/* The same sums, whether the weights were transformed once or are for each photo. */
START_TEST(raw_weights_give_the_bits_of_packed_ones)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[_i];
    size_t case_count = 0;

    for (size_t i = 0; get_twin(kernel) != NULL && i < SHAPE_COUNT; i++) {
        if (!can_run(kernel, &shapes[i]))
            continue;
        struct problem p = make_problem(&shapes[i], 1 + i % PHOTO_COUNT_MAX, false, i + 1300);
        float *expected = run(kernel, &p);
        p.shape.use = TL_CONV_FEW;
        for (size_t n = 1; n <= THREAD_COUNT_MAX && settle(kernel, &p.shape).has_raw_weights; n += 2) {
            float *found = run_divided(kernel, &p, n);
            check_same(found, expected, p.photo_count * count_out(&p.shape), kernel, &p);
            free_buffer(found);
            case_count++;
        }
        free_buffer(expected);
        free_problem(&p);
    }
    ck_assert(get_twin(kernel) == NULL || case_count > 20);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("winograd");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");
    const int kernel_count = (int)tl_conv_kernel_count;

    tcase_set_timeout(core, 120);
    tcase_set_timeout(limits, 120);
    tcase_add_loop_test(core, kernels_of_one_arithmetic_give_the_bits_of_the_scalar_twin, 0, kernel_count);
    tcase_add_loop_test(core, any_number_of_threads_gives_the_bits_of_one, 0, kernel_count);
    tcase_add_loop_test(core, fused_pooling_gives_the_bits_of_pooling_after, 0, kernel_count);
    tcase_add_loop_test(core, the_maps_are_those_of_the_points, 0, TILE_COUNT);
    tcase_add_loop_test(core, transformed_weights_are_those_of_the_formula, 0, TILE_COUNT);
    tcase_add_loop_test(core, raw_weights_give_the_bits_of_packed_ones, 0, kernel_count);
    tcase_add_loop_test(limits, nan_reaches_the_outputs_that_see_it_and_stays_near, 0, kernel_count);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
