/* test_plan.c - plans: the table's shapes, what comes out, what is refused. */
#include <math.h>

#include "tests/common/network/plan_fixture.h"

/* One row of the table as one call, by the definition. */
static void convolve(float *out, const struct tl_conv_shape *shape, const float *in, struct tl_backbone_weights weights)
{
    float scratch[64];
    const struct tl_conv_call call = {*shape, 1, in, weights.kernel, weights.bias, out, NULL, NULL, {1, 1, 0}};

    ck_assert_uint_le(tl_conv_reference.scratch_count(shape), 64);
    tl_conv_reference.run(&call, 0, scratch);
}

/* The small table written out as calls: what any plan for it must come to. */
static float *run_by_hand(const tl_backbone *backbone, const float *input, uint32_t height, uint32_t width)
{
    const struct tl_conv_shape conv1 = {height, width, 3, 8, 3, true, false, TL_CONV_BATCHES, false, 0};
    const struct tl_conv_shape conv2 = {height, width, 8, 10, 3, false, false, TL_CONV_BATCHES, false, 0};
    const struct tl_conv_shape conv3 = {height / 2, width / 2, 10, 17, 1, true, false, TL_CONV_BATCHES, false, 0};
    const size_t floats = (size_t)height * width * 17;
    float *a = tl_memory_alloc(floats, sizeof *a), *b = tl_memory_alloc(floats, sizeof *b);

    convolve(a, &conv1, input, tl_backbone_get_weights(backbone, 1));
    convolve(b, &conv2, a, tl_backbone_get_weights(backbone, 2));
    tl_pool_max(a, b, height, width, 10, 2, 2);
    convolve(b, &conv3, a, tl_backbone_get_weights(backbone, 4));
    tl_pool_max(a, b, height / 2, width / 2, 17, 2, 2);
    tl_memory_free(b);
    return a;
}

static void check_close(const float *found, const float *expected, size_t count, double bound, const char *what)
{
    double difference = 0, size = 0;

    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        const double d = (double)found[i] - (double)expected[i];
        difference += d * d;
        size += (double)expected[i] * (double)expected[i];
    }
    ck_assert_msg(sqrt(difference) <= bound * sqrt(size), "%s: relative difference %g, at most %g", what, sqrt(difference / size),
                  bound);
}

START_TEST(shapes_follow_the_table)
{
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, &tl_conv_reference, NULL, TL_CONV_BATCHES);
    const struct tl_shape input = tl_plan_input_shape(plan), features = tl_plan_feature_shape(plan);

    ck_assert_uint_eq(input.height, 13);
    ck_assert_uint_eq(input.width, 20);
    ck_assert_uint_eq(input.channels, 3);
    ck_assert_uint_eq(features.height, 3);
    ck_assert_uint_eq(features.width, 5);
    ck_assert_uint_eq(features.channels, 17);
    ck_assert_str_eq(tl_plan_arithmetic(plan), "f64-direct");
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

static double get_bound(const struct tl_conv_kernel *kernel)
{
    if (strcmp(kernel->arithmetic, "bf16-wino4") == 0)
        return 1.4e-2;
    if (strcmp(kernel->arithmetic, "bf16x3-wino4") == 0)
        return 2.8e-5;
    if (strcmp(kernel->arithmetic, "i16-wino4") == 0)
        return 1.5e-4;
    return strcmp(kernel->arithmetic, "f64-direct") == 0 ? 0 : 1e-6;
}

START_TEST(a_plan_gives_what_the_table_says)
{
    static const struct tl_shape shapes[] = {{4, 4, 3}, {5, 4, 3}, {13, 20, 3}, {31, 9, 3}};
    const struct tl_conv_kernel *kernel = get_kernel(_i);

    if (kernel == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        char what[100];
        tl_plan *plan = make_plan(backbone, kernel, &shapes[s], (enum tl_conv_use)(s % 3));
        float *input = make_values(count_floats(shapes[s]), s + 1);
        float *found = run(plan, input, 1), *expected = run_by_hand(backbone, input, shapes[s].height, shapes[s].width);
        snprintf(what, sizeof what, "%s, %u x %u", kernel->name, shapes[s].height, shapes[s].width);
        check_close(found, expected, count_floats(tl_plan_feature_shape(plan)),
                    get_bound(kernel), what);
        tl_memory_free(input);
        tl_memory_free(found);
        tl_memory_free(expected);
        tl_plan_free(plan);
    }
    tl_backbone_free(backbone);
}
END_TEST

/* ---- Limits ---- */

START_TEST(running_no_photos_writes_nothing)
{
    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, get_kernel(_i), NULL, TL_CONV_BATCHES);

    tl_memory_free(run(plan, NULL, 0));
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(an_input_too_small_for_the_pooling_is_refused)
{
    struct tl_error err;
    tl_plan *plan;
    tl_backbone *backbone = make_backbone();

    plan = (tl_plan *)backbone;
    ck_assert_int_eq(tl_plan_create(&plan, backbone, &tl_conv_reference, &(struct tl_shape){3, 4, 3},
                                    TL_CONV_SINGLES, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "b_pool: its input is 1 x 2, too small to pool 2 x 2");
    ck_assert_ptr_null(plan);
    ck_assert_int_eq(tl_plan_create(&plan, backbone, &tl_conv_reference, &(struct tl_shape){0, 4, 3},
                                    TL_CONV_SINGLES, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "small cannot take photos of 0 x 4");
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(an_input_of_other_channels_or_absurd_size_is_refused)
{
    struct tl_error err;
    tl_plan *plan;
    tl_backbone *backbone = make_backbone();

    ck_assert_int_eq(tl_plan_create(&plan, backbone, &tl_conv_reference, &(struct tl_shape){8, 8, 1},
                                    TL_CONV_SINGLES, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "small takes photos of 3 channels, not 1");
    ck_assert_int_eq(tl_plan_create(&plan, backbone, &tl_conv_reference, &(struct tl_shape){1U << 31, 1U << 31, 3},
                                    TL_CONV_SINGLES, &err),
                     TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "small cannot take photos of 2147483648 x 2147483648");
    ck_assert_int_eq(tl_plan_create(&plan, backbone, &tl_conv_reference, &(struct tl_shape){20000, 20000, 3},
                                    TL_CONV_SINGLES, &err),
                     TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "a_conv1: an output of 20000 x 20000 x 8 is too large");
    ck_assert_ptr_null(plan);
    tl_backbone_free(backbone);
}
END_TEST

/* ---- Faults ---- */

START_TEST(every_failed_allocation_is_reported_and_leaks_nothing)
{
    struct tl_error err;
    tl_plan *plan = NULL;
    tl_workspace *workspace;

    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    size_t n = 1;

    for (;; n++) {
        tl_memory_fail_at(n);
        enum tl_status status = tl_plan_create(&plan, backbone, get_kernel(_i), NULL, TL_CONV_SINGLES, &err);
        ck_assert(status == TL_OK || plan == NULL);
        if (status == TL_OK) {
            status = tl_workspace_create(&workspace, plan, 1, &err);
            ck_assert(status == TL_OK || workspace == NULL);
        }
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        tl_plan_free(plan);
        ck_assert_uint_lt(n, 100);
    }
    tl_memory_fail_at(0);
    ck_assert_uint_gt(n, 8);
    tl_workspace_free(workspace);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
    tl_plan_free(NULL);
    tl_workspace_free(NULL);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    const int kernel_count = (int)tl_conv_kernel_count;

    tcase_set_timeout(core, 60);
    tcase_add_test(core, shapes_follow_the_table);
    tcase_add_loop_test(core, a_plan_gives_what_the_table_says, 0, kernel_count);
    tcase_add_loop_test(limits, running_no_photos_writes_nothing, 0, kernel_count);
    tcase_add_test(limits, an_input_too_small_for_the_pooling_is_refused);
    tcase_add_test(limits, an_input_of_other_channels_or_absurd_size_is_refused);
    tcase_add_loop_test(faults, every_failed_allocation_is_reported_and_leaks_nothing, 0, kernel_count);
    tcase_add_test(faults, freeing_nothing_is_fine);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
