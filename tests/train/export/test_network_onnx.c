/* test_network_onnx.c - network and head as ONNX: what our own reader and the eye can tell; runtimes are asked by `make
 * test-onnx`. */
#include <stdio.h>
#include <unistd.h>

#include "common/base/system.h"
#include "common/exchange/onnx.h"
#include "tests/common/network/small_network.h"
#include "tests/train/export/kept_head.h"
#include "train/export/network_onnx.h"

enum { CONVOLUTIONS = 3 }; /* up to the feature layer */

static tl_backbone *backbone;
static const char *path;

static void setup(void)
{
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);
    struct tl_error err;

    ck_assert_msg(tl_backbone_create(&backbone, &small_network, &tensors, &err) == TL_OK, "%s", err.message);
    path = tl_test_path(tl_test_make_folder(), "model.onnx");
}

static void teardown(void)
{
    tl_backbone_free(backbone);
}

static void init(struct tl_stored_head *out, int kind)
{
    kept_init(out, kind);
    memcpy(out->chosen.tensors_sha256, tl_backbone_tensors_sha256(backbone), TL_DIGEST_BYTES);
}

static bool file_has(const char *words)
{
    uint8_t *bytes = NULL;
    size_t size_bytes;
    bool is_there;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 24, NULL), TL_OK);
    is_there = memmem(bytes, size_bytes, words, strlen(words)) != NULL;
    tl_memory_free(bytes);
    return is_there;
}

START_TEST(the_networks_weights_read_back_from_the_model)
{
    struct tl_stored_head stored;
    tl_tensors *tensors = NULL;
    struct tl_error err;

    init(&stored, _i);
    ck_assert_msg(tl_network_onnx_write(&stored, backbone, _i % 2, path, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_onnx_read_convolutions(&tensors, path, &err), TL_OK);
    ck_assert_uint_eq(tl_tensors_count(tensors), 2 * CONVOLUTIONS);
    for (size_t i = 0, row = 0; i < CONVOLUTIONS; i++) {
        const struct tl_tensor *kernel = tl_tensors_get(tensors, 2 * i), *bias = tl_tensors_get(tensors, 2 * i + 1);
        struct tl_backbone_weights weights;

        while (small_layers[++row].kind != TL_LAYER_CONVOLUTION)
            ;
        weights = tl_backbone_get_weights(backbone, row);
        ck_assert_mem_eq(kernel->values, weights.kernel, tl_tensor_value_count(kernel) * sizeof(float));
        ck_assert_mem_eq(bias->values, weights.bias, tl_tensor_value_count(bias) * sizeof(float));
    }
    tl_tensors_free(tensors);
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(the_model_says_what_its_head_does)
{
    struct tl_stored_head stored;

    init(&stored, _i);
    if (_i & 1)
        memcpy(stored.chosen.stored_type, "float16", 7);
    ck_assert_int_eq(tl_network_onnx_write(&stored, backbone, 0, path, NULL), TL_OK);
    ck_assert_int_eq(file_has("GlobalAveragePool"), _i & 1);
    ck_assert_int_eq(file_has("features_half"), _i & 1);
    ck_assert_int_eq(file_has("hidden/kernel"), (_i & 2) != 0);
    ck_assert_int_eq(file_has("Sqrt"), (_i & 4) != 0);
    ck_assert(file_has("[\"cat\", \"dog \\\"x\\\"\", \"owl\"]"));
    ck_assert(file_has(KEPT_RECIPE));
    ck_assert(file_has("Gather"));
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(a_recipe_that_rescales_does_so_in_the_model)
{
    struct tl_stored_head stored;

    init(&stored, 0);
    tl_memory_free(stored.chosen.input_json);
    stored.chosen.input_json = tl_memory_copy_string(
        "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"rescale\","
        "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}");
    ck_assert_ptr_nonnull(stored.chosen.input_json);
    ck_assert_int_eq(tl_network_onnx_write(&stored, backbone, 1, path, NULL), TL_OK);
    ck_assert(!file_has("Gather"));
    ck_assert(file_has("photos_rescaled"));
    tl_stored_head_release(&stored);
}
END_TEST

/* ---- Faults ---- */

START_TEST(weights_other_than_the_heads_are_refused)
{
    struct tl_stored_head stored;
    struct tl_error err;

    init(&stored, 0);
    stored.chosen.tensors_sha256[0] ^= 1;
    ck_assert_int_eq(tl_network_onnx_write(&stored, backbone, 0, path, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "name those with --weights"));
    stored.chosen.tensors_sha256[0] ^= 1;
    memcpy(stored.chosen.layer, "c", 1);
    ck_assert_int_eq(tl_network_onnx_write(&stored, backbone, 0, path, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "this program computes b_pool"));
    memcpy(stored.chosen.input_json, "x", 1);
    ck_assert_int_eq(tl_network_onnx_write(&stored, backbone, 0, path, &err), TL_BAD_INPUT);
    ck_assert_int_ne(access(path, F_OK), 0);
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_stored_head stored;
    enum tl_status status;
    size_t n = 0;

    init(&stored, 7);
    do {
        tl_memory_fail_at(++n);
        status = tl_network_onnx_write(&stored, backbone, 1, path, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        ck_assert((status == TL_OK) == (access(path, F_OK) == 0));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 100);
    tl_stored_head_release(&stored);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("network_onnx");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_checked_fixture(faults, setup, teardown);
    tcase_add_loop_test(core, the_networks_weights_read_back_from_the_model, 0, KEPT_KINDS);
    tcase_add_loop_test(core, the_model_says_what_its_head_does, 0, KEPT_KINDS);
    tcase_add_test(core, a_recipe_that_rescales_does_so_in_the_model);
    tcase_add_test(faults, weights_other_than_the_heads_are_refused);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
