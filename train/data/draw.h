/* draw.h - which photos measure and which train: shares and folds, drawn by groups, the classes as even as groups allow.
 *
 * Pure functions. A group is drawn by the digest of its first item, so that a photo's part depends on no other photo: what was
 * drawn stays when photos are added, but for those at the edge of a share and those that join a group.
 */
#ifndef TL_TRAIN_DRAW_H
#define TL_TRAIN_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

struct tl_draw_item {
    const uint8_t *sha256;
    size_t group; /* equal for items that stay together */
    uint32_t class_index;
};

/* Marks in `out` (zeroed, one an item) a share of each class, rounded to the nearest number of items that groups allow, and never
 * the last of a class. Items stand by sha256. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_draw_share(bool *out, const struct tl_draw_item *items, size_t count, size_t class_count,
                                         double fraction, struct tl_error *err);

/* Gives each item a fold below fold_count (at least 2): of each class nearly as many to each. Items stand by sha256. Fails with:
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_draw_folds(uint32_t *out, const struct tl_draw_item *items, size_t count, size_t class_count,
                                         size_t fold_count, uint64_t seed, struct tl_error *err);

/* Where hashing puts a group: 0 test, 1 validation, 2 training. `sha256` is its first content's. */
int tl_draw_part(const uint8_t *sha256, double validation_share, double test_share);

#endif
