/* bench_parts.c - reading and augmenting, taken apart: CPU milliseconds of each step alone; see bench_pipeline.h. */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/augment.h"
#include "common/image/decode.h"
#include "common/image/rows.h"
#include "tests/bench/bench_pipeline.h"

/* What takes turns with the clock: the seconds since the last look are added to a part. */
static void add_lap(double *part_ms, double *last_seconds)
{
    const double now = tl_effort_thread_seconds();

    *part_ms += (now - *last_seconds) * 1e3;
    *last_seconds = now;
}

/* All rows, as a resize would pull them, and nothing done with them. */
static enum tl_status decode_rows(const uint8_t *bytes, size_t size_bytes, struct tl_error *err)
{
    struct tl_decode decode;
    struct tl_rows rows;
    enum tl_status status = tl_decode_open(&decode, bytes, size_bytes, 30, true, err);

    if (status != TL_OK)
        return status;
    tl_rows_open(&rows, decode.image, &decode, NULL);
    for (int y = 0; y < decode.image->Ysize && status == TL_OK; y++)
        status = tl_rows_get(&rows, (uint32_t)y, err) ? TL_OK : TL_BAD_INPUT;
    tl_rows_close(&rows);
    tl_decode_close(&decode);
    return status;
}

static enum tl_status measure_variant(struct bench_parts *parts, const struct tl_photo *photo, const struct tl_recipe *recipe,
                                      float *input, struct tl_error *err)
{
    struct tl_augmentation augmentation;
    struct tl_variant variant;
    double last = tl_effort_thread_seconds();
    enum tl_status status;

    tl_augmentation_init_mild(&augmentation);
    tl_variant_draw(&variant, &augmentation, photo->sha256, 1);
    status = tl_augment_apply(input, photo->pixels, recipe->size_px, &variant, err);
    add_lap(&parts->augment_ms, &last);
    tl_augment_preprocess(input, recipe->size_px, recipe->preprocess);
    add_lap(&parts->preprocess_ms, &last);
    return status;
}

static enum tl_status measure_photo(struct bench_parts *parts, struct tl_photo *photo, const char *path,
                                    const struct tl_recipe *recipe, struct tl_error *err)
{
    uint8_t *bytes = NULL, digest[TL_DIGEST_BYTES];
    size_t size_bytes = 0;
    double last = tl_effort_thread_seconds(), whole_ms = 0, digest_ms = 0, decode_ms = 0;
    enum tl_status status = tl_system_read_file(&bytes, &size_bytes, path, (size_t)TL_PHOTO_FILE_BYTES_MAX, err);

    add_lap(&parts->file_ms, &last);
    if (status == TL_OK)
        status = decode_rows(bytes, size_bytes, err);
    add_lap(&decode_ms, &last);
    if (status == TL_OK)
        status = tl_photo_decode(photo, bytes, size_bytes, recipe, err);
    add_lap(&whole_ms, &last);
    if (status == TL_OK) {
        tl_digest_bytes(digest, bytes, size_bytes);
        tl_digest_bytes(digest, photo->pixels, sizeof photo->pixels);
    }
    add_lap(&digest_ms, &last);
    parts->digest_ms += digest_ms;
    parts->decode_ms += decode_ms;
    parts->resize_ms += whole_ms - digest_ms - decode_ms;
    tl_memory_free(bytes);
    return status;
}

enum tl_status tl_bench_measure_parts(struct bench_parts *out, char *const *paths, size_t path_count,
                                      const struct tl_recipe *recipe, struct tl_error *err)
{
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    float *input = tl_memory_alloc_aligned(TL_PHOTO_VALUES, sizeof *input);
    double *const sums[] = {&out->file_ms,   &out->digest_ms,  &out->decode_ms,
                            &out->resize_ms, &out->augment_ms, &out->preprocess_ms};
    enum tl_status status = TL_OK;

    memset(out, 0, sizeof *out);
    if (!photo || !input)
        status = tl_error_set_no_memory(err, "a photo", sizeof *photo + TL_PHOTO_VALUES * sizeof *input);
    for (size_t i = 0; i < path_count && status == TL_OK; i++) {
        status = measure_photo(out, photo, paths[i], recipe, err);
        if (status == TL_OK)
            status = measure_variant(out, photo, recipe, input, err);
        if (status != TL_OK)
            (void)tl_error_prefix(err, "%s", paths[i]);
    }
    for (size_t i = 0; i < sizeof sums / sizeof sums[0] && path_count > 0; i++)
        *sums[i] /= (double)path_count;
    tl_memory_free(photo);
    tl_memory_free(input);
    return status;
}
