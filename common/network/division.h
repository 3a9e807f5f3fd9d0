/* division.h - how many blocks of tiles and ranges of output channels a Winograd layer is cut into.
 *
 * Blocks are small enough for V and M to stay near the core, and large enough to use each weight often. Ranges are made where
 * there are fewer blocks than threads. The choice changes no bits.
 */
#ifndef TL_NETWORK_DIVISION_H
#define TL_NETWORK_DIVISION_H

#include "common/network/kernels.h"

/* Tiles of a block, at most. */
size_t tl_division_tiles_max(const struct tl_conv_shape *shape);

struct tl_conv_division tl_division_choose(const struct tl_conv_shape *shape, size_t tile_count, size_t panel_count, size_t thread_count);

#endif
