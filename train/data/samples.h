/* samples.h - the photos of a data set and where their feature vectors are: the plain one's row, its variants' rows after it.
 *
 * Rows are in the order of training (content, then augmentation and variant index), whatever order the store was filled in.
 * Variants are loaded for training and validation photos: a share of the training photos that measures may train afterwards.
 * Whoever is evaluated is so on plain photos.
 */
#ifndef TL_TRAIN_SAMPLES_H
#define TL_TRAIN_SAMPLES_H

#include "common/store/store_damage.h"
#include "common/store/store_sample.h"
#include "train/data/matrix.h"
#include "train/data/select.h"

struct tl_sample {
    uint32_t class_index;
    enum tl_role role;
    size_t row;           /* of the plain photo; its variants are rows row + 1 to row + variant_count */
    size_t variant_count;
};

struct tl_stream;

struct tl_samples {
    struct tl_matrix *matrix; /* owned; without rows where they are streamed */
    struct tl_sample *items;  /* owned; as many and in the same order as the selection's samples */
    size_t count;
    uint8_t rows_digest[TL_DIGEST_BYTES]; /* of what the store says of the matrix's rows, in order (schema/README.md, gram) */
    uint32_t variant_max;     /* the largest variant index among the rows */
    struct tl_stream *stream; /* owned; gives the rows where they do not fit in memory (stream_load.h), else NULL */
};

/* Which features to load. */
struct tl_samples_source {
    int64_t feature_set_id, augmentation_id; /* augmentation 0: plain photos only */
    size_t feature_count;
    enum tl_head_transform transform;
    bool has_missing;       /* also of photos that are at no place any more: for a data set of the past */
    uint32_t variant_limit; /* variants of a larger index are passed over; 0: none is */
};

/* Decodes on all cores; what is loaded does not depend on how many. The caller frees *out with tl_samples_free(), and *damages with
 * tl_store_free_damages(): all photos are tried, and those of which a feature does not decode, is not finite or is lost are noted
 * there; the first of them is the error. `err` is not NULL. Fails with: TL_CORRUPT (such damage; a selected photo without
 * features), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_samples_load(struct tl_samples **out, struct tl_store_damages *damages, tl_store *store,
                                           const struct tl_selection *selection, const struct tl_samples_source *source,
                                           struct tl_error *err);
void tl_samples_free(struct tl_samples *samples);

/* Photos of a role. */
size_t tl_samples_count(const struct tl_samples *samples, enum tl_role role);

/* From now on the validation photos are training photos: for the fit after validation has measured. */
void tl_samples_train_on_validation(struct tl_samples *samples);

#endif
