/* bootstrap.c - see bootstrap.h. */
#include "train/fit/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/base/random.h"

static const double SHARE_OUTSIDE = 0.05;

struct member {
    uint32_t group;
    size_t index;
};

/* What is drawn: a group's sum of values and its number of photos. */
struct unit {
    double sum;
    size_t count;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *first = a, *second = b;

    if (first->group != second->group)
        return first->group < second->group ? -1 : 1;
    return first->index < second->index ? -1 : first->index > second->index;
}

/* Returns how many units there are. */
static size_t gather_units(struct unit *units, struct member *members, const double *values, const uint32_t *groups, size_t count)
{
    size_t unit_count = 0;

    for (size_t i = 0; i < count; i++)
        members[i] = (struct member){groups[i], i};
    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || members[i].group != members[i - 1].group)
            units[unit_count++] = (struct unit){0, 0};
        units[unit_count - 1].sum += values[members[i].index];
        units[unit_count - 1].count++;
    }
    return unit_count;
}

static enum tl_status make_units(struct unit **out, size_t *out_count, const double *values, const uint32_t *groups, size_t count,
                                 struct tl_error *err)
{
    struct unit *units = tl_memory_alloc(count, sizeof *units);
    struct member *members = NULL;

    *out = units;
    *out_count = count;
    if (!units)
        return tl_error_set_no_memory(err, "the resamples", count * sizeof *units);
    if (!groups) {
        for (size_t i = 0; i < count; i++)
            units[i] = (struct unit){values[i], 1};
        return TL_OK;
    }
    members = tl_memory_alloc(count, sizeof *members);
    if (!members)
        return tl_error_set_no_memory(err, "the resamples", count * sizeof *members);
    *out_count = gather_units(units, members, values, groups, count);
    tl_memory_free(members);
    return TL_OK;
}

static void add_unit(struct unit *sum, const struct unit *unit)
{
    sum->sum += unit->sum;
    sum->count += unit->count;
}

/* Two units a random number: 32 bits times the number of units, of which the upper half is the index. It favours some units by less
 * than one part in 2^32 / count. */
static double resample(struct tl_random *random, const struct unit *units, size_t unit_count)
{
    struct unit sum = {0, 0};

    for (size_t i = 0; i < unit_count; i += 2) {
        const uint64_t bits = tl_random_next(random);

        add_unit(&sum, &units[(bits >> 32) * unit_count >> 32]);
        if (i + 1 < unit_count)
            add_unit(&sum, &units[(bits & UINT32_MAX) * unit_count >> 32]);
    }
    return sum.sum / (double)sum.count;
}

static int compare_doubles(const void *a, const void *b)
{
    const double first = *(const double *)a, second = *(const double *)b;

    return first < second ? -1 : first > second;
}

/* Between the two nearest of the sorted means, as NumPy's percentile() has it. */
static double find_quantile(const double *means, double share)
{
    const double at = share * (TL_BOOTSTRAP_RESAMPLES - 1);
    const size_t below = (size_t)floor(at);

    return means[below] + (at - floor(at)) * (means[below + 1] - means[below]);
}

enum tl_status tl_bootstrap_mean(struct tl_bootstrap_interval *out, const double *values, const uint32_t *groups, size_t count,
                                 struct tl_error *err)
{
    double means[TL_BOOTSTRAP_RESAMPLES];
    struct unit *units = NULL;
    struct tl_random random;
    size_t unit_count;
    enum tl_status status;

    *out = (struct tl_bootstrap_interval){(double)NAN, (double)NAN};
    if (count == 0)
        return TL_OK;
    status = make_units(&units, &unit_count, values, groups, count, err);
    if (status == TL_OK) {
        tl_random_init(&random, 0, "bootstrap");
        for (size_t b = 0; b < TL_BOOTSTRAP_RESAMPLES; b++)
            means[b] = resample(&random, units, unit_count);
        qsort(means, TL_BOOTSTRAP_RESAMPLES, sizeof *means, compare_doubles);
        *out = (struct tl_bootstrap_interval){find_quantile(means, SHARE_OUTSIDE / 2), find_quantile(means, 1 - SHARE_OUTSIDE / 2)};
    }
    tl_memory_free(units);
    return status;
}
