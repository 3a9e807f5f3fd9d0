/* tally.c - counting; see tally.h. Showing is in tally_text.c. */
#include "extract/tally.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"

/* None, train, val, test. */
static int rank_split(const char *split)
{
    static const char *const SPLITS[] = {"train", "val", "test"};

    for (int i = 0; split && i < 3; i++)
        if (strcmp(SPLITS[i], split) == 0)
            return i + 1;
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct tl_tally_row *first = a, *second = b;
    int order = rank_split(first->split) - rank_split(second->split);

    return order != 0 ? order : strcmp(first->class_name, second->class_name);
}

/* The row of that class and split, made when new; NULL when out of memory. */
static struct tl_tally_row *find_row(struct tl_tally *tally, const char *class_name, const char *split)
{
    struct tl_tally_row *rows;

    for (size_t i = tally->row_count; i > 0; i--) { /* photos of a class stand together, so the last is the likeliest */
        struct tl_tally_row *row = &tally->rows[i - 1];

        if (rank_split(row->split) == rank_split(split) && strcmp(row->class_name, class_name) == 0)
            return row;
    }
    rows = tl_memory_resize(tally->rows, tally->row_count + 1, sizeof *rows);
    if (!rows)
        return NULL;
    tally->rows = rows;
    rows[tally->row_count] = (struct tl_tally_row){.class_name = class_name, .split = split};
    return &rows[tally->row_count++];
}

static bool has_class(const struct tl_tally *tally, const char *class_name)
{
    for (size_t i = 0; i < tally->row_count; i++)
        if (strcmp(tally->rows[i].class_name, class_name) == 0)
            return true;
    return false;
}

static void count_photo(struct tl_tally_row *row, const struct tl_agenda_photo *photo)
{
    row->photo_count++;
    row->new_count += photo->outcome == TL_AGENDA_NEW;
    row->there_count += photo->outcome == TL_AGENDA_THERE;
    row->failed_count += photo->outcome == TL_AGENDA_FAILED;
    row->known_failure_count += photo->is_known_failure;
    row->left_count += photo->outcome == TL_AGENDA_LEFT;
    row->turned_count += photo->content_id != 0 && photo->exif_orientation > 1;
}

static enum tl_status count_rows(struct tl_tally *tally, tl_agenda *agenda, struct tl_scan *const *scans, size_t scan_count,
                                 struct tl_error *err)
{
    struct tl_tally_row *row;

    for (size_t i = 0; i < tl_agenda_photo_count(agenda); i++) {
        const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, i);

        row = find_row(tally, photo->entry->class_name, photo->entry->split);
        if (!row)
            return tl_error_set_no_memory(err, "the summary", (tally->row_count + 1) * sizeof *row);
        count_photo(row, photo);
        count_photo(&tally->total, photo);
    }
    for (size_t i = 0; i < scan_count; i++)
        for (size_t j = 0; j < scans[i]->class_count; j++)
            if (!has_class(tally, scans[i]->class_names[j]) && !find_row(tally, scans[i]->class_names[j], NULL))
                return tl_error_set_no_memory(err, "the summary", (tally->row_count + 1) * sizeof *row);
    if (tally->row_count > 1)
        qsort(tally->rows, tally->row_count, sizeof *tally->rows, compare_rows);
    return TL_OK;
}

/* By bytes, then by place in the agenda, whose photos lie in one array. */
static int compare_contents(const void *a, const void *b)
{
    const struct tl_agenda_photo *first = *(struct tl_agenda_photo *const *)a, *second = *(struct tl_agenda_photo *const *)b;
    int order = memcmp(first->sha256, second->sha256, TL_DIGEST_BYTES);

    return order != 0 ? order : (first > second) - (first < second);
}

static bool is_training(const struct tl_agenda_photo *photo)
{
    return rank_split(photo->entry->split) == 1;
}

static enum tl_status add_clash(struct tl_tally *tally, const struct tl_agenda_photo *first, const struct tl_agenda_photo *second,
                                bool is_of_split, struct tl_error *err)
{
    struct tl_tally_clash *clashes = tl_memory_resize(tally->clashes, tally->clash_count + 1, sizeof *clashes);

    if (!clashes)
        return tl_error_set_no_memory(err, "the summary", (tally->clash_count + 1) * sizeof *clashes);
    tally->clashes = clashes;
    clashes[tally->clash_count++] = (struct tl_tally_clash){first, second, is_of_split};
    return TL_OK;
}

/* Places of one content: the first that disagrees with the first of all, in class and in split. */
static enum tl_status compare_group(struct tl_tally *tally, struct tl_agenda_photo *const *group, size_t count, struct tl_error *err)
{
    const struct tl_agenda_photo *other_class = NULL, *other_split = NULL;
    enum tl_status status = TL_OK;

    tally->copy_count += count - 1;
    for (size_t i = 1; i < count; i++) {
        bool has_splits = group[0]->entry->split && group[i]->entry->split;

        if (!other_class && strcmp(group[0]->entry->class_name, group[i]->entry->class_name) != 0)
            other_class = group[i];
        if (!other_split && has_splits && is_training(group[0]) != is_training(group[i]))
            other_split = group[i];
    }
    if (other_class)
        status = add_clash(tally, group[0], other_class, false, err);
    if (status == TL_OK && other_split)
        status = add_clash(tally, group[0], other_split, true, err);
    return status;
}

static enum tl_status count_copies(struct tl_tally *tally, tl_agenda *agenda, struct tl_error *err)
{
    size_t photo_count = tl_agenda_photo_count(agenda), count = 0;
    struct tl_agenda_photo **photos = tl_memory_alloc(photo_count, sizeof *photos);
    enum tl_status status = TL_OK;

    if (!photos)
        return tl_error_set_no_memory(err, "the summary", photo_count * sizeof *photos);
    for (size_t i = 0; i < photo_count; i++)
        if (tl_agenda_photo(agenda, i)->content_id != 0)
            photos[count++] = tl_agenda_photo(agenda, i);
    if (count > 1)
        qsort(photos, count, sizeof *photos, compare_contents);
    for (size_t first = 0, next; first < count && status == TL_OK; first = next) {
        for (next = first + 1; next < count && memcmp(photos[first]->sha256, photos[next]->sha256, TL_DIGEST_BYTES) == 0;)
            next++;
        if (next - first > 1)
            status = compare_group(tally, photos + first, next - first, err);
    }
    tl_memory_free(photos);
    return status;
}

enum tl_status tl_tally_count(struct tl_tally *out, tl_agenda *agenda, struct tl_scan *const *scans, size_t scan_count,
                              struct tl_error *err)
{
    struct tl_tally tally = {.rows = NULL};
    enum tl_status status = count_rows(&tally, agenda, scans, scan_count, err);

    *out = (struct tl_tally){.rows = NULL};
    if (status == TL_OK)
        status = count_copies(&tally, agenda, err);
    if (status != TL_OK) {
        tl_tally_free(&tally);
        return status;
    }
    *out = tally;
    return TL_OK;
}

void tl_tally_free(struct tl_tally *tally)
{
    tl_memory_free(tally->rows);
    tl_memory_free(tally->clashes);
    *tally = (struct tl_tally){.rows = NULL};
}
