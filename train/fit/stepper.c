/* stepper.c - see stepper.h. */
#include "train/fit/stepper.h"

#include <string.h>

#include "common/base/memory.h"
#include "train/fit/hidden_layer.h"
#include "train/fit/loss.h"
#include "train/fit/optimiser.h"
#include "train/fit/sparse_layer.h"

struct tl_stepper {
    size_t class_count, output_count; /* outputs: of the sparse layer, classes or hidden units */
    size_t batch_size;
    double scale, l2;
    double *class_weights; /* (L); NULL: all 1 */
    struct tl_optimiser optimiser;
    const struct tl_fit_kernels *kernels;
    tl_sparse_layer *layer;
    struct tl_fit_weights bias; /* (output_count, padded), of the sparse layer */
    float *bias_gradient;       /* likewise */
    tl_hidden_layer *hidden;    /* what follows the sparse layer; NULL where that gives the classes */
    double *outputs;            /* (output_count) of the vector at hand, then the loss's derivative by them */
    double *logits;             /* (L), likewise; the outputs where there is no hidden layer */
};

static enum tl_status prepare_outputs(tl_stepper *stepper, const struct tl_stepper_setup *setup, struct tl_error *err)
{
    const struct tl_head *head = setup->head;
    const size_t bias_count = tl_fit_kernels_pad(stepper->output_count);
    enum tl_status status = tl_optimiser_create_weights(&stepper->bias, bias_count, err);

    if (status != TL_OK)
        return status;
    stepper->bias_gradient = tl_memory_alloc_aligned(bias_count, sizeof *stepper->bias_gradient);
    stepper->outputs = tl_memory_alloc(stepper->output_count, sizeof *stepper->outputs);
    stepper->logits = stepper->hidden ? tl_memory_alloc(head->class_count, sizeof *stepper->logits) : stepper->outputs;
    if (setup->class_weights)
        stepper->class_weights = tl_memory_copy(setup->class_weights, head->class_count * sizeof *stepper->class_weights);
    if (!stepper->bias_gradient || !stepper->outputs || !stepper->logits || (setup->class_weights && !stepper->class_weights))
        return tl_error_set_no_memory(err, "training", bias_count * sizeof *stepper->bias_gradient);
    memcpy(stepper->bias.weights, stepper->hidden ? head->hidden_bias : head->bias, stepper->output_count * sizeof(float));
    return TL_OK;
}

enum tl_status tl_stepper_create(tl_stepper **out, const struct tl_stepper_setup *setup, struct tl_error *err)
{
    tl_stepper *stepper = tl_memory_alloc(1, sizeof *stepper);
    const struct tl_head *head = setup->head;
    struct tl_sparse_setup layer_setup = {.input_count = head->input_count,
                                          .output_count = head->hidden_count > 0 ? head->hidden_count : head->class_count};
    enum tl_status status;

    *out = NULL;
    if (!stepper)
        return tl_error_set_no_memory(err, "training", sizeof *stepper);
    stepper->class_count = head->class_count;
    stepper->output_count = layer_setup.output_count;
    stepper->batch_size = (size_t)setup->course->batch_size;
    stepper->scale = head->scale;
    stepper->l2 = setup->course->l2;
    stepper->kernels = setup->kernels ? setup->kernels : tl_fit_kernels_best();
    tl_optimiser_init(&stepper->optimiser, setup->course);
    layer_setup.kernels = stepper->kernels;
    layer_setup.team = setup->team;
    status = tl_sparse_layer_create(&stepper->layer, &layer_setup, err);
    if (status == TL_OK && head->hidden_count > 0)
        status = tl_hidden_layer_create(&stepper->hidden, head, setup->course, stepper->kernels, err);
    if (status == TL_OK)
        status = prepare_outputs(stepper, setup, err);
    if (status != TL_OK) {
        tl_stepper_free(stepper);
        return status;
    }
    tl_sparse_layer_take(stepper->layer, stepper->hidden ? head->hidden_kernel : head->kernel);
    *out = stepper;
    return TL_OK;
}

void tl_stepper_free(tl_stepper *stepper)
{
    if (!stepper)
        return;
    tl_sparse_layer_free(stepper->layer);
    tl_optimiser_free_weights(&stepper->bias);
    tl_memory_free(stepper->bias_gradient);
    tl_memory_free(stepper->class_weights);
    if (stepper->hidden)
        tl_memory_free(stepper->logits);
    tl_hidden_layer_free(stepper->hidden);
    tl_memory_free(stepper->outputs);
    tl_memory_free(stepper);
}

/* From the sums of vector i of the batch to its loss and deltas. */
static void answer(tl_stepper *stepper, size_t i, uint32_t class_index, double share, struct tl_stepper_sums *sums)
{
    const double weight = stepper->class_weights ? stepper->class_weights[class_index] : 1, factor = weight * share;
    double *outputs = stepper->outputs, *logits = stepper->logits;

    tl_sparse_layer_read_sums(stepper->layer, outputs, i);
    for (size_t l = 0; l < stepper->output_count; l++)
        outputs[l] = outputs[l] / stepper->scale + (double)stepper->bias.weights[l];
    if (stepper->hidden)
        tl_hidden_layer_answer(stepper->hidden, logits, outputs);
    sums->right_count += tl_loss_predicted_class(logits, stepper->class_count) == class_index;
    sums->loss += weight * tl_loss_of_logits(logits, stepper->class_count, class_index);
    tl_loss_gradient(logits, class_index);
    if (stepper->hidden)
        tl_hidden_layer_learn(stepper->hidden, outputs, logits, factor);
    for (size_t l = 0; l < stepper->output_count; l++)
        stepper->bias_gradient[l] += (float)(outputs[l] * factor);
    tl_sparse_layer_write_deltas(stepper->layer, i, outputs, factor / stepper->scale);
}

/* Everything behind the sparse layer's weights. */
static void step_outputs(tl_stepper *stepper, const struct tl_fit_step *step)
{
    stepper->kernels->update(&stepper->bias, stepper->bias_gradient, tl_fit_kernels_pad(stepper->output_count), step);
    if (stepper->hidden)
        tl_hidden_layer_step(stepper->hidden, step, stepper->l2);
}

enum tl_status tl_stepper_run(tl_stepper *stepper, const struct tl_matrix *matrix, const struct tl_pick *picks, size_t pick_count,
                              struct tl_stepper_sums *sums, struct tl_error *err)
{
    const size_t largest = pick_count < stepper->batch_size ? pick_count : stepper->batch_size;
    struct tl_sparse_pass pass = {.matrix = matrix, .asked = picks, .asked_count = largest};
    enum tl_status status = tl_sparse_layer_reserve(stepper->layer, largest, err);

    if (status != TL_OK || pick_count == 0)
        return status;
    tl_sparse_layer_pass(stepper->layer, &pass);
    for (size_t start = 0, end; start < pick_count; start = end) {
        const size_t count = pick_count - start < largest ? pick_count - start : largest;

        end = start + count;
        for (size_t i = 0; i < count; i++)
            answer(stepper, i, picks[start + i].class_index, 1 / (double)count, sums);
        pass.learnt = picks + start;
        pass.learnt_count = count;
        pass.asked = picks + end;
        pass.asked_count = pick_count - end < largest ? pick_count - end : largest;
        pass.step = tl_optimiser_next_step(&stepper->optimiser);
        step_outputs(stepper, &pass.step);
        pass.step.penalty = (float)(2 * stepper->l2);
        tl_sparse_layer_pass(stepper->layer, &pass);
    }
    return TL_OK;
}

void tl_stepper_give(const tl_stepper *stepper, struct tl_head *head)
{
    tl_sparse_layer_give(stepper->layer, stepper->hidden ? head->hidden_kernel : head->kernel);
    memcpy(stepper->hidden ? head->hidden_bias : head->bias, stepper->bias.weights, stepper->output_count * sizeof *head->bias);
    if (stepper->hidden)
        tl_hidden_layer_give(stepper->hidden, head);
}
