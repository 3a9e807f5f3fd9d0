/* tally.h - what a run did, counted by class and split, and shown to people or programs.
 */
#ifndef TL_EXTRACT_TALLY_H
#define TL_EXTRACT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/store/store.h"
#include "extract/agenda.h"
#include "extract/effort.h"
#include "extract/scan.h"
#include "extract/settings.h"
#include "extract/writer.h"

struct tl_tally_row {
    const char *class_name, *split; /* NULL split: none. Borrowed */
    size_t photo_count, new_count, there_count, failed_count, left_count;
    size_t known_failure_count; /* of the failed ones: not tried */
    size_t turned_count; /* with an EXIF orientation other than 1 */
};

/* Where a photo lies. */
struct tl_tally_place {
    const char *source_name; /* borrowed from the scan */
    const char *path;
};

/* Two places that hold the same bytes and do not agree. */
struct tl_tally_clash {
    struct tl_tally_place first, second;
    bool is_of_split; /* on both sides of a split; else under two classes */
};

struct tl_tally {
    struct tl_tally_row *rows; /* by split (none, train, val, test), then class; empty classes too */
    size_t row_count;
    struct tl_tally_row total;
    size_t copy_count; /* photos whose bytes another place has before them */
    struct tl_tally_clash *clashes; /* at most one of each kind for each content */
    size_t clash_count;
    struct tl_arena paths; /* of the clashes */
};

/* What the agenda does not know. */
struct tl_tally_facts {
    const struct tl_settings *settings;
    const char *arithmetic;
    struct tl_writer_totals written;
    struct tl_scan *const *scans;
    size_t scan_count;
    int64_t missing_count; /* photos newly marked as missing */
    double seconds;
    struct tl_effort effort;
    bool is_stopped;
};

/* Counts the agenda's photos and those it only counted; which of them hold the same bytes, the store tells, where all of them
 * must have been written (without a store, NULL, none do). source_ids[i] is scans[i]'s. Borrows from agenda and scans; free with
 * tl_tally_free(). Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_tally_count(struct tl_tally *out, tl_agenda *agenda, tl_store *store, struct tl_scan *const *scans,
                                          const int64_t *source_ids, size_t scan_count, struct tl_error *err);
void tl_tally_free(struct tl_tally *tally);

/* The part of tl_tally_count() that finds copies and clashes. (copies.c) */
TL_MUST_USE enum tl_status tl_tally_count_copies(struct tl_tally *tally, tl_agenda *agenda, tl_store *store,
                                                 struct tl_scan *const *scans, const int64_t *source_ids, size_t scan_count,
                                                 struct tl_error *err);

/* A table and a few lines. Fails with: TL_IO, TL_NO_MEMORY. (tally_text.c) */
TL_MUST_USE enum tl_status tl_tally_write_text(const struct tl_tally *tally, const struct tl_tally_facts *facts, FILE *file,
                                               struct tl_error *err);
/* One JSON object on one line. Fails with: TL_IO, TL_NO_MEMORY. (tally_text.c) */
TL_MUST_USE enum tl_status tl_tally_write_json(const struct tl_tally *tally, const struct tl_tally_facts *facts, FILE *file,
                                               struct tl_error *err);

#endif
