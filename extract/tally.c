/* tally.c - counting; see tally.h. Copies are found in copies.c, all is shown by tally_text.c. */
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

static void count_known(struct tl_tally_row *row, const struct tl_known_count *known)
{
    row->photo_count += known->photo_count;
    row->there_count += known->photo_count;
    row->turned_count += known->turned_count;
}

static enum tl_status count_rows(struct tl_tally *tally, tl_agenda *agenda, struct tl_scan *const *scans, size_t scan_count,
                                 struct tl_error *err)
{
    struct tl_tally_row *row;
    const struct tl_known *known = tl_agenda_known(agenda);

    for (size_t i = 0; i < known->count_count; i++) {
        row = find_row(tally, known->counts[i].class_name, known->counts[i].split);
        if (!row)
            return tl_error_set_no_memory(err, "the summary", (tally->row_count + 1) * sizeof *row);
        count_known(row, &known->counts[i]);
        count_known(&tally->total, &known->counts[i]);
    }
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

enum tl_status tl_tally_count(struct tl_tally *out, tl_agenda *agenda, tl_store *store, struct tl_scan *const *scans,
                              const int64_t *source_ids, size_t scan_count, struct tl_error *err)
{
    struct tl_tally tally = {.rows = NULL};
    enum tl_status status = count_rows(&tally, agenda, scans, scan_count, err);

    *out = (struct tl_tally){.rows = NULL};
    if (status == TL_OK)
        status = tl_tally_count_copies(&tally, agenda, store, scans, source_ids, scan_count, err);
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
    tl_arena_free(&tally->paths);
    *tally = (struct tl_tally){.rows = NULL};
}
