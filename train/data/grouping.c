/* grouping.c - see grouping.h. grouping_paths.c joins by paths. */
#include "train/data/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/data/likeness.h"

/* A picture whose thumbnail is like those of so many others, and which is none of them, is tried no more: ten thousand frames of a
 * fixed camera would be fifty million comparisons of features. */
enum { REFUSALS_MAX = 32 };

enum tl_status tl_grouping_create(struct tl_grouping **out, const struct tl_store_label *labels, size_t label_count,
                                  struct tl_error *err)
{
    struct tl_grouping *grouping = tl_memory_alloc(1, sizeof *grouping);

    *out = NULL;
    if (grouping)
        grouping->parents = tl_memory_alloc(label_count, sizeof *grouping->parents);
    if (!grouping || !grouping->parents) {
        tl_grouping_free(grouping);
        return tl_error_set_no_memory(err, "the groups of photos", label_count * sizeof *grouping->parents);
    }
    for (size_t i = 0; i < label_count; i++)
        if (i == 0 || memcmp(labels[i].sha256, labels[i - 1].sha256, TL_DIGEST_BYTES) != 0) {
            grouping->parents[grouping->content_count] = (uint32_t)grouping->content_count;
            grouping->content_count++;
        }
    *out = grouping;
    return TL_OK;
}

void tl_grouping_free(struct tl_grouping *grouping)
{
    if (!grouping)
        return;
    tl_memory_free(grouping->parents);
    tl_memory_free(grouping);
}

/* The way is halved as it is gone, so that chains stay short. */
size_t tl_grouping_find(const struct tl_grouping *grouping, size_t content)
{
    while (grouping->parents[content] != content) {
        grouping->parents[content] = grouping->parents[grouping->parents[content]];
        content = grouping->parents[content];
    }
    return content;
}

void tl_grouping_join(struct tl_grouping *grouping, size_t first, size_t second)
{
    const size_t first_root = tl_grouping_find(grouping, first), second_root = tl_grouping_find(grouping, second);
    const uint32_t root = (uint32_t)(first_root < second_root ? first_root : second_root);

    grouping->parents[first_root] = root;
    grouping->parents[second_root] = root;
}

struct matching {
    struct tl_grouping *grouping;
    tl_grouping_confirm *confirm;
    void *context;
    uint8_t *refusals; /* of each content */
};

static enum tl_status match_pair(void *context, size_t first, size_t second, struct tl_error *err)
{
    struct matching *matching = context;
    bool is_same = false;
    enum tl_status status;

    if (matching->refusals[first] == REFUSALS_MAX || matching->refusals[second] == REFUSALS_MAX ||
        tl_grouping_find(matching->grouping, first) == tl_grouping_find(matching->grouping, second))
        return TL_OK;
    status = matching->confirm(matching->context, &is_same, first, second, err);
    if (status != TL_OK)
        return status;
    if (is_same) {
        tl_grouping_join(matching->grouping, first, second);
    } else {
        matching->refusals[first]++;
        matching->refusals[second]++;
    }
    return TL_OK;
}

enum tl_status tl_grouping_join_likenesses(struct tl_grouping *grouping, const uint8_t *thumbnails, tl_grouping_confirm *confirm,
                                           void *context, struct tl_error *err)
{
    struct matching matching = {grouping, confirm, context, tl_memory_alloc(grouping->content_count, 1)};
    tl_likeness *likeness = NULL;
    enum tl_status status;

    if (!matching.refusals)
        return tl_error_set_no_memory(err, "the groups of photos", grouping->content_count);
    status = tl_likeness_create(&likeness, thumbnails, grouping->content_count, err);
    if (status == TL_OK)
        status = tl_likeness_visit(likeness, match_pair, &matching, err);
    tl_likeness_free(likeness);
    tl_memory_free(matching.refusals);
    return status;
}

static int compare_places(const struct tl_grouping_shot *first, const struct tl_grouping_shot *second)
{
    const int by_source = strcmp(first->source, second->source);

    return by_source != 0 ? by_source : strcmp(first->camera, second->camera);
}

static int compare_shots(const void *a, const void *b)
{
    const struct tl_grouping_shot *first = a, *second = b;
    const int by_place = compare_places(first, second);

    if (by_place != 0)
        return by_place;
    if (first->captured_s != second->captured_s)
        return first->captured_s < second->captured_s ? -1 : 1;
    return first->content < second->content ? -1 : first->content > second->content;
}

void tl_grouping_join_shots(struct tl_grouping *grouping, struct tl_grouping_shot *shots, size_t shot_count, double seconds)
{
    qsort(shots, shot_count, sizeof *shots, compare_shots);
    for (size_t i = 1; i < shot_count; i++)
        if (compare_places(&shots[i - 1], &shots[i]) == 0 &&
            (double)shots[i].captured_s - (double)shots[i - 1].captured_s < seconds)
            tl_grouping_join(grouping, shots[i - 1].content, shots[i].content);
}
