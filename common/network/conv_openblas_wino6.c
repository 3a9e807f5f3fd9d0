/* conv_openblas_wino6.c - "openblas-wino6": Winograd with OpenBLAS's multiplication.
 *
 * Compiled once for each instruction set (vector.h), and once for CPUs that no kernel of our own is written for;
 * conv_openblas_choice.c chooses among them.
 *
 * OpenBLAS chooses the order of additions by the matrices' sizes, so they depend on the layer alone. A product is of some tiles
 * of one photo, always as many and at the same places: what the photo leaves of the last one is filled up with zeros. So a
 * block may have any number of products, and a photo alone costs no more than among others. A panel of the weights serves
 * all of a block's products before the next one, and so comes from memory once.
 *
 * Layers that are not for Winograd are summed directly (direct.h).
 */
#if !defined(TL_ISA_AVX512) && !defined(TL_ISA_AVX2) && !defined(TL_ISA_NEON)
#define TL_ISA_UNFUSED
#endif

#include <assert.h>

#include "common/network/blas.h"
#include "common/network/cpu.h"
#include "common/network/direct.h"
#include "common/network/division.h"
#include "common/network/winograd_pack.h"
#include "common/network/winograd_tiles.h"

/* A product's tiles, about, and a block's at most; output channels and input channels of a product. For AVX-512, OpenBLAS has a
 * way of multiplying that copies neither matrix, but only for products of up to 100^3 multiplications: small ones are half as fast
 * again. All others copy both for each product, which larger ones repay. Measured on VGG16; the optima are flat. */
#if defined(TL_ISA_AVX512)
enum { PRODUCT_CHANNELS_OUT = 64, PRODUCT_CHANNELS_IN = 128 };
#else
enum { PRODUCT_CHANNELS_OUT = 256, PRODUCT_CHANNELS_IN = 256 };
#endif
enum { TILE_LARGEST = 6, PRODUCT_TILES = 48, BLOCK_TILES = 128 };

/* As in winograd_product.h. */
enum { POSITION_PADDING = 16 };

/* How tiles and channels make products. Products are numbered photo by photo. */
struct products {
    size_t tiles_a_photo, products_a_photo;
    size_t tile_count;       /* of one product */
    size_t block_count;      /* products of a block, at most */
    size_t rows, panel, panel_count; /* input channels; output channels, by panels */
};

TL_INLINE struct products plan_products(const struct tl_conv_shape *shape, const size_t tile)
{
    struct products p;
    p.tiles_a_photo = count_tiles(shape, 1, tile).count;
    p.products_a_photo = (p.tiles_a_photo + PRODUCT_TILES / 2) / PRODUCT_TILES;
    if (p.products_a_photo == 0)
        p.products_a_photo = 1;
    p.tile_count = (p.tiles_a_photo + p.products_a_photo - 1) / p.products_a_photo;
    p.products_a_photo = (p.tiles_a_photo + p.tile_count - 1) / p.tile_count; /* none without tiles */
    p.block_count = p.products_a_photo == 1 ? BLOCK_TILES / p.tile_count : 1;
    p.rows = round_up(shape->input_channels, CHANNEL_BLOCK);
    p.panel = round_up(shape->output_channels, PACK_LANES);
    if (p.panel > PRODUCT_CHANNELS_OUT)
        p.panel = PRODUCT_CHANNELS_OUT;
    p.panel_count = (shape->output_channels + p.panel - 1) / p.panel;
    return p;
}

/* V and M here: positions, tiles of all products, channels. */
TL_INLINE struct layout lay_out(size_t tile_count, size_t channels)
{
    return (struct layout){tile_count * channels + POSITION_PADDING, channels, CHANNEL_BLOCK};
}

static void settle(struct tl_conv_shape *shape)
{
    shape->tile = is_for_winograd(shape) ? (uint32_t)choose_tile(shape, TILE_LARGEST) : 0;
    shape->has_pooling = shape->has_pooling && shape->tile != 0 && can_pool_tiles(shape->tile);
    shape->has_raw_weights = false;
}

static size_t count_packed(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return count_direct_packed(shape);
    return count_transformed(shape, plan_products(shape, shape->tile).panel, shape->tile);
}

static size_t count_scratch(const struct tl_conv_shape *shape)
{
    if (shape->tile == 0)
        return count_direct_scratch(shape);
    const struct products p = plan_products(shape, shape->tile);
    const size_t tile_count = p.block_count * p.tile_count;
    return count_positions(shape->tile) *
           (lay_out(tile_count, p.rows).position_stride + lay_out(tile_count, p.panel_count * p.panel).position_stride);
}

static struct tl_conv_division divide(const struct tl_conv_shape *shape, size_t photo_count, size_t thread_count)
{
    if (shape->tile == 0)
        return (struct tl_conv_division){photo_count * plan_direct(shape).blocks_a_photo, 1, 0};
    const struct products p = plan_products(shape, shape->tile);
    const size_t all = photo_count * p.products_a_photo, share = (all + thread_count - 1) / thread_count;
    return tl_division_choose(all, share < p.block_count ? share : p.block_count, p.panel_count, thread_count);
}

static void pack(float *packed, const struct tl_conv_shape *shape, const float *kernel)
{
    switch (shape->tile) {
    case 4: pack_transformed(packed, shape, kernel, plan_products(shape, 4).panel, 4); return;
    case 6: pack_transformed(packed, shape, kernel, plan_products(shape, 6).panel, 6); return;
    default: pack_direct(packed, shape, kernel); return;
    }
}

/* M (+)= V U of some channels, tiles of one product by one panel. */
static void multiply_part(float *m, const struct layout *m_layout, const float *v, const struct layout *v_layout,
                          const float *weights, const struct products *p, size_t c)
{
    const size_t left = p->rows - c, count = left < PRODUCT_CHANNELS_IN ? left : PRODUCT_CHANNELS_IN;
    tl_blas_multiply(m, m_layout->tile_stride, p->tile_count, p->panel, count,
                     (struct tl_blas_matrix){v + c, v_layout->tile_stride},
                     (struct tl_blas_matrix){weights + c * p->panel, p->panel}, c > 0);
}

static void multiply_block(float *m, const struct layout *m_layout, const float *v, const struct layout *v_layout,
                           const float *weights, const struct products *p, size_t product_count, size_t range_panels,
                           size_t position_count)
{
    for (size_t position = 0; position < position_count; position++) {
        for (size_t panel = 0; panel < range_panels; panel++) {
            for (size_t c = 0; c < p->rows; c += PRODUCT_CHANNELS_IN) {
                for (size_t i = 0; i < product_count; i++)
                    multiply_part(m + i * p->tile_count * m_layout->tile_stride + panel * p->panel, m_layout,
                                  v + i * p->tile_count * v_layout->tile_stride, v_layout, weights + panel * p->rows * p->panel, p,
                                  c);
            }
        }
        m += m_layout->position_stride;
        v += v_layout->position_stride;
        weights += p->panel_count * p->rows * p->panel + WEIGHT_PADDING;
    }
}

/* Tiles [first, end) of all photos. */
struct span {
    size_t first, end;
};

TL_INLINE struct span find_tiles(const struct products *p, size_t product)
{
    const size_t photo = product / p->products_a_photo, begin = product % p->products_a_photo * p->tile_count;
    const size_t end = begin + p->tile_count < p->tiles_a_photo ? begin + p->tile_count : p->tiles_a_photo;
    return (struct span){photo * p->tiles_a_photo + begin, photo * p->tiles_a_photo + end};
}

TL_INLINE void clear_tiles(float *v, const struct layout *layout, size_t tile_count, const size_t position_count)
{
    for (size_t position = 0; position < position_count && tile_count > 0; position++)
        memset(v + position * layout->position_stride, 0, tile_count * layout->tile_stride * sizeof *v);
}

/* Task: some products, one range of panels. */
TL_INLINE void run_tiles(const struct tl_conv_call *call, size_t task, float *scratch, const size_t tile)
{
    const struct tl_conv_shape *shape = &call->shape;
    const struct products p = plan_products(shape, tile);
    const struct tl_slice part = tl_division_locate(&call->division, task, call->photo_count * p.products_a_photo, p.panel_count);
    const size_t product_count = part.end - part.first;
    const size_t k_first = part.first_panel * p.panel, k_end = part.end_panel * p.panel;
    const struct layout v = lay_out(product_count * p.tile_count, p.rows);
    const struct layout m = lay_out(product_count * p.tile_count, k_end - k_first);
    float *const sums = scratch + count_positions(tile) * v.position_stride;
    assert(product_count <= p.block_count);
    for (size_t i = 0; i < product_count; i++) {
        const struct span tiles = find_tiles(&p, part.first + i);
        float *const in = scratch + i * p.tile_count * v.tile_stride;
        const size_t count = tiles.end - tiles.first;
        gather_tiles(in, &v, 1, call, tiles.first, tiles.end, tile);
        clear_tiles(in + count * v.tile_stride, &v, p.tile_count - count, count_positions(tile));
    }
    multiply_block(sums, &m, scratch, &v, call->weights + part.first_panel * p.rows * p.panel, &p, product_count,
                   part.end_panel - part.first_panel, count_positions(tile));
    for (size_t i = 0; i < product_count; i++) {
        const struct span tiles = find_tiles(&p, part.first + i);
        scatter_tiles(sums + i * p.tile_count * m.tile_stride, &m, call, tiles.first, tiles.end, k_first,
                      k_end < shape->output_channels ? k_end : shape->output_channels, tile);
    }
}

static void run(const struct tl_conv_call *call, size_t task, float *scratch)
{
    switch (call->shape.tile) {
    case 4: run_tiles(call, task, scratch, 4); return;
    case 6: run_tiles(call, task, scratch, 6); return;
    default: run_direct(call, task, scratch); return;
    }
}

#if defined(TL_ISA_AVX512)
#define KERNEL tl_conv_openblas_avx512
#define NAME "openblas-avx512"
#define HAS_INSTRUCTIONS tl_cpu_has_avx512
#elif defined(TL_ISA_AVX2)
#define KERNEL tl_conv_openblas_avx2
#define NAME "openblas-avx2"
#define HAS_INSTRUCTIONS tl_cpu_has_avx2
#elif defined(TL_ISA_NEON)
#define KERNEL tl_conv_openblas_neon
#define NAME "openblas-neon"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#else
#define KERNEL tl_conv_openblas_plain
#define NAME "openblas-plain"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#endif

static bool is_supported(void)
{
    return HAS_INSTRUCTIONS() && tl_blas_is_there();
}

const struct tl_conv_kernel KERNEL = {
    .name = NAME,
    .arithmetic = "openblas-wino6",
    .is_supported = is_supported,
    .settle = settle,
    .packed_count = count_packed,
    .scratch_count = count_scratch,
    .shared_count = tl_conv_share_nothing,
    .pack = pack,
    .divide = divide,
    .run = run,
};
