/* store_damage.h - stored features that are damaged or lost: noted while a store is read, recorded in it afterwards.
 *
 *     struct tl_store_damages damages = {0};
 *     memcpy(damages.feature_set_digest, ...);
 *     while (...) if (a feature does not decode) tl_store_note_damage(&damages, row.sha256, &failure, err);
 *     if (damages.count > 0) status = tl_store_put_damages(store, &damages, err), then tl_store_tell_damages(&damages, ..., err);
 *     tl_store_free_damages(&damages);
 *
 * In the store a damage is a failure of stage `verify`: it belongs to a content in one feature set, stands at each of the
 * content's places, and goes only when that content's features of that set have been written anew. Until then tl-extract takes
 * them for absent.
 */
#ifndef TL_STORE_STORE_DAMAGE_H
#define TL_STORE_STORE_DAMAGE_H

#include "common/store/store.h"

enum {
    TL_STORE_DAMAGES_MAX = 1024
}; /* noted at once; of a store with more, tl-extract mends these, the next reader finds others */

struct tl_store_damage {
    uint8_t sha256[TL_DIGEST_BYTES];
    struct tl_error failure; /* names the photo */
};
/* Natural keys, not ids: who reads may have to close the store and open it again to write. */
struct tl_store_damages {
    uint8_t feature_set_digest[TL_DIGEST_BYTES];
    struct tl_store_damage *items; /* owned */
    size_t count, capacity;
};

/* One of each content, if those of a content are noted one after another; beyond TL_STORE_DAMAGES_MAX nothing is added.
 * Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_note_damage(struct tl_store_damages *damages, const uint8_t sha256[TL_DIGEST_BYTES],
                                                const struct tl_error *failure, struct tl_error *err);
void tl_store_free_damages(struct tl_store_damages *damages);

/* Makes the rows, or counts them up, in a transaction of its own. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_damages(tl_store *store, const struct tl_store_damages *damages, struct tl_error *err);
/* Forgets the damage of a content, now that its features were written anew; needs an open transaction. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_store_clear_damage(tl_store *store, int64_t content_id, int64_t feature_set_id,
                                                 struct tl_error *err);

/* The damage as one error: the first with how many more, and what to do, or why it could not be recorded (`unrecorded`, else
 * NULL). Returns TL_CORRUPT. */
enum tl_status tl_store_tell_damages(const struct tl_store_damages *damages, const struct tl_error *unrecorded,
                                     struct tl_error *err);

#endif
