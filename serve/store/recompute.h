/* recompute.h - features of a store computed again, on this machine, from their photo files (common/store/store_recheck.h).
 *
 *     struct tl_recompute recompute = {.decoders = created before the store, .weights_path = given or NULL, .thread_count = n};
 *     ... tl_recompute_feature as the callback, &recompute as its context ...
 *     tl_recompute_close(&recompute);
 */
#ifndef TL_SERVE_STORE_RECOMPUTE_H
#define TL_SERVE_STORE_RECOMPUTE_H

#include "common/features/features.h"
#include "common/image/decoders.h"
#include "common/store/store_recheck.h"

struct tl_recompute {
    tl_decoders *decoders;    /* borrowed; NULL: photos are read in this process, and one that crashes its decoder ends it */
    const char *weights_path; /* NULL: the usual place */
    size_t thread_count;
    /* Of the feature set and the photo that were asked for last. */
    int64_t feature_set_id;
    tl_features *features;
    tl_features_session *session;
    struct tl_photo *photo;
    char *photo_path; /* NULL: none is in `photo` */
    float *input;
    bool has_started;
};

/* A tl_store_recompute. Fails with: TL_NO_MEMORY, TL_IO (no decoder starts any more). */
TL_MUST_USE enum tl_status tl_recompute_feature(void *recompute, struct tl_store_recomputed *out,
                                                const struct tl_store_recheck_item *item, struct tl_error *err);
void tl_recompute_close(struct tl_recompute *recompute);

#endif
