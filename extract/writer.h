/* writer.h - finished works into the store: gathered in memory, written and committed many at once.
 *
 * The only part of extraction that changes the store's photos and features, from one thread. Between transactions no lock is
 * held. A photo's rows are written with the first of its works, its features as they come; its failures are forgotten when
 * the last of its works is there and none failed. A crash costs what is gathered, at most a batch (batch.h) or
 * TL_WRITER_SECONDS, and what is still in the pipeline.
 */
#ifndef TL_EXTRACT_WRITER_H
#define TL_EXTRACT_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/store/store.h"
#include "common/store/store_extraction.h"
#include "extract/agenda.h"
#include "extract/work.h"

static const double TL_WRITER_SECONDS = 2.0; /* a commit costs about a millisecond */

struct tl_writer_totals {
    size_t done_count, failed_count;    /* photos whose last work was taken, and how many of them failed */
    uint64_t feature_count, blob_bytes; /* written */
};

typedef struct tl_writer tl_writer;

/* Told of each failed photo when its work is taken. */
typedef void tl_writer_report(void *context, const struct tl_agenda_photo *photo, const struct tl_error *failure);

/* Store and agenda are borrowed; the agenda's photos get their ids and outcomes here. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_writer_create(tl_writer **out, tl_store *store, tl_agenda *agenda, tl_writer_report *report,
                                            void *context, struct tl_error *err);
void tl_writer_free(tl_writer *writer);

/* From here on each commit renews this row of the run, which is in the store already and borrowed. */
void tl_writer_keep_row(tl_writer *writer, struct tl_store_extraction *row);

/* The agenda's photos that are no jobs: their labels are renewed, and their places where they are not as stored. Fails with: TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_writer_put_known(tl_writer *writer, struct tl_error *err);
/* Takes ownership of the work, in any case; writes when enough is gathered. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_writer_take(tl_writer *writer, struct tl_work *work, struct tl_error *err);
/* Writes what is gathered if it is old enough. Fails with: as take. */
TL_MUST_USE enum tl_status tl_writer_tick(tl_writer *writer, struct tl_error *err);
/* Writes what is gathered. Fails with: as take. */
TL_MUST_USE enum tl_status tl_writer_flush(tl_writer *writer, struct tl_error *err);
/* Marks photos of a completely scanned source as missing where the scan did not meet them; *out_count newly. Every photo of the
 * source in the agenda must have been written. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_writer_mark_missing(tl_writer *writer, int64_t source_id, int64_t *out_count, struct tl_error *err);

struct tl_writer_totals tl_writer_totals(const tl_writer *writer);

#endif
