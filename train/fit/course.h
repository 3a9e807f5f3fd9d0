/* course.h - how a head is fitted: every choice that a fit depends on but the data, as a value.
 *
 * tl_course_init() gives the defaults. Names of choices are those of the command line, of the store's rows and of JSON.
 */
#ifndef TL_TRAIN_COURSE_H
#define TL_TRAIN_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/head/head.h"

enum tl_fit_variants {
    TL_FIT_PLAIN, /* the plain photos */
    TL_FIT_ALL,   /* the plain photos and all their variants, in every epoch */
    TL_FIT_CYCLE  /* epoch e, from 0, sees variant 1 + (e mod K) of each photo; the plain one where there are none */
};
extern const char *const tl_fit_variants_names[]; /* "plain", "all", "cycle", NULL */

enum tl_course_solver {
    TL_COURSE_ADAM,
    TL_COURSE_SGD,  /* with momentum */
    TL_COURSE_LBFGS /* the whole convex problem at once; `epochs` bounds its iterations */
};
extern const char *const tl_course_solver_names[]; /* "adam", "sgd", "lbfgs", NULL */

enum tl_course_weighting {
    TL_COURSE_EQUAL,    /* each photo counts once */
    TL_COURSE_BALANCED, /* N / (L N_l), as scikit-learn's "balanced" */
    TL_COURSE_GIVEN     /* class_weights */
};
extern const char *const tl_course_weighting_names[]; /* "equal", "balanced", "given", NULL */

enum tl_course_monitor {
    TL_COURSE_LAST_EPOCH, /* nothing is monitored: the head is the last epoch's */
    TL_COURSE_VAL_LOSS,   /* the head is the one of the epoch with the least validation loss */
    TL_COURSE_VAL_ACCURACY
};
extern const char *const tl_course_monitor_names[]; /* "none", "val_loss", "val_accuracy", NULL */

struct tl_course {
    enum tl_fit_variants variants;
    enum tl_head_pool pool;
    enum tl_head_transform transform;
    bool is_glorot; /* Keras's way: raw features and a Glorot uniform start; else divided by a scale, from zero */
    enum tl_course_solver solver;
    long epochs, batch_size; /* at least 1; the last batch of an epoch may be short */
    double learning_rate, momentum;
    double l2;        /* penalty l2 sum(kernel^2), beside the mean cross-entropy; the bias has none */
    double tolerance; /* L-BFGS ends when the gradient's Euclidean norm is at most this */
    long hidden_count; /* units of a hidden ReLU layer; 0: none */
    double dropout;    /* share of the hidden units dropped in a step */
    enum tl_course_weighting weighting;
    const double *class_weights; /* (L), borrowed; only with TL_COURSE_GIVEN */
    const char *class_weights_text; /* what they are made from when the classes are known: "a=2,b=0.5"; borrowed */
    enum tl_course_monitor monitor;
    long patience; /* epochs without a better one before the fit ends early; 0: it never does */
    bool has_refit;      /* where validation is a share of the training photos, the head is then fitted once more, to all */
    bool has_calibration; /* the logits are divided by a temperature fitted to the validation photos */
    uint64_t seed;
    bool keeps_order; /* no shuffles */
};

void tl_course_init(struct tl_course *course);

#endif
