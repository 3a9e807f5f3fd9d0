/* stream_decoder.h - what a thread of a stream needs: room for blobs that are read under a lock, and a codec to decode them after.
 */
#ifndef TL_TRAIN_STREAM_DECODER_H
#define TL_TRAIN_STREAM_DECODER_H

#include "common/codec/codec.h"
#include "train/data/stream.h"

struct tl_stream_decoder {
    const struct tl_stream_setup *setup;
    tl_codec *codec;
    uint8_t *bytes; /* blobs, one behind another */
    size_t byte_capacity;
    size_t *ends;   /* of each blob in `bytes` */
    size_t end_capacity, count;
    float *pooled;  /* (C); NULL where nothing is pooled */
    uint32_t *indices;
    enum tl_status status; /* the first failure, which `err` tells; nothing is done after it */
    struct tl_error err;
};

/* Fails with: TL_NO_MEMORY; closing is allowed then too. */
TL_MUST_USE enum tl_status tl_stream_decoder_open(struct tl_stream_decoder *out, const struct tl_stream_setup *setup,
                                                  size_t column_count, struct tl_error *err);
void tl_stream_decoder_close(struct tl_stream_decoder *decoder);

/* Reads blobs from the store. Returns the decoder's status. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stream_decoder_read(struct tl_stream_decoder *decoder, const int64_t *feature_ids, size_t count);

/* Decodes the i-th of them, of the stream's row, into a row of a matrix that was laid out. Fails with: TL_CORRUPT (naming the
 * photo), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_stream_decoder_decode(struct tl_stream_decoder *decoder, size_t i, struct tl_matrix *matrix,
                                                    size_t matrix_row, size_t row);

#endif
