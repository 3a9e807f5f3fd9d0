/* bench_train_data.c - the made-up samples of bench_train.h, and the same in a file for other programs. */
#include <math.h>
#include <stdio.h>

#include "bench_train.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "train/fit/fit.h"

static const double SHARE_AT_HOME = 0.12, SHARE_ELSEWHERE = 0.0533; /* of features that are not zero; 7% over all */
static const double MEAN = 8, STEPS = 2048; /* steps to 1: with those, blobs are about as long as those of photos */

/* Exponentially distributed, as the features of photos about are. */
static size_t draw_row(uint32_t *indices, float *values, struct tl_random *random, uint32_t class_index)
{
    size_t count = 0;

    for (uint32_t f = 0; f < BENCH_FEATURES; f++) {
        const double share = f % BENCH_CLASSES == class_index ? SHARE_AT_HOME : SHARE_ELSEWHERE;

        if (tl_random_uniform(random) >= share)
            continue;
        indices[count] = f;
        values[count++] = (float)(ceil(-MEAN * STEPS * log(1 - tl_random_uniform(random))) / STEPS);
    }
    return count;
}

enum tl_status tl_bench_make_samples(struct tl_samples **out, struct tl_error *err)
{
    static uint32_t indices[BENCH_FEATURES];
    static float values[BENCH_FEATURES];
    struct tl_samples *samples = tl_memory_alloc(1, sizeof *samples);
    struct tl_random random;
    enum tl_status status;

    *out = NULL;
    if (samples)
        samples->items = tl_memory_alloc(BENCH_PHOTOS, sizeof *samples->items);
    if (!samples || !samples->items) {
        tl_samples_free(samples);
        return tl_error_set_no_memory(err, "the samples", BENCH_PHOTOS * sizeof *samples->items);
    }
    tl_random_init(&random, 1, "bench");
    status = tl_matrix_create(&samples->matrix, BENCH_FEATURES, TL_HEAD_TRANSFORM_NONE, err);
    for (uint32_t n = 0; n < BENCH_PHOTOS && status == TL_OK; n++) {
        const size_t count = draw_row(indices, values, &random, n % BENCH_CLASSES);

        samples->items[samples->count++] = (struct tl_sample){.class_index = n % BENCH_CLASSES, .role = TL_ROLE_TRAIN, .row = n};
        status = tl_matrix_add(samples->matrix, indices, values, count, err);
    }
    if (status == TL_OK)
        *out = samples;
    else
        tl_samples_free(samples);
    return status;
}

enum tl_status tl_bench_make_head(struct tl_head **out, const struct tl_samples *samples, struct tl_error *err)
{
    static const char *const names[BENCH_CLASSES] = {"a", "b", "c", "d"};
    const struct tl_head_shape shape = {.feature_count = BENCH_FEATURES, .class_count = BENCH_CLASSES};
    enum tl_status status = tl_head_create(out, &shape, names, err);

    if (status == TL_OK)
        (*out)->scale = tl_fit_measure_scale(samples, TL_FIT_PLAIN);
    return status;
}

static bool write_row(FILE *file, const struct tl_matrix *matrix, size_t row)
{
    static uint32_t indices[BENCH_FEATURES];
    static float dense[BENCH_FEATURES];
    const size_t count = tl_matrix_read_row(matrix, row, indices);

    for (size_t f = 0; f < BENCH_FEATURES; f++)
        dense[f] = 0;
    for (size_t i = 0; i < count; i++)
        dense[indices[i]] = tl_matrix_values(matrix, row)[i];
    return fwrite(dense, sizeof dense, 1, file) == 1;
}

/* float32 (N, F), in the file named; sample n is of class n mod 4. */
static enum tl_status write_samples(struct tl_text *answer, const struct bench_train *bench, const char *path, struct tl_error *err)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file != NULL;

    for (size_t n = 0; is_written && n < bench->samples->count; n++)
        is_written = write_row(file, bench->samples->matrix, n);
    if (file && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        return tl_error_set(err, TL_IO, "%s cannot be written", path);
    tl_text_append_format(answer, "0 %d %d %d", BENCH_PHOTOS, BENCH_FEATURES, BENCH_CLASSES);
    return TL_OK;
}

const struct bench_verb tl_bench_write = {"write", NULL, write_samples};
