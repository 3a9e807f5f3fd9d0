/* winograd_points.h - the sizes of tiles, and the points that one of each is interpolated on.
 *
 * F(m x m, 3 x 3) takes m + 2 points. One is infinity; the others are pairs +-p, whose two share most of their work, and 0
 * where the count asks for one more. The values were searched for among small binary fractions, for the least error in float
 * on VGG16's activations; their powers and products are exact in float.
 */
#ifndef TL_NETWORK_WINOGRAD_POINTS_H
#define TL_NETWORK_WINOGRAD_POINTS_H

#include <stdbool.h>
#include <stddef.h>

enum { TILE_MAX = 7, PATCH_MAX = TILE_MAX + 2, PAIRS_MAX = 4 };

struct points {
    bool has_zero;
    size_t pair_count;
    float pair[PAIRS_MAX];            /* p */
    float whole[PAIRS_MAX];           /* coefficients of x^0, x^2, ... in the product of all (x^2 - p^2), but for the last, 1 */
    float rest[PAIRS_MAX][PAIRS_MAX]; /* the same without one pair */
};

static const struct points points_4 = {
    true, 2, {0.625F, 1.5F}, {0.87890625F, -2.640625F}, {{-2.25F}, {-0.390625F}},
};

static const struct points points_6 = {
    true, 3, {0.5F, 1, 2}, {-1, 5.25F, -5.25F}, {{4, -5}, {1, -4.25F}, {0.25F, -1.25F}},
};

static const struct points points_7 = {
    false, 4, {0.25F, 0.6875F, 1.125F, 2.25F}, {0.18927598F, -3.6158066F, 9.823303F, -6.8632812F},
    {{-3.0284157F, 9.398254F, -6.8007812F},
     {-0.40045166F, 6.8027344F, -6.390625F},
     {-0.14955139F, 2.7387695F, -5.5976562F},
     {-0.037387848F, 0.70684814F, -1.8007812F}},
};

static const size_t tile_sizes[] = {4, 6, 7}; /* 5 gains nothing over 4 on the sizes that VGG16 has */

static inline const struct points *get_points(size_t tile)
{
    switch (tile) {
    case 4: return &points_4;
    case 6: return &points_6;
    default: return &points_7;
    }
}

#endif
