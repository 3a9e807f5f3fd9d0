/* fit.c - see fit.h.
 *
 * Kernel and bias lie in one array of F + 1 rows, each padded with zeros to whole quads; Adam goes over it as one. The
 * padding has no gradient and stays zero.
 */
#include "train/fit/fit.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "train/fit/adam.h"
#include "train/fit/evaluate.h"
#include "train/fit/loss.h"
#include "train/fit/quad.h"

/* Chosen by trial on photos: with vectors of this norm a learning rate of 0.001 is neither slow nor rough. */
static const double SCALED_NORM = 28;

/* A vector that an epoch goes through. */
struct pick {
    size_t row;
    uint32_t class_index;
};

struct fitting {
    const struct tl_matrix *matrix;
    size_t feature_count, class_count, quad_count; /* quads in a row of weights */
    double scale;
    float *weights, *gradient; /* (F + 1, 4 * quad_count): kernel rows, then the bias */
    tl_quad *sums, *deltas;    /* (quad_count) */
    double *logits;            /* (L) */
    uint32_t *indices;         /* of the row at hand */
    struct pick *picks;
    uint32_t *order;
    size_t pick_count;
    tl_adam *adam;
};

size_t tl_fit_count_vectors(const struct tl_samples *samples, enum tl_fit_variants variants)
{
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].role == TL_ROLE_TRAIN)
            count += variants == TL_FIT_ALL ? 1 + samples->items[i].variant_count : 1;
    return count;
}

double tl_fit_measure_scale(const struct tl_samples *samples, enum tl_fit_variants variants)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        size_t first = sample->row, end = sample->row + 1;

        if (sample->role != TL_ROLE_TRAIN)
            continue;
        if (variants != TL_FIT_PLAIN)
            end += sample->variant_count;
        if (variants == TL_FIT_CYCLE && sample->variant_count > 0)
            first++;
        for (size_t row = first; row < end; row++, count++)
            sum += tl_matrix_square_norm(samples->matrix, row);
    }
    return sum > 0 ? sqrt(sum / (double)count) / SCALED_NORM : 1;
}

void tl_fit_init_glorot(struct tl_head *head, uint64_t seed)
{
    const double limit = sqrt(6 / (double)(head->feature_count + head->class_count));
    struct tl_random random;

    tl_random_init(&random, seed, "glorot");
    for (size_t i = 0; i < head->feature_count * head->class_count; i++)
        head->kernel[i] = (float)(limit * (2 * tl_random_uniform(&random) - 1));
    for (size_t l = 0; l < head->class_count; l++)
        head->bias[l] = 0;
}

/* The vectors of an epoch, counted from 0; their number is the same in each. */
static void list_picks(struct pick *picks, const struct tl_samples *samples, enum tl_fit_variants variants, size_t epoch_index)
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
            picks[count++] = (struct pick){row, sample->class_index};
    }
}

/* Up to four classes: one quad a row. Four partial sums, because each addition would wait for the one before. */
static tl_quad sum_narrow(const tl_quad *weights, const uint32_t *indices, const float *values, size_t count)
{
    tl_quad sums[4] = {{0}, {0}, {0}, {0}};
    size_t i = 0;

    for (; i + 4 <= count; i += 4) {
        sums[0] += weights[indices[i]] * values[i];
        sums[1] += weights[indices[i + 1]] * values[i + 1];
        sums[2] += weights[indices[i + 2]] * values[i + 2];
        sums[3] += weights[indices[i + 3]] * values[i + 3];
    }
    for (; i < count; i++)
        sums[0] += weights[indices[i]] * values[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void sum_wide(tl_quad *sums, size_t quad_count, const tl_quad *weights, const uint32_t *indices, const float *values,
                     size_t count)
{
    for (size_t q = 0; q < quad_count; q++)
        sums[q] = (tl_quad){0};
    for (size_t i = 0; i < count; i++)
        for (size_t q = 0; q < quad_count; q++)
            sums[q] += weights[indices[i] * quad_count + q] * values[i];
}

static void compute_logits(struct fitting *fitting, size_t row)
{
    const size_t count = tl_matrix_read_row(fitting->matrix, row, fitting->indices);
    const uint32_t *indices = fitting->indices;
    const float *values = tl_matrix_values(fitting->matrix, row);
    const float *bias = fitting->weights + fitting->feature_count * fitting->quad_count * TL_QUAD_LANES;

    if (fitting->quad_count == 1)
        fitting->sums[0] = sum_narrow((const tl_quad *)fitting->weights, indices, values, count);
    else
        sum_wide(fitting->sums, fitting->quad_count, (const tl_quad *)fitting->weights, indices, values, count);
    for (size_t l = 0; l < fitting->class_count; l++)
        fitting->logits[l] = (double)fitting->sums[l / TL_QUAD_LANES][l % TL_QUAD_LANES] / fitting->scale + (double)bias[l];
}

/* gradient += outer(row's values, factor * the logits' gradient / scale), and the bias's without the scale. */
static void add_gradient(struct fitting *fitting, size_t row, double factor)
{
    const size_t quad_count = fitting->quad_count;
    tl_quad *gradient = (tl_quad *)fitting->gradient;
    float *bias = fitting->gradient + fitting->feature_count * quad_count * TL_QUAD_LANES;

    for (size_t l = 0; l < fitting->class_count; l++) {
        bias[l] += (float)(fitting->logits[l] * factor);
        fitting->deltas[l / TL_QUAD_LANES][l % TL_QUAD_LANES] = (float)(fitting->logits[l] * factor / fitting->scale);
    }
    for (size_t i = 0; i < tl_matrix_count(fitting->matrix, row); i++) {
        tl_quad *target = gradient + fitting->indices[i] * quad_count;

        for (size_t q = 0; q < quad_count; q++)
            target[q] += fitting->deltas[q] * tl_matrix_values(fitting->matrix, row)[i];
    }
}

static void run_epoch(struct fitting *fitting, struct tl_store_epoch *result, const struct tl_course *course)
{
    const size_t batch_size = (size_t)course->batch_size;
    double loss = 0;
    size_t right_count = 0;

    for (size_t start = 0, end; start < fitting->pick_count; start = end) {
        end = fitting->pick_count - start < batch_size ? fitting->pick_count : start + batch_size;
        for (size_t i = start; i < end; i++) {
            const struct pick *pick = &fitting->picks[fitting->order[i]];

            compute_logits(fitting, pick->row);
            right_count += tl_loss_predicted_class(fitting->logits, fitting->class_count) == pick->class_index;
            loss += tl_loss_of_logits(fitting->logits, fitting->class_count, pick->class_index);
            tl_loss_gradient(fitting->logits, pick->class_index);
            add_gradient(fitting, pick->row, 1 / (double)(end - start));
        }
        tl_adam_step(fitting->adam, fitting->weights, fitting->gradient,
                     fitting->feature_count * fitting->quad_count * TL_QUAD_LANES, course->l2);
    }
    result->loss = loss / (double)fitting->pick_count;
    result->accuracy = (double)right_count / (double)fitting->pick_count;
}

static void take_weights(struct fitting *fitting, const struct tl_head *head)
{
    const size_t stride = fitting->quad_count * TL_QUAD_LANES;

    for (size_t f = 0; f <= head->feature_count; f++)
        memcpy(fitting->weights + f * stride, f < head->feature_count ? head->kernel + f * head->class_count : head->bias,
               head->class_count * sizeof(float));
}

static void give_weights(const struct fitting *fitting, struct tl_head *head)
{
    const size_t stride = fitting->quad_count * TL_QUAD_LANES;

    for (size_t f = 0; f <= head->feature_count; f++)
        memcpy(f < head->feature_count ? head->kernel + f * head->class_count : head->bias, fitting->weights + f * stride,
               head->class_count * sizeof(float));
}

static enum tl_status prepare(struct fitting *fitting, const struct tl_head *head, const struct tl_samples *samples,
                              const struct tl_course *course, struct tl_error *err)
{
    const size_t quad_count = (head->class_count + TL_QUAD_LANES - 1) / TL_QUAD_LANES;
    const size_t weight_count = (head->feature_count + 1) * quad_count * TL_QUAD_LANES;

    fitting->matrix = samples->matrix;
    fitting->feature_count = head->feature_count;
    fitting->class_count = head->class_count;
    fitting->quad_count = quad_count;
    fitting->scale = head->scale;
    fitting->pick_count = tl_fit_count_vectors(samples, course->variants);
    fitting->weights = tl_memory_alloc_aligned(weight_count, sizeof *fitting->weights);
    fitting->gradient = tl_memory_alloc_aligned(weight_count, sizeof *fitting->gradient);
    fitting->sums = tl_memory_alloc_aligned(quad_count, sizeof *fitting->sums);
    fitting->deltas = tl_memory_alloc_aligned(quad_count, sizeof *fitting->deltas);
    fitting->logits = tl_memory_alloc(head->class_count, sizeof *fitting->logits);
    fitting->indices = tl_memory_alloc(head->feature_count, sizeof *fitting->indices);
    fitting->picks = tl_memory_alloc(fitting->pick_count, sizeof *fitting->picks);
    fitting->order = tl_memory_alloc(fitting->pick_count, sizeof *fitting->order);
    if (!fitting->weights || !fitting->gradient || !fitting->sums || !fitting->deltas || !fitting->logits || !fitting->picks ||
        !fitting->order || !fitting->indices)
        return tl_error_set_no_memory(err, "training", weight_count * sizeof(float));
    for (size_t i = 0; i < fitting->pick_count; i++)
        fitting->order[i] = (uint32_t)i;
    take_weights(fitting, head);
    return tl_adam_create(&fitting->adam, weight_count, course->learning_rate, err);
}

static void release(struct fitting *fitting)
{
    tl_adam_free(fitting->adam);
    tl_memory_free(fitting->weights);
    tl_memory_free(fitting->gradient);
    tl_memory_free(fitting->sums);
    tl_memory_free(fitting->deltas);
    tl_memory_free(fitting->logits);
    tl_memory_free(fitting->picks);
    tl_memory_free(fitting->indices);
    tl_memory_free(fitting->order);
}

/* The weights are looked at too: the last step of an epoch shows in no loss. */
static enum tl_status check_epoch(const struct tl_head *head, const struct tl_store_epoch *result, long epoch, struct tl_error *err)
{
    if (isfinite(result->loss) && tl_head_check(head, NULL) == TL_OK)
        return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT, "training diverged in epoch %ld (loss %g): try a smaller learning rate", epoch,
                        result->loss);
}

enum tl_status tl_fit_head(struct tl_head *head, struct tl_store_epoch *history, const struct tl_samples *samples,
                           const struct tl_course *course, tl_fit_epoch_callback *each_epoch, void *context,
                           struct tl_error *err)
{
    struct fitting fitting = {0};
    struct tl_random random;
    enum tl_status status = prepare(&fitting, head, samples, course, err);

    tl_random_init(&random, course->seed, "shuffle");
    for (long e = 0; e < course->epochs && status == TL_OK; e++) {
        struct tl_evaluation validation = {0};

        list_picks(fitting.picks, samples, course->variants, (size_t)e);
        if (!course->keeps_order)
            tl_random_shuffle(&random, fitting.order, fitting.pick_count);
        run_epoch(&fitting, &history[e], course);
        give_weights(&fitting, head);
        status = check_epoch(head, &history[e], e + 1, err);
        if (status == TL_OK)
            status = tl_evaluate_role(&validation, NULL, NULL, head, samples, TL_ROLE_VALIDATION, err);
        history[e].val_loss = validation.loss;
        history[e].val_accuracy = validation.accuracy;
        if (status == TL_OK && each_epoch)
            each_epoch(context, e + 1, &history[e]);
    }
    release(&fitting);
    return status;
}
