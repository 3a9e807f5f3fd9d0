/* made_samples.h - samples and heads that a test writes down itself. */
#ifndef TL_TESTS_MADE_SAMPLES_H
#define TL_TESTS_MADE_SAMPLES_H

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "train/data/samples.h"

enum { MADE_SEPARABLE = 37 };

static inline struct tl_samples *make_samples(size_t feature_count, size_t capacity)
{
    struct tl_samples *samples = tl_memory_alloc(1, sizeof *samples);

    ck_assert_ptr_nonnull(samples);
    samples->items = tl_memory_alloc(capacity, sizeof *samples->items);
    ck_assert_ptr_nonnull(samples->items);
    ck_assert_int_eq(tl_matrix_create(&samples->matrix, feature_count, TL_HEAD_TRANSFORM_NONE, NULL), TL_OK);
    return samples;
}

static inline void add_dense_row(struct tl_samples *samples, const float *x)
{
    uint32_t indices[1024];
    float values[1024];
    size_t count = 0;

    for (size_t f = 0; f < samples->matrix->feature_count; f++) {
        if (x[f] != 0) {
            indices[count] = (uint32_t)f;
            values[count++] = x[f];
        }
    }
    ck_assert_int_eq(tl_matrix_add(samples->matrix, indices, values, count, NULL), TL_OK);
}

/* A photo and its variants; x is (1 + variant_count, F). */
static inline void add_sample(struct tl_samples *samples, const float *x, size_t variant_count, uint32_t class_index,
                              enum tl_role role)
{
    samples->items[samples->count++] = (struct tl_sample){class_index, role, samples->matrix->row_count, variant_count};
    for (size_t v = 0; v <= variant_count; v++)
        add_dense_row(samples, x + v * samples->matrix->feature_count);
}

/* Classes that can be told apart, in vectors of MADE_SEPARABLE: each has features of its own, with noise over all. */
static inline struct tl_samples *make_separable(size_t train_count, size_t validation_count, size_t variant_count,
                                                size_t class_count)
{
    struct tl_samples *samples = make_samples(MADE_SEPARABLE, train_count + validation_count);
    struct tl_random random;

    tl_random_init(&random, 5, "separable");
    for (size_t i = 0; i < train_count + validation_count; i++) {
        float x[8 * MADE_SEPARABLE] = {0};
        const uint32_t class_index = (uint32_t)(i % class_count);

        for (size_t k = 0; k < (1 + variant_count) * MADE_SEPARABLE; k++) {
            const bool is_own = k % MADE_SEPARABLE % class_count == class_index;
            if (tl_random_uniform(&random) < (is_own ? 0.8 : 0.3))
                x[k] = (float)(tl_random_uniform(&random) * 20);
        }
        add_sample(samples, x, i < train_count ? variant_count : 0, class_index,
                   i < train_count ? TL_ROLE_TRAIN : TL_ROLE_VALIDATION);
    }
    return samples;
}

/* Classes "a", "b", ..., at most six. */
static inline struct tl_head *make_head(size_t feature_count, size_t class_count)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    const struct tl_head_shape shape = {.feature_count = feature_count, .class_count = class_count};
    struct tl_head *head = NULL;

    ck_assert_int_eq(tl_head_create(&head, &shape, names, NULL), TL_OK);
    return head;
}

#endif
