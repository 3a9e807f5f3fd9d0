/* recipe.c - see recipe.h. */
#include "common/image/recipe.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *const tl_recipe_resize_names[] = {"nearest", "bilinear", "area", "lanczos3", NULL};
const char *const tl_recipe_exif_names[] = {"ignore", "apply", NULL};
const char *const tl_recipe_preprocess_names[] = {"caffe", "rescale", NULL};

void tl_recipe_init(struct tl_recipe *out)
{
    memset(out, 0, sizeof *out);
    out->exif = TL_EXIF_IGNORE;
    out->resize = TL_RESIZE_NEAREST;
    out->preprocess = TL_PREPROCESS_CAFFE;
    out->size_px = TL_RECIPE_SIZE_PX;
}

void tl_recipe_to_json(char out[TL_RECIPE_JSON_BYTES], const struct tl_recipe *recipe)
{
    int length = snprintf(out, TL_RECIPE_JSON_BYTES,
                          "{\"alpha\":\"drop\",\"compat\":%d,\"crop\":%s,\"exif\":\"%s\",\"preprocess\":\"%s\",\"resize\":\"%s\","
                          "%s\"sixteen_bit\":\"clip\",\"size\":%u}",
                          TL_RECIPE_COMPAT_VERSION, recipe->crop ? "true" : "false", tl_recipe_exif_names[recipe->exif],
                          tl_recipe_preprocess_names[recipe->preprocess], tl_recipe_resize_names[recipe->resize],
                          recipe->shrink_on_load ? "\"shrink_on_load\":true," : "", (unsigned)recipe->size_px);

    assert(length > 0 && length < TL_RECIPE_JSON_BYTES);
    (void)length;
}

enum tl_status tl_recipe_check(const struct tl_recipe *recipe, struct tl_error *err)
{
    if (recipe->shrink_on_load && recipe->resize == TL_RESIZE_NEAREST)
        return tl_error_set(err, TL_BAD_INPUT, "nearest takes pixels of the full photo, so it cannot shrink on load");
    return TL_OK;
}

/* The n-th of the recipes that can be written, in no order that matters; false past the last. */
static bool choose_recipe(struct tl_recipe *out, unsigned n)
{
    tl_recipe_init(out);
    out->crop = n & 1u;
    out->exif = (n & 2u) ? TL_EXIF_APPLY : TL_EXIF_IGNORE;
    out->preprocess = (n & 4u) ? TL_PREPROCESS_RESCALE : TL_PREPROCESS_CAFFE;
    out->shrink_on_load = n & 8u;
    out->resize = (enum tl_resize)(n / 16);
    return n / 16 <= (unsigned)TL_RESIZE_LANCZOS3;
}

/* The recipes are so few that reading is a search: what equals none of their texts is not one of them. */
enum tl_status tl_recipe_from_json(struct tl_recipe *out, const char *json, struct tl_error *err)
{
    char text[TL_RECIPE_JSON_BYTES];
    struct tl_recipe recipe;

    for (unsigned n = 0; choose_recipe(&recipe, n); n++) {
        tl_recipe_to_json(text, &recipe);
        if (strcmp(text, json) == 0 && tl_recipe_check(&recipe, NULL) == TL_OK) {
            *out = recipe;
            return TL_OK;
        }
    }
    return tl_error_set(err, TL_BAD_INPUT, "the recipe %.200s is not one this version can carry out", json);
}

void tl_recipe_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_recipe *recipe)
{
    char text[TL_RECIPE_JSON_BYTES];

    tl_recipe_to_json(text, recipe);
    tl_digest_bytes(out, text, strlen(text));
}
