/* store_verify.h - whether every stored feature is what was once computed: each blob decoded, each digest taken again.
 *
 * Reads in the order of the file, some hundreds of features at a time, and between these keeps nobody from writing. Decoding is
 * done by several threads. A damage is handed on as soon as it is found; who records it (store_damage.h) does so through another
 * open store, since one that reads read-only media cannot.
 */
#ifndef TL_STORE_STORE_VERIFY_H
#define TL_STORE_STORE_VERIFY_H

#include "common/store/store.h"

/* One feature as the messages and the records of its damage name it; strings are borrowed for the call. */
struct tl_store_feature_name {
    int64_t feature_id;
    bool is_orphan; /* its variant, feature set or content is lost: nothing but feature_id is known, and the rest is empty */
    uint8_t feature_set_digest[TL_DIGEST_BYTES], sha256[TL_DIGEST_BYTES];
    const char *source, *path; /* the content's first place, present ones before missing ones; "" where it has none any more */
    bool is_present;           /* a photo that tl-extract can read again has this content */
    const char *augmentation;  /* "none" for the plain photo */
    uint32_t variant_index;
};
/* May use the store. `failure` has no name in it. */
typedef enum tl_status tl_store_take_damage(void *context, const struct tl_store_feature_name *name, const struct tl_error *failure,
                                            struct tl_error *err);

struct tl_store_verify_watch {
    tl_store_take_damage *take_damage;                      /* what it fails with ends the verification */
    bool (*tell_progress)(void *context, int64_t features); /* so many are done; false stops. May be NULL */
    void *context;
};

struct tl_store_verified {
    int64_t features, damaged;
};

/* `out` counts what was done also after a failure. Fails with: TL_STOPPED, TL_CORRUPT (the file cannot be read to its end), TL_IO,
 * TL_NO_MEMORY, and with what take_damage fails with. */
TL_MUST_USE enum tl_status tl_store_verify(tl_store *store, struct tl_store_verified *out, size_t thread_count,
                                           const struct tl_store_verify_watch *watch, struct tl_error *err);

/* Names one feature and hands it to take_damage with `failure`; nothing where it is gone meanwhile. */
TL_MUST_USE enum tl_status tl_store_name_damage(tl_store *store, int64_t feature_id, const struct tl_error *failure,
                                                const struct tl_store_verify_watch *watch, struct tl_error *err);

#endif
