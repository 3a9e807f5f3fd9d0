/* draw.c - see draw.h. */
#include "train/data/draw.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/memory.h"
#include "common/base/random.h"

/* Items that stay together, next to each other in a list of item indices. */
struct unit {
    size_t start, size;
    double draw;
    uint32_t class_index; /* of the first item */
};

struct units {
    struct unit *items;
    size_t count;
    size_t *members; /* indices of the draw's items */
    size_t *counts;  /* (class_count) scratch */
};

struct grouped {
    size_t group, index;
};

static int compare_grouped(const void *a, const void *b)
{
    const struct grouped *first = a, *second = b;

    if (first->group != second->group)
        return first->group < second->group ? -1 : 1;
    return first->index < second->index ? -1 : first->index > second->index;
}

static int compare_places(const struct unit *first, const struct unit *second)
{
    if (first->draw != second->draw)
        return first->draw < second->draw ? -1 : 1;
    return first->start < second->start ? -1 : first->start > second->start;
}

static int compare_by_class(const void *a, const void *b)
{
    const struct unit *first = a, *second = b;

    if (first->class_index != second->class_index)
        return first->class_index < second->class_index ? -1 : 1;
    return compare_places(first, second);
}

/* The larger first: small ones can even out what they leave. */
static int compare_by_size(const void *a, const void *b)
{
    const struct unit *first = a, *second = b;

    if (first->size != second->size)
        return first->size > second->size ? -1 : 1;
    return compare_places(first, second);
}

static void release(struct units *units)
{
    tl_memory_free(units->items);
    tl_memory_free(units->members);
    tl_memory_free(units->counts);
}

static void list_units(struct units *units, const struct grouped *grouped, const struct tl_draw_item *items, size_t count,
                       uint64_t seed, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        const struct tl_draw_item *item = &items[grouped[i].index];

        units->members[i] = grouped[i].index;
        if (i > 0 && grouped[i].group == grouped[i - 1].group)
            units->items[units->count - 1].size++;
        else
            units->items[units->count++] =
                (struct unit){i, 1, tl_random_draw(seed, item->sha256, 0, what), item->class_index};
    }
}

static enum tl_status make_units(struct units *units, const struct tl_draw_item *items, size_t count, size_t class_count,
                                 uint64_t seed, const char *what, struct tl_error *err)
{
    struct grouped *grouped = tl_memory_alloc(count, sizeof *grouped);

    units->items = tl_memory_alloc(count, sizeof *units->items);
    units->members = tl_memory_alloc(count, sizeof *units->members);
    units->counts = tl_memory_alloc(class_count, sizeof *units->counts);
    if (!grouped || !units->items || !units->members || !units->counts) {
        tl_memory_free(grouped);
        return tl_error_set_no_memory(err, "the draw of photos", count * (sizeof *grouped + sizeof *units->items));
    }
    for (size_t i = 0; i < count; i++)
        grouped[i] = (struct grouped){items[i].group, i};
    qsort(grouped, count, sizeof *grouped, compare_grouped);
    list_units(units, grouped, items, count, seed, what);
    tl_memory_free(grouped);
    return TL_OK;
}

/* Takes the unit unless that leaves a class without items; `counts` has those that are left of each. */
static bool take(struct units *units, const struct unit *unit, const struct tl_draw_item *items)
{
    bool is_last = false;

    for (size_t m = unit->start; m < unit->start + unit->size; m++)
        is_last |= --units->counts[items[units->members[m]].class_index] == 0;
    for (size_t m = unit->start; is_last && m < unit->start + unit->size; m++)
        units->counts[items[units->members[m]].class_index]++;
    return !is_last;
}

/* From the units of one class, the lowest draws first, those that bring the count nearer to the share. */
static void draw_class(bool *out, struct units *units, const struct unit *first, size_t count, const struct tl_draw_item *items,
                       double fraction)
{
    size_t all = 0;
    double target, taken = 0;

    for (size_t u = 0; u < count; u++)
        all += first[u].size;
    target = floor(fraction * (double)all + 0.5);
    for (size_t u = 0; u < count && taken < target; u++) {
        const double more = taken + (double)first[u].size;

        if (fabs(more - target) >= target - taken || !take(units, &first[u], items))
            continue;
        taken = more;
        for (size_t m = first[u].start; m < first[u].start + first[u].size; m++)
            out[units->members[m]] = true;
    }
}

enum tl_status tl_draw_share(bool *out, const struct tl_draw_item *items, size_t count, size_t class_count, double fraction,
                             struct tl_error *err)
{
    struct units units = {0};
    enum tl_status status = make_units(&units, items, count, class_count, 0, "validation", err);

    if (status == TL_OK) {
        for (size_t i = 0; i < count; i++)
            units.counts[items[i].class_index]++;
        qsort(units.items, units.count, sizeof *units.items, compare_by_class);
        for (size_t start = 0, end; start < units.count; start = end) {
            for (end = start + 1; end < units.count && units.items[end].class_index == units.items[start].class_index;)
                end++;
            draw_class(out, &units, &units.items[start], end - start, items, fraction);
        }
    }
    release(&units);
    return status;
}

/* The fold that has the fewest of the unit's classes, then the fewest items. */
static size_t choose_fold(const struct units *units, const struct unit *unit, const struct tl_draw_item *items,
                          const size_t *counts, const size_t *totals, size_t class_count, size_t fold_count)
{
    size_t best = 0, best_count = SIZE_MAX;

    for (size_t k = 0; k < fold_count; k++) {
        size_t count = 0;

        for (size_t m = unit->start; m < unit->start + unit->size; m++)
            count += counts[k * class_count + items[units->members[m]].class_index];
        if (count < best_count || (count == best_count && totals[k] < totals[best])) {
            best = k;
            best_count = count;
        }
    }
    return best;
}

enum tl_status tl_draw_folds(uint32_t *out, const struct tl_draw_item *items, size_t count, size_t class_count, size_t fold_count,
                             uint64_t seed, struct tl_error *err)
{
    struct units units = {0};
    size_t *counts = tl_memory_alloc(fold_count, (class_count + 1) * sizeof *counts);
    size_t *totals = counts ? counts + fold_count * class_count : NULL;
    enum tl_status status = counts ? make_units(&units, items, count, class_count, seed, "fold", err)
                                   : tl_error_set_no_memory(err, "the folds", fold_count * (class_count + 1) * sizeof *counts);

    if (status == TL_OK) {
        qsort(units.items, units.count, sizeof *units.items, compare_by_size);
        for (size_t u = 0; u < units.count; u++) {
            const struct unit *unit = &units.items[u];
            const size_t fold = choose_fold(&units, unit, items, counts, totals, class_count, fold_count);

            for (size_t m = unit->start; m < unit->start + unit->size; m++) {
                out[units.members[m]] = (uint32_t)fold;
                counts[fold * class_count + items[units.members[m]].class_index]++;
            }
            totals[fold] += unit->size;
        }
    }
    release(&units);
    tl_memory_free(counts);
    return status;
}

int tl_draw_part(const uint8_t *sha256, double validation_share, double test_share)
{
    const double draw = tl_random_draw(0, sha256, 0, "split");

    return draw < test_share ? 0 : draw < test_share + validation_share ? 1 : 2;
}
