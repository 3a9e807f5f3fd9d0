/* test_classifier.c - a head comes back from the store as it went in, or is refused; answers are ranked. */
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_head.h"
#include "serve/classify/classifier.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

static const float KERNEL[FIXTURE_FEATURES * FIXTURE_CLASSES] = {1, 0, 0, 1, 2, 0, 0, 2};

/* The head of a store that holds one run with the kernel. */
static void store_and_get(struct tl_store_chosen_head *out, const float *kernel)
{
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    tl_store *store = fixture_create(path);
    int64_t set_id = fixture_feature_set(store), content_id = fixture_content(store, 9);
    struct tl_error err;

    fixture_ok(tl_store_commit(store, &err), &err);
    (void)fixture_run(store, "first", set_id, content_id, 9, kernel);
    fixture_ok(tl_store_get_head(store, out, NULL, &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
}

START_TEST(a_stored_head_comes_back_as_it_went_in)
{
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    struct tl_error err;

    store_and_get(&chosen, KERNEL);
    fixture_ok(tl_classifier_read_head(&head, &chosen, &err), &err);
    ck_assert_uint_eq(head->feature_count, FIXTURE_FEATURES);
    ck_assert_uint_eq(head->class_count, FIXTURE_CLASSES);
    ck_assert_int_eq(head->transform, TL_HEAD_TRANSFORM_SQRT);
    ck_assert(head->scale == 2);
    ck_assert_mem_eq(head->kernel, KERNEL, sizeof KERNEL);
    ck_assert(head->bias[0] == 0.5F && head->bias[1] == -0.5F);
    ck_assert_str_eq(head->class_names[1], "dog");
    tl_head_free(head);
    tl_store_free_head(&chosen);
}
END_TEST

enum { KINDS = 8, HIDDEN = 3, CHANNELS = 2 };

static void fill(float *values, size_t count, float first)
{
    for (size_t i = 0; i < count; i++)
        values[i] = first - (float)(i * i % 7) / 3;
}

/* Every combination of pooling, transform and hidden layer, counted by `kind` below KINDS. */
static struct tl_head *make_kind(int kind)
{
    const struct tl_head_shape shape = {.feature_count = FIXTURE_FEATURES, .channel_count = CHANNELS,
                                        .pool = kind & 1 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE,
                                        .hidden_count = kind & 4 ? HIDDEN : 0, .class_count = FIXTURE_CLASSES};
    struct tl_head *head = NULL;

    ck_assert_int_eq(tl_head_create(&head, &shape, FIXTURE_CLASS_NAMES, NULL), TL_OK);
    head->transform = kind & 2 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE;
    head->scale = 1.7;
    fill(head->kernel, tl_head_kernel_rows(head) * FIXTURE_CLASSES, 1.1F);
    fill(head->bias, FIXTURE_CLASSES, 0.3F);
    fill(head->hidden_kernel, head->input_count * head->hidden_count, 0.9F);
    fill(head->hidden_bias, head->hidden_count, 0.7F);
    return head;
}

static void store_head_and_get(struct tl_store_chosen_head *out, const struct tl_head *head)
{
    const struct tl_store_head row = {.class_names = FIXTURE_CLASS_NAMES, .class_count = FIXTURE_CLASSES,
                                      .feature_count = head->feature_count, .channel_count = head->channel_count,
                                      .pool = tl_head_pool_names[head->pool],
                                      .transform = tl_head_transform_names[head->transform], .scale = head->scale,
                                      .kernel = head->kernel, .bias = head->bias, .hidden_count = head->hidden_count,
                                      .hidden_kernel = head->hidden_kernel, .hidden_bias = head->hidden_bias};
    tl_store *store = fixture_create(tl_test_path(tl_test_make_folder(), "s.tl"));
    int64_t head_id, set_id = fixture_feature_set(store);
    struct tl_error err;

    fixture_ok(tl_store_put_head(store, &head_id, 0, "imported", set_id, &row, &err), &err);
    fixture_ok(tl_store_commit(store, &err), &err);
    fixture_ok(tl_store_get_head(store, out, "imported", &err), &err);
    fixture_ok(tl_store_close(&store, &err), &err);
}

START_TEST(a_head_of_any_kind_answers_from_the_store_as_before_to_the_bit)
{
    static const float vector[FIXTURE_FEATURES] = {0, 3.25F, 0.1F, 2};
    struct tl_store_chosen_head chosen;
    struct tl_head *head = make_kind(_i), *stored = NULL;
    double before[FIXTURE_CLASSES], after[FIXTURE_CLASSES];
    struct tl_error err;

    store_head_and_get(&chosen, head);
    fixture_ok(tl_classifier_read_head(&stored, &chosen, &err), &err);
    ck_assert_uint_eq(stored->input_count, head->input_count);
    tl_head_logits(head, before, vector);
    tl_head_logits(stored, after, vector);
    ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
    ck_assert_double_ne(before[0], before[1]);
    tl_head_free(head);
    tl_head_free(stored);
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(answers_are_ranked_by_probability)
{
    static const float VECTOR[FIXTURE_FEATURES] = {0, 16, 0, 0}; /* sqrt 4, over 2: logits 0.5, -0.5 + 2 */
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    double probabilities[FIXTURE_CLASSES];
    size_t order[FIXTURE_CLASSES];
    struct tl_error err;

    store_and_get(&chosen, KERNEL);
    fixture_ok(tl_classifier_read_head(&head, &chosen, &err), &err);
    fixture_ok(tl_classifier_judge(head, probabilities, order, VECTOR, &err), &err);
    ck_assert_uint_eq(order[0], 1);
    ck_assert_uint_eq(order[1], 0);
    ck_assert_double_eq_tol(probabilities[1], exp(1.0) / (1 + exp(1.0)), 1e-12);
    ck_assert_double_eq_tol(probabilities[0] + probabilities[1], 1, 1e-12);
    tl_head_free(head);
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(a_head_with_nan_is_refused)
{
    float kernel[FIXTURE_FEATURES * FIXTURE_CLASSES];
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    struct tl_error err;

    memcpy(kernel, KERNEL, sizeof kernel);
    store_and_get(&chosen, kernel);
    chosen.kernel[3] = NAN;
    ck_assert_int_eq(tl_classifier_read_head(&head, &chosen, &err), TL_CORRUPT);
    ck_assert_ptr_null(head);
    ck_assert_ptr_nonnull(strstr(err.message, "kernel"));
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(an_unknown_transform_or_pooling_is_refused)
{
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    struct tl_error err;

    store_and_get(&chosen, KERNEL);
    memcpy(chosen.transform, "sqrx", 4);
    ck_assert_int_eq(tl_classifier_read_head(&head, &chosen, &err), TL_CORRUPT);
    ck_assert_ptr_null(head);
    ck_assert_ptr_nonnull(strstr(err.message, "sqrx"));
    memcpy(chosen.transform, "sqrt", 4);
    memcpy(chosen.pool, "nine", 4);
    ck_assert_int_eq(tl_classifier_read_head(&head, &chosen, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, "pooled by 'nine'"));
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(a_sum_that_is_not_finite_is_no_answer)
{
    static const float VECTOR[FIXTURE_FEATURES] = {INFINITY, 0, 0, 0};
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    struct tl_error err;
    double probabilities[FIXTURE_CLASSES];
    size_t order[FIXTURE_CLASSES];

    store_and_get(&chosen, KERNEL);
    fixture_ok(tl_classifier_read_head(&head, &chosen, &err), &err);
    ck_assert_int_eq(tl_classifier_judge(head, probabilities, order, VECTOR, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, "cat"));
    tl_head_free(head);
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(every_failed_allocation_of_a_head_is_reported)
{
    struct tl_store_chosen_head chosen;
    struct tl_head *head = NULL;
    size_t n = 0;

    store_and_get(&chosen, KERNEL);
    while (!head) {
        struct tl_error err;

        (void)tl_memory_fail_at(++n);
        if (tl_classifier_read_head(&head, &chosen, &err) != TL_OK)
            ck_assert_int_eq(err.status, TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
    }
    ck_assert_uint_gt(n, 2);
    tl_head_free(head);
    tl_store_free_head(&chosen);
}
END_TEST

/* The head of the fixture's store was trained on weights that no file holds. */
START_TEST(weights_other_than_the_heads_are_refused_with_both_digests)
{
    struct tl_store_chosen_head chosen;
    tl_classifier *classifier = NULL;
    struct tl_error err;
    char expected[TL_DIGEST_HEX_BYTES];
    const char *weights = tl_test_weights_path();

    if (!weights)
        return;
    store_and_get(&chosen, KERNEL);
    tl_digest_to_hex(expected, chosen.tensors_sha256);
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, weights, NULL, true, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(classifier);
    ck_assert_ptr_nonnull(strstr(err.message, expected));
    ck_assert_ptr_nonnull(strstr(err.message, "cc7f6443e96097e97ea73db339ddb1a495456e42fdea6ebfd1f30ff53805682f"));
    tl_store_free_head(&chosen);
}
END_TEST

/* A head that takes as many features as the network gives is refused when the weights were hashed, before any answer counts. */
START_TEST(an_answer_of_other_weights_is_not_confirmed)
{
    struct tl_store_chosen_head chosen;
    tl_classifier *classifier = NULL;
    struct tl_error err;
    uint8_t other[TL_DIGEST_BYTES];
    const char *weights = tl_test_weights_path();

    if (!weights)
        return;
    store_and_get(&chosen, KERNEL);
    tl_memory_free(chosen.kernel);
    chosen.feature_count = 25088;
    chosen.kernel = tl_memory_alloc(chosen.feature_count * chosen.class_count, sizeof *chosen.kernel);
    fixture_ok(tl_classifier_create(&classifier, &chosen, weights, NULL, true, &err), &err);
    ck_assert_int_eq(tl_classifier_confirm(classifier, &chosen, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "cc7f6443e96097e97ea73db339ddb1a495456e42fdea6ebfd1f30ff53805682f"));
    ck_assert(tl_digest_from_hex(other, "cc7f6443e96097e97ea73db339ddb1a495456e42fdea6ebfd1f30ff53805682f"));
    memcpy(chosen.tensors_sha256, other, sizeof other);
    chosen.layer[0] = 'B';
    ck_assert_int_eq(tl_classifier_confirm(classifier, &chosen, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "the output of Block5_pool, this program computes block5_pool"));
    chosen.layer[0] = 'b';
    fixture_ok(tl_classifier_confirm(classifier, &chosen, &err), &err);
    tl_classifier_free(classifier);
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(an_arithmetic_this_machine_lacks_is_refused)
{
    struct tl_store_chosen_head chosen;
    tl_classifier *classifier = NULL;
    struct tl_error err;
    const char *weights = tl_test_weights_path();

    if (!weights)
        return;
    store_and_get(&chosen, KERNEL);
    memcpy(chosen.arithmetic, "openblas-im2row", strlen(chosen.arithmetic));
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, weights, NULL, true, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(classifier);
    ck_assert_ptr_nonnull(strstr(err.message, "openblas-im2row"));
    tl_store_free_head(&chosen);
}
END_TEST

/* The fixture's features are of openblas-im2col. Kernels are looked at before weights. */
START_TEST(kernels_of_another_arithmetic_than_the_heads_are_refused)
{
    struct tl_store_chosen_head chosen;
    tl_classifier *classifier = NULL;
    struct tl_error err;
    const char *weights = tl_test_path(tl_test_make_folder(), "empty.h5");

    tl_test_write_file(weights, "", 0);
    store_and_get(&chosen, KERNEL);
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, weights, "openblas", true, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(classifier);
    ck_assert_str_eq(err.message, "the kernels 'openblas' compute openblas-wino6, but openblas-im2col is wanted");
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, weights, "abacus", true, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "this machine has no kernels 'abacus', only "));
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(missing_weights_and_unknown_recipes_are_refused)
{
    struct tl_store_chosen_head chosen;
    tl_classifier *classifier = NULL;
    struct tl_error err;

    store_and_get(&chosen, KERNEL);
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, "/nowhere/vgg16.h5", NULL, true, &err), TL_NOT_FOUND);
    ck_assert_ptr_null(classifier);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/vgg16.h5"));
    chosen.input_json[1] = '!';
    ck_assert_int_eq(tl_classifier_create(&classifier, &chosen, "/nowhere/vgg16.h5", NULL, true, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(classifier);
    tl_store_free_head(&chosen);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("classifier");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_set_timeout(faults, 60);
    tcase_add_test(core, a_stored_head_comes_back_as_it_went_in);
    tcase_add_loop_test(core, a_head_of_any_kind_answers_from_the_store_as_before_to_the_bit, 0, KINDS);
    tcase_add_test(core, answers_are_ranked_by_probability);
    tcase_add_test(faults, a_head_with_nan_is_refused);
    tcase_add_test(faults, an_unknown_transform_or_pooling_is_refused);
    tcase_add_test(faults, a_sum_that_is_not_finite_is_no_answer);
    tcase_add_test(faults, every_failed_allocation_of_a_head_is_reported);
    tcase_add_test(faults, weights_other_than_the_heads_are_refused_with_both_digests);
    tcase_add_test(faults, an_answer_of_other_weights_is_not_confirmed);
    tcase_add_test(faults, an_arithmetic_this_machine_lacks_is_refused);
    tcase_add_test(faults, kernels_of_another_arithmetic_than_the_heads_are_refused);
    tcase_add_test(faults, missing_weights_and_unknown_recipes_are_refused);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
