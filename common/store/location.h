/* location.h - where a store's file lies: what stands in the way of opening it, and its address for SQLite.
 */
#ifndef TL_STORE_LOCATION_H
#define TL_STORE_LOCATION_H

#include "common/store/store.h"

/* Looks at the file and its folder before SQLite does, so that the message says what to do, and nothing blocks on a FIFO.
 * *out_is_still is true when nobody can be writing: a folder that cannot be written and no journal beside the file.
 * Fails with: TL_NOT_FOUND, TL_BAD_INPUT, TL_IO, as tl_store_open(). */
TL_MUST_USE enum tl_status tl_location_check(bool *out_is_still, const char *path, enum tl_store_mode mode, struct tl_error *err);

/* "file:" and the path, percent-encoded, so that no path means anything else to SQLite (":memory:", "file:x?mode=rw").
 * The caller frees; NULL when out of memory. */
char *tl_location_to_uri(const char *path, bool is_still);

#endif
