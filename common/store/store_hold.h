/* store_hold.h - one extraction at a time on a store: a lock that the process keeps as long as it works, and its death frees.
 *
 *     tl_store_hold *hold = NULL;
 *     tl_store_hold_take(&hold, path, err);       before the store is opened; NULL: another process has it
 *     tl_store_open(&store, path, ...);
 *     ...
 *     tl_store_close(&store, err);
 *     tl_store_hold_free(hold);                   after it was closed
 *
 * The order matters: closing any descriptor of a file drops the locks that SQLite has on it in the same process. A hold shuts
 * out other holds and nothing else: whoever reads, trains or saves needs none. It is an open file description lock on one byte
 * of the file, far beyond those that SQLite uses, and ends with the process however that ends, so that none is ever stale. A child
 * that is forked while it is held must close its descriptors (exec does) or it holds on as long as it lives.
 */
#ifndef TL_STORE_STORE_HOLD_H
#define TL_STORE_STORE_HOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct tl_store_hold tl_store_hold;

/* *out is NULL with TL_OK where another process holds the store. A file that is not there is made, empty: the store that is about
 * to be. Does not wait. A network file system without such locks always gives a hold. Fails with: as tl_store_open(), for what
 * stands in the way of writing; TL_IO (a disk of this machine without such locks). */
TL_MUST_USE enum tl_status tl_store_hold_take(tl_store_hold **out, const char *path, struct tl_error *err);
/* Ends it; a file that it made and that is empty still is taken away again. NULL is fine. */
void tl_store_hold_free(tl_store_hold *hold);

/* Whether a process holds the store. Not in a process that has the store open, whose locks this would drop. Fails with: as
 * tl_store_open() for reading. */
TL_MUST_USE enum tl_status tl_store_hold_probe(bool *out_is_held, const char *path, struct tl_error *err);

/* Who holds it, as far as the newest row of `extraction` says, for a message: "process 123 on host since 2026-01-01 20:00:00 UTC",
 * or "another process". Opens the store and closes it. */
enum { TL_STORE_HOLD_NAME_BYTES = 400 };
void tl_store_hold_name_holder(char out[TL_STORE_HOLD_NAME_BYTES], const char *path);

#endif
