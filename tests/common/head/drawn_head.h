/* drawn_head.h - heads of every kind with drawn values, and a vector, for the tests of heads.
 */
#ifndef TL_TESTS_COMMON_HEAD_DRAWN_HEAD_H
#define TL_TESTS_COMMON_HEAD_DRAWN_HEAD_H

#include <math.h>

#include "common/base/random.h"
#include "common/head/head.h"
#include "tests/support/suite.h"

enum { FEATURES = 50, CHANNELS = 10, HIDDEN = 70, CLASSES = 5, KINDS = 16 };

static const char *const NAMES[CLASSES] = {"a", "b", "c", "d", "e"};

static inline void fill(float *values, size_t count, struct tl_random *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(tl_random_uniform(random) - 0.5);
}

static inline struct tl_head *make_shaped_head(const struct tl_head_shape *shape, enum tl_head_transform transform, double scale)
{
    struct tl_head *head = NULL;
    struct tl_random random;

    ck_assert_int_eq(tl_head_create(&head, shape, NAMES, NULL), TL_OK);
    tl_random_init(&random, 3, "head");
    fill(head->kernel, tl_head_kernel_rows(head) * head->class_count, &random);
    fill(head->bias, head->class_count, &random);
    fill(head->hidden_kernel, head->input_count * head->hidden_count, &random);
    fill(head->hidden_bias, head->hidden_count, &random);
    head->transform = transform;
    head->scale = scale;
    return head;
}

static inline struct tl_head *make_head(enum tl_head_transform transform, double scale)
{
    return make_shaped_head(&(struct tl_head_shape){.feature_count = FEATURES, .class_count = CLASSES}, transform, scale);
}

/* Every combination of transform, scale, pooling and hidden layer, counted by `kind` below KINDS. */
static inline struct tl_head *make_kind(int kind)
{
    const struct tl_head_shape shape = {.feature_count = FEATURES, .channel_count = CHANNELS, .class_count = CLASSES,
                                        .pool = kind & 4 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE,
                                        .hidden_count = kind & 8 ? HIDDEN : 0};

    return make_shaped_head(&shape, kind & 1 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE, kind & 2 ? 3.7 : 1);
}

/* About 70% zeros, some of them negative zeros, some values below zero. */
static inline void make_vector(float x[FEATURES])
{
    struct tl_random random;

    tl_random_init(&random, 4, "vector");
    for (size_t f = 0; f < FEATURES; f++)
        x[f] = tl_random_uniform(&random) < 0.3 ? (float)(tl_random_uniform(&random) * 40 - 5) : f % 2 ? 0.0F : -0.0F;
}

static inline size_t list_nonzeros(uint32_t *indices, float *values, const float *x)
{
    size_t count = 0;

    for (uint32_t f = 0; f < FEATURES; f++) {
        if (x[f] != 0 || signbit(x[f])) { /* as the codec: whatever has a bit set */
            indices[count] = f;
            values[count++] = x[f];
        }
    }
    return count;
}

#endif
