/* weighting.c - see weighting.h. */
#include "train/fit/weighting.h"

#include <string.h>

static void fill_balanced(double *weights, size_t class_count, const struct tl_samples *samples, enum tl_fit_variants variants)
{
    double total = 0;

    for (size_t l = 0; l < class_count; l++)
        weights[l] = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        const size_t count = variants == TL_FIT_ALL ? 1 + sample->variant_count : 1;

        if (sample->role != TL_ROLE_TRAIN)
            continue;
        weights[sample->class_index] += (double)count;
        total += (double)count;
    }
    for (size_t l = 0; l < class_count; l++)
        if (weights[l] > 0)
            weights[l] = total / ((double)class_count * weights[l]);
}

void tl_weighting_fill(double *weights, size_t class_count, const struct tl_samples *samples, const struct tl_course *course)
{
    if (course->weighting == TL_COURSE_BALANCED)
        fill_balanced(weights, class_count, samples, course->variants);
    else if (course->weighting == TL_COURSE_GIVEN)
        memcpy(weights, course->class_weights, class_count * sizeof *weights);
    else
        for (size_t l = 0; l < class_count; l++)
            weights[l] = 1;
}
