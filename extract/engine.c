/* engine.c - see engine.h. */
#include "extract/engine.h"

static enum tl_status read_photo(const void *context, struct tl_photo *out, const char *path, struct tl_error *err)
{
    return tl_photo_read(out, path, tl_features_recipe(context), err);
}

static enum tl_status prepare_variant(const void *context, float *input, const uint8_t *pixels, const struct tl_variant *variant,
                                      struct tl_error *err)
{
    return tl_features_prepare(context, input, pixels, variant, err);
}

static enum tl_status open_session(void **out, const void *context, size_t thread_count, struct tl_error *err)
{
    tl_features_session *session = NULL;
    enum tl_status status = tl_features_session_create(&session, context, thread_count, err);

    *out = session;
    return status;
}

static void run_session(void *session, float *vectors, const float *inputs, size_t count)
{
    tl_features_run(session, vectors, inputs, count);
}

static void close_session(void *session)
{
    tl_features_session_free(session);
}

void tl_engine_init(struct tl_engine *out, const tl_features *features)
{
    *out = (struct tl_engine){
        .context = features,
        .input_count = tl_features_input_count(features),
        .vector_count = tl_features_vector_count(features),
        .read = read_photo,
        .end_thread = tl_photo_end_thread,
        .prepare = prepare_variant,
        .open_session = open_session,
        .run = run_session,
        .close_session = close_session,
    };
}
