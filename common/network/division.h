/* division.h - how many blocks of tiles and ranges of output channels a Winograd layer is cut into.
 *
 * A block is small enough for V and M to stay near the core, and large enough to use each weight often. Ranges are made where
 * there are fewer blocks than threads. The choice changes no bits.
 */
#ifndef TL_NETWORK_DIVISION_H
#define TL_NETWORK_DIVISION_H

#include "common/network/kernels.h"

/* Tiles of a block of the fp32 kernels, at most: four times the rows of the largest micro-kernel. From 36 to 84 make no difference that could be
 * measured on VGG16. */
enum { DIVISION_TILES_MAX = 56 };

struct tl_conv_division tl_division_choose(size_t tile_count, size_t tiles_max, size_t panel_count, size_t thread_count);

#endif
