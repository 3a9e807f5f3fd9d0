/* stored_feature.h - whether a feature's blob gives the values that its row tells of.
 *
 *     struct tl_stored_feature_checker checker;                          one a thread
 *     tl_stored_feature_open(&checker, err);
 *     tl_stored_feature_check(&checker, &feature, &why);                 as often as wanted
 *     tl_stored_feature_close(&checker);
 */
#ifndef TL_STORE_STORED_FEATURE_H
#define TL_STORE_STORED_FEATURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/codec/codec.h"

/* As the row says, which is not trusted either. */
struct tl_stored_feature {
    int64_t value_count, nonzero_count, stored_bytes; /* of the shape in its feature set; 0 where that is gone */
    uint8_t values_digest[TL_DIGEST_BYTES];
    const void *blob; /* borrowed; NULL where it is lost */
    size_t blob_bytes;
};

struct tl_stored_feature_checker {
    tl_codec *codec;
    float *values; /* of the feature that was checked last, room for `capacity` */
    size_t capacity;
};

/* Fails with: TL_NO_MEMORY; closing is allowed then too. */
TL_MUST_USE enum tl_status tl_stored_feature_open(struct tl_stored_feature_checker *out, struct tl_error *err);
void tl_stored_feature_close(struct tl_stored_feature_checker *checker);

/* Decodes the blob, takes the digest of its values again and counts those that are not zero. Fails with: TL_CORRUPT (any of
 * them is another than the row says; the message names no feature), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stored_feature_check(struct tl_stored_feature_checker *checker,
                                                   const struct tl_stored_feature *feature, struct tl_error *err);

#endif
