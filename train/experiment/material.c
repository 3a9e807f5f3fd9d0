/* material.c - see material.h. */
#include "train/experiment/material.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_damage.h"
#include "train/experiment/stream_choice.h"

static enum tl_status choose_feature_set(struct tl_material *material, tl_store *store, const char *wanted, struct tl_error *err)
{
    size_t index;
    enum tl_status status = tl_store_list_feature_sets(store, &material->feature_sets, &material->feature_set_count, err);

    if (status == TL_OK)
        status = tl_store_choose_feature_set(&index, material->feature_sets, material->feature_set_count, wanted, err);
    if (status == TL_OK)
        material->feature_set = &material->feature_sets[index];
    return status;
}

/* Without any variants `all` is the plain photos; `cycle` would have nothing to go round. */
static enum tl_status choose_augmentation(struct tl_material *material, tl_store *store, const struct tl_material_wish *wish,
                                          struct tl_error *err)
{
    size_t index;
    enum tl_status status;

    material->variants = wish->variants;
    if (wish->variants == TL_FIT_PLAIN)
        return TL_OK;
    status = tl_store_list_augmentations(store, material->feature_set->feature_set_id, &material->augmentations,
                                         &material->augmentation_count, err);
    if (status != TL_OK)
        return status;
    if (material->augmentation_count == 0 && !wish->augment) {
        if (wish->variants == TL_FIT_CYCLE)
            return tl_error_set(err, TL_NOT_FOUND,
                                "--variants cycle: the store has no variants of these features; tl-extract --variants K "
                                "makes them");
        material->variants = TL_FIT_PLAIN;
        return TL_OK;
    }
    status = tl_store_choose_augmentation(&index, material->augmentations, material->augmentation_count, wish->augment, err);
    if (status == TL_OK)
        material->augmentation = &material->augmentations[index];
    return status;
}

static enum tl_status select_photos(struct tl_material *material, tl_store *store, const struct tl_material_wish *wish,
                                    struct tl_error *err)
{
    enum tl_status status =
        wish->repeated ? tl_dataset_read_recorded(&material->dataset, store, wish->repeated->dataset_id, err)
                       : tl_dataset_read(&material->dataset, store, &wish->data, material->feature_set->feature_set_id,
                                         material->feature_count, err);

    material->selection = material->dataset.selection;
    return status;
}

/* Features, augmentation and photos of a run that is there. */
static enum tl_status take_repeated(struct tl_material *material, tl_store *store, const struct tl_store_run_row *run,
                                    struct tl_error *err)
{
    enum tl_status status = tl_store_list_feature_sets(store, &material->feature_sets, &material->feature_set_count, err);

    for (size_t i = 0; status == TL_OK && i < material->feature_set_count; i++)
        if (material->feature_sets[i].feature_set_id == run->feature_set_id)
            material->feature_set = &material->feature_sets[i];
    if (status == TL_OK && !material->feature_set)
        return tl_error_set(err, TL_NOT_FOUND, "the features of run %lld are not in the store any more", (long long)run->run_id);
    if (status == TL_OK)
        status = tl_store_list_augmentations(store, run->feature_set_id, &material->augmentations, &material->augmentation_count,
                                             err);
    for (size_t i = 0; status == TL_OK && i < material->augmentation_count; i++)
        if (material->augmentations[i].augmentation_id == run->augmentation_id && run->augmentation_id != 0)
            material->augmentation = &material->augmentations[i];
    if (status == TL_OK && run->augmentation_id != 0 && !material->augmentation)
        return tl_error_set(err, TL_NOT_FOUND, "the variants of run %lld are not in the store any more", (long long)run->run_id);
    return status;
}

static enum tl_status choose(struct tl_material *material, tl_store *store, const struct tl_material_wish *wish,
                             struct tl_error *err)
{
    enum tl_status status;

    if (wish->repeated) {
        material->variants = wish->variants;
        return take_repeated(material, store, wish->repeated, err);
    }
    status = choose_feature_set(material, store, wish->features, err);
    return status == TL_OK ? choose_augmentation(material, store, wish, err) : status;
}

static enum tl_status read_all(struct tl_material *material, struct tl_store_damages *damages, tl_store *store,
                               const struct tl_material_wish *wish, struct tl_error *err)
{
    struct tl_samples_source source = {0};
    struct tl_stream_wish stream;
    enum tl_status status = choose(material, store, wish, err);

    if (status != TL_OK)
        return status;
    material->channel_count = (size_t)material->feature_set->channels;
    material->feature_count = (size_t)material->feature_set->height * material->feature_set->width * material->channel_count;
    status = select_photos(material, store, wish, err);
    if (status == TL_OK)
        status = tl_store_compute_digest(store, material->store_digest, err);
    if (status != TL_OK)
        return status;
    memcpy(damages->feature_set_digest, material->feature_set->digest, sizeof damages->feature_set_digest);
    source.feature_set_id = material->feature_set->feature_set_id;
    source.augmentation_id = material->augmentation ? material->augmentation->augmentation_id : 0;
    source.feature_count = material->feature_count;
    if (wish->repeated) {
        source.has_missing = true;
        source.variant_limit = wish->repeated->variant_max > 0 ? (uint32_t)wish->repeated->variant_max : 0;
    }
    stream = (struct tl_stream_wish){.channel_count = material->channel_count,
                                     .memory_bytes = tl_stream_choice_room(wish->memory_bytes),
                                     .thread_count = wish->thread_count > 0 ? wish->thread_count : tl_system_core_count()};
    return tl_stream_choice_load(&material->samples, damages, store, material->selection, &source, &stream, err);
}

enum tl_status tl_material_read(struct tl_material *out, tl_store *store, const struct tl_material_wish *wish,
                                struct tl_error *err)
{
    struct tl_store_damages damages = {.count = 0};
    struct tl_error unrecorded;
    enum tl_status status;

    *out = (struct tl_material){.label_set = wish->data.label_set, .fraction = wish->data.fraction};
    status = tl_store_begin_reading(store, err);
    if (status != TL_OK)
        return status;
    status = read_all(out, &damages, store, wish, err);
    tl_store_end_reading(store);
    if (damages.count > 0)
        status =
            tl_store_tell_damages(&damages, tl_store_put_damages(store, &damages, &unrecorded) == TL_OK ? NULL : &unrecorded, err);
    tl_store_free_damages(&damages);
    return status;
}

/* Items and count as in the samples as stored, another matrix. */
static enum tl_status make_view(struct tl_samples **out, const struct tl_material *material, enum tl_head_pool pool,
                                enum tl_head_transform transform, struct tl_error *err)
{
    const struct tl_samples *samples = material->samples;
    struct tl_samples *view = tl_memory_alloc(1, sizeof *view);
    enum tl_status status;

    if (view)
        view->items = tl_memory_alloc(samples->count, sizeof *view->items);
    if (!view || !view->items) {
        status = tl_error_set_no_memory(err, "a view of the samples", samples->count * sizeof *samples->items);
        goto done;
    }
    memcpy(view->items, samples->items, samples->count * sizeof *samples->items);
    view->count = samples->count;
    status = tl_matrix_derive(&view->matrix, samples->matrix, pool, material->channel_count, transform, err);
    if (status != TL_OK)
        goto done;
    *out = view;
    view = NULL;
done:
    tl_samples_free(view);
    return status;
}

enum tl_status tl_material_view(const struct tl_samples **out, struct tl_material *material, enum tl_head_pool pool,
                                enum tl_head_transform transform, struct tl_error *err)
{
    struct tl_samples **view = &material->views[pool][transform];
    enum tl_status status = TL_OK;

    *out = NULL;
    if (material->samples->stream) {
        *out = material->samples;
        return tl_stream_turn(material->samples, pool == TL_HEAD_POOL_AVG ? material->channel_count : material->feature_count, pool,
                              transform, err);
    }
    if (pool == TL_HEAD_POOL_NONE && transform == TL_HEAD_TRANSFORM_NONE) {
        *out = material->samples;
        return TL_OK;
    }
    if (!*view)
        status = make_view(view, material, pool, transform, err);
    *out = *view;
    return status;
}

void tl_material_release(struct tl_material *material)
{
    for (size_t pool = 0; pool < TL_MATERIAL_POOLS; pool++)
        for (size_t transform = 0; transform < TL_MATERIAL_TRANSFORMS; transform++)
            tl_samples_free(material->views[pool][transform]);
    tl_samples_free(material->samples);
    tl_dataset_release(&material->dataset);
    tl_store_free_augmentations(material->augmentations, material->augmentation_count);
    tl_store_free_feature_sets(material->feature_sets, material->feature_set_count);
    *material = (struct tl_material){.feature_set = NULL};
}
