/* augmentation.h - ranges to draw from, and the parameters drawn for one variant.
 *
 * An augmentation is ranges, fill and seed, with a digest like a recipe's. Drawing is a pure function of
 * (augmentation, content, variant index): any variant can be made again from its key, or from its stored parameters.
 * How the parameters act on pixels is augment.h's affair.
 */
#ifndef TL_IMAGE_AUGMENTATION_H
#define TL_IMAGE_AUGMENTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"

enum { TL_AUGMENTATION_DRAW_VERSION = 1, TL_AUGMENTATION_JSON_BYTES = 512 };

struct tl_augmentation {
    uint64_t seed;
    double shear_degrees;            /* drawn uniform in [-s, s]; 0 is none */
    double zoom;                     /* Keras's zoom_range z: two independent factors in [1-z, 1+z]; 0 is none */
    double zoom_both[2];             /* one factor for both axes, uniform in [min, max]; {1, 1} is none. Not together with `zoom` */
    bool flip_horizontal, flip_vertical; /* each with probability one half */
};

/* What was drawn for one variant; index 0 is the plain photo, whose parameters change nothing. */
struct tl_variant {
    uint32_t index;
    double shear_degrees;
    double zoom_x, zoom_y;       /* map output to input, so below 1 magnifies; x is columns */
    double shift_x_px, shift_y_px; /* of the window's centre from the photo's, in input pixels */
    bool flip_horizontal, flip_vertical;
};

/* The default: horizontal flip, zoom_both [0.75, 1.05], seed 0. */
void tl_augmentation_init_mild(struct tl_augmentation *out);
/* The tutorial's: shear 0.5 degrees, zoom 0.7, both flips, seed 0. */
void tl_augmentation_init_keras(struct tl_augmentation *out);

/* "mild" or "keras" where it is that set, whatever the seed; else "custom". Static. */
const char *tl_augmentation_name(const struct tl_augmentation *augmentation);

/* Fails with: TL_BAD_INPUT (zoom and zoom_both together, a range that is not finite or out of bounds). */
TL_MUST_USE enum tl_status tl_augmentation_check(const struct tl_augmentation *augmentation, struct tl_error *err);

void tl_augmentation_to_json(char out[TL_AUGMENTATION_JSON_BYTES], const struct tl_augmentation *augmentation);
/* Strict inverse. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_augmentation_from_json(struct tl_augmentation *out, const char *json, struct tl_error *err);
void tl_augmentation_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_augmentation *augmentation);

/* The plain photo: zoom 1, shear and shift 0, no flips. */
void tl_variant_init_plain(struct tl_variant *out);
/* Draws variant `index` >= 1 of a photo. Parameter names: "shear", "zoom_x", "zoom_y" (or "zoom" for both),
 * "shift_x", "shift_y", "flip_horizontal", "flip_vertical". The window's place is uniform where it fits inside, centred where zoom
 * > 1. */
void tl_variant_draw(struct tl_variant *out, const struct tl_augmentation *augmentation,
                     const uint8_t content_sha256[TL_DIGEST_BYTES], uint32_t index);

#endif
