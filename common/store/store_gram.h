/* store_gram.h - rows of Gram matrices: products of all pairs of the feature vectors that a training reads, kept for the next one.
 *
 * Nothing depends on them: merging and the store's digest pass them over, and what reads back damaged is computed again. Only the
 * newest few are kept, and pruning deletes all. A matrix is known by a digest that its maker takes over all that the products
 * depend on.
 */
#ifndef TL_STORE_STORE_GRAM_H
#define TL_STORE_STORE_GRAM_H

#include "common/store/store.h"

enum { TL_STORE_GRAMS_KEPT = 4 };

/* Of N vectors the products of each with itself and those before it: (N (N + 1) / 2) float32, row after row. */
struct tl_store_gram {
    int64_t feature_set_id; /* with which it is pruned */
    uint8_t digest[TL_DIGEST_BYTES];
    size_t row_count; /* N */
    const float *products;
};

size_t tl_store_gram_count(size_t row_count); /* N (N + 1) / 2 */

/* *out are the products, the caller's to free. Fails with: TL_NOT_FOUND, TL_CORRUPT (of another size than that of `row_count`
 * vectors, or changed since it was written), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_get_gram(tl_store *store, float **out, const uint8_t digest[TL_DIGEST_BYTES], size_t row_count,
                                             struct tl_error *err);

/* In a transaction of its own; takes the place of one of the same digest, and the older ones beyond the newest few go. Fails with:
 * TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_gram(tl_store *store, const struct tl_store_gram *gram, struct tl_error *err);

/* How many there are, and the bytes of their products. Fails with: TL_IO, TL_CORRUPT. */
TL_MUST_USE enum tl_status tl_store_measure_grams(tl_store *store, int64_t *out_count, int64_t *out_bytes, struct tl_error *err);

#endif
