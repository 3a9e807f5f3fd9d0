/* evaluate.c - see evaluate.h. */
#include "train/fit/evaluate.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/fit/loss.h"
#include "train/fit/stream_epoch.h"

struct evaluating {
    const struct tl_head *head;
    double *logits;    /* (L) */
    uint32_t *indices; /* (columns) */
    double loss;
    size_t photo_count, right_count;
    int64_t *confusion;    /* NULL where nobody asks, as probabilities */
    double *probabilities;
};

static void take_photo(void *context, const struct tl_sample *sample, const struct tl_matrix *matrix, size_t row)
{
    struct evaluating *evaluating = context;
    const size_t class_count = evaluating->head->class_count, count = tl_matrix_read_row(matrix, row, evaluating->indices);
    double *logits = evaluating->logits;
    size_t predicted;

    tl_head_logits_of_input(evaluating->head, logits, evaluating->indices, tl_matrix_values(matrix, row), count);
    evaluating->loss += tl_loss_of_logits(logits, class_count, sample->class_index);
    predicted = tl_loss_predicted_class(logits, class_count); /* of the probabilities, as tl_head_rank() has it */
    evaluating->right_count += predicted == sample->class_index;
    if (evaluating->confusion)
        evaluating->confusion[sample->class_index * class_count + predicted]++;
    if (evaluating->probabilities)
        memcpy(evaluating->probabilities + evaluating->photo_count * class_count, logits, class_count * sizeof *logits);
    evaluating->photo_count++;
}

static enum tl_status visit_photos(struct evaluating *evaluating, const struct tl_samples *samples, enum tl_role role,
                                   struct tl_error *err)
{
    if (samples->stream)
        return tl_stream_epoch_visit(samples, role, take_photo, evaluating, err);
    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].role == role)
            take_photo(evaluating, &samples->items[i], samples->matrix, samples->items[i].row);
    return TL_OK;
}

enum tl_status tl_evaluate_role(struct tl_evaluation *out, int64_t *confusion, double *probabilities, const struct tl_head *head,
                                const struct tl_samples *samples, enum tl_role role, struct tl_error *err)
{
    const size_t class_count = head->class_count, column_count = samples->matrix->feature_count;
    struct evaluating evaluating = {.head = head, .confusion = confusion, .probabilities = probabilities};
    enum tl_status status;

    evaluating.logits = tl_memory_alloc(class_count, sizeof *evaluating.logits);
    evaluating.indices = tl_memory_alloc(column_count, sizeof *evaluating.indices);
    if (!evaluating.logits || !evaluating.indices) {
        status = tl_error_set_no_memory(err, "the evaluation", column_count * sizeof *evaluating.indices);
        goto done;
    }
    if (confusion)
        memset(confusion, 0, class_count * class_count * sizeof *confusion);
    status = visit_photos(&evaluating, samples, role, err);
    if (status != TL_OK)
        goto done;
    out->photo_count = evaluating.photo_count;
    out->loss = evaluating.photo_count > 0 ? evaluating.loss / (double)evaluating.photo_count : (double)NAN;
    out->accuracy =
        evaluating.photo_count > 0 ? (double)evaluating.right_count / (double)evaluating.photo_count : (double)NAN;
done:
    tl_memory_free(evaluating.logits);
    tl_memory_free(evaluating.indices);
    return status;
}
