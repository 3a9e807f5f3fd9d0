/* features.h - photo + recipe + variant -> feature vector: the only place where image and network meet.
 *
 * Extraction, classification and verification all come through here, so that training and serving cannot
 * preprocess differently.
 *
 *     tl_features_create(&features, &recipe, "vgg16", weights_path, &wish, err);  once; immutable, shared by threads
 *     tl_features_prepare(features, input, pixels, &variant, err);   any thread: augment and preprocess one variant
 *     tl_features_session_create(&session, features, 1, err);        one a thread that asks
 *     tl_features_run(session, vectors, inputs, count);              the network, no failure
 *     tl_features_of_path(session, &photo, vector, path, err);       all of it at once, for one plain photo
 */
#ifndef TL_FEATURES_FEATURES_H
#define TL_FEATURES_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/image/augmentation.h"
#include "common/image/photo.h"
#include "common/image/recipe.h"

typedef struct tl_features tl_features;
typedef struct tl_features_session tl_features_session;

/* What vectors can be rounded to, and stored as: "float32", "float16", NULL. */
extern const char *const tl_features_stored_types[];

/* What identifies a feature set but for the recipe; strings and digest borrowed from tl_features. */
struct tl_features_identity {
    const char *network;             /* "vgg16" */
    const uint8_t *tensors_sha256;   /* of the backbone */
    const char *layer;               /* "block5_pool" */
    const char *arithmetic;          /* "f32-wino6-fma" */
    const char *stored_type;          /* "float32" unless told otherwise */
    uint32_t height, width, channels; /* of the feature: 7, 7, 512 */
};

/* How to compute, as far as the caller cares; all zero takes this machine's default. */
struct tl_features_wish {
    const char *arithmetic; /* what is computed: "f32-wino6-fma", "fast"; NULL: what `kernels` compute */
    /* By what: "winograd-avx2", "openblas", or an arithmetic; NULL: TL_KERNELS where that computes `arithmetic`, else the best that
     * does. */
    const char *kernels;
    bool is_for_few; /* photos: be ready soon rather than fast, and leave the weights to tl_features_confirm() */
};

/* The names of what this machine can compute with, the best first: "f32-wino6-fma, openblas-wino6, ..." and
 * "winograd-avx512, winograd-avx2, openblas, ...". */
void tl_features_append_arithmetics(struct tl_text *text);
void tl_features_append_kernels(struct tl_text *text);

/* Whether this machine has kernels of that name, or for an arithmetic of that name. Fails with: TL_BAD_INPUT (with the names
 * of those it has), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_features_check_kernels(const char *kernels, struct tl_error *err);

/* The file of a network's weights: `given`, else what TL_WEIGHTS names, else "<network>.h5" in the folder of weights; the caller
 * frees. Fails with: TL_NOT_FOUND (no such file, with how to get it), TL_BAD_INPUT (a network whose name can be no file's),
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_features_find_weights(char **out, const char *given, const char *network, struct tl_error *err);

/* Reads the weights and plans the network. `wish` NULL wishes nothing. Starts libvips.
 * Fails with: TL_NOT_FOUND (no weights file, unknown network), TL_BAD_INPUT (weights of another network or, unless it is for
 * few, not finite; an arithmetic or kernels that this machine has not; kernels of another arithmetic), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_features_create(tl_features **out, const struct tl_recipe *recipe, const char *network,
                                              const char *weights_path, const struct tl_features_wish *wish, struct tl_error *err);
void tl_features_free(tl_features *features);

/* From here on all vectors are rounded to this type (common/base/half.h), whoever asks for them, so that a photo that is classified
 * gives what was stored of it for training. Before the first session. Fails with: TL_BAD_INPUT (not one of the above). */
TL_MUST_USE enum tl_status tl_features_set_stored_type(tl_features *features, const char *stored_type, struct tl_error *err);

/* Whether the weights are what a network can have, which with `is_for_few` is found out beside the first photos: what was
 * computed counts for nothing until then. Waits where it must. Any thread. Fails with: TL_BAD_INPUT (a weight that is not a
 * finite number). */
TL_MUST_USE enum tl_status tl_features_confirm(const tl_features *features, struct tl_error *err);

/* Waits for the digest of the weights where it is still being taken, beside what is computed with them. */
struct tl_features_identity tl_features_identify(const tl_features *features);
const struct tl_recipe *tl_features_recipe(const tl_features *features);
/* Floats of one input (224 * 224 * 3) and of one vector (25,088). */
size_t tl_features_input_count(const tl_features *features);
size_t tl_features_vector_count(const tl_features *features);

/* pixels (of a tl_photo) and a variant's parameters -> network input. Any thread. Fails with: as tl_augment_apply(). */
TL_MUST_USE enum tl_status tl_features_prepare(const tl_features *features, float *input, const uint8_t *pixels,
                                               const struct tl_variant *variant, struct tl_error *err);

/* With threads of its own beside the caller's, thread_count >= 1 in all, that work on the same photos together: faster for one
 * photo as for many, and less memory than as many sessions. Fails with: TL_NO_MEMORY (also for threads). */
TL_MUST_USE enum tl_status tl_features_session_create(tl_features_session **out, const tl_features *features, size_t thread_count,
                                                      struct tl_error *err);
void tl_features_session_free(tl_features_session *session);

/* inputs: count x input floats; vectors: count x vector floats, rounded to the stored type. Same bits alone, in any batch, on any
 * thread. */
void tl_features_run(tl_features_session *session, float *vectors, const float *inputs, size_t count);

/* A plain photo from bytes in memory. Fails with: as tl_photo_decode(). */
TL_MUST_USE enum tl_status tl_features_of_bytes(tl_features_session *session, struct tl_photo *photo, float *vector,
                                                const void *bytes, size_t size_bytes, struct tl_error *err);
/* A plain photo from its file. Fails with: as tl_photo_read(). */
TL_MUST_USE enum tl_status tl_features_of_path(tl_features_session *session, struct tl_photo *photo, float *vector,
                                               const char *path, struct tl_error *err);

#endif
