/* feature_h5.c - rows gathered into blocks of one chunk's height, each written to five growing datasets.
 *
 * A block is the unit of writing, so that HDF5 never reads a chunk back to add to it, and memory is one block however
 * many rows come. Values are not compressed: the file is for reading at the disk's speed, the store has the small form.
 */
#include "common/exchange/feature_h5.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"
#include "common/exchange/output_file.h"

enum { CHUNK_BYTES = 1 << 18, CHUNK_ROWS_MAX = 4096 };

enum column { LABELS, VARIANTS, PATHS, SPLITS, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"labels", "variant", "paths", "split"};

struct tl_feature_h5 {
    struct tl_output_file output;
    hid_t file, text, features, columns[COLUMN_COUNT];
    size_t feature_count; /* F */
    size_t block_rows;    /* rows of a full block */
    size_t row_count;     /* in the block so far */
    hsize_t written_rows;
    float *values;
    int64_t *labels, *variants;
    char **paths, **splits;
};

static bool is_text(enum column column)
{
    return column == PATHS || column == SPLITS;
}

static const void *block_of(const tl_feature_h5 *file, enum column column)
{
    switch (column) {
    case LABELS:
        return file->labels;
    case VARIANTS:
        return file->variants;
    case PATHS:
        return file->paths;
    case SPLITS:
    case COLUMN_COUNT:
    default:
        return file->splits;
    }
}

static void clear_block(tl_feature_h5 *file)
{
    for (size_t i = 0; file->paths && i < file->block_rows; i++) {
        tl_memory_free(file->paths[i]);
        file->paths[i] = NULL;
    }
    for (size_t i = 0; file->splits && i < file->block_rows; i++) {
        tl_memory_free(file->splits[i]);
        file->splits[i] = NULL;
    }
    file->row_count = 0;
}

/* False when one of them could not be closed, which for HDF5 means not written. */
static bool close_handles(tl_feature_h5 *file)
{
    bool is_whole = true;

    for (int c = 0; c < COLUMN_COUNT; c++) {
        if (file->columns[c] >= 0 && H5Dclose(file->columns[c]) < 0)
            is_whole = false;
        file->columns[c] = H5I_INVALID_HID;
    }
    if (file->features >= 0 && H5Dclose(file->features) < 0)
        is_whole = false;
    if (file->text >= 0)
        H5Tclose(file->text);
    if (file->file >= 0 && H5Fclose(file->file) < 0)
        is_whole = false;
    file->features = file->text = file->file = H5I_INVALID_HID;
    return is_whole;
}

void tl_feature_h5_discard(tl_feature_h5 *file)
{
    if (!file)
        return;
    tl_h5_prepare();
    close_handles(file);
    clear_block(file);
    tl_output_file_discard(&file->output);
    tl_memory_free(file->values);
    tl_memory_free(file->labels);
    tl_memory_free(file->variants);
    tl_memory_free(file->paths);
    tl_memory_free(file->splits);
    tl_memory_free(file);
}

static enum tl_status allocate_block(tl_feature_h5 *file, struct tl_error *err)
{
    size_t row_bytes = file->feature_count * sizeof *file->values;

    file->values = tl_memory_alloc(file->block_rows, row_bytes);
    file->labels = tl_memory_alloc(file->block_rows, sizeof *file->labels);
    file->variants = tl_memory_alloc(file->block_rows, sizeof *file->variants);
    file->paths = tl_memory_alloc(file->block_rows, sizeof *file->paths);
    file->splits = tl_memory_alloc(file->block_rows, sizeof *file->splits);
    if (!file->values || !file->labels || !file->variants || !file->paths || !file->splits)
        return tl_error_set_no_memory(err, "a block of rows", file->block_rows * row_bytes);
    return TL_OK;
}

/* A dataset of no rows that grows by blocks; `width` is 0 for one value a row. Without times, so that equal rows make equal files.
 */
static hid_t create_growing(const tl_feature_h5 *file, const char *name, hid_t type, size_t width)
{
    int rank = width > 0 ? 2 : 1;
    hsize_t extent[2] = {0, width}, limit[2] = {H5S_UNLIMITED, width};
    hsize_t chunk[2] = {width > 0 ? file->block_rows : CHUNK_ROWS_MAX, width};
    hid_t space = H5Screate_simple(rank, extent, limit), creation = H5Pcreate(H5P_DATASET_CREATE), dataset = H5I_INVALID_HID;

    if (space >= 0 && creation >= 0 && H5Pset_chunk(creation, rank, chunk) >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
        dataset = H5Dcreate2(file->file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return dataset;
}

static enum tl_status write_shape(hid_t dataset, const size_t shape[3], struct tl_error *err)
{
    int64_t values[3] = {(int64_t)shape[0], (int64_t)shape[1], (int64_t)shape[2]};
    hsize_t extent[1] = {3};
    hid_t space = H5Screate_simple(1, extent, NULL), attribute = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    if (space < 0 || (attribute = H5Acreate2(dataset, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 ||
        H5Awrite(attribute, H5T_NATIVE_INT64, values) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write the attribute 'shape'");
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static enum tl_status write_class_names(const tl_feature_h5 *file, const char *const *class_names, size_t count,
                                        struct tl_error *err)
{
    hsize_t extent[1] = {count};
    hid_t space = H5Screate_simple(1, extent, NULL), creation = H5Pcreate(H5P_DATASET_CREATE), dataset = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    if (space < 0 || creation < 0 || H5Pset_obj_track_times(creation, 0) < 0 ||
        (dataset = H5Dcreate2(file->file, "class_names", file->text, space, H5P_DEFAULT, creation, H5P_DEFAULT)) < 0 ||
        (count > 0 && H5Dwrite(dataset, file->text, H5S_ALL, H5S_ALL, H5P_DEFAULT, class_names) < 0))
        status = tl_h5_fail(err, TL_IO, "cannot write 'class_names'");
    if (dataset >= 0)
        H5Dclose(dataset);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static enum tl_status create_datasets(tl_feature_h5 *file, const size_t shape[3], const char *const *class_names,
                                      size_t class_count, struct tl_error *err)
{
    enum tl_status status;

    file->file = H5Fcreate(file->output.part_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file->file < 0)
        return tl_h5_fail(err, TL_IO, "cannot create '%s'", file->output.part_path);
    file->text = H5Tcopy(H5T_C_S1);
    if (file->text < 0 || H5Tset_size(file->text, H5T_VARIABLE) < 0 || H5Tset_cset(file->text, H5T_CSET_UTF8) < 0)
        return tl_h5_fail(err, TL_IO, "cannot prepare to write text");
    file->features = create_growing(file, "features", H5T_IEEE_F32LE, file->feature_count);
    if (file->features < 0)
        return tl_h5_fail(err, TL_IO, "cannot create the dataset 'features'");
    for (int c = 0; c < COLUMN_COUNT; c++) {
        file->columns[c] = create_growing(file, column_names[c], is_text((enum column)c) ? file->text : H5T_STD_I64LE, 0);
        if (file->columns[c] < 0)
            return tl_h5_fail(err, TL_IO, "cannot create the dataset '%s'", column_names[c]);
    }
    status = write_shape(file->features, shape, err);
    return status == TL_OK ? write_class_names(file, class_names, class_count, err) : status;
}

enum tl_status tl_feature_h5_create(tl_feature_h5 **out, const char *path, const size_t shape[3],
                                      const char *const *class_names, size_t class_count, struct tl_error *err)
{
    tl_feature_h5 *file = tl_memory_alloc(1, sizeof *file);
    enum tl_status status;

    *out = NULL;
    assert(shape[0] > 0 && shape[1] > 0 && shape[2] > 0);
    if (!file)
        return tl_error_set_no_memory(err, "a feature file", sizeof *file);
    tl_h5_prepare();
    file->file = file->text = file->features = H5I_INVALID_HID;
    for (int c = 0; c < COLUMN_COUNT; c++)
        file->columns[c] = H5I_INVALID_HID;
    file->feature_count = shape[0] * shape[1] * shape[2];
    file->block_rows = CHUNK_BYTES / sizeof *file->values / file->feature_count;
    if (file->block_rows < 1)
        file->block_rows = 1;
    if (file->block_rows > CHUNK_ROWS_MAX)
        file->block_rows = CHUNK_ROWS_MAX;
    status = allocate_block(file, err);
    if (status == TL_OK)
        status = tl_output_file_create(&file->output, path, err);
    if (status == TL_OK)
        status = create_datasets(file, shape, class_names, class_count, err);
    if (status != TL_OK) {
        tl_feature_h5_discard(file);
        return status;
    }
    *out = file;
    return TL_OK;
}

/* Adds the block's rows at the end of one dataset. */
static enum tl_status append_block(const tl_feature_h5 *file, hid_t dataset, const char *name, hid_t memory_type,
                                   size_t width, const void *rows, struct tl_error *err)
{
    int rank = width > 0 ? 2 : 1;
    hsize_t extent[2] = {file->written_rows + file->row_count, width};
    hsize_t start[2] = {file->written_rows, 0}, count[2] = {file->row_count, width};
    hid_t in_memory = H5I_INVALID_HID, in_file = H5I_INVALID_HID;
    enum tl_status status = TL_OK;

    if (H5Dset_extent(dataset, extent) < 0 || (in_memory = H5Screate_simple(rank, count, NULL)) < 0 ||
        (in_file = H5Dget_space(dataset)) < 0 || H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(dataset, memory_type, in_memory, in_file, H5P_DEFAULT, rows) < 0)
        status = tl_h5_fail(err, TL_IO, "cannot write '%s' to '%s'", name, file->output.part_path);
    if (in_file >= 0)
        H5Sclose(in_file);
    if (in_memory >= 0)
        H5Sclose(in_memory);
    return status;
}

static enum tl_status write_block(tl_feature_h5 *file, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (file->row_count > 0)
        status = append_block(file, file->features, "features", H5T_NATIVE_FLOAT, file->feature_count, file->values, err);
    for (int c = 0; status == TL_OK && file->row_count > 0 && c < COLUMN_COUNT; c++)
        status = append_block(file, file->columns[c], column_names[c], is_text((enum column)c) ? file->text : H5T_NATIVE_INT64,
                              0, block_of(file, (enum column)c), err);
    if (status == TL_OK) {
        file->written_rows += file->row_count;
        clear_block(file);
    }
    return status;
}

enum tl_status tl_feature_h5_add(tl_feature_h5 *file, const struct tl_feature_row *row, struct tl_error *err)
{
    char *path = tl_memory_copy_string(row->path), *split = tl_memory_copy_string(row->split);
    size_t at = file->row_count;

    if (!path || !split) {
        tl_memory_free(path);
        tl_memory_free(split);
        return tl_error_set_no_memory(err, "a row", strlen(row->path) + strlen(row->split) + 2);
    }
    memcpy(file->values + at * file->feature_count, row->features, file->feature_count * sizeof *file->values);
    file->labels[at] = row->label;
    file->variants[at] = row->variant;
    file->paths[at] = path;
    file->splits[at] = split;
    file->row_count++;
    if (file->row_count < file->block_rows)
        return TL_OK;
    tl_h5_prepare();
    return write_block(file, err);
}

enum tl_status tl_feature_h5_close(tl_feature_h5 **file, struct tl_error *err)
{
    tl_feature_h5 *closing = *file;
    enum tl_status status;

    *file = NULL;
    tl_h5_prepare();
    status = write_block(closing, err);
    if (status == TL_OK && !close_handles(closing))
        status = tl_h5_fail(err, TL_IO, "cannot finish '%s'", closing->output.part_path);
    if (status == TL_OK)
        status = tl_output_file_commit(&closing->output, err);
    tl_feature_h5_discard(closing);
    return status;
}
