/* augmentation.c - see augmentation.h. */
#include "common/image/augmentation.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/image/recipe.h"

static const double SHEAR_DEGREES_MAX = 89; /* at 90 the photo collapses to a line */
static const double ZOOM_BOTH_MAX = 10;

void tl_augmentation_init_mild(struct tl_augmentation *out)
{
    memset(out, 0, sizeof *out);
    out->zoom_both[0] = 0.75;
    out->zoom_both[1] = 1.05;
    out->flip_horizontal = true;
}

void tl_augmentation_init_keras(struct tl_augmentation *out)
{
    memset(out, 0, sizeof *out);
    out->shear_degrees = 0.5;
    out->zoom = 0.7;
    out->zoom_both[0] = out->zoom_both[1] = 1;
    out->flip_horizontal = out->flip_vertical = true;
}

static bool is_alike(const struct tl_augmentation *a, const struct tl_augmentation *b)
{
    return a->shear_degrees == b->shear_degrees && a->zoom == b->zoom && a->zoom_both[0] == b->zoom_both[0] &&
           a->zoom_both[1] == b->zoom_both[1] && a->flip_horizontal == b->flip_horizontal && a->flip_vertical == b->flip_vertical;
}

const char *tl_augmentation_name(const struct tl_augmentation *augmentation)
{
    struct tl_augmentation mild, keras;

    tl_augmentation_init_mild(&mild);
    tl_augmentation_init_keras(&keras);
    return is_alike(augmentation, &mild) ? "mild" : is_alike(augmentation, &keras) ? "keras" : "custom";
}

static bool has_zoom_both(const struct tl_augmentation *augmentation)
{
    return !(augmentation->zoom_both[0] == 1 && augmentation->zoom_both[1] == 1);
}

/* Comparisons are written so that NaN fails them. */
enum tl_status tl_augmentation_check(const struct tl_augmentation *augmentation, struct tl_error *err)
{
    const double *both = augmentation->zoom_both;

    if (!(augmentation->shear_degrees >= 0 && augmentation->shear_degrees <= SHEAR_DEGREES_MAX))
        return tl_error_set(err, TL_BAD_INPUT, "shear is %g degrees; it is between 0 and %g", augmentation->shear_degrees,
                            SHEAR_DEGREES_MAX);
    if (!(augmentation->zoom >= 0 && augmentation->zoom < 1))
        return tl_error_set(err, TL_BAD_INPUT, "zoom is %g; it is at least 0 and below 1", augmentation->zoom);
    if (!(both[0] > 0 && both[0] <= both[1] && both[1] <= ZOOM_BOTH_MAX))
        return tl_error_set(err, TL_BAD_INPUT, "zoom for both axes is %g to %g; it is MIN to MAX, above 0 and at most %g", both[0],
                            both[1], ZOOM_BOTH_MAX);
    if (augmentation->zoom > 0 && has_zoom_both(augmentation))
        return tl_error_set(err, TL_BAD_INPUT, "zoom (%g) and zoom for both axes (%g to %g) exclude each other", augmentation->zoom,
                            both[0], both[1]);
    return TL_OK;
}

void tl_augmentation_to_json(char out[TL_AUGMENTATION_JSON_BYTES], const struct tl_augmentation *augmentation)
{
    char shear[TL_TEXT_NUMBER_BYTES], zoom[TL_TEXT_NUMBER_BYTES], least[TL_TEXT_NUMBER_BYTES], most[TL_TEXT_NUMBER_BYTES];
    int length;

    /* Adding zero makes zero of minus zero. */
    tl_text_shortest_number(shear, augmentation->shear_degrees + 0.0);
    tl_text_shortest_number(zoom, augmentation->zoom + 0.0);
    tl_text_shortest_number(least, augmentation->zoom_both[0] + 0.0);
    tl_text_shortest_number(most, augmentation->zoom_both[1] + 0.0);
    length = snprintf(out, TL_AUGMENTATION_JSON_BYTES,
                      "{\"draw\":%d,\"fill\":\"nearest\",\"flip_horizontal\":%s,\"flip_vertical\":%s,\"order\":1,\"seed\":%" PRIu64
                      ",\"shear_degrees\":%s,\"zoom\":%s,\"zoom_both\":[%s,%s]}",
                      TL_AUGMENTATION_DRAW_VERSION, augmentation->flip_horizontal ? "true" : "false",
                      augmentation->flip_vertical ? "true" : "false", augmentation->seed, shear, zoom, least, most);
    assert(length > 0 && length < TL_AUGMENTATION_JSON_BYTES);
    (void)length;
}

/* Reads generously, then insists that the text be the very one that would be written. */
enum tl_status tl_augmentation_from_json(struct tl_augmentation *out, const char *json, struct tl_error *err)
{
    struct tl_augmentation augmentation;
    char horizontal[6], vertical[6], again[TL_AUGMENTATION_JSON_BYTES];
    int draw = 0;

    memset(&augmentation, 0, sizeof augmentation);
    if (sscanf(json,
               "{\"draw\":%9d,\"fill\":\"nearest\",\"flip_horizontal\":%5[a-z],\"flip_vertical\":%5[a-z],\"order\":1,\"seed\":%"
               "20" SCNu64 ",\"shear_degrees\":%30lf,\"zoom\":%30lf,\"zoom_both\":[%30lf,%30lf]}",
               &draw, horizontal, vertical, &augmentation.seed, &augmentation.shear_degrees, &augmentation.zoom,
               &augmentation.zoom_both[0], &augmentation.zoom_both[1]) != 8)
        return tl_error_set(err, TL_BAD_INPUT, "the augmentation %.300s is not one this version can carry out", json);
    augmentation.flip_horizontal = strcmp(horizontal, "true") == 0;
    augmentation.flip_vertical = strcmp(vertical, "true") == 0;
    if (tl_augmentation_check(&augmentation, err) != TL_OK)
        return TL_BAD_INPUT;
    tl_augmentation_to_json(again, &augmentation);
    if (strcmp(again, json) != 0)
        return tl_error_set(err, TL_BAD_INPUT, "the augmentation %.300s is not one this version can carry out", json);
    *out = augmentation;
    return TL_OK;
}

void tl_augmentation_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_augmentation *augmentation)
{
    char text[TL_AUGMENTATION_JSON_BYTES];

    tl_augmentation_to_json(text, augmentation);
    tl_digest_bytes(out, text, strlen(text));
}

void tl_variant_init_plain(struct tl_variant *out)
{
    memset(out, 0, sizeof *out);
    out->zoom_x = out->zoom_y = 1;
}

/* The place of a window `zoom` times as large as the photo, uniform over where it fits inside; centred where it does not. */
static double place_window(double zoom, double u)
{
    return zoom < 1 ? (2 * u - 1) * (1 - zoom) * (TL_RECIPE_SIZE_PX - 1) / 2 : 0;
}

void tl_variant_draw(struct tl_variant *out, const struct tl_augmentation *augmentation,
                     const uint8_t content_sha256[TL_DIGEST_BYTES], uint32_t index)
{
    uint64_t seed = augmentation->seed;
    double u;

    assert(index >= 1);
    tl_variant_init_plain(out);
    out->index = index;
    if (augmentation->shear_degrees > 0)
        out->shear_degrees = (2 * tl_random_draw(seed, content_sha256, index, "shear") - 1) * augmentation->shear_degrees;
    if (has_zoom_both(augmentation)) {
        u = tl_random_draw(seed, content_sha256, index, "zoom");
        out->zoom_x = out->zoom_y = augmentation->zoom_both[0] + (augmentation->zoom_both[1] - augmentation->zoom_both[0]) * u;
        out->shift_x_px = place_window(out->zoom_x, tl_random_draw(seed, content_sha256, index, "shift_x"));
        out->shift_y_px = place_window(out->zoom_y, tl_random_draw(seed, content_sha256, index, "shift_y"));
    } else if (augmentation->zoom > 0) {
        out->zoom_x = 1 + (2 * tl_random_draw(seed, content_sha256, index, "zoom_x") - 1) * augmentation->zoom;
        out->zoom_y = 1 + (2 * tl_random_draw(seed, content_sha256, index, "zoom_y") - 1) * augmentation->zoom;
    }
    if (augmentation->flip_horizontal)
        out->flip_horizontal = tl_random_draw(seed, content_sha256, index, "flip_horizontal") < 0.5;
    if (augmentation->flip_vertical)
        out->flip_vertical = tl_random_draw(seed, content_sha256, index, "flip_vertical") < 0.5;
}
