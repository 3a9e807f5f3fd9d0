/* stream_decoder.c - see stream_decoder.h. */
#include "train/data/stream_decoder.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_blob.h"

enum { ENDS = 64 };

enum tl_status tl_stream_decoder_open(struct tl_stream_decoder *out, const struct tl_stream_setup *setup, size_t column_count,
                                      struct tl_error *err)
{
    *out = (struct tl_stream_decoder){.setup = setup, .end_capacity = ENDS};
    out->ends = tl_memory_alloc(ENDS, sizeof *out->ends);
    if (!out->ends)
        return tl_error_set_no_memory(err, "a decoder", ENDS * sizeof *out->ends);
    if (setup->pool == TL_HEAD_POOL_AVG) {
        out->pooled = tl_memory_alloc(column_count, sizeof *out->pooled);
        out->indices = tl_memory_alloc(column_count, sizeof *out->indices);
        if (!out->pooled || !out->indices)
            return tl_error_set_no_memory(err, "a decoder", column_count * sizeof *out->pooled);
    }
    return tl_codec_create(&out->codec, err);
}

void tl_stream_decoder_close(struct tl_stream_decoder *decoder)
{
    tl_codec_free(decoder->codec);
    tl_memory_free(decoder->bytes);
    tl_memory_free(decoder->ends);
    tl_memory_free(decoder->pooled);
    tl_memory_free(decoder->indices);
    *decoder = (struct tl_stream_decoder){.setup = NULL};
}

static bool reserve_bytes(struct tl_stream_decoder *decoder, size_t needed)
{
    size_t capacity = decoder->byte_capacity + decoder->byte_capacity / 2;
    uint8_t *bytes;

    if (needed <= decoder->byte_capacity)
        return true;
    if (capacity < needed)
        capacity = needed;
    bytes = tl_memory_resize(decoder->bytes, capacity, 1);
    if (!bytes)
        return false;
    decoder->bytes = bytes;
    decoder->byte_capacity = capacity;
    return true;
}

/* One that is gone takes no bytes, which no blob does. */
static bool take_blob(void *context, size_t i, const void *blob, size_t blob_bytes)
{
    struct tl_stream_decoder *decoder = context;
    const size_t start = i > 0 ? decoder->ends[i - 1] : 0;

    if (!reserve_bytes(decoder, start + blob_bytes)) {
        decoder->status = tl_error_set_no_memory(&decoder->err, "stored features", start + blob_bytes);
        return false;
    }
    if (blob_bytes > 0)
        memcpy(decoder->bytes + start, blob, blob_bytes);
    decoder->ends[i] = start + blob_bytes;
    return true;
}

enum tl_status tl_stream_decoder_read(struct tl_stream_decoder *decoder, const int64_t *feature_ids, size_t count)
{
    struct tl_error err;
    enum tl_status status;

    assert(count <= decoder->end_capacity);
    status = tl_store_read_blobs(decoder->setup->store, feature_ids, count, take_blob, decoder, &err);
    if (status != TL_OK && decoder->status == TL_OK) {
        decoder->status = status;
        decoder->err = err;
    }
    return decoder->status;
}

/* Averages of channels instead of the values at the places; which of them are not zero. */
static size_t pool(struct tl_stream_decoder *decoder, const uint32_t *indices, const float *values, size_t count)
{
    const size_t channel_count = decoder->setup->channel_count;
    size_t kept = 0;

    tl_head_pool_sparse(decoder->pooled, decoder->setup->feature_count, channel_count, indices, values, count);
    for (size_t c = 0; c < channel_count; c++) {
        if (decoder->pooled[c] == 0)
            continue;
        decoder->indices[kept] = (uint32_t)c;
        decoder->pooled[kept++] = decoder->pooled[c];
    }
    return kept;
}

static enum tl_status decode(struct tl_stream_decoder *decoder, size_t i, struct tl_matrix *matrix, size_t matrix_row)
{
    const size_t start = i > 0 ? decoder->ends[i - 1] : 0;
    const uint32_t *indices;
    const float *values;
    size_t count;
    enum tl_status status;

    if (decoder->ends[i] == start)
        return tl_error_set(&decoder->err, TL_CORRUPT, "its values are gone");
    status = tl_codec_decode_sparse(decoder->codec, &indices, &values, &count, decoder->setup->feature_count,
                                    decoder->bytes + start, decoder->ends[i] - start, &decoder->err);
    if (status != TL_OK)
        return status;
    if (!decoder->pooled)
        return tl_matrix_put(matrix, matrix_row, indices, values, count, &decoder->err);
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return tl_error_set(&decoder->err, TL_CORRUPT, "feature %u is %g", indices[k], (double)values[k]);
    count = pool(decoder, indices, values, count);
    return tl_matrix_put(matrix, matrix_row, decoder->indices, decoder->pooled, count, &decoder->err);
}

enum tl_status tl_stream_decoder_decode(struct tl_stream_decoder *decoder, size_t i, struct tl_matrix *matrix, size_t matrix_row,
                                        size_t row)
{
    const struct tl_stream_setup *setup = decoder->setup;

    decoder->status = decode(decoder, i, matrix, matrix_row);
    if (decoder->status != TL_OK)
        (void)tl_error_prefix(&decoder->err, "the stored feature of %s, variant %u%s",
                              setup->selection->samples[setup->rows.items[row].sample_index].label->path,
                              setup->rows.items[row].variant_index,
                              decoder->status == TL_CORRUPT ? ", is damaged (tl-store verify finds all such)" : "");
    return decoder->status;
}
