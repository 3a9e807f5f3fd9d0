/* store.h - the SQLite file that keeps everything: open, transactions, the digest by which stores are equal.
 *
 *     tl_store *store = NULL;
 *     tl_store_open(&store, path, TL_STORE_CREATE, err);
 *     tl_store_begin(store, err); ...put rows...; tl_store_commit(store, err);     gather in memory first: the lock is short
 *     tl_store_close(&store, err);
 *
 * The rows themselves: store_source.h (trees of photos), store_photo.h (photos, labels), store_failure.h (failures),
 * store_damage.h (damaged features), store_feature.h (recipes, variants, features), store_sample.h (reading features in the order
 * of training), store_run.h (data sets, runs, heads, predictions), store_sweep.h
 * (sweeps). Ids are local to the file and only good while it is open;
 * natural keys are identity. Strings borrowed by out structs live until the next call on the same store unless said otherwise. One
 * thread at a time uses a store. Messages begin with the store's path where the file is at fault.
 *
 * An error inside a transaction undoes the transaction; later puts and the commit then say so. A put that the schema
 * forbids (an empty class, a word that is none of the schema's) is TL_BAD_INPUT, wherever its header names only TL_IO.
 *
 * The file: page size 65536, WAL while somebody writes, synchronous=FULL, foreign keys on. A clean close with
 * nobody else connected checkpoints and returns to journal_mode=DELETE: one file, good on read-only media. On a network file system
 * there is no WAL, and one process at a time has the store open.
 */
#ifndef TL_STORE_STORE_H
#define TL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"

enum { TL_STORE_SCHEMA_VERSION = 3, TL_STORE_BUSY_MS = 30000 };

enum tl_store_mode {
    TL_STORE_READ,  /* never changes the file; a read-only file or folder is fine */
    TL_STORE_WRITE, /* must exist; migrated when older */
    TL_STORE_CREATE /* made when absent */
};

typedef struct tl_store tl_store;

/* Fails with: TL_NOT_FOUND (READ, WRITE: no such file), TL_BAD_INPUT (not SQLite, another program's file, a newer schema: with
 * both versions; an empty file is another program's unless mode is CREATE), TL_IO (read-only, locked, disk), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_open(tl_store **out, const char *path, enum tl_store_mode mode, struct tl_error *err);
/* What a tool that writes tells its user about the store's place, the store's path before it: that it lies on a network file
 * system. NULL where there is nothing to tell; lives as long as the store. */
const char *tl_store_notice(const tl_store *store);
/* Rolls back what is not committed. *store becomes NULL in any case. Fails with: TL_IO (the checkpoint). */
TL_MUST_USE enum tl_status tl_store_close(tl_store **store, struct tl_error *err);
/* Closes after work that ended with `status`, whose failure *err has: returns that, or where it is TL_OK what closing says. */
TL_MUST_USE enum tl_status tl_store_close_after(tl_store **store, enum tl_status status, struct tl_error *err);

/* How much of the file the connection keeps in memory; 32 MiB unless told. Less is enough for who adds rows at the ends and reads
 * in the order of an index. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_limit_cache(tl_store *store, size_t limit_bytes, struct tl_error *err);

/* Fails with: TL_IO (disk full, locked for longer than TL_STORE_BUSY_MS), TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_begin(tl_store *store, struct tl_error *err);
TL_MUST_USE enum tl_status tl_store_commit(tl_store *store, struct tl_error *err);
/* Undoes an open transaction; does nothing when there is none. */
void tl_store_rollback(tl_store *store);

/* Several reads that must agree: until the end they all see the store as the first of them did, whatever others commit
 * meanwhile. Not inside a transaction, and nothing can be put before the end. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_begin_reading(tl_store *store, struct tl_error *err);
/* Does nothing when there was no beginning. */
void tl_store_end_reading(tl_store *store);

/* SHA-256 over the sorted natural keys of photos (source, path, content) and features (feature set digest, content,
 * augmentation digest, variant index, values digest): equal stores, equal digest, whatever their ids, times or blobs.
 * Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_compute_digest(tl_store *store, uint8_t out[TL_DIGEST_BYTES], struct tl_error *err);

/* Totals for summaries. */
struct tl_store_counts {
    int64_t sources, photos, photos_missing, contents, variants, features, failures, runs, heads, predictions;
    int64_t feature_values, feature_nonzeros; /* floats that the features hold, and how many are not zero */
    int64_t blob_bytes, file_bytes;
};
TL_MUST_USE enum tl_status tl_store_count(tl_store *store, struct tl_store_counts *out, struct tl_error *err);

/* The bytes of the store's pages, those that still lie in the -wal among them: what the file has after a clean end.
 * Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_get_file_bytes(tl_store *store, int64_t *out, struct tl_error *err);

/* Runs one SELECT and hands each row's columns as text (NULL for NULL) to `each`; what `tl-store info` and the demo print. `each`
 * returns false to stop early. Fails with: TL_BAD_INPUT (the SQL, with SQLite's words; or it would write), TL_IO, TL_CORRUPT. */
typedef bool tl_store_row_callback(void *context, size_t column_count, const char *const *names, const char *const *values);
TL_MUST_USE enum tl_status tl_store_query(tl_store *store, const char *sql, tl_store_row_callback *each, void *context,
                                          struct tl_error *err);

#endif
