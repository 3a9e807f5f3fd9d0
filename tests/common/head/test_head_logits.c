/* test_head_logits.c - what a head predicts: pooled, transformed, summed, ranked. */
#include <string.h>

#include "tests/common/head/drawn_head.h"

START_TEST(dense_and_sparse_give_the_same_bits)
{
    struct tl_head *head = make_kind(_i);
    float x[FEATURES], values[FEATURES];
    uint32_t indices[FEATURES];
    double dense[CLASSES], sparse[CLASSES];

    make_vector(x);
    tl_head_logits(head, dense, x);
    tl_head_logits_sparse(head, sparse, indices, values, list_nonzeros(indices, values, x));
    ck_assert_int_eq(memcmp(dense, sparse, sizeof dense), 0);
    tl_head_free(head);
}
END_TEST

/* The head's input of x by the formula, z[k] / scale. */
static void make_input(double *z, const struct tl_head *head, const float *x)
{
    for (size_t k = 0; k < head->input_count; k++) {
        double value = 0;

        if (head->pool == TL_HEAD_POOL_NONE)
            value = (double)x[k];
        for (size_t f = k; head->pool == TL_HEAD_POOL_AVG && f < FEATURES; f += CHANNELS)
            value += (double)x[f] / (FEATURES / CHANNELS);
        if (head->transform == TL_HEAD_TRANSFORM_SQRT)
            value = value < 0 ? -sqrt(-value) : sqrt(value);
        z[k] = value / head->scale;
    }
}

static void apply_layer(double *out, const double *in, const float *kernel, const float *bias, size_t rows, size_t columns)
{
    for (size_t u = 0; u < columns; u++) {
        out[u] = (double)bias[u];
        for (size_t k = 0; k < rows; k++)
            out[u] += (double)kernel[k * columns + u] * in[k];
    }
}

START_TEST(logits_are_those_of_the_formula)
{
    struct tl_head *head = make_kind(_i);
    float x[FEATURES];
    double logits[CLASSES], expected[CLASSES], z[FEATURES], hidden[HIDDEN];
    const double *input = z;

    make_vector(x);
    make_input(z, head, x);
    if (head->hidden_count > 0) {
        apply_layer(hidden, z, head->hidden_kernel, head->hidden_bias, head->input_count, HIDDEN);
        for (size_t u = 0; u < HIDDEN; u++)
            hidden[u] = hidden[u] > 0 ? hidden[u] : 0;
        input = hidden;
    }
    apply_layer(expected, input, head->kernel, head->bias, tl_head_kernel_rows(head), CLASSES);
    tl_head_logits(head, logits, x);
    for (size_t l = 0; l < CLASSES; l++)
        ck_assert_double_eq_tol(logits[l], expected[l], 1e-5);
    tl_head_free(head);
}
END_TEST

START_TEST(an_input_that_was_pooled_and_transformed_before_gives_the_same_bits)
{
    struct tl_head *head = make_kind(_i);
    float x[FEATURES], values[FEATURES], pooled[FEATURES];
    uint32_t indices[FEATURES];
    double expected[CLASSES], logits[CLASSES];
    size_t count;

    make_vector(x);
    tl_head_logits(head, expected, x);
    count = list_nonzeros(indices, values, x);
    if (head->pool == TL_HEAD_POOL_AVG) {
        tl_head_pool_sparse(pooled, FEATURES, CHANNELS, indices, values, count);
        for (count = 0; count < CHANNELS; count++) {
            indices[count] = (uint32_t)count;
            values[count] = pooled[count];
        }
    }
    for (size_t i = 0; i < count; i++)
        values[i] = tl_head_transform_value(head->transform, values[i]);
    tl_head_logits_of_input(head, logits, indices, values, count);
    ck_assert_int_eq(memcmp(logits, expected, sizeof logits), 0);
    tl_head_free(head);
}
END_TEST

START_TEST(pooling_takes_the_mean_of_each_channel)
{
    const uint32_t indices[5] = {0, 1, 3, 4, 7};
    const float values[5] = {8, 1, 4, 3, -4};
    float pooled[2];

    tl_head_pool_sparse(pooled, 8, 2, indices, values, 5);
    ck_assert(pooled[0] == 2.75F);
    ck_assert(pooled[1] == 0.25F);
    tl_head_pool_sparse(pooled, 8, 2, NULL, NULL, 0);
    ck_assert(pooled[0] == 0 && pooled[1] == 0);
    ck_assert_str_eq(tl_head_pool_names[TL_HEAD_POOL_AVG], "avg");
    ck_assert_str_eq(tl_head_pool_names[TL_HEAD_POOL_NONE], "none");
    ck_assert_ptr_null(tl_head_pool_names[2]);
}
END_TEST

START_TEST(the_square_root_keeps_the_sign)
{
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, 9) == 3);
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, -9) == -3);
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, 0) == 0);
    ck_assert(isnan(tl_head_transform_value(TL_HEAD_TRANSFORM_SQRT, NAN)));
    ck_assert(tl_head_transform_value(TL_HEAD_TRANSFORM_NONE, -9) == -9);
    ck_assert_str_eq(tl_head_transform_names[TL_HEAD_TRANSFORM_SQRT], "sqrt");
    ck_assert_str_eq(tl_head_transform_names[TL_HEAD_TRANSFORM_NONE], "none");
    ck_assert_ptr_null(tl_head_transform_names[2]);
}
END_TEST

START_TEST(softmax_sums_to_one_and_does_not_overflow)
{
    static const double expected[3] = {0.125, 0.25, 0.625};
    double small[3] = {0, log(2), log(5)}, large[3] = {-1e6, 1e6, 1e6 - 1};

    tl_head_softmax(small, 3);
    for (size_t l = 0; l < 3; l++)
        ck_assert_double_eq_tol(small[l], expected[l], 1e-12);
    tl_head_softmax(large, 3);
    ck_assert_double_eq(large[0], 0);
    ck_assert_double_eq_tol(large[1], 1 / (1 + exp(-1)), 1e-12);
    ck_assert_double_eq_tol(large[1] + large[2], 1, 1e-12);
}
END_TEST

START_TEST(rank_falls_and_ties_go_by_index)
{
    const double probabilities[6] = {0.1, 0.3, 0.1, 0.3, 0.05, 0.15};
    const size_t expected[6] = {1, 3, 5, 0, 2, 4};
    size_t order[6];

    tl_head_rank(order, probabilities, 6);
    for (size_t l = 0; l < 6; l++)
        ck_assert_uint_eq(order[l], expected[l]);
}
END_TEST

START_TEST(json_is_in_the_order_given_and_as_long_as_wanted)
{
    static const char *const names[3] = {"a\"b", "c", "d"};
    const double probabilities[3] = {0.25, 0.125, 0.625};
    struct tl_text text;
    size_t order[3];

    tl_head_rank(order, probabilities, 3);
    tl_text_init(&text, 100);
    tl_head_append_json(&text, names, order, probabilities, 3);
    ck_assert_int_eq(tl_text_check(&text, NULL), TL_OK);
    ck_assert_str_eq(text.bytes, "{\"d\": 0.625, \"a\\\"b\": 0.25, \"c\": 0.125}");
    tl_text_clear(&text);
    tl_head_append_json(&text, names, order, probabilities, 1);
    tl_head_append_json(&text, names, order, probabilities, 0);
    ck_assert_str_eq(text.bytes, "{\"d\": 0.625}{}");
    tl_text_free(&text);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("head_logits");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, dense_and_sparse_give_the_same_bits, 0, KINDS);
    tcase_add_loop_test(core, logits_are_those_of_the_formula, 0, KINDS);
    tcase_add_loop_test(core, an_input_that_was_pooled_and_transformed_before_gives_the_same_bits, 0, KINDS);
    tcase_add_test(core, pooling_takes_the_mean_of_each_channel);
    tcase_add_test(core, the_square_root_keeps_the_sign);
    tcase_add_test(core, softmax_sums_to_one_and_does_not_overflow);
    tcase_add_test(core, rank_falls_and_ties_go_by_index);
    tcase_add_test(core, json_is_in_the_order_given_and_as_long_as_wanted);
    suite_add_tcase(suite, core);
    return suite;
}
