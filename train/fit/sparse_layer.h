/* sparse_layer.h - the first layer of a head while it learns: weights over sparse vectors, worked through block by block.
 *
 *     tl_sparse_layer_create(&layer, &setup, err);
 *     tl_sparse_layer_pass(layer, &(struct tl_sparse_pass){.matrix = matrix, .asked = batch, .asked_count = n});
 *     tl_sparse_layer_read_sums(layer, sums, i);                    of each of the asked
 *     tl_sparse_layer_write_deltas(layer, i, derivatives, factor);  of each, for when it is learnt from
 *     tl_sparse_layer_pass(layer, &pass);        learns from `learnt`, steps, and sums up the next batch, `asked`, all in one
 *
 * A pass does everything with a block of TL_MATRIX_BLOCK columns while that is in the nearest cache: the gradient, the solver's
 * step, and the next batch's sums. Weights, moments and velocities thus travel from and to memory once a step. Blocks are
 * shared out to a team's threads; what a block adds to a sum is kept apart and joined in the order of the blocks, so the bits are
 * the same for any number of threads.
 */
#ifndef TL_TRAIN_SPARSE_LAYER_H
#define TL_TRAIN_SPARSE_LAYER_H

#include "common/base/team.h"
#include "train/fit/fit_kernels.h"

typedef struct tl_sparse_layer tl_sparse_layer;

struct tl_sparse_setup {
    size_t input_count, output_count;
    const struct tl_fit_kernels *kernels;
    tl_team *team; /* borrowed; NULL: the caller's thread alone */
};

struct tl_sparse_pass {
    const struct tl_matrix *matrix; /* of `input_count` columns */
    const struct tl_pick *learnt;   /* the batch to learn from; without it nothing moves */
    size_t learnt_count;
    struct tl_fit_step step;
    const struct tl_pick *asked; /* the batch to sum up with the weights that result */
    size_t asked_count;
};

/* All weights are zero. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_sparse_layer_create(tl_sparse_layer **out, const struct tl_sparse_setup *setup, struct tl_error *err);
void tl_sparse_layer_free(tl_sparse_layer *layer);

/* Makes room for batches of up to `count`. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_sparse_layer_reserve(tl_sparse_layer *layer, size_t count, struct tl_error *err);

void tl_sparse_layer_pass(tl_sparse_layer *layer, const struct tl_sparse_pass *pass);

/* (output_count): the i-th asked vector times the weights, the blocks' parts joined in double. */
void tl_sparse_layer_read_sums(const tl_sparse_layer *layer, double *sums, size_t i);

/* The loss's derivative by the sums of the i-th vector to learn from: `derivatives` (output_count) times `factor`. */
void tl_sparse_layer_write_deltas(tl_sparse_layer *layer, size_t i, const double *derivatives, double factor);

/* The weights, from and to a kernel (input_count, output_count). */
void tl_sparse_layer_take(tl_sparse_layer *layer, const float *kernel);
void tl_sparse_layer_give(const tl_sparse_layer *layer, float *kernel);

#endif
