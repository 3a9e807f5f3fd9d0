/* copies.c - which of a run's photos hold the same bytes, and whether they agree; see tally.h.
 *
 * The store tells which contents lie in several places; only those are held in memory, one content at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_inventory.h"
#include "extract/tally.h"

/* A place of the content at hand. */
struct copy {
    size_t scan_index, place_index; /* the class folder's */
    const char *path;
};

struct copying {
    struct tl_tally *tally;
    struct tl_scan *const *scans;
    const int64_t *source_ids;
    size_t scan_count;
    int64_t *photo_ids; /* of the run's photos whose content is known, ascending */
    size_t photo_count;
    uint8_t sha256[TL_DIGEST_BYTES]; /* of the content at hand */
    struct copy *copies;             /* its places in this run */
    size_t copy_count, copy_capacity;
    struct tl_arena paths; /* theirs */
};

static int compare_ids(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* In the order of the scans. */
static int compare_copies(const void *a, const void *b)
{
    const struct copy *first = a, *second = b;

    if (first->scan_index != second->scan_index)
        return first->scan_index < second->scan_index ? -1 : 1;
    if (first->place_index != second->place_index)
        return first->place_index < second->place_index ? -1 : 1;
    return tl_scan_compare_paths(first->path, second->path);
}

static const struct tl_scan_place *place_of(const struct copying *copying, const struct copy *copy)
{
    return &copying->scans[copy->scan_index]->places[copy->place_index];
}

static bool is_training(const struct tl_scan_place *place)
{
    return strcmp(place->split, "train") == 0;
}

static enum tl_status name_place(struct tl_tally_place *out, struct copying *copying, const struct copy *copy, struct tl_error *err)
{
    out->source_name = copying->scans[copy->scan_index]->name;
    out->path = tl_arena_copy_string(&copying->tally->paths, copy->path);
    return out->path ? TL_OK : tl_error_set_no_memory(err, "the summary", strlen(copy->path) + 1);
}

static enum tl_status add_clash(struct copying *copying, const struct copy *first, const struct copy *second, bool is_of_split,
                                struct tl_error *err)
{
    struct tl_tally *tally = copying->tally;
    struct tl_tally_clash *clashes = tl_memory_resize(tally->clashes, tally->clash_count + 1, sizeof *clashes);
    struct tl_tally_clash clash = {.is_of_split = is_of_split};
    enum tl_status status;

    if (!clashes)
        return tl_error_set_no_memory(err, "the summary", (tally->clash_count + 1) * sizeof *clashes);
    tally->clashes = clashes;
    status = name_place(&clash.first, copying, first, err);
    if (status == TL_OK)
        status = name_place(&clash.second, copying, second, err);
    if (status == TL_OK)
        clashes[tally->clash_count++] = clash;
    return status;
}

/* The content at hand is through: the first place that disagrees with the first of all, in class and in split. */
static enum tl_status end_content(struct copying *copying, struct tl_error *err)
{
    const struct copy *copies = copying->copies, *other_class = NULL, *other_split = NULL;
    size_t count = copying->copy_count;
    const struct tl_scan_place *first;
    enum tl_status status = TL_OK;

    if (count > 1) {
        qsort(copying->copies, count, sizeof *copying->copies, compare_copies);
        copying->tally->copy_count += count - 1;
        first = place_of(copying, &copies[0]);
        for (size_t i = 1; i < count; i++) {
            const struct tl_scan_place *place = place_of(copying, &copies[i]);

            if (!other_class && strcmp(first->class_name, place->class_name) != 0)
                other_class = &copies[i];
            if (!other_split && first->split && place->split && is_training(first) != is_training(place))
                other_split = &copies[i];
        }
        if (other_class)
            status = add_clash(copying, &copies[0], other_class, false, err);
        if (status == TL_OK && other_split)
            status = add_clash(copying, &copies[0], other_split, true, err);
    }
    copying->copy_count = 0;
    tl_arena_free(&copying->paths);
    return status;
}

static enum tl_status add_copy(struct copying *copying, size_t scan_index, const char *path, struct tl_error *err)
{
    const struct tl_scan *scan = copying->scans[scan_index];
    const struct tl_scan_place *place = tl_scan_find_place(scan, path);
    struct copy copy = {.scan_index = scan_index};

    if (!place) /* its folder is gone since */
        return TL_OK;
    if (copying->copy_count == copying->copy_capacity) {
        size_t wanted = copying->copy_capacity ? copying->copy_capacity * 2 : 16;
        struct copy *copies = tl_memory_resize(copying->copies, wanted, sizeof *copies);

        if (!copies)
            return tl_error_set_no_memory(err, "the copies of a photo", wanted * sizeof *copies);
        copying->copies = copies;
        copying->copy_capacity = wanted;
    }
    copy.place_index = (size_t)(place - scan->places);
    copy.path = tl_arena_copy_string(&copying->paths, path);
    if (!copy.path)
        return tl_error_set_no_memory(err, "a path", strlen(path) + 1);
    copying->copies[copying->copy_count++] = copy;
    return TL_OK;
}

static enum tl_status take_place(void *context, const uint8_t sha256[TL_DIGEST_BYTES], int64_t photo_id, int64_t source_id,
                                 const char *path, struct tl_error *err)
{
    struct copying *copying = context;
    enum tl_status status = TL_OK;

    if (memcmp(copying->sha256, sha256, TL_DIGEST_BYTES) != 0)
        status = end_content(copying, err);
    memcpy(copying->sha256, sha256, TL_DIGEST_BYTES);
    if (!bsearch(&photo_id, copying->photo_ids, copying->photo_count, sizeof photo_id, compare_ids))
        return status;
    for (size_t i = 0; i < copying->scan_count && status == TL_OK; i++)
        if (copying->source_ids[i] == source_id)
            return add_copy(copying, i, path, err);
    return status;
}

static enum tl_status list_photos(struct copying *copying, tl_agenda *agenda, struct tl_error *err)
{
    const struct tl_known *known = tl_agenda_known(agenda);
    size_t capacity = known->photo_count + tl_agenda_photo_count(agenda);

    copying->photo_ids = tl_memory_alloc(capacity, sizeof *copying->photo_ids);
    if (!copying->photo_ids)
        return tl_error_set_no_memory(err, "the list of photos", capacity * sizeof *copying->photo_ids);
    if (known->photo_count > 0)
        memcpy(copying->photo_ids, known->photo_ids, known->photo_count * sizeof *known->photo_ids);
    copying->photo_count = known->photo_count;
    for (size_t i = 0; i < tl_agenda_photo_count(agenda); i++)
        if (tl_agenda_photo(agenda, i)->content_id != 0)
            copying->photo_ids[copying->photo_count++] = tl_agenda_photo(agenda, i)->photo_id;
    qsort(copying->photo_ids, copying->photo_count, sizeof *copying->photo_ids, compare_ids);
    return TL_OK;
}

enum tl_status tl_tally_count_copies(struct tl_tally *tally, tl_agenda *agenda, tl_store *store, struct tl_scan *const *scans,
                                     const int64_t *source_ids, size_t scan_count, struct tl_error *err)
{
    struct copying copying = {.tally = tally, .scans = scans, .source_ids = source_ids, .scan_count = scan_count};
    enum tl_status status;

    if (!store)
        return TL_OK;
    status = list_photos(&copying, agenda, err);
    if (status == TL_OK)
        status = tl_store_each_copy(store, take_place, &copying, err);
    if (status == TL_OK)
        status = end_content(&copying, err);
    tl_memory_free(copying.photo_ids);
    tl_memory_free(copying.copies);
    tl_arena_free(&copying.paths);
    return status;
}
