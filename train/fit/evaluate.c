/* evaluate.c - see evaluate.h. */
#include "train/fit/evaluate.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/fit/loss.h"

enum tl_status tl_evaluate_role(struct tl_evaluation *out, int64_t *confusion, double *probabilities, const struct tl_head *head,
                                const struct tl_samples *samples, enum tl_role role, struct tl_error *err)
{
    const struct tl_matrix *matrix = samples->matrix;
    const size_t class_count = head->class_count;
    double *logits = tl_memory_alloc(class_count, sizeof *logits);
    uint32_t *indices = tl_memory_alloc(matrix->feature_count, sizeof *indices);
    double loss = 0;
    size_t photo_count = 0, right_count = 0;
    enum tl_status status = TL_OK;

    if (!logits || !indices) {
        status = tl_error_set_no_memory(err, "the evaluation", matrix->feature_count * sizeof *indices);
        goto done;
    }
    if (confusion)
        memset(confusion, 0, class_count * class_count * sizeof *confusion);
    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        size_t count, predicted;

        if (sample->role != role)
            continue;
        count = tl_matrix_read_row(matrix, sample->row, indices);
        tl_head_logits_of_input(head, logits, indices, tl_matrix_values(matrix, sample->row), count);
        loss += tl_loss_of_logits(logits, class_count, sample->class_index);
        predicted = tl_loss_predicted_class(logits, class_count); /* of the probabilities, as tl_head_rank() has it */
        right_count += predicted == sample->class_index;
        if (confusion)
            confusion[sample->class_index * class_count + predicted]++;
        if (probabilities)
            memcpy(probabilities + photo_count * class_count, logits, class_count * sizeof *logits);
        photo_count++;
    }
    out->photo_count = photo_count;
    out->loss = photo_count > 0 ? loss / (double)photo_count : (double)NAN;
    out->accuracy = photo_count > 0 ? (double)right_count / (double)photo_count : (double)NAN;
done:
    tl_memory_free(logits);
    tl_memory_free(indices);
    return status;
}
