/* gram.c - see gram.h.
 *
 * A panel of sixteen rows stands as a dense tile, one block of features after the other, and every row from the panel's first on
 * goes over it with its few entries; what lies before the panel is the mirror of what other panels have made.
 */
#include "train/fit/gram.h"

#include <string.h>

#include "common/base/memory.h"

struct building {
    struct tl_gram *gram;
    const struct tl_matrix *matrix;
    const struct tl_gram_kernel *kernel;
    double *tiles, *sums; /* one a thread: (TL_MATRIX_BLOCK, lanes), (N, lanes) */
};

struct multiplying {
    const struct tl_gram *gram;
    const struct tl_gram_kernel *kernel;
    double *out;
    const double *columns;
    size_t column_count;
};

static size_t count_panels(size_t row_count)
{
    return (row_count + TL_GRAM_LANES - 1) / TL_GRAM_LANES;
}

size_t tl_gram_bytes(size_t row_count)
{
    return count_panels(row_count) * TL_GRAM_LANES * row_count * sizeof(float);
}

static float *find_entry(const struct tl_gram *gram, size_t i, size_t j)
{
    return &gram->values[(j / TL_GRAM_LANES * gram->row_count + i) * TL_GRAM_LANES + j % TL_GRAM_LANES];
}

float tl_gram_entry(const struct tl_gram *gram, size_t i, size_t j)
{
    return *find_entry(gram, i, j);
}

enum tl_status tl_gram_allocate(struct tl_gram **out, size_t row_count, struct tl_error *err)
{
    struct tl_gram *gram = tl_memory_alloc(1, sizeof *gram);

    *out = NULL;
    if (gram)
        gram->values = tl_memory_alloc_aligned(count_panels(row_count) * TL_GRAM_LANES * row_count, sizeof *gram->values);
    if (!gram || !gram->values) {
        tl_gram_free(gram);
        return tl_error_set_no_memory(err, "the Gram matrix", tl_gram_bytes(row_count));
    }
    gram->row_count = row_count;
    gram->panel_count = count_panels(row_count);
    *out = gram;
    return TL_OK;
}

void tl_gram_free(struct tl_gram *gram)
{
    if (!gram)
        return;
    tl_memory_free(gram->values);
    tl_memory_free(gram);
}

static void set_entry(struct tl_gram *gram, size_t i, size_t j, float value)
{
    *find_entry(gram, i, j) = value;
    *find_entry(gram, j, i) = value;
}

void tl_gram_pack(const struct tl_gram *gram, float *packed)
{
    for (size_t i = 0; i < gram->row_count; i++)
        for (size_t j = 0; j <= i; j++)
            *packed++ = *find_entry(gram, i, j);
}

void tl_gram_unpack(struct tl_gram *gram, const float *packed)
{
    for (size_t i = 0; i < gram->row_count; i++)
        for (size_t j = 0; j <= i; j++)
            set_entry(gram, i, j, *packed++);
}

/* Puts the entries of the panel's rows in a block into the tile, or zeros in their place. */
static void fill_tile(double *tile, const struct tl_matrix *matrix, size_t first, size_t block, bool is_clearing)
{
    for (size_t lane = 0; lane < TL_GRAM_LANES && first + lane < matrix->row_count; lane++) {
        const size_t end = tl_matrix_block_start(matrix, first + lane, block + 1);

        for (size_t i = tl_matrix_block_start(matrix, first + lane, block); i < end; i++)
            tile[(size_t)matrix->locals[i] * TL_GRAM_LANES + lane] = is_clearing ? 0 : (double)matrix->values[i];
    }
}

static void build_panel(void *context, size_t panel, size_t thread_index)
{
    const struct building *building = context;
    const struct tl_matrix *matrix = building->matrix;
    const size_t first = panel * TL_GRAM_LANES, row_count = matrix->row_count;
    double *tile = building->tiles + thread_index * TL_MATRIX_BLOCK * TL_GRAM_LANES;
    double *sums = building->sums + thread_index * row_count * TL_GRAM_LANES;

    memset(sums, 0, (row_count - first) * TL_GRAM_LANES * sizeof *sums);
    for (size_t block = 0; block < matrix->block_count; block++) {
        fill_tile(tile, matrix, first, block, false);
        building->kernel->add_rows(sums, tile, matrix, first, block);
        fill_tile(tile, matrix, first, block, true);
    }
    for (size_t row = first; row < row_count; row++)
        for (size_t lane = 0; lane < TL_GRAM_LANES && first + lane <= row; lane++)
            set_entry(building->gram, row, first + lane, (float)sums[(row - first) * TL_GRAM_LANES + lane]);
}

/* Panels, or whatever the tasks are, one after another or shared out. */
static void run(tl_team *team, size_t count, void (*do_task)(void *context, size_t task, size_t thread_index), void *context)
{
    if (team) {
        tl_team_run(team, count, do_task, context);
        return;
    }
    for (size_t task = 0; task < count; task++)
        do_task(context, task, 0);
}

enum tl_status tl_gram_create(struct tl_gram **out, const struct tl_matrix *matrix, tl_team *team, struct tl_error *err)
{
    const size_t thread_count = team ? tl_team_thread_count(team) : 1;
    struct building building = {.matrix = matrix, .kernel = tl_gram_kernel_choose()};
    enum tl_status status = tl_gram_allocate(out, matrix->row_count, err);

    if (status != TL_OK)
        return status;
    building.gram = *out;
    building.tiles = tl_memory_alloc_aligned(thread_count * TL_MATRIX_BLOCK * TL_GRAM_LANES, sizeof *building.tiles);
    building.sums = tl_memory_alloc_aligned(thread_count * matrix->row_count * TL_GRAM_LANES, sizeof *building.sums);
    if (building.tiles && building.sums) {
        run(team, building.gram->panel_count, build_panel, &building);
    } else {
        status = tl_error_set_no_memory(err, "the Gram matrix", thread_count * matrix->row_count * TL_GRAM_LANES * sizeof(double));
        tl_gram_free(*out);
        *out = NULL;
    }
    tl_memory_free(building.tiles);
    tl_memory_free(building.sums);
    return status;
}

enum { MOST_COLUMNS = 32 }; /* at a time */

static void multiply_panel(void *context, size_t panel, size_t thread_index)
{
    const struct multiplying *work = context;
    const size_t row_count = work->gram->row_count, first = panel * TL_GRAM_LANES;
    const size_t count = row_count - first < TL_GRAM_LANES ? row_count - first : TL_GRAM_LANES;
    double sums[MOST_COLUMNS * TL_GRAM_LANES];

    (void)thread_index;
    for (size_t c = 0; c < work->column_count; c += MOST_COLUMNS) {
        const size_t left = work->column_count - c, columns = left < MOST_COLUMNS ? left : MOST_COLUMNS;

        work->kernel->multiply_panel(sums, work->gram->values + panel * row_count * TL_GRAM_LANES, row_count,
                                     work->columns + c * row_count, columns);
        for (size_t k = 0; k < columns; k++)
            memcpy(work->out + (c + k) * row_count + first, sums + k * TL_GRAM_LANES, count * sizeof *sums);
    }
}

void tl_gram_multiply(const struct tl_gram *gram, double *out, const double *columns, size_t column_count, tl_team *team)
{
    struct multiplying work = {gram, tl_gram_kernel_choose(), out, columns, column_count};

    run(team, gram->panel_count, multiply_panel, &work);
}
