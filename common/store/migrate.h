/* migrate.h - brings the tables and views of an open file to this program's schema version.
 *
 * schema/NNN-name.sql leads to version NNN; those above the file's version are run in order, then every view is
 * dropped and views.sql run. All in one exclusive transaction: two processes may try at once, and a kill leaves the file as it
 * was.
 */
#ifndef TL_STORE_MIGRATE_H
#define TL_STORE_MIGRATE_H

#include "common/store/connection.h"
#include "common/store/schema_sql.h"

/* Fills an empty file (nothing where somebody else did so first). Fails with: TL_BAD_INPUT (the file has tables of another
 * program), TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_migrate_create(tl_store *store, struct tl_error *err);

/* Does nothing when the version is there. `files` is tl_schema_sql_files, or a test's.
 * Fails with: TL_IO, TL_CORRUPT (a file's SQL does not fit the tables). */
TL_MUST_USE enum tl_status tl_migrate_to(tl_store *store, int64_t version, const struct tl_schema_sql *files,
                                         struct tl_error *err);

#endif
