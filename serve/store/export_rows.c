/* export_rows.c - see export_rows.h. Features come by content, places too, so that the two are merged in one pass. */
#include "serve/store/export_rows.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"

enum { VARIANTS_MAX = 1 << 20 };

struct variant {
    uint8_t *blob; /* NULL: lost */
    size_t blob_bytes;
    uint32_t index;
};

/* All variants of one content. */
struct group {
    uint8_t sha256[TL_DIGEST_BYTES];
    struct variant *variants;
    size_t count, capacity;
};

struct writing {
    tl_feature_file *file;
    struct tl_store_damages *damages;
    const struct tl_export_places *places;
    const struct tl_export_rows *what;
    tl_export_rows_callback *tell;
    void *context;
    tl_codec *codec;
    float *values;
    struct group group;
    size_t next_place, row_count;
};

static void clear_group(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        tl_memory_free(group->variants[i].blob);
    group->count = 0;
}

static enum tl_status add_variant(struct group *group, const struct tl_store_feature_row *row, struct tl_error *err)
{
    struct variant *variant;

    if (group->count == VARIANTS_MAX)
        return tl_error_set(err, TL_CORRUPT, "one photo has more than %d variants", VARIANTS_MAX);
    if (group->count == group->capacity) {
        size_t capacity = group->capacity ? 2 * group->capacity : 16;
        struct variant *variants = tl_memory_resize(group->variants, capacity, sizeof *variants);

        if (!variants)
            return tl_error_set_no_memory(err, "a photo's variants", capacity * sizeof *variants);
        group->variants = variants;
        group->capacity = capacity;
    }
    variant = &group->variants[group->count];
    variant->blob = row->blob ? tl_memory_copy(row->blob, row->blob_bytes) : NULL;
    if (row->blob && !variant->blob)
        return tl_error_set_no_memory(err, "a feature", row->blob_bytes);
    variant->blob_bytes = row->blob_bytes;
    variant->index = row->variant_index;
    memcpy(group->sha256, row->sha256, sizeof group->sha256);
    group->count++;
    return TL_OK;
}

static enum tl_status decode(struct writing *writing, const struct tl_export_place *place, const struct variant *variant,
                             struct tl_error *err)
{
    enum tl_status status = TL_CORRUPT;

    if (variant->blob)
        status =
            tl_codec_decode(writing->codec, writing->values, writing->what->feature_count, variant->blob, variant->blob_bytes, err);
    else
        (void)tl_error_set(err, TL_CORRUPT, "its values are lost");
    if (status != TL_OK)
        (void)tl_error_prefix(err, "the stored feature of %s, variant %u%s", place->path, (unsigned)variant->index,
                              status == TL_CORRUPT ? ", is damaged" : "");
    return status;
}

/* The rows of one place. After damage there are no more rows, only a search for more of it. */
static enum tl_status write_place(struct writing *writing, const struct tl_export_place *place, struct tl_error *err)
{
    for (size_t i = 0; i < writing->group.count; i++) {
        const struct variant *variant = &writing->group.variants[i];
        struct tl_feature_row row = {writing->values, place->label, variant->index, place->path, place->split};
        struct tl_error failure;
        enum tl_status status = decode(writing, place, variant, &failure);

        if (status == TL_CORRUPT)
            status = tl_store_note_damage(writing->damages, writing->group.sha256, &failure, err);
        else if (status != TL_OK)
            *err = failure;
        if (status != TL_OK)
            return status;
        if (writing->damages->count > 0)
            continue;
        status = tl_feature_file_add(writing->file, &row, err);
        if (status != TL_OK)
            return status;
        writing->row_count++;
    }
    return TL_OK;
}

/* The rows of the gathered content: for each of its places, each of its variants. */
static enum tl_status write_group(struct writing *writing, struct tl_error *err)
{
    const struct tl_export_places *places = writing->places;
    enum tl_status status = TL_OK;

    if (writing->group.count == 0)
        return TL_OK;
    while (status == TL_OK && writing->next_place < places->count) {
        const struct tl_export_place *place = &places->items[writing->next_place];
        int order = memcmp(place->sha256, writing->group.sha256, sizeof place->sha256);

        if (order > 0)
            break;
        if (order == 0 && (!writing->what->split || strcmp(place->split, writing->what->split) == 0))
            status = write_place(writing, place, err);
        writing->next_place++;
        if (status == TL_OK && writing->tell && !writing->tell(writing->context, writing->next_place))
            status = tl_error_set(err, TL_STOPPED, "stopped on request after %zu rows", writing->row_count);
    }
    clear_group(&writing->group);
    return status;
}

static enum tl_status write_all(struct writing *writing, tl_store_features *features, struct tl_error *err)
{
    struct tl_store_feature_row row;
    enum tl_status status;

    while ((status = tl_store_next_feature(features, &row, err)) == TL_OK) {
        if (writing->group.count > 0 && memcmp(row.sha256, writing->group.sha256, sizeof row.sha256) != 0)
            status = write_group(writing, err);
        if (status == TL_OK)
            status = add_variant(&writing->group, &row, err);
        if (status != TL_OK)
            return status;
    }
    if (status == TL_NOT_FOUND)
        status = write_group(writing, err);
    if (status == TL_OK && writing->damages->count > 0) {
        *err = writing->damages->items[0].failure;
        status = err->status;
    }
    return status;
}

enum tl_status tl_export_rows_write(size_t *out_count, struct tl_store_damages *damages, tl_feature_file *file, tl_store *store,
                                    const struct tl_export_places *places, const struct tl_export_rows *what,
                                    tl_export_rows_callback *tell, void *context, struct tl_error *err)
{
    struct writing writing = {.file = file, .damages = damages, .places = places, .what = what, .tell = tell, .context = context};
    tl_store_features *features = NULL;
    enum tl_status status = tl_codec_create(&writing.codec, err);

    *out_count = 0;
    if (status != TL_OK)
        return status;
    writing.values = tl_memory_alloc_aligned(what->feature_count, sizeof *writing.values);
    if (!writing.values) {
        status = tl_error_set_no_memory(err, "a feature vector", what->feature_count * sizeof *writing.values);
        goto done;
    }
    status = tl_store_open_features(&features, store, what->feature_set_id, what->augmentation_id, err);
    if (status != TL_OK)
        goto done;
    status = write_all(&writing, features, err);
    *out_count = writing.row_count;
done:
    tl_store_close_features(features);
    clear_group(&writing.group);
    tl_memory_free(writing.group.variants);
    tl_memory_free(writing.values);
    tl_codec_free(writing.codec);
    return status;
}
