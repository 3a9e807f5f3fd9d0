/* store_recheck.h - random stored features, computed again from their photos and compared bit by bit.
 *
 * The store chooses, reads and compares; computing is a callback's, since the network is no affair of this room.
 */
#ifndef TL_STORE_STORE_RECHECK_H
#define TL_STORE_STORE_RECHECK_H

#include "common/store/store_feature.h"
#include "common/store/store_verify.h"

/* What is to be computed again. Those of one feature set come one after another, and of those the variants of one photo. */
struct tl_store_recheck_item {
    const struct tl_store_feature_set *set;
    uint8_t sha256[TL_DIGEST_BYTES]; /* of the photo's bytes */
    const char *path;                /* of a present photo file with these bytes when it was scanned; raw */
    struct tl_store_variant variant; /* as drawn when it was stored */
};

enum tl_store_recheck_outcome {
    TL_STORE_RECHECK_COMPUTED,
    TL_STORE_RECHECK_GONE,    /* the photo file is not there, or cannot be read */
    TL_STORE_RECHECK_CHANGED, /* it has other bytes */
    TL_STORE_RECHECK_UNABLE   /* this machine does not compute this feature set; asked once for each */
};
struct tl_store_recomputed {
    enum tl_store_recheck_outcome outcome;
    struct tl_error why;                    /* where it is not COMPUTED */
    float *values;                          /* room for the set's height * width * channels, the store's */
    uint8_t pixels_digest[TL_DIGEST_BYTES]; /* as struct tl_store_feature has it */
};
typedef enum tl_status tl_store_recompute(void *context, struct tl_store_recomputed *out, const struct tl_store_recheck_item *item,
                                          struct tl_error *err);

struct tl_store_recheck {
    size_t wanted_count; /* fewer where the store has fewer features of present photos */
    uint64_t seed;
    tl_store_recompute *recompute;
    void *recompute_context;
    /* What was not computed, by the photo file's path. */
    void (*tell_skipped)(void *context, const char *path, const struct tl_store_recomputed *recomputed);
    /* Gets features that came out otherwise though the pixels are the same, as damaged; and tells how many are done. */
    const struct tl_store_verify_watch *watch;
    /* Features whose photo decodes to other pixels here than when they were stored: not damage, but other libraries. */
    void (*tell_other_pixels)(void *context, const char *path);
};

struct tl_store_rechecked {
    int64_t equal, different, other_pixels, gone, changed, unable, damaged; /* damaged: not compared, since it does not decode */
};

/* Fails with: TL_STOPPED, TL_IO, TL_CORRUPT, TL_NO_MEMORY, and with what the callbacks fail with. */
TL_MUST_USE enum tl_status tl_store_recheck(tl_store *store, struct tl_store_rechecked *out, const struct tl_store_recheck *recheck,
                                            struct tl_error *err);

#endif
