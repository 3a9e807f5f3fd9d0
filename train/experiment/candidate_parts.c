/* candidate_parts.c - see candidate_parts.h. */
#include "train/experiment/candidate_parts.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"

/* Whether the photo measures, in some part. */
static bool is_measured(const struct tl_workbench *bench, size_t sample)
{
    const struct tl_workbench_setup *setup = &bench->setup;

    return setup->fold_count > 0 ? setup->folds[sample] < setup->fold_count
                                 : setup->samples->items[sample].role == TL_ROLE_VALIDATION;
}

enum tl_status tl_candidate_parts_init(struct tl_candidate_parts *out, struct tl_candidate *candidates,
                                       struct tl_candidate *const *order, size_t count, const struct tl_workbench *bench,
                                       const struct tl_candidates_wish *wish, struct tl_error *err)
{
    const size_t sample_count = bench->setup.samples->count;

    *out = (struct tl_candidate_parts){.candidates = candidates, .order = order, .count = count, .bench = bench, .wish = wish};
    out->left_counts = tl_memory_alloc(count, sizeof *out->left_counts);
    out->put_counts = tl_memory_alloc(count, sizeof *out->put_counts);
    out->positions = tl_memory_alloc(sample_count, sizeof *out->positions);
    if (!out->left_counts || !out->put_counts || !out->positions)
        return tl_error_set_no_memory(err, "the candidates", (count + sample_count) * sizeof *out->positions);
    for (size_t i = 0; i < count; i++)
        out->left_counts[i] = tl_workbench_count_parts(bench);
    for (size_t i = 0; i < sample_count; i++)
        if (is_measured(bench, i))
            out->positions[i] = out->measured_count++;
    return TL_OK;
}

void tl_candidate_parts_release(struct tl_candidate_parts *parts)
{
    tl_memory_free(parts->left_counts);
    tl_memory_free(parts->put_counts);
    tl_memory_free(parts->positions);
}

enum tl_status tl_candidate_parts_open(const struct tl_candidate_parts *parts, struct tl_candidate *candidate,
                                       struct tl_error *err)
{
    const struct tl_workbench_setup *setup = &parts->bench->setup;

    if (!candidate->probabilities)
        candidate->probabilities =
            tl_memory_alloc(parts->measured_count * setup->class_count, sizeof *candidate->probabilities);
    if (!candidate->folds && setup->fold_count > 0)
        candidate->folds = tl_memory_alloc(setup->fold_count, sizeof *candidate->folds);
    candidate->fold_count = setup->fold_count;
    if (!candidate->probabilities || (setup->fold_count > 0 && !candidate->folds))
        return tl_error_set_no_memory(err, "the candidates",
                                      parts->measured_count * setup->class_count * sizeof *candidate->probabilities);
    return TL_OK;
}

void tl_candidate_parts_put(struct tl_candidate_parts *parts, struct tl_candidate *candidate, size_t part,
                            struct tl_candidate_part *result)
{
    const struct tl_workbench_setup *setup = &parts->bench->setup;
    const size_t class_count = setup->class_count;

    for (size_t i = 0, n = 0; i < setup->samples->count; i++)
        if (is_measured(parts->bench, i) && (setup->fold_count == 0 || setup->folds[i] == part))
            memcpy(candidate->probabilities + parts->positions[i] * class_count, result->probabilities + n++ * class_count,
                   class_count * sizeof *candidate->probabilities);
    if (setup->fold_count > 0) {
        candidate->folds[part] =
            (struct tl_store_fold){result->evaluation.photo_count, result->evaluation.loss, result->evaluation.accuracy};
        candidate->gradient_norm = (double)NAN;
    } else {
        candidate->validation = result->evaluation;
        candidate->history = result->history;
        candidate->epoch_count = result->epoch_count;
        candidate->best_epoch = result->best_epoch;
        candidate->gradient_norm = result->gradient_norm;
        result->history = NULL;
    }
    if (part == 0) {
        candidate->scale = result->scale;
        candidate->vector_count = result->vector_count;
    }
    parts->put_counts[candidate - parts->candidates]++;
}

/* Means over all photos; of the folds' numbers, in order, so that the order of finishing does not show. */
static void pool_folds(struct tl_candidate *candidate, size_t fold_count)
{
    double loss = 0, right = 0;
    size_t photo_count = 0;

    for (size_t k = 0; k < fold_count; k++) {
        const struct tl_store_fold *fold = &candidate->folds[k];

        if (fold->photo_count == 0)
            continue;
        loss += fold->loss * (double)fold->photo_count;
        right += floor(fold->accuracy * (double)fold->photo_count + 0.5);
        photo_count += fold->photo_count;
    }
    candidate->validation = (struct tl_evaluation){photo_count, photo_count > 0 ? loss / (double)photo_count : (double)NAN,
                                                   photo_count > 0 ? right / (double)photo_count : (double)NAN};
}

static double measure_spread(const struct tl_store_fold *folds, size_t fold_count)
{
    double mean = 0, squares = 0;

    for (size_t k = 0; k < fold_count; k++)
        mean += folds[k].accuracy / (double)fold_count;
    for (size_t k = 0; k < fold_count; k++)
        squares += (folds[k].accuracy - mean) * (folds[k].accuracy - mean);
    return fold_count > 1 ? sqrt(squares / (double)(fold_count - 1)) : (double)NAN;
}

static void tell(struct tl_candidate_parts *parts)
{
    while (parts->told_count < parts->count) {
        const struct tl_candidate *candidate = parts->order[parts->told_count];

        if (parts->left_counts[candidate - parts->candidates] > 0)
            return;
        parts->told_count++;
        if (parts->wish->each && (candidate->is_done || candidate->failure.status != TL_OK))
            parts->wish->each(parts->wish->context, candidate);
    }
}

void tl_candidate_parts_finish(struct tl_candidate_parts *parts, struct tl_candidate *candidate, size_t part_count)
{
    const size_t index = (size_t)(candidate - parts->candidates), fold_count = parts->bench->setup.fold_count;

    parts->left_counts[index] -= part_count;
    if (parts->left_counts[index] > 0)
        return;
    candidate->is_done =
        candidate->failure.status == TL_OK && parts->put_counts[index] == tl_workbench_count_parts(parts->bench);
    if (candidate->is_done && fold_count > 0)
        pool_folds(candidate, fold_count);
    candidate->accuracy_spread =
        candidate->is_done && fold_count > 0 ? measure_spread(candidate->folds, fold_count) : (double)NAN;
    tell(parts);
}

enum tl_status tl_candidate_part_measure(struct tl_candidate_part *out, struct tl_attempt *attempt,
                                         const struct tl_samples *view, enum tl_fit_variants variants, struct tl_error *err)
{
    const size_t count = tl_samples_count(view, TL_ROLE_VALIDATION), class_count = attempt->head->class_count;
    enum tl_status status;

    out->probabilities = tl_memory_alloc(count * class_count, sizeof *out->probabilities);
    if (!out->probabilities)
        return tl_error_set_no_memory(err, "the evaluation", count * class_count * sizeof *out->probabilities);
    status = tl_evaluate_role(&out->evaluation, NULL, out->probabilities, attempt->head, view, TL_ROLE_VALIDATION, err);
    out->history = attempt->history;
    out->epoch_count = attempt->epoch_count;
    out->best_epoch = attempt->best_epoch;
    out->gradient_norm = attempt->gradient_norm;
    out->scale = attempt->head->scale;
    out->vector_count = tl_fit_count_vectors(view, variants);
    attempt->history = NULL;
    return status;
}

void tl_candidate_part_release(struct tl_candidate_part *part)
{
    tl_memory_free(part->probabilities);
    tl_memory_free(part->history);
    part->probabilities = NULL;
    part->history = NULL;
}
