/* recompute.c - see recompute.h. */
#include "serve/store/recompute.h"

#include <string.h>

#include "common/base/memory.h"

static void close_set(struct tl_recompute *recompute)
{
    tl_features_session_free(recompute->session);
    tl_features_free(recompute->features);
    tl_memory_free(recompute->input);
    tl_memory_free(recompute->photo_path);
    recompute->session = NULL;
    recompute->features = NULL;
    recompute->input = NULL;
    recompute->photo_path = NULL;
    recompute->feature_set_id = 0;
}

void tl_recompute_close(struct tl_recompute *recompute)
{
    close_set(recompute);
    tl_memory_free(recompute->photo);
    recompute->photo = NULL;
    if (recompute->has_started) {
        tl_photo_end_thread();
        tl_photo_stop();
    }
    recompute->has_started = false;
}

static enum tl_status check_weights(const tl_features *features, const struct tl_store_feature_set *set, struct tl_error *err)
{
    const struct tl_features_identity identity = tl_features_identify(features);

    if (memcmp(identity.tensors_sha256, set->tensors_sha256, TL_DIGEST_BYTES) != 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "the weights here are not those of the store's features (--weights FILE names others)");
    if (strcmp(identity.layer, set->layer) != 0 || identity.height != set->height || identity.width != set->width ||
        identity.channels != set->channels)
        return tl_error_set(err, TL_BAD_INPUT, "the features are of the layer %s, which is not what %s gives here", set->layer,
                            set->network);
    return TL_OK;
}

/* Everything that this feature set needs; a failure but for want of memory says why this machine cannot compute it. */
static enum tl_status open_set(struct tl_recompute *recompute, const struct tl_store_feature_set *set, struct tl_error *err)
{
    const struct tl_features_wish wish = {.arithmetic = set->arithmetic};
    struct tl_recipe recipe;
    char *weights_path = NULL;
    enum tl_status status = tl_recipe_from_json(&recipe, set->input_json, err);

    if (status == TL_OK)
        status = tl_features_find_weights(&weights_path, recompute->weights_path, set->network, err);
    if (status == TL_OK)
        status = tl_features_create(&recompute->features, &recipe, set->network, weights_path, &wish, err);
    if (status == TL_OK)
        status = tl_features_set_stored_type(recompute->features, set->stored_type, err);
    tl_memory_free(weights_path);
    if (status != TL_OK)
        return status;
    recompute->has_started = true;
    status = check_weights(recompute->features, set, err);
    if (status == TL_OK)
        status = tl_features_session_create(&recompute->session, recompute->features, recompute->thread_count, err);
    if (status != TL_OK)
        return status;
    recompute->input = tl_memory_alloc(tl_features_input_count(recompute->features), sizeof *recompute->input);
    if (!recompute->photo)
        recompute->photo = tl_memory_alloc(1, sizeof *recompute->photo);
    if (!recompute->input || !recompute->photo)
        return tl_error_set_no_memory(err, "a photo", sizeof *recompute->photo);
    return TL_OK;
}

/* A failure that is not the photo's is said by *err and returned; the photo's is *out_status. */
static enum tl_status decode(struct tl_recompute *recompute, enum tl_status *out_status, struct tl_error *why, const char *path,
                             struct tl_error *err)
{
    const struct tl_recipe *recipe = tl_features_recipe(recompute->features);

    memset(recompute->photo->sha256, 0, sizeof recompute->photo->sha256);
    if (!recompute->decoders) {
        *out_status = tl_photo_read(recompute->photo, path, recipe, why);
    } else {
        tl_decoders_set_recipe(recompute->decoders, recipe);
        *out_status = tl_decoders_read(recompute->decoders, recompute->photo, path, why);
    }
    if (*out_status == TL_NO_MEMORY)
        return tl_error_set(err, TL_NO_MEMORY, "%s", why->message);
    return *out_status != TL_OK && recompute->decoders ? tl_decoders_check(recompute->decoders, err) : TL_OK;
}

/* The item's photo, if its file is there and as it was; else *out says. */
static enum tl_status read_photo(struct tl_recompute *recompute, struct tl_store_recomputed *out,
                                 const struct tl_store_recheck_item *item, struct tl_error *err)
{
    enum tl_status status, read_status = TL_OK;

    if (recompute->photo_path && strcmp(recompute->photo_path, item->path) == 0)
        return TL_OK;
    tl_memory_free(recompute->photo_path);
    recompute->photo_path = NULL;
    status = decode(recompute, &read_status, &out->why, item->path, err);
    if (status != TL_OK)
        return status;
    if (memcmp(recompute->photo->sha256, item->sha256, TL_DIGEST_BYTES) != 0) {
        const uint8_t none[TL_DIGEST_BYTES] = {0};

        out->outcome = memcmp(recompute->photo->sha256, none, sizeof none) == 0 ? TL_STORE_RECHECK_GONE : TL_STORE_RECHECK_CHANGED;
        if (out->outcome == TL_STORE_RECHECK_CHANGED)
            (void)tl_error_set(&out->why, TL_BAD_INPUT, "the file has changed since its features were computed");
        return TL_OK;
    }
    if (read_status != TL_OK) { /* the same bytes could be decoded once */
        out->outcome = TL_STORE_RECHECK_GONE;
        return TL_OK;
    }
    recompute->photo_path = tl_memory_copy_string(item->path);
    return recompute->photo_path ? TL_OK : tl_error_set_no_memory(err, "a path", strlen(item->path) + 1);
}

enum tl_status tl_recompute_feature(void *context, struct tl_store_recomputed *out, const struct tl_store_recheck_item *item,
                                    struct tl_error *err)
{
    struct tl_recompute *recompute = context;
    const struct tl_store_variant *drawn = &item->variant;
    const struct tl_variant variant = {drawn->index,      drawn->shear_degrees, drawn->zoom_x,          drawn->zoom_y,
                                       drawn->shift_x_px, drawn->shift_y_px,    drawn->flip_horizontal, drawn->flip_vertical};
    enum tl_status status = TL_OK;

    if (recompute->feature_set_id != item->set->feature_set_id) {
        close_set(recompute);
        status = open_set(recompute, item->set, &out->why);
        if (status == TL_NO_MEMORY)
            return tl_error_set(err, status, "%s", out->why.message);
        if (status != TL_OK) {
            close_set(recompute);
            out->outcome = TL_STORE_RECHECK_UNABLE;
            return TL_OK;
        }
        recompute->feature_set_id = item->set->feature_set_id;
    }
    out->outcome = TL_STORE_RECHECK_COMPUTED;
    status = read_photo(recompute, out, item, err);
    if (status != TL_OK || out->outcome != TL_STORE_RECHECK_COMPUTED)
        return status;
    memcpy(out->pixels_digest, recompute->photo->pixels_digest, sizeof out->pixels_digest);
    status = tl_features_prepare(recompute->features, recompute->input, recompute->photo->pixels, &variant, &out->why);
    if (status != TL_OK) { /* parameters that no draw gives */
        out->outcome = TL_STORE_RECHECK_UNABLE;
        return status == TL_NO_MEMORY ? tl_error_set(err, status, "%s", out->why.message) : TL_OK;
    }
    tl_features_run(recompute->session, out->values, recompute->input, 1);
    return TL_OK;
}
