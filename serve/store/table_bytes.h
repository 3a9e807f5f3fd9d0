/* table_bytes.h - what each table and index of a store takes in its file, by SQLite's own count (dbstat).
 */
#ifndef TL_SERVE_STORE_TABLE_BYTES_H
#define TL_SERVE_STORE_TABLE_BYTES_H

#include <stdbool.h>
#include <stdio.h>

#include "common/store/store.h"

/* A table or a JSON object, the largest first. Reads every page of the file. Fails with: TL_BAD_INPUT (an SQLite without dbstat),
 * TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_table_bytes_write(tl_store *store, bool is_json, FILE *file, struct tl_error *err);

#endif
