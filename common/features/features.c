/* features.c - image and network put together, with one recipe for all who come here. */
#include "common/features/features.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/features/choice.h"
#include "common/image/augment.h"
#include "common/network/backbone.h"
#include "common/network/plan.h"

enum { FLOAT32, FLOAT16 };
const char *const tl_features_stored_types[] = {[FLOAT32] = "float32", [FLOAT16] = "float16", NULL};

struct tl_features {
    struct tl_recipe recipe;
    char *weights_path;
    tl_backbone *backbone;
    tl_plan *plan;
    size_t stored_type; /* index above */
};

struct tl_features_session {
    const tl_features *features;
    tl_workspace *workspace;
    float *input; /* of tl_features_of_path() and _bytes() */
};

static size_t count_floats(struct tl_shape shape)
{
    return (size_t)shape.height * shape.width * shape.channels;
}

/* Where `make weights` puts them. */
static enum tl_status name_usual_weights(char **out, const char *network, struct tl_error *err)
{
    char file_name[NAME_MAX + 1];
    const int length = snprintf(file_name, sizeof file_name, "%s.h5", network);
    if (length < 0 || (size_t)length >= sizeof file_name || strchr(network, '/') != NULL)
        return tl_error_set(err, TL_BAD_INPUT, "'%.40s' is not the name of a network", network);
    return tl_system_weights_path(out, file_name, err);
}

enum tl_status tl_features_find_weights(char **out, const char *given, const char *network, struct tl_error *err)
{
    const char *named = given != NULL ? given : getenv("TL_WEIGHTS");
    enum tl_status status = TL_OK;
    *out = NULL;
    if (named == NULL || *named == '\0')
        status = name_usual_weights(out, network, err);
    else if ((*out = tl_memory_copy_string(named)) == NULL)
        status = tl_error_set_no_memory(err, "the path of the weights", strlen(named) + 1);
    if (status == TL_OK && access(*out, F_OK) != 0) {
        status = tl_error_set(err, TL_NOT_FOUND,
                              "there are no weights at %s: `make weights` gets them, --weights FILE names others", *out);
        tl_memory_free(*out);
        *out = NULL;
    }
    return status;
}

enum tl_status tl_features_create(tl_features **out, const struct tl_recipe *recipe, const char *network,
                                  const char *weights_path, const struct tl_features_wish *wish, struct tl_error *err)
{
    const struct tl_network *table = tl_network_find(network);
    const struct tl_conv_kernel *kernel;
    tl_features *features = NULL;
    *out = NULL;
    if (table == NULL)
        return tl_error_set(err, TL_NOT_FOUND, "there is no network called '%s'", network);
    enum tl_status status = tl_features_choose_kernel(&kernel, wish, err);
    if (status != TL_OK)
        return status;
    features = tl_memory_alloc(1, sizeof *features);
    if (features == NULL) {
        status = tl_error_set_no_memory(err, "a feature extractor", sizeof *features);
        goto done;
    }
    features->recipe = *recipe;
    features->weights_path = tl_memory_copy_string(weights_path);
    if (features->weights_path == NULL) {
        status = tl_error_set_no_memory(err, "the path of the weights", strlen(weights_path) + 1);
        goto done;
    }
    status = tl_photo_start(err); /* before the first thread, which reading the weights starts */
    if (status != TL_OK)
        goto done;
    status = tl_backbone_read(&features->backbone, table, weights_path, err);
    if (status != TL_OK)
        goto done;
    const struct tl_shape input = {recipe->size_px, recipe->size_px, table->channels};
    const bool is_for_few = wish != NULL && wish->is_for_few;
    status = tl_plan_create(&features->plan, features->backbone, kernel, &input, is_for_few ? TL_CONV_FEW : TL_CONV_BATCHES, err);
    if (status != TL_OK)
        goto done;
    if (!is_for_few) {
        tl_backbone_drop_weights(features->backbone);
        status = tl_features_confirm(features, err);
        if (status != TL_OK)
            goto done;
    }
    *out = features;
    features = NULL;
done:
    tl_features_free(features);
    return status;
}

void tl_features_free(tl_features *features)
{
    if (features == NULL)
        return;
    tl_plan_free(features->plan);
    tl_backbone_free(features->backbone);
    tl_memory_free(features->weights_path);
    tl_memory_free(features);
}

enum tl_status tl_features_confirm(const tl_features *features, struct tl_error *err)
{
    const enum tl_status status = tl_backbone_check(features->backbone, err);
    if (status == TL_OK)
        return TL_OK;
    return tl_error_prefix(err, "%s does not hold the weights of %s", features->weights_path,
                           tl_backbone_network(features->backbone)->name);
}

enum tl_status tl_features_set_stored_type(tl_features *features, const char *stored_type, struct tl_error *err)
{
    size_t i = 0;
    while (tl_features_stored_types[i] != NULL && strcmp(tl_features_stored_types[i], stored_type) != 0)
        i++;
    if (tl_features_stored_types[i] == NULL)
        return tl_error_set(err, TL_BAD_INPUT, "features stored as '%.40s', which this program does not know", stored_type);
    features->stored_type = i;
    return TL_OK;
}

struct tl_features_identity tl_features_identify(const tl_features *features)
{
    const struct tl_network *network = tl_backbone_network(features->backbone);
    const struct tl_shape shape = tl_plan_feature_shape(features->plan);
    return (struct tl_features_identity){
        .network = network->name,
        .tensors_sha256 = tl_backbone_tensors_sha256(features->backbone),
        .layer = network->layers[network->feature_layer].name,
        .arithmetic = tl_plan_arithmetic(features->plan),
        .stored_type = tl_features_stored_types[features->stored_type],
        .height = shape.height,
        .width = shape.width,
        .channels = shape.channels,
    };
}

const struct tl_recipe *tl_features_recipe(const tl_features *features)
{
    return &features->recipe;
}

size_t tl_features_input_count(const tl_features *features)
{
    return count_floats(tl_plan_input_shape(features->plan));
}

size_t tl_features_vector_count(const tl_features *features)
{
    return count_floats(tl_plan_feature_shape(features->plan));
}

enum tl_status tl_features_prepare(const tl_features *features, float *input, const uint8_t *pixels,
                                   const struct tl_variant *variant, struct tl_error *err)
{
    const struct tl_recipe *recipe = &features->recipe;
    const enum tl_status status = tl_augment_apply(input, pixels, recipe->size_px, variant, err);
    if (status == TL_OK)
        tl_augment_preprocess(input, recipe->size_px, recipe->preprocess);
    return status;
}

enum tl_status tl_features_session_create(tl_features_session **out, const tl_features *features, size_t thread_count,
                                          struct tl_error *err)
{
    const size_t input_count = tl_features_input_count(features);
    enum tl_status status;
    tl_features_session *session = tl_memory_alloc(1, sizeof *session);
    *out = NULL;
    if (session != NULL)
        session->input = tl_memory_alloc_aligned(input_count, sizeof *session->input);
    if (session == NULL || session->input == NULL) {
        status = tl_error_set_no_memory(err, "a network's input", input_count * sizeof(float));
        goto done;
    }
    session->features = features;
    status = tl_workspace_create(&session->workspace, features->plan, thread_count, err);
    if (status != TL_OK)
        goto done;
    *out = session;
    session = NULL;
done:
    tl_features_session_free(session);
    return status;
}

void tl_features_session_free(tl_features_session *session)
{
    if (session == NULL)
        return;
    tl_workspace_free(session->workspace);
    tl_memory_free(session->input);
    tl_memory_free(session);
}

void tl_features_run(tl_features_session *session, float *vectors, const float *inputs, size_t count)
{
    const tl_features *features = session->features;
    tl_plan_run(features->plan, session->workspace, vectors, inputs, count);
    if (features->stored_type == FLOAT16)
        tl_half_round(vectors, count * tl_features_vector_count(features));
}

/* The vector of a photo that was read, if it was. */
static enum tl_status run_photo(tl_features_session *session, enum tl_status read_status, const struct tl_photo *photo,
                                float *vector, struct tl_error *err)
{
    struct tl_variant plain;
    enum tl_status status = read_status;
    tl_variant_init_plain(&plain);
    if (status == TL_OK)
        status = tl_features_prepare(session->features, session->input, photo->pixels, &plain, err);
    if (status == TL_OK)
        tl_features_run(session, vector, session->input, 1);
    return status;
}

enum tl_status tl_features_of_bytes(tl_features_session *session, struct tl_photo *photo, float *vector, const void *bytes,
                                    size_t size_bytes, struct tl_error *err)
{
    return run_photo(session, tl_photo_decode(photo, bytes, size_bytes, &session->features->recipe, err), photo, vector, err);
}

enum tl_status tl_features_of_path(tl_features_session *session, struct tl_photo *photo, float *vector, const char *path,
                                   struct tl_error *err)
{
    return run_photo(session, tl_photo_read(photo, path, &session->features->recipe, err), photo, vector, err);
}
