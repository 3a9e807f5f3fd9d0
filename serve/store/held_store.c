/* held_store.c - see held_store.h. */
#include "serve/store/held_store.h"

#include <unistd.h>

enum tl_status tl_held_store_open(struct tl_held_store *out, const char *path, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    *out = (struct tl_held_store){NULL, NULL};
    if (access(path, F_OK) == 0) { /* taking a hold would make the file */
        status = tl_store_hold_take(&out->hold, path, err);
        if (status == TL_OK && !out->hold) {
            char holder[TL_STORE_HOLD_NAME_BYTES];

            tl_store_hold_name_holder(holder, path);
            return tl_error_set(err, TL_IO, "%s: %s is at work on it; try again when that has ended", path, holder);
        }
    }
    if (status == TL_OK)
        status = tl_store_open(&out->store, path, TL_STORE_WRITE, err);
    if (status != TL_OK) {
        tl_store_hold_free(out->hold);
        out->hold = NULL;
    }
    return status;
}

enum tl_status tl_held_store_close_after(struct tl_held_store *held, enum tl_status status, struct tl_error *err)
{
    status = tl_store_close_after(&held->store, status, err);
    tl_store_hold_free(held->hold);
    held->hold = NULL;
    return status;
}
