/* division.c - see division.h. */
#include "common/network/division.h"

#include "common/network/winograd.h"

struct tl_conv_division tl_division_choose(size_t tile_count, size_t tiles_max, size_t panel_count, size_t thread_count)
{
    size_t block_count = (tile_count + tiles_max - 1) / tiles_max, range_count = 1;
    if (block_count < thread_count)
        range_count = (thread_count + block_count - 1) / block_count;
    else if (block_count < 4 * thread_count)
        block_count = round_up(block_count, thread_count); /* so that all threads end together */
    if (block_count > tile_count)
        block_count = tile_count;
    if (range_count > panel_count)
        range_count = panel_count;
    return (struct tl_conv_division){block_count, range_count, 0};
}

struct tl_slice tl_division_locate(const struct tl_conv_division *division, size_t task, size_t tile_count, size_t panel_count)
{
    const size_t block = task % division->block_count, range = task / division->block_count;
    return (struct tl_slice){
        .first = tile_count * block / division->block_count,
        .end = tile_count * (block + 1) / division->block_count,
        .first_panel = panel_count * range / division->range_count,
        .end_panel = panel_count * (range + 1) / division->range_count,
    };
}
