/* stepper.h - a head that learns, batch by batch, from vectors that the caller names.
 *
 *     struct tl_stepper_setup setup = {.head = head, .course = &course};
 *     tl_stepper_create(&stepper, &setup, err);                                   starts at the head's weights
 *     tl_stepper_run(stepper, matrix, picks, count, &sums, err);                  again and again
 *     tl_stepper_give(stepper, head);                                            as often as wanted
 *     tl_stepper_free(stepper);
 *
 * One run goes through its vectors in the order given, in batches of course->batch_size; the last one may be short. So a caller
 * that streams an epoch through windows hands over whole batches in all runs but the epoch's last. The solver's state goes on from
 * run to run. Division by the head's scale is folded into sums and gradients: what is trained is the head that would see
 * divided features; pooling and transform are the matrix's affair.
 *
 * The same head, course, vectors and order give the same bits, for any number of threads, any instruction set and any way of
 * cutting whole batches into runs. One thread uses a stepper at a time.
 */
#ifndef TL_TRAIN_STEPPER_H
#define TL_TRAIN_STEPPER_H

#include "common/base/team.h"
#include "common/head/head.h"
#include "train/fit/course.h"
#include "train/fit/fit_kernels.h"

typedef struct tl_stepper tl_stepper;

/* Sums over vectors, each as its batch saw it, before the step: for means. */
struct tl_stepper_sums {
    double loss;        /* cross-entropies, times the class weights; without the L2 penalty */
    size_t right_count; /* predicted right */
};

/* All borrowed while tl_stepper_create() runs, the team as long as the stepper lives. */
struct tl_stepper_setup {
    const struct tl_head *head;
    const struct tl_course *course; /* solver (Adam, gradient descent), batch size, rates, penalty, dropout and seed matter */
    /* (L); NULL: all 1. A vector's loss and gradient are multiplied by its class's weight and divided by the batch's size, not by
     * its weights' sum (Keras losses/loss.py, sum_over_batch_size). */
    const double *class_weights;
    tl_team *team;                        /* NULL: the caller's thread alone */
    const struct tl_fit_kernels *kernels; /* NULL: the fastest; all give the same bits */
};

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stepper_create(tl_stepper **out, const struct tl_stepper_setup *setup, struct tl_error *err);
void tl_stepper_free(tl_stepper *stepper);

/* `sums` is added to. On failure nothing was learnt. Fails with: TL_NO_MEMORY (for a batch of a new size). */
TL_MUST_USE enum tl_status tl_stepper_run(tl_stepper *stepper, const struct tl_matrix *matrix, const struct tl_pick *picks,
                                          size_t pick_count, struct tl_stepper_sums *sums, struct tl_error *err);

/* Writes the weights as they are now into the head's arrays. */
void tl_stepper_give(const tl_stepper *stepper, struct tl_head *head);

#endif
