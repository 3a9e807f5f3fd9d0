/* lbfgs_rows.c - see lbfgs_rows.h. */
#include "train/fit/lbfgs_rows.h"

#include "common/base/memory.h"
#include "train/fit/fit.h"
#include "train/fit/weighting.h"

/* The rows of a photo that train: from *first to the end that is returned. */
static size_t list_training(size_t *first, const struct tl_sample *sample, enum tl_fit_variants variants)
{
    *first = sample->row;
    if (variants == TL_FIT_PLAIN || sample->variant_count == 0)
        return sample->row + 1;
    if (variants == TL_FIT_CYCLE)
        (*first)++;
    return sample->row + 1 + sample->variant_count;
}

/* Marks every row with its photo's class and what it counts before its class does; counts photos that train. */
static void mark_rows(struct tl_lbfgs_rows *rows, size_t *counts, const struct tl_samples *samples, enum tl_fit_variants variants)
{
    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        size_t first, end = list_training(&first, sample, variants);

        for (size_t row = sample->row; row <= sample->row + sample->variant_count; row++)
            rows->classes[row] = sample->class_index;
        rows->is_watched[sample->row] = sample->role == TL_ROLE_VALIDATION;
        if (sample->role != TL_ROLE_TRAIN)
            continue;
        counts[sample->class_index]++;
        for (size_t row = first; row < end; row++) {
            rows->weights[row] = variants == TL_FIT_CYCLE ? 1 / (double)(end - first) : 1;
            rows->is_watched[row] = true;
        }
    }
}

static enum tl_status check_classes(const size_t *counts, size_t class_count, struct tl_error *err)
{
    size_t there_count = 0;

    for (size_t l = 0; l < class_count; l++)
        there_count += counts[l] > 0;
    if (there_count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "there is no photo to train on");
    if (there_count == 1)
        return tl_error_set(err, TL_BAD_INPUT, "all photos to train on are of one class");
    return TL_OK;
}

enum tl_status tl_lbfgs_rows_init(struct tl_lbfgs_rows *out, const struct tl_samples *samples, const struct tl_course *course,
                                  size_t class_count, struct tl_error *err)
{
    const size_t row_count = samples->matrix->row_count;
    double *class_weights = tl_memory_alloc(class_count, sizeof *class_weights), total;
    size_t *counts = tl_memory_alloc(class_count, sizeof *counts);
    enum tl_status status;

    out->classes = tl_memory_alloc(row_count, sizeof *out->classes);
    out->weights = tl_memory_alloc(row_count, sizeof *out->weights);
    out->is_watched = tl_memory_alloc(row_count, sizeof *out->is_watched);
    if (!class_weights || !counts || !out->classes || !out->weights || !out->is_watched) {
        status = tl_error_set_no_memory(err, "the rows to train on", row_count * sizeof *out->weights);
        goto done;
    }
    mark_rows(out, counts, samples, course->variants);
    status = check_classes(counts, class_count, err);
    if (status != TL_OK)
        goto done;
    total = (double)tl_fit_count_vectors(samples, course->variants);
    tl_weighting_fill(class_weights, class_count, samples, course);
    for (size_t row = 0; row < row_count; row++)
        out->weights[row] *= class_weights[out->classes[row]] / total;
done:
    tl_memory_free(class_weights);
    tl_memory_free(counts);
    return status;
}

void tl_lbfgs_rows_release(struct tl_lbfgs_rows *rows)
{
    tl_memory_free(rows->classes);
    tl_memory_free(rows->weights);
    tl_memory_free(rows->is_watched);
    *rows = (struct tl_lbfgs_rows){.classes = NULL};
}
