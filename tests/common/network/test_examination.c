/* test_examination.c - tensors larger than a piece: each value counts for the digest, and the first that is not finite is named. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/network/examination.h"
#include "tests/common/network/small_network.h"

enum { INPUT_CHANNELS = 300, OUTPUT_CHANNELS = 240, KERNEL_COUNT = INPUT_CHANNELS * OUTPUT_CHANNELS /* two pieces and a rest */ };

static const struct tl_layer wide_layers[] = {
    {"input", TL_LAYER_INPUT, {0}, 0, 0, 0, 0, false},
    {"conv", TL_LAYER_CONVOLUTION, {0}, 1, 1, 1, OUTPUT_CHANNELS, true},
};
static const struct tl_network wide_network = {
    .name = "wide", .layers = wide_layers, .layer_count = 2, .feature_layer = 1, .height = 1, .width = 1,
    .channels = INPUT_CHANNELS};

static tl_tensors *make_tensors(float **out_kernel, float **out_bias)
{
    const size_t kernel_shape[4] = {1, 1, INPUT_CHANNELS, OUTPUT_CHANNELS}, bias_shape[1] = {OUTPUT_CHANNELS};
    struct tl_error err;
    struct tl_random random;
    tl_tensors *tensors;

    ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
    tl_random_init(&random, 7, "weights");
    *out_kernel = add_random_tensor(tensors, &random, "conv", "w", 4, kernel_shape);
    *out_bias = add_random_tensor(tensors, &random, "conv", "b", 1, bias_shape);
    return tensors;
}

static tl_examination *examine(const tl_tensors *tensors)
{
    struct tl_error err;
    tl_examination *examination;

    ck_assert_msg(tl_examination_create(&examination, &wide_network, tensors, &err) == TL_OK, "%s", err.message);
    return examination;
}

START_TEST(pieces_have_the_digest_of_the_whole)
{
    float *kernel, *bias;
    tl_tensors *tensors = make_tensors(&kernel, &bias);
    tl_examination *examination = examine(tensors);
    const uint32_t numbers[] = {4, 1, 1, INPUT_CHANNELS, OUTPUT_CHANNELS};
    struct tl_digest digest;
    struct tl_error err;
    uint8_t expected[TL_DIGEST_BYTES];

    tl_digest_init(&digest);
    tl_digest_update_string(&digest, "conv");
    for (size_t i = 0; i < 5; i++)
        tl_digest_update_u32(&digest, numbers[i]);
    tl_digest_update_floats(&digest, kernel, KERNEL_COUNT);
    tl_digest_update_u32(&digest, 1);
    tl_digest_update_u32(&digest, OUTPUT_CHANNELS);
    tl_digest_update_floats(&digest, bias, OUTPUT_CHANNELS);
    tl_digest_finish(&digest, expected);
    ck_assert_mem_eq(tl_examination_sha256(examination), expected, TL_DIGEST_BYTES);
    ck_assert_int_eq(tl_examination_check(examination, &err), TL_OK);
    tl_examination_free(examination);
    tl_tensors_free(tensors);
}
END_TEST

static const size_t PLACES[] = {0, 1, 15, 16, 32767, 32768, 65535, 65536, KERNEL_COUNT - 2};

START_TEST(a_value_that_is_not_finite_is_found_wherever_it_is)
{
    float *kernel, *bias;
    tl_tensors *tensors = make_tensors(&kernel, &bias);
    char message[120];
    struct tl_error err;

    kernel[PLACES[_i]] = INFINITY;
    kernel[KERNEL_COUNT - 1] = NAN;
    bias[3] = NAN;
    snprintf(message, sizeof message, "conv: value %zu of the kernel (w) is inf, not a finite number", PLACES[_i]);
    tl_examination *examination = examine(tensors);
    ck_assert_int_eq(tl_examination_check(examination, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, message);
    ck_assert_int_eq(tl_examination_check(examination, NULL), TL_BAD_INPUT);
    tl_examination_free(examination);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(a_bias_that_is_not_finite_is_named)
{
    float *kernel, *bias;
    tl_tensors *tensors = make_tensors(&kernel, &bias);
    struct tl_error err;

    bias[OUTPUT_CHANNELS - 1] = -INFINITY;
    tl_examination *examination = examine(tensors);
    ck_assert_int_eq(tl_examination_check(examination, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "conv: value 239 of the bias (b) is -inf, not a finite number");
    tl_examination_free(examination);
    tl_tensors_free(tensors);
}
END_TEST

/* The largest numbers there are, the smallest, and zeros of both signs. */
START_TEST(finite_values_of_any_size_are_fine)
{
    static const float values[] = {3.4028235e38F, -3.4028235e38F, 1e-45F, -1e-45F, 0.0F, -0.0F};
    float *kernel, *bias;
    tl_tensors *tensors = make_tensors(&kernel, &bias);
    struct tl_error err;

    for (size_t i = 0; i < KERNEL_COUNT; i++)
        kernel[i] = values[i % 6];
    tl_examination *examination = examine(tensors);
    ck_assert_msg(tl_examination_check(examination, &err) == TL_OK, "%s", err.message);
    tl_examination_free(examination);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(without_memory_there_is_none)
{
    float *kernel, *bias;
    tl_tensors *tensors = make_tensors(&kernel, &bias);
    struct tl_error err;
    tl_examination *examination = (tl_examination *)&err;
    enum tl_status status;

    (void)tl_memory_fail_at(1);
    status = tl_examination_create(&examination, &wide_network, tensors, &err);
    (void)tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_NO_MEMORY);
    ck_assert_ptr_null(examination);
    tl_examination_free(NULL);
    tl_tensors_free(tensors);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("examination");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, pieces_have_the_digest_of_the_whole);
    tcase_add_test(limits, finite_values_of_any_size_are_fine);
    tcase_add_loop_test(faults, a_value_that_is_not_finite_is_found_wherever_it_is, 0, sizeof PLACES / sizeof PLACES[0]);
    tcase_add_test(faults, a_bias_that_is_not_finite_is_named);
    tcase_add_test(faults, without_memory_there_is_none);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
