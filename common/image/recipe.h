/* recipe.h - how a photo becomes the network's input: every choice that changes a pixel, as one value with a digest.
 *
 * The canonical JSON (keys sorted, no spaces) is what the store keeps and what the digest is of; reading it back is
 * strict, so that a recipe in a store is one this program can carry out, or is refused.
 */
#ifndef TL_IMAGE_RECIPE_H
#define TL_IMAGE_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"

enum tl_resize { TL_RESIZE_NEAREST, TL_RESIZE_BILINEAR, TL_RESIZE_AREA, TL_RESIZE_LANCZOS3 };
enum tl_exif { TL_EXIF_IGNORE, TL_EXIF_APPLY };
enum tl_preprocess { TL_PREPROCESS_CAFFE, TL_PREPROCESS_RESCALE };

/* Words for the options and the JSON, in enum order, NULL-terminated. */
extern const char *const tl_recipe_resize_names[];
extern const char *const tl_recipe_exif_names[];
extern const char *const tl_recipe_preprocess_names[];

enum {
    TL_RECIPE_COMPAT_VERSION = 1, /* raised when our code changes the pixels of an unchanged recipe; then also current_versions in
                                     schema/views.sql, and the schema's version, by which stores get their views */
    TL_RECIPE_SIZE_PX = 224,
    TL_RECIPE_CROP_SHORT_SIDE_PX = 256,
    TL_RECIPE_JSON_BYTES = 256
};

struct tl_recipe {
    enum tl_exif exif;
    enum tl_resize resize;
    bool crop; /* short side to 256, then the centre 224 x 224; else stretched to 224 x 224 */
    enum tl_preprocess preprocess;
    uint32_t size_px; /* 224 */
    /* A large JPEG is decoded at 1/2, 1/4 or 1/8 of its size where at least twice the pixels that are needed remain, and
     * antialiased from there: other pixels in a fraction of the time. Not with nearest, whose pixels are the full photo's. */
    bool shrink_on_load;
    /* Fixed for now, and said in the JSON: alpha is dropped, 16-bit grey clips at 255, 16-bit colour keeps its high byte
     * (Pillow's, so Keras's). */
};

/* Keras's load_img(target_size=(224, 224)): nearest, stretched, EXIF ignored; caffe preprocessing. */
void tl_recipe_init(struct tl_recipe *out);

/* {"alpha":"drop","compat":1,"crop":false,"exif":"ignore","preprocess":"caffe","resize":"nearest","sixteen_bit":"clip","size":224},
 * and before sixteen_bit "shrink_on_load":true where it is, so that other recipes' texts are as they were. */
void tl_recipe_to_json(char out[TL_RECIPE_JSON_BYTES], const struct tl_recipe *recipe);
/* Fails with: TL_BAD_INPUT (choices that exclude each other). */
TL_MUST_USE enum tl_status tl_recipe_check(const struct tl_recipe *recipe, struct tl_error *err);
/* Fails with: TL_BAD_INPUT (a recipe this program cannot carry out). */
TL_MUST_USE enum tl_status tl_recipe_from_json(struct tl_recipe *out, const char *json, struct tl_error *err);
/* SHA-256 of the canonical JSON. */
void tl_recipe_digest(uint8_t out[TL_DIGEST_BYTES], const struct tl_recipe *recipe);

#endif
