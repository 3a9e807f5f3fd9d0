/* photo_data.c - see photo_data.h. */
#include "train/report/photo_data.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/photo.h"
#include "common/image/picture.h"
#include "common/store/store_feature.h"
#include "train/report/html.h"

enum { QUALITY = 80, SIDE = TL_RECIPE_SIZE_PX, THUMBNAIL_SIDE = 24 };

enum tl_status tl_photo_data_init(struct tl_photo_data *out, tl_store *store, int64_t feature_set_id, struct tl_error *err)
{
    struct tl_store_feature_set *sets = NULL;
    size_t set_count = 0;
    struct tl_recipe recipe;
    enum tl_status status = tl_store_list_feature_sets(store, &sets, &set_count, err);

    tl_recipe_init(&out->recipe);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < set_count; i++)
        if (sets[i].feature_set_id == feature_set_id && tl_recipe_from_json(&recipe, sets[i].input_json, NULL) == TL_OK)
            out->recipe = recipe;
    out->recipe.resize = TL_RESIZE_AREA;
    out->recipe.shrink_on_load = true;
    tl_store_free_feature_sets(sets, set_count);
    return TL_OK;
}

static double find_aspect(const struct tl_photo_data *data, const struct tl_store_place *place)
{
    const bool is_turned = data->recipe.exif == TL_EXIF_APPLY && place->exif_orientation > 4;
    const double width = (double)place->width_px, height = (double)place->height_px;

    if (data->recipe.crop)
        return 1;
    return is_turned ? height / width : width / height;
}

/* The file's pixels, where its bytes are still those. */
static enum tl_photo_data_from read_file(struct tl_photo *photo, const struct tl_photo_data *data,
                                         const struct tl_store_place *place)
{
    uint8_t sha256[TL_DIGEST_BYTES], *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_photo_data_from from = TL_PHOTO_DATA_ABSENT;

    if (!place->file || tl_system_read_file(&bytes, &size_bytes, place->file, (size_t)TL_PHOTO_FILE_BYTES_MAX, NULL) != TL_OK)
        return from;
    tl_digest_bytes(sha256, bytes, size_bytes);
    if (memcmp(sha256, place->sha256, sizeof sha256) != 0)
        from = TL_PHOTO_DATA_CHANGED; /* never decoded: nobody has judged it */
    else if (tl_photo_decode(photo, bytes, size_bytes, &data->recipe, NULL) == TL_OK)
        from = TL_PHOTO_DATA_FILE;
    tl_memory_free(bytes);
    return from;
}

static enum tl_status append_pixels(struct tl_text *out, uint8_t *pixels, bool is_large, struct tl_error *err)
{
    const uint32_t side = is_large ? SIDE : SIDE / 2;
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    if (!is_large)
        tl_picture_halve(pixels, pixels, SIDE, SIDE); /* each mean is written where nothing is read any more */
    status = tl_picture_encode_jpeg(&bytes, &size_bytes, pixels, side, side, 3, QUALITY, err);
    if (status == TL_OK)
        tl_html_append_data(out, "image/jpeg", bytes, size_bytes);
    tl_memory_free(bytes);
    return status;
}

static enum tl_status append_thumbnail(struct tl_text *out, const struct tl_store_place *place, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status =
        tl_picture_encode_png(&bytes, &size_bytes, place->thumbnail, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 1, err);

    if (status == TL_OK)
        tl_html_append_data(out, "image/png", bytes, size_bytes);
    tl_memory_free(bytes);
    return status;
}

enum tl_status tl_photo_data_append(struct tl_text *out, struct tl_photo_data_shown *shown, const struct tl_photo_data *data,
                                    const struct tl_store_place *place, bool is_large, struct tl_error *err)
{
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    enum tl_status status;

    if (!photo)
        return tl_error_set_no_memory(err, "a photo", sizeof *photo);
    shown->from = read_file(photo, data, place);
    if (shown->from == TL_PHOTO_DATA_FILE) {
        shown->aspect = find_aspect(data, place);
        status = append_pixels(out, photo->pixels, is_large, err);
    } else {
        shown->aspect = (double)place->width_px / (double)place->height_px; /* the thumbnail is of the photo as it is stored */
        status = append_thumbnail(out, place, err);
    }
    tl_memory_free(photo);
    return status;
}
