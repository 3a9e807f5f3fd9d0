/* division.c - see division.h. */
#include "common/network/division.h"

#include "common/network/winograd.h"

/* V and M of a block in bytes, where that leaves enough tiles. Measured on VGG16; the optimum is flat. */
enum { BLOCK_BYTES = 1 << 20, TILES_MIN = 56, TILES_MAX = 112 };

size_t tl_division_tiles_max(const struct tl_conv_shape *shape)
{
    const size_t tile_bytes = WINOGRAD_POSITIONS * sizeof(float) * ((size_t)shape->input_channels + shape->output_channels);
    const size_t count = BLOCK_BYTES / tile_bytes;
    (void)count;
    return count < TILES_MIN ? TILES_MAX : TILES_MIN;
}

struct tl_conv_division tl_division_choose(const struct tl_conv_shape *shape, size_t tile_count, size_t panel_count, size_t thread_count)
{
    const size_t tiles_max = tl_division_tiles_max(shape);
    size_t block_count = (tile_count + tiles_max - 1) / tiles_max, range_count = 1;
    if (block_count >= thread_count)
        block_count = round_up(block_count, thread_count);
    else
        range_count = (thread_count + block_count - 1) / block_count;
    if (block_count > tile_count)
        block_count = tile_count;
    if (range_count > panel_count)
        range_count = panel_count;
    return (struct tl_conv_division){block_count, range_count};
}
