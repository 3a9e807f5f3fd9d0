/* test_backbone.c - weights matched to a table: what fits, what is refused and how, and the digest. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/digest.h"
#include "common/base/memory.h"
#include "common/exchange/keras_h5.h"
#include "common/network/backbone.h"
#include "tests/common/network/small_network.h"

static tl_backbone *create(tl_tensors *tensors)
{
    struct tl_error err;
    tl_backbone *backbone;

    ck_assert_msg(tl_backbone_create(&backbone, &small_network, &tensors, &err) == TL_OK, "%s", err.message);
    ck_assert_ptr_null(tensors);
    return backbone;
}

START_TEST(weights_are_matched_by_position)
{
    tl_tensors *same = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    tl_backbone *backbone = create(make_small_tensors(SMALL_TENSOR_COUNT, 1));

    ck_assert_ptr_eq(tl_backbone_network(backbone), &small_network);
    const size_t convolutions[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        const struct tl_tensor *kernel = tl_tensors_get(same, 2 * i), *bias = tl_tensors_get(same, 2 * i + 1);
        const struct tl_backbone_weights weights = tl_backbone_get_weights(backbone, convolutions[i]);
        ck_assert_mem_eq(weights.kernel, kernel->values, tl_tensor_value_count(kernel) * sizeof(float));
        ck_assert_mem_eq(weights.bias, bias->values, tl_tensor_value_count(bias) * sizeof(float));
    }
    tl_tensors_free(same);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(tensors_beyond_the_feature_layer_are_passed_over)
{
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT + 2, 1);
    struct tl_random random;

    tl_random_init(&random, 4, "weights");
    add_random_tensor(tensors, &random, "fc1", "fc1/kernel:0", 2, (const size_t[]){30, 5})[0] = NAN;
    tl_backbone *whole = create(tensors), *bare = create(make_small_tensors(SMALL_TENSOR_COUNT, 1));
    ck_assert_mem_eq(tl_backbone_tensors_sha256(whole), tl_backbone_tensors_sha256(bare), TL_DIGEST_BYTES);
    tl_backbone_free(whole);
    tl_backbone_free(bare);
}
END_TEST

/* The header's words, spelled out. */
START_TEST(the_digest_is_over_names_shapes_and_values_of_the_table)
{
    static const char *const names[] = {"a_conv1", "a_conv2", "b_conv1"};
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    struct tl_digest digest;
    uint8_t expected[TL_DIGEST_BYTES];

    tl_digest_init(&digest);
    for (size_t i = 0; i < SMALL_TENSOR_COUNT; i++) {
        const struct tl_tensor *tensor = tl_tensors_get(tensors, i);
        if (i % 2 == 0)
            tl_digest_update_string(&digest, names[i / 2]);
        tl_digest_update_u32(&digest, (uint32_t)tensor->rank);
        for (size_t k = 0; k < tensor->rank; k++)
            tl_digest_update_u32(&digest, (uint32_t)tensor->shape[k]);
        tl_digest_update_floats(&digest, tensor->values, tl_tensor_value_count(tensor));
    }
    tl_digest_finish(&digest, expected);
    tl_backbone *backbone = create(tensors), *other = create(make_small_tensors(SMALL_TENSOR_COUNT, 2));
    ck_assert_mem_eq(tl_backbone_tensors_sha256(backbone), expected, TL_DIGEST_BYTES);
    ck_assert_mem_ne(tl_backbone_tensors_sha256(other), expected, TL_DIGEST_BYTES);
    tl_backbone_free(backbone);
    tl_backbone_free(other);
}
END_TEST

START_TEST(a_keras_file_gives_the_backbone_of_its_tensors)
{
    struct tl_error err;
    tl_backbone *read;
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    const char *path = tl_test_path(tl_test_make_folder(), "small.h5");

    ck_assert_msg(tl_keras_h5_write(tensors, path, &err) == TL_OK, "%s", err.message);
    tl_backbone *backbone = create(tensors);
    ck_assert_msg(tl_backbone_read(&read, &small_network, path, &err) == TL_OK, "%s", err.message);
    ck_assert_mem_eq(tl_backbone_tensors_sha256(read), tl_backbone_tensors_sha256(backbone), TL_DIGEST_BYTES);
    tl_backbone_free(read);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(what_names_a_backbone_outlives_its_weights)
{
    tl_backbone *bare = create(make_small_tensors(SMALL_TENSOR_COUNT, 1));
    tl_backbone *whole = create(make_small_tensors(SMALL_TENSOR_COUNT, 1));

    tl_backbone_drop_weights(bare);
    ck_assert_ptr_eq(tl_backbone_network(bare), &small_network);
    ck_assert_mem_eq(tl_backbone_tensors_sha256(bare), tl_backbone_tensors_sha256(whole), TL_DIGEST_BYTES);
    tl_backbone_free(bare);
    tl_backbone_free(whole);
}
END_TEST

static void *ask_for_digest(void *backbone)
{
    return (void *)(uintptr_t)tl_backbone_tensors_sha256(backbone);
}

START_TEST(several_threads_may_wait_for_the_digest)
{
    enum { THREAD_COUNT = 4 };
    tl_backbone *backbone = create(make_small_tensors(SMALL_TENSOR_COUNT, 1));
    pthread_t threads[THREAD_COUNT];

    for (size_t i = 0; i < THREAD_COUNT; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_for_digest, backbone), 0);
    for (size_t i = 0; i < THREAD_COUNT; i++) {
        void *sha256;

        ck_assert_int_eq(pthread_join(threads[i], &sha256), 0);
        ck_assert_ptr_eq(sha256, tl_backbone_tensors_sha256(backbone));
    }
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(a_backbone_that_nobody_asked_for_its_digest_can_be_freed)
{
    for (int i = 0; i < 20; i++)
        tl_backbone_free(create(make_small_tensors(SMALL_TENSOR_COUNT, 1)));
}
END_TEST

/* ---- Faults ---- */

/* Refused with the message, and the tensors still the caller's. */
static void check_refused(tl_tensors *tensors, const char *message)
{
    struct tl_error err;
    tl_backbone *backbone = (tl_backbone *)tensors;
    const tl_tensors *before = tensors;

    ck_assert_int_eq(tl_backbone_create(&backbone, &small_network, &tensors, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, message);
    ck_assert_ptr_null(backbone);
    ck_assert_ptr_eq(tensors, before);
    tl_tensors_free(tensors);
}

START_TEST(a_kernel_of_another_shape_is_named_with_what_is_expected)
{
    tl_tensors *tensors = make_small_tensors(2, 1);
    struct tl_random random;

    tl_random_init(&random, 4, "weights");
    add_random_tensor(tensors, &random, "x", "x/kernel:0", 4, (const size_t[]){3, 3, 8, 11});
    add_random_tensor(tensors, &random, "x", "x/bias:0", 1, (const size_t[]){11});
    check_refused(tensors, "a_conv2: the kernel (x/kernel:0) is (3, 3, 8, 11); (3, 3, 8, 10) is expected");
}
END_TEST

START_TEST(a_bias_of_another_shape_is_named_with_what_is_expected)
{
    tl_tensors *tensors = make_small_tensors(3, 1);
    struct tl_random random;

    tl_random_init(&random, 4, "weights");
    add_random_tensor(tensors, &random, "x", "x/bias:0", 2, (const size_t[]){10, 1});
    check_refused(tensors, "a_conv2: the bias (x/bias:0) is (10, 1); (10,) is expected");
}
END_TEST

START_TEST(kernels_in_theanos_order_are_recognised)
{
    tl_tensors *tensors = make_small_tensors(0, 1);
    struct tl_random random;

    tl_random_init(&random, 4, "weights");
    add_random_tensor(tensors, &random, "x", "x/W", 4, (const size_t[]){8, 3, 3, 3});
    add_random_tensor(tensors, &random, "x", "x/b", 1, (const size_t[]){8});
    check_refused(tensors, "a_conv1: the kernel (x/W) is (8, 3, 3, 3), a file in Theano's order ('th'); TensorFlow's ('tf'), "
                           "(3, 3, 3, 8), is expected");
}
END_TEST

START_TEST(a_file_that_ends_too_soon_is_refused)
{
    check_refused(make_small_tensors(5, 1), "b_conv1: a kernel and a bias are expected; the file ends after 5 tensors");
}
END_TEST

START_TEST(weights_that_are_not_finite_are_told)
{
    static const float bad_values[] = {NAN, INFINITY, -INFINITY};
    static const char *const words[] = {"nan", "inf", "-inf"};
    char message[120];
    tl_tensors *tensors = make_small_tensors(4, 1);
    struct tl_random random;

    tl_random_init(&random, 4, "weights");
    add_random_tensor(tensors, &random, "x", "x/kernel:0", 4, (const size_t[]){1, 1, 10, 17})[169] = bad_values[_i];
    add_random_tensor(tensors, &random, "x", "x/bias:0", 1, (const size_t[]){17});
    snprintf(message, sizeof message, "b_conv1: value 169 of the kernel (x/kernel:0) is %s, not a finite number", words[_i]);
    tl_backbone *backbone = create(tensors);
    for (int i = 0; i < 2; i++) {
        struct tl_error err;

        ck_assert_int_eq(tl_backbone_check(backbone, &err), TL_BAD_INPUT);
        ck_assert_str_eq(err.message, message);
    }
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(a_file_of_another_network_is_named)
{
    struct tl_error err;
    tl_backbone *backbone = NULL;
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    const char *path = tl_test_path(tl_test_make_folder(), "small.h5");

    ck_assert_msg(tl_keras_h5_write(tensors, path, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_backbone_read(&backbone, &tl_network_vgg16, path, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(backbone);
    ck_assert_ptr_nonnull(strstr(err.message, "small.h5 does not hold the weights of vgg16: block1_conv1: the kernel"));
    ck_assert_int_eq(tl_backbone_read(&backbone, &small_network, "/nowhere/x.h5", &err), TL_NOT_FOUND);
    ck_assert_ptr_null(backbone);
    tl_tensors_free(tensors);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_leaks_nothing)
{
    struct tl_error err;
    tl_backbone *backbone;
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    size_t n = 1;

    for (;; n++) {
        tl_memory_fail_at(n);
        const enum tl_status status = tl_backbone_create(&backbone, &small_network, &tensors, &err);
        if (status == TL_OK)
            break;
        ck_assert_int_eq(status, TL_NO_MEMORY);
        ck_assert_ptr_null(backbone);
        ck_assert_ptr_nonnull(tensors);
        ck_assert_uint_lt(n, 100);
    }
    tl_memory_fail_at(0);
    ck_assert_uint_gt(n, 3);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
    tl_backbone_free(NULL);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("backbone");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, weights_are_matched_by_position);
    tcase_add_test(core, tensors_beyond_the_feature_layer_are_passed_over);
    tcase_add_test(core, the_digest_is_over_names_shapes_and_values_of_the_table);
    tcase_add_test(core, a_keras_file_gives_the_backbone_of_its_tensors);
    tcase_add_test(core, what_names_a_backbone_outlives_its_weights);
    tcase_add_test(core, several_threads_may_wait_for_the_digest);
    tcase_add_test(core, a_backbone_that_nobody_asked_for_its_digest_can_be_freed);
    tcase_add_test(faults, a_kernel_of_another_shape_is_named_with_what_is_expected);
    tcase_add_test(faults, a_bias_of_another_shape_is_named_with_what_is_expected);
    tcase_add_test(faults, kernels_in_theanos_order_are_recognised);
    tcase_add_test(faults, a_file_that_ends_too_soon_is_refused);
    tcase_add_loop_test(faults, weights_that_are_not_finite_are_told, 0, 3);
    tcase_add_test(faults, a_file_of_another_network_is_named);
    tcase_add_test(faults, every_failed_allocation_is_reported_and_leaks_nothing);
    tcase_add_test(faults, freeing_nothing_is_fine);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
