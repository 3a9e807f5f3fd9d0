/* held_store.h - a store opened for a change that no extraction may meet half done.
 *
 *     tl_held_store_open(&held, path, err);
 *     ... held.store ...
 *     status = tl_held_store_close_after(&held, status, err);
 */
#ifndef TL_SERVE_STORE_HELD_STORE_H
#define TL_SERVE_STORE_HELD_STORE_H

#include "common/store/store.h"
#include "common/store/store_hold.h"

struct tl_held_store {
    tl_store *store;
    tl_store_hold *hold;
};

/* Opens for writing. Fails with: as tl_store_open(), and TL_IO where an extraction is at work on the store: says whose. */
TL_MUST_USE enum tl_status tl_held_store_open(struct tl_held_store *out, const char *path, struct tl_error *err);
/* As tl_store_close_after(). */
TL_MUST_USE enum tl_status tl_held_store_close_after(struct tl_held_store *held, enum tl_status status, struct tl_error *err);

#endif
