/* division.h - how many blocks of tiles and ranges of output channels a Winograd layer is cut into, and which of them a task has.
 *
 * A block is small enough for V and M to stay near the core, and large enough to use each weight often. Ranges are made where
 * there are fewer blocks than threads. The choice changes no bits.
 */
#ifndef TL_NETWORK_DIVISION_H
#define TL_NETWORK_DIVISION_H

#include "common/network/kernels.h"

/* `tiles_max`: tiles of a block. */
struct tl_conv_division tl_division_choose(size_t tile_count, size_t tiles_max, size_t panel_count, size_t thread_count);

/* What a task computes: tiles [first, end) by panels [first_panel, end_panel). */
struct tl_slice {
    size_t first, end, first_panel, end_panel;
};

/* The tiles, or whatever else blocks are made of, and the panels are shared out as evenly as whole numbers can be. */
struct tl_slice tl_division_locate(const struct tl_conv_division *division, size_t task, size_t tile_count, size_t panel_count);

#endif
