/* feature_npy.c - see feature_npy.h. NumPy's format 1.0 (numpy/lib/format.py): a header of 128 bytes, written again at the end
 * with the number of rows, then the values, little-endian.
 */
#include "common/exchange/feature_npy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/exchange/output_file.h"

enum { HEADER_BYTES = 128, STREAM_BYTES = 1 << 18 };
static const size_t LINE_CEILING_BYTES = (size_t)1 << 20;

enum part { FEATURES, LABELS, TABLE, PART_COUNT };
static const char *const endings[PART_COUNT] = {".npy", ".labels.npy", ".csv"};

struct tl_feature_npy {
    struct tl_output_file outputs[PART_COUNT];
    FILE *streams[PART_COUNT];
    size_t feature_count, row_count;
    char **class_names;
    size_t class_count;
    uint8_t *bytes; /* (F) little-endian float32 */
    struct tl_text line;
};

static enum tl_status fail(const tl_feature_npy *file, enum part part, struct tl_error *err)
{
    return tl_error_set(err, TL_IO, "cannot write '%s': %s", file->outputs[part].part_path, strerror(errno));
}

static void close_streams(tl_feature_npy *file)
{
    for (int p = 0; p < PART_COUNT; p++) {
        if (file->streams[p])
            fclose(file->streams[p]);
        file->streams[p] = NULL;
    }
}

void tl_feature_npy_discard(tl_feature_npy *file)
{
    if (!file)
        return;
    close_streams(file);
    for (int p = 0; p < PART_COUNT; p++)
        tl_output_file_discard(&file->outputs[p]);
    for (size_t l = 0; file->class_names && l < file->class_count; l++)
        tl_memory_free(file->class_names[l]);
    tl_memory_free(file->class_names);
    tl_memory_free(file->bytes);
    tl_text_free(&file->line);
    tl_memory_free(file);
}

/* At the start of the stream. `columns` 0: one value a row. */
static enum tl_status write_header(tl_feature_npy *file, enum part part, const char *type, size_t columns, struct tl_error *err)
{
    static const char magic[10] = "\x93NUMPY\x01\x00\x76\x00"; /* version 1.0; 118 bytes of text follow */
    char header[HEADER_BYTES + 1];
    int used;

    memcpy(header, magic, sizeof magic);
    used = (int)sizeof magic;
    used += snprintf(header + used, sizeof header - (size_t)used, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,", type,
                     file->row_count);
    if (columns > 0)
        used += snprintf(header + used, sizeof header - (size_t)used, " %zu", columns);
    used += snprintf(header + used, sizeof header - (size_t)used, "), }");
    assert(used < HEADER_BYTES);
    memset(header + used, ' ', (size_t)(HEADER_BYTES - used));
    header[HEADER_BYTES - 1] = '\n';
    if (fseek(file->streams[part], 0, SEEK_SET) != 0 || fwrite(header, 1, HEADER_BYTES, file->streams[part]) != HEADER_BYTES)
        return fail(file, part, err);
    return TL_OK;
}

static enum tl_status write_headers(tl_feature_npy *file, struct tl_error *err)
{
    enum tl_status status = write_header(file, FEATURES, "<f4", file->feature_count, err);

    return status == TL_OK ? write_header(file, LABELS, "<i8", 0, err) : status;
}

static enum tl_status open_part(tl_feature_npy *file, enum part part, const char *path, struct tl_error *err)
{
    char *own_path = tl_feature_file_copy_npy_path(path, endings[part]);
    enum tl_status status;

    if (!own_path)
        return tl_error_set_no_memory(err, "a path", strlen(path));
    /* The features keep the name as it was given. */
    status = tl_output_file_create(&file->outputs[part], part == FEATURES ? path : own_path, err);
    tl_memory_free(own_path);
    if (status != TL_OK)
        return status;
    file->streams[part] = fopen(file->outputs[part].part_path, "wb");
    if (!file->streams[part] || setvbuf(file->streams[part], NULL, _IOFBF, STREAM_BYTES) != 0)
        return fail(file, part, err);
    return TL_OK;
}

static enum tl_status copy_class_names(tl_feature_npy *file, const char *const *class_names, size_t count, struct tl_error *err)
{
    file->class_names = tl_memory_alloc(count, sizeof *file->class_names);
    file->class_count = file->class_names ? count : 0;
    for (size_t l = 0; l < file->class_count; l++)
        file->class_names[l] = tl_memory_copy_string(class_names[l]);
    for (size_t l = 0; l < count; l++)
        if (!file->class_names || !file->class_names[l])
            return tl_error_set_no_memory(err, "class names", count * sizeof *file->class_names);
    return TL_OK;
}

static enum tl_status write_line(tl_feature_npy *file, struct tl_error *err)
{
    const enum tl_status status = tl_text_check(&file->line, err);

    if (status == TL_OK && fwrite(file->line.bytes, 1, file->line.length_bytes, file->streams[TABLE]) != file->line.length_bytes)
        return fail(file, TABLE, err);
    tl_text_clear(&file->line);
    return status;
}

enum tl_status tl_feature_npy_create(tl_feature_npy **out, const char *path, const size_t shape[3], const char *const *class_names,
                                     size_t class_count, struct tl_error *err)
{
    tl_feature_npy *file = tl_memory_alloc(1, sizeof *file);
    enum tl_status status;

    *out = NULL;
    if (!file)
        return tl_error_set_no_memory(err, "a feature file", sizeof *file);
    tl_text_init(&file->line, LINE_CEILING_BYTES);
    file->feature_count = shape[0] * shape[1] * shape[2];
    file->bytes = tl_memory_alloc(file->feature_count, sizeof(float));
    status = file->bytes ? copy_class_names(file, class_names, class_count, err)
                         : tl_error_set_no_memory(err, "a row", file->feature_count * sizeof(float));
    for (int p = 0; status == TL_OK && p < PART_COUNT; p++)
        status = open_part(file, (enum part)p, path, err);
    if (status == TL_OK)
        status = write_headers(file, err);
    tl_text_append(&file->line, "path,class,label,split,variant\n");
    if (status == TL_OK)
        status = write_line(file, err);
    if (status != TL_OK) {
        tl_feature_npy_discard(file);
        return status;
    }
    *out = file;
    return TL_OK;
}

static void put_bytes(uint8_t *out, uint64_t bits, size_t size_bytes)
{
    for (size_t k = 0; k < size_bytes; k++)
        out[k] = (uint8_t)(bits >> (8 * k));
}

enum tl_status tl_feature_npy_add(tl_feature_npy *file, const struct tl_feature_row *row, struct tl_error *err)
{
    uint8_t label[sizeof row->label];

    for (size_t f = 0; f < file->feature_count; f++) {
        uint32_t bits;

        memcpy(&bits, &row->features[f], sizeof bits);
        put_bytes(file->bytes + f * sizeof bits, bits, sizeof bits);
    }
    put_bytes(label, (uint64_t)row->label, sizeof label);
    if (fwrite(file->bytes, sizeof(float), file->feature_count, file->streams[FEATURES]) != file->feature_count)
        return fail(file, FEATURES, err);
    if (fwrite(label, sizeof label, 1, file->streams[LABELS]) != 1)
        return fail(file, LABELS, err);
    tl_text_append_csv_field(&file->line, row->path);
    tl_text_append(&file->line, ",");
    tl_text_append_csv_field(&file->line, row->label >= 0 ? file->class_names[row->label] : "");
    tl_text_append_format(&file->line, ",%lld,", (long long)row->label);
    tl_text_append_csv_field(&file->line, row->split);
    tl_text_append_format(&file->line, ",%lld\n", (long long)row->variant);
    file->row_count++;
    return write_line(file, err);
}

enum tl_status tl_feature_npy_close(tl_feature_npy **file, struct tl_error *err)
{
    tl_feature_npy *closing = *file;
    enum tl_status status = write_headers(closing, err);

    *file = NULL;
    for (int p = 0; status == TL_OK && p < PART_COUNT; p++) {
        FILE *stream = closing->streams[p];

        closing->streams[p] = NULL;
        if (fclose(stream) != 0)
            status = fail(closing, (enum part)p, err);
    }
    for (int p = PART_COUNT - 1; status == TL_OK && p >= 0; p--)
        status = tl_output_file_commit(&closing->outputs[p], err);
    tl_feature_npy_discard(closing);
    return status;
}
