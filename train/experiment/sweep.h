/* sweep.h - which courses are tried: every combination of some choices' values, or a number of them drawn at random.
 *
 *     tl_sweep_create(&sweep, axes, axis_count, &wish, err);         "l2=0,1e-4,1e-3", "learning-rate=1e-4..1e-2"
 *     ... sweep->courses[i], tl_setting_get(sweep->axes[a].setting, &sweep->courses[i]) ...
 *     tl_sweep_free(sweep);
 *
 * A grid is in the order of counting, the last axis fastest. Drawn ones are in the order of their draws, never twice the same; a
 * range MIN..MAX is drawn evenly on a logarithmic scale (whole numbers: rounded), listed values evenly. The draws depend on the
 * axes and the seed alone: the first N of a longer search are those of a shorter one.
 */
#ifndef TL_TRAIN_SWEEP_H
#define TL_TRAIN_SWEEP_H

#include "train/experiment/setting.h"

enum { TL_SWEEP_COURSES_MAX = 100000, TL_SWEEP_VALUES_MAX = 4096 };

/* A choice and the values it takes. */
struct tl_sweep_axis {
    const struct tl_setting *setting;
    double *values; /* owned; of a range the two ends */
    size_t value_count;
    bool is_range;
};

struct tl_sweep {
    struct tl_sweep_axis *axes; /* owned */
    size_t axis_count;
    struct tl_course *courses; /* owned */
    size_t course_count;
};

struct tl_sweep_wish {
    const struct tl_course *base; /* what the axes leave as it is */
    size_t trial_count;           /* 0: the whole grid */
    uint64_t seed;                /* of the draws */
};

/* `axes` as in "learning-rate=1e-4,1e-3". With fewer combinations than trials wished for, each is there once. The caller frees
 * *out. Fails with: TL_BAD_INPUT (an axis that is none, a value that its option would not take, a choice twice, a range without
 * trials, too many courses), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_sweep_create(struct tl_sweep **out, const char *const *axes, size_t axis_count,
                                           const struct tl_sweep_wish *wish, struct tl_error *err);
void tl_sweep_free(struct tl_sweep *sweep);

#endif
