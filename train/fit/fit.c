/* fit.c - see fit.h. */
#include "train/fit/fit.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "train/fit/evaluate.h"
#include "train/fit/stepper.h"
#include "train/fit/stream_epoch.h"
#include "train/fit/weighting.h"

/* Chosen by trial on photos: with vectors of this norm a learning rate of 0.001 is neither slow nor rough. */
static const double SCALED_NORM = 28;

struct fitting {
    struct tl_pick *picks, *shuffled;
    uint32_t *order;
    size_t pick_count;
    double *class_weights; /* (L) */
    tl_stepper *stepper;
    struct tl_head *best; /* the best epoch's so far; only where something is monitored */
};

size_t tl_fit_count_vectors(const struct tl_samples *samples, enum tl_fit_variants variants)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].role == TL_ROLE_TRAIN)
            count += variants == TL_FIT_ALL ? 1 + samples->items[i].variant_count : 1;
    return count;
}

/* The rows of a sample that take part in training. */
static void find_rows(size_t *first, size_t *end, const struct tl_sample *sample, enum tl_fit_variants variants)
{
    *first = sample->row;
    *end = sample->row + (sample->role == TL_ROLE_TRAIN ? 1 : 0);
    if (sample->role == TL_ROLE_TRAIN && variants != TL_FIT_PLAIN)
        *end += sample->variant_count;
    if (sample->role == TL_ROLE_TRAIN && variants == TL_FIT_CYCLE && sample->variant_count > 0)
        (*first)++;
}

static double scale_of(double square_sum, size_t count)
{
    return square_sum > 0 ? sqrt(square_sum / (double)count) / SCALED_NORM : 1;
}

double tl_fit_measure_scale(const struct tl_samples *samples, enum tl_fit_variants variants)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++) {
        size_t first, end;

        find_rows(&first, &end, &samples->items[i], variants);
        for (size_t row = first; row < end; row++, count++)
            sum += tl_matrix_square_norm(samples->matrix, row);
    }
    return scale_of(sum, count);
}

enum tl_status tl_fit_find_scale(double *out, const struct tl_samples *samples, enum tl_fit_variants variants,
                                 struct tl_error *err)
{
    uint32_t *rows;
    size_t count = 0;
    double sum;
    enum tl_status status;

    *out = 1;
    if (!samples->stream) {
        *out = tl_fit_measure_scale(samples, variants);
        return TL_OK;
    }
    rows = tl_memory_alloc(tl_stream_row_count(samples->stream), sizeof *rows);
    if (!rows)
        return tl_error_set_no_memory(err, "the scale", tl_stream_row_count(samples->stream) * sizeof *rows);
    for (size_t i = 0; i < samples->count; i++) {
        size_t first, end;

        find_rows(&first, &end, &samples->items[i], variants);
        for (size_t row = first; row < end; row++)
            rows[count++] = (uint32_t)row;
    }
    status = tl_stream_epoch_sum_norms(&sum, &count, samples->stream, rows, count, err);
    if (status == TL_OK)
        *out = scale_of(sum, count);
    tl_memory_free(rows);
    return status;
}

static void draw_glorot(float *kernel, size_t input_count, size_t output_count, uint64_t seed, const char *stream)
{
    const double limit = sqrt(6 / (double)(input_count + output_count));
    struct tl_random random;

    tl_random_init(&random, seed, stream);
    for (size_t i = 0; i < input_count * output_count; i++)
        kernel[i] = (float)(limit * (2 * tl_random_uniform(&random) - 1));
}

void tl_fit_init_glorot(struct tl_head *head, uint64_t seed)
{
    if (head->hidden_count > 0) {
        draw_glorot(head->hidden_kernel, head->input_count, head->hidden_count, seed, "glorot hidden");
        memset(head->hidden_bias, 0, head->hidden_count * sizeof *head->hidden_bias);
    }
    draw_glorot(head->kernel, tl_head_kernel_rows(head), head->class_count, seed, "glorot");
    memset(head->bias, 0, head->class_count * sizeof *head->bias);
}

enum tl_status tl_fit_start(struct tl_head *head, const struct tl_samples *samples, const struct tl_course *course,
                            struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (!course->is_glorot)
        status = tl_fit_find_scale(&head->scale, samples, course->variants, err);
    if (course->is_glorot || head->hidden_count > 0)
        tl_fit_init_glorot(head, course->seed);
    return status;
}

/* The vectors of an epoch, counted from 0; their number is the same in each. */
static void list_picks(struct tl_pick *picks, const struct tl_samples *samples, enum tl_fit_variants variants, size_t epoch_index)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        size_t first = sample->row, end = sample->row + 1;

        if (sample->role != TL_ROLE_TRAIN)
            continue;
        if (variants == TL_FIT_ALL)
            end += sample->variant_count;
        if (variants == TL_FIT_CYCLE && sample->variant_count > 0) {
            first = sample->row + 1 + epoch_index % sample->variant_count;
            end = first + 1;
        }
        for (size_t row = first; row < end; row++)
            picks[count++] = (struct tl_pick){row, sample->class_index};
    }
}

static enum tl_status stream_epoch(struct fitting *fitting, struct tl_stepper_sums *sums, const struct tl_samples *samples,
                                   const struct tl_course *course, long epoch_index, struct tl_error *err)
{
    const struct tl_stream_epoch epoch = {.picks = fitting->picks,
                                          .order = fitting->order,
                                          .count = fitting->pick_count,
                                          .seed = course->seed,
                                          .epoch_index = epoch_index,
                                          .batch_size = (size_t)course->batch_size,
                                          .keeps_order = course->keeps_order};

    return tl_stream_epoch_run(fitting->stepper, sums, samples->stream, &epoch, err);
}

static enum tl_status run_epoch(struct fitting *fitting, struct tl_store_epoch *result, const struct tl_samples *samples,
                                const struct tl_course *course, long epoch_index, struct tl_error *err)
{
    struct tl_stepper_sums sums = {0, 0};
    enum tl_status status;

    for (size_t i = 0; i < fitting->pick_count; i++)
        fitting->shuffled[i] = fitting->picks[fitting->order[i]];
    if (samples->stream)
        status = stream_epoch(fitting, &sums, samples, course, epoch_index, err);
    else
        status = tl_stepper_run(fitting->stepper, samples->matrix, fitting->shuffled, fitting->pick_count, &sums, err);
    result->loss = sums.loss / (double)fitting->pick_count;
    result->accuracy = (double)sums.right_count / (double)fitting->pick_count;
    return status;
}

static enum tl_status prepare(struct fitting *fitting, const struct tl_head *head, const struct tl_samples *samples,
                              const struct tl_course *course, const struct tl_fit_aid *aid, struct tl_error *err)
{
    const struct tl_head_shape shape = {head->feature_count, head->channel_count, head->pool, head->hidden_count,
                                        head->class_count};
    struct tl_stepper_setup setup = {.head = head, .course = course, .team = aid->team};

    fitting->pick_count = tl_fit_count_vectors(samples, course->variants);
    fitting->picks = tl_memory_alloc(fitting->pick_count, sizeof *fitting->picks);
    fitting->shuffled = tl_memory_alloc(fitting->pick_count, sizeof *fitting->shuffled);
    fitting->order = tl_memory_alloc(fitting->pick_count, sizeof *fitting->order);
    fitting->class_weights = tl_memory_alloc(head->class_count, sizeof *fitting->class_weights);
    if (!fitting->picks || !fitting->shuffled || !fitting->order || !fitting->class_weights)
        return tl_error_set_no_memory(err, "training", fitting->pick_count * sizeof *fitting->picks);
    for (size_t i = 0; i < fitting->pick_count; i++)
        fitting->order[i] = (uint32_t)i;
    tl_weighting_fill(fitting->class_weights, head->class_count, samples, course);
    setup.class_weights = course->weighting == TL_COURSE_EQUAL ? NULL : fitting->class_weights;
    if (course->monitor != TL_COURSE_LAST_EPOCH) {
        enum tl_status status = tl_head_create(&fitting->best, &shape, (const char *const *)head->class_names, err);

        if (status != TL_OK)
            return status;
    }
    return tl_stepper_create(&fitting->stepper, &setup, err);
}

static void release(struct fitting *fitting)
{
    tl_stepper_free(fitting->stepper);
    tl_memory_free(fitting->picks);
    tl_memory_free(fitting->shuffled);
    tl_memory_free(fitting->order);
    tl_memory_free(fitting->class_weights);
    tl_head_free(fitting->best);
}

/* The weights are looked at too: the last step of an epoch shows in no loss. */
static enum tl_status check_epoch(const struct tl_head *head, const struct tl_store_epoch *result, long epoch, struct tl_error *err)
{
    if (isfinite(result->loss) && tl_head_check(head, NULL) == TL_OK)
        return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT, "training diverged in epoch %ld (loss %g): try a smaller learning rate", epoch,
                        result->loss);
}

static bool is_better(const struct tl_store_epoch *epoch, const struct tl_store_epoch *best, enum tl_course_monitor monitor)
{
    return monitor == TL_COURSE_VAL_LOSS ? epoch->val_loss < best->val_loss : epoch->val_accuracy > best->val_accuracy;
}

/* Between heads of one shape. */
static void copy_weights(struct tl_head *to, const struct tl_head *from)
{
    memcpy(to->kernel, from->kernel, tl_head_kernel_rows(from) * from->class_count * sizeof *to->kernel);
    memcpy(to->bias, from->bias, from->class_count * sizeof *to->bias);
    if (from->hidden_count == 0)
        return;
    memcpy(to->hidden_kernel, from->hidden_kernel, from->input_count * from->hidden_count * sizeof *to->hidden_kernel);
    memcpy(to->hidden_bias, from->hidden_bias, from->hidden_count * sizeof *to->hidden_bias);
}

/* One epoch, from 0, up to its validation; the head is the epoch's. */
static enum tl_status fit_epoch(struct fitting *fitting, struct tl_head *head, struct tl_store_epoch *result,
                                const struct tl_samples *samples, const struct tl_course *course, long epoch_index,
                                struct tl_error *err)
{
    struct tl_evaluation validation = {0};
    enum tl_status status = run_epoch(fitting, result, samples, course, epoch_index, err);

    if (status != TL_OK)
        return status;
    tl_stepper_give(fitting->stepper, head);
    status = check_epoch(head, result, epoch_index + 1, err);
    if (status == TL_OK)
        status = tl_evaluate_role(&validation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, err);
    result->val_loss = validation.loss;
    result->val_accuracy = validation.accuracy;
    return status;
}

static enum tl_status fit_epochs(struct fitting *fitting, struct tl_fit_result *result, struct tl_head *head,
                                 struct tl_store_epoch *history, const struct tl_samples *samples, const struct tl_course *course,
                                 const struct tl_fit_aid *aid, struct tl_error *err)
{
    const bool is_monitored = course->monitor != TL_COURSE_LAST_EPOCH && tl_samples_count(samples, TL_ROLE_VALIDATION) > 0;
    struct tl_random random;

    tl_random_init(&random, course->seed, "shuffle");
    for (long e = 0; e < course->epochs; e++) {
        enum tl_status status;

        list_picks(fitting->picks, samples, course->variants, (size_t)e);
        if (!course->keeps_order)
            tl_random_shuffle(&random, fitting->order, fitting->pick_count);
        status = fit_epoch(fitting, head, &history[e], samples, course, e, err);
        if (status != TL_OK)
            return status;
        result->epoch_count = e + 1;
        if (aid->each_epoch)
            aid->each_epoch(aid->context, e + 1, &history[e]);
        if (!is_monitored || e == 0 || is_better(&history[e], &history[result->best_epoch - 1], course->monitor)) {
            result->best_epoch = e + 1;
            if (is_monitored)
                copy_weights(fitting->best, head);
        } else if (course->patience > 0 && e + 1 - result->best_epoch >= course->patience) {
            break;
        }
    }
    if (is_monitored)
        copy_weights(head, fitting->best);
    return TL_OK;
}

enum tl_status tl_fit_head(struct tl_fit_result *out, struct tl_head *head, struct tl_store_epoch *history,
                           const struct tl_samples *samples, const struct tl_course *course, const struct tl_fit_aid *aid,
                           struct tl_error *err)
{
    static const struct tl_fit_aid none = {NULL, NULL, NULL};
    struct fitting fitting = {0};
    struct tl_fit_result result = {0, 0};
    enum tl_status status = prepare(&fitting, head, samples, course, aid ? aid : &none, err);

    if (status == TL_OK)
        status = fit_epochs(&fitting, &result, head, history, samples, course, aid ? aid : &none, err);
    if (out)
        *out = result;
    release(&fitting);
    return status;
}
