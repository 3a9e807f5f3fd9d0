/* kept_head.h - heads of every kind as if they came from a store, for the tests of exports.
 */
#ifndef TL_TESTS_TRAIN_EXPORT_KEPT_HEAD_H
#define TL_TESTS_TRAIN_EXPORT_KEPT_HEAD_H

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/export/stored_head.h"

enum { KEPT_PLACES = 15, KEPT_CHANNELS = 17, KEPT_HIDDEN = 6, KEPT_CLASSES = 3, KEPT_KINDS = 8 };

static const char *const KEPT_NAMES[KEPT_CLASSES] = {"cat", "dog \"x\"", "owl"};
static const char KEPT_RECIPE[] = "{\"alpha\":\"drop\",\"compat\":1,\"crop\":false,\"exif\":\"ignore\",\"preprocess\":\"caffe\","
                                  "\"resize\":\"nearest\",\"sixteen_bit\":\"clip\",\"size\":224}";

static inline void kept_fill(float *values, size_t count, float first)
{
    for (size_t i = 0; i < count; i++)
        values[i] = first - (float)(i * i % 11) / 7;
}

/* Every combination of pooling, hidden layer and transform, counted by `kind` below KEPT_KINDS; below 4 without transform. */
static inline void kept_init(struct tl_stored_head *out, int kind)
{
    const struct tl_head_shape shape = {.feature_count = (size_t)KEPT_PLACES * KEPT_CHANNELS, .channel_count = KEPT_CHANNELS,
                                        .pool = kind & 1 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE,
                                        .hidden_count = kind & 2 ? KEPT_HIDDEN : 0, .class_count = KEPT_CLASSES};
    struct tl_head *head = NULL;

    ck_assert_int_eq(tl_head_create(&head, &shape, KEPT_NAMES, NULL), TL_OK);
    head->transform = kind & 4 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE;
    head->scale = 2.5;
    kept_fill(head->kernel, tl_head_kernel_rows(head) * KEPT_CLASSES, 1.1F);
    kept_fill(head->bias, KEPT_CLASSES, 0.3F);
    kept_fill(head->hidden_kernel, head->input_count * head->hidden_count, 0.9F);
    kept_fill(head->hidden_bias, head->hidden_count, 0.7F);
    *out = (struct tl_stored_head){.head = head,
                                   .chosen = {.run_id = 7, .name = tl_memory_copy_string("mild"),
                                              .input_json = tl_memory_copy_string(KEPT_RECIPE),
                                              .network = tl_memory_copy_string("small"), .layer = tl_memory_copy_string("b_pool"),
                                              .stored_type = tl_memory_copy_string("float32")}};
}

#endif
