/* store_backup.h - a copy of a store while others use it.
 */
#ifndef TL_STORE_STORE_BACKUP_H
#define TL_STORE_STORE_BACKUP_H

#include "common/store/store.h"

/* Called between the steps; false stops the copy. */
typedef bool tl_store_backup_progress(void *context, int64_t done_bytes, int64_t total_bytes);

/* Copies the store, of whatever schema version, into `out_path`, an empty file whose place is the caller's affair: as of one
 * moment, page by page with SQLite's backup interface, and one file without a journal. Others may read and write meanwhile; what
 * they commit after the copy's moment waits in their -wal. `progress` may be NULL. Fails with: TL_NOT_FOUND, TL_BAD_INPUT as
 * tl_store_open(), TL_STOPPED (by `progress`), TL_IO (disk), TL_CORRUPT, TL_NO_MEMORY; out_path is then to be thrown away. */
TL_MUST_USE enum tl_status tl_store_backup(const char *path, const char *out_path, tl_store_backup_progress *progress,
                                           void *context, struct tl_error *err);

#endif
