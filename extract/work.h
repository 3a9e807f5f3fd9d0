/* work.h - what travels through the pipeline: a photo with a few of its variants, their features added on the way.
 *
 * A photo with many variants is several works that share the decoded pixels, so that no queue holds more than its share
 * and several threads compute for one photo. A work belongs to one thread at a time.
 */
#ifndef TL_EXTRACT_WORK_H
#define TL_EXTRACT_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/image/augmentation.h"
#include "common/image/photo.h"

enum { TL_WORK_VARIANTS = 4 };

struct tl_work_feature {
    struct tl_variant variant;
    size_t nonzero_count;
    uint8_t values_digest[TL_DIGEST_BYTES];
    uint8_t *blob;
    size_t blob_bytes;
};

/* A decoded photo that works share. */
typedef struct tl_work_photo tl_work_photo;

struct tl_work {
    size_t photo_index;           /* in the agenda */
    size_t part_count;            /* works that this photo was divided into */
    tl_work_photo *shared;        /* this work's reference; NULL when the photo could not be read */
    const struct tl_photo *photo; /* the photo in it */
    const char *failed_stage;     /* "read", "augment" or NULL; static */
    struct tl_error failure;      /* the first, when there is a failed_stage */
    uint32_t indices[TL_WORK_VARIANTS]; /* variants to compute, ascending */
    size_t index_count;
    struct tl_work_feature features[TL_WORK_VARIANTS]; /* what was computed of them */
    size_t feature_count;
};

/* One reference, the caller's. NULL when out of memory. */
tl_work_photo *tl_work_photo_create(void);
/* To be filled before any work has it. */
struct tl_photo *tl_work_photo_get(tl_work_photo *photo);
/* Gives the caller's reference back; NULL is fine. Any thread. */
void tl_work_photo_release(tl_work_photo *photo);

/* A work of `photo_index`, holding a reference to `photo` (or none, for a photo that could not be read). Fails with: TL_NO_MEMORY.
 */
TL_MUST_USE enum tl_status tl_work_create(struct tl_work **out, size_t photo_index, tl_work_photo *photo, struct tl_error *err);
void tl_work_free(struct tl_work *work);

#endif
