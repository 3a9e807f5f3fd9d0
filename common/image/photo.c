/* photo.c - see photo.h. */
#include "common/image/photo.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <vips/vips.h>
#include <vips/vector.h> /* needs vips.h before it */

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/decode.h"
#include "common/image/metadata.h"
#include "common/image/modules.h"
#include "common/image/resize.h"

/* Shared by all that decode, for one alone while it decodes a damaged photo once more to learn why. The process's, as the text
 * that libvips keeps of failures is; one who waits to be alone is not overtaken. */
static pthread_rwlock_t decoding = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void drop_message(const char *domain, GLogLevelFlags level, const char *message, void *nothing)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)nothing;
}

enum tl_status tl_photo_start(struct tl_error *err)
{
    /* What libvips would print of a photo's small faults; only tools print, and failures come as errors. */
    g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG, drop_message, NULL);
    const bool is_held_back = tl_modules_hold_back();
    const int failed = vips_init("tl");
    tl_modules_let_go(is_held_back);
    if (failed)
        return tl_error_set(err, TL_IO, "libvips does not start: %.200s", vips_error_buffer());
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_vector_set_enabled(FALSE);
    vips_block_untrusted_set(TRUE);
    /* Keras's list has them, and the format is plain enough; the fuzz tests include it. */
    vips_operation_block_set("VipsForeignLoadPpm", FALSE);
    return TL_OK;
}

void tl_photo_stop(void)
{
    vips_shutdown();
}

void tl_photo_end_thread(void)
{
    vips_thread_shutdown();
}

/* Everything but the digest of the bytes. *out_wants_reason: it failed, and libvips's words on it were left where they were. */
static enum tl_status decode_once(struct tl_photo *out, const void *bytes, size_t size_bytes, const struct tl_recipe *recipe,
                                  bool is_alone, bool *out_wants_reason, struct tl_error *err)
{
    struct tl_thumbnail thumbnail;
    struct tl_decode decode;
    enum tl_status status = tl_decode_open(&decode, bytes, size_bytes, TL_PHOTO_SECONDS_MAX, is_alone, err);

    *out_wants_reason = decode.wants_reason;
    if (status != TL_OK)
        return status;
    tl_metadata_read(out, &decode);
    status = tl_decode_shrink(&decode, bytes, size_bytes, tl_resize_choose_shrink(out->width_px, out->height_px, recipe), err);
    if (status == TL_OK) {
        tl_thumbnail_init(&thumbnail, (uint32_t)decode.image->Xsize, (uint32_t)decode.image->Ysize);
        status = tl_resize_read(out->pixels, &thumbnail, &decode, recipe, err);
    }
    *out_wants_reason = decode.wants_reason;
    tl_decode_close(&decode);
    if (status == TL_BAD_INPUT && decode.is_late) /* whose row was missed does not know why */
        return TL_TOO_SLOW;
    if (status != TL_OK)
        return status;
    tl_thumbnail_finish(&thumbnail, out->thumbnail);
    tl_digest_bytes(out->pixels_digest, out->pixels, sizeof out->pixels);
    return TL_OK;
}

enum tl_status tl_photo_decode(struct tl_photo *out, const void *bytes, size_t size_bytes, const struct tl_recipe *recipe,
                               struct tl_error *err)
{
    bool wants_reason = false;
    enum tl_status status;

    memset(out, 0, sizeof *out);
    tl_digest_bytes(out->sha256, bytes, size_bytes);
    pthread_rwlock_rdlock(&decoding);
    status = decode_once(out, bytes, size_bytes, recipe, false, &wants_reason, err);
    pthread_rwlock_unlock(&decoding);
    if (status != TL_BAD_INPUT || !wants_reason)
        return status;
    pthread_rwlock_wrlock(&decoding);
    status = decode_once(out, bytes, size_bytes, recipe, true, &wants_reason, err);
    pthread_rwlock_unlock(&decoding);
    return status;
}

enum tl_status tl_photo_read(struct tl_photo *out, const char *path, const struct tl_recipe *recipe, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    memset(out->sha256, 0, sizeof out->sha256);
    status = tl_system_read_file(&bytes, &size_bytes, path, (size_t)TL_PHOTO_FILE_BYTES_MAX, err);
    if (status == TL_OK)
        status = tl_photo_decode(out, bytes, size_bytes, recipe, err);
    tl_memory_free(bytes);
    return status;
}

bool tl_photo_is_photo_name(const char *file_name)
{
    static const char *const ends[] = {"png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff",
                                       "gif", "webp", "heic", "heif", "avif", "pgm", "pnm"};
    size_t length = strlen(file_name);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end_length = strlen(ends[i]);
        if (length >= end_length && strcasecmp(file_name + length - end_length, ends[i]) == 0)
            return true;
    }
    return false;
}

bool tl_photo_is_folder_disguised(const char *folder_name)
{
    const char *dot = strrchr(folder_name, '.');

    return dot && tl_photo_is_photo_name(dot);
}
