/* course.c - see course.h. */
#include "train/fit/course.h"

const char *const tl_fit_variants_names[] = {"plain", "all", "cycle", NULL};
const char *const tl_course_solver_names[] = {"adam", "sgd", "lbfgs", NULL};
const char *const tl_course_weighting_names[] = {"equal", "balanced", "given", NULL};
const char *const tl_course_monitor_names[] = {"none", "val_loss", "val_accuracy", NULL};

void tl_course_init(struct tl_course *course)
{
    *course = (struct tl_course){.variants = TL_FIT_ALL, .epochs = 20, .batch_size = 32, .learning_rate = 0.001,
                                 .momentum = 0.9, .tolerance = 1e-6, .has_refit = true};
}
