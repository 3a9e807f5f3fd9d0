/* engine.c - see engine.h. */
#include "extract/engine.h"

#include <string.h>

static enum tl_status read_here(const struct tl_engine_reader *reader, struct tl_photo *out, const char *path,
                                struct tl_error *err)
{
    return tl_photo_read(out, path, reader->recipe, err);
}

static enum tl_status read_elsewhere(const struct tl_engine_reader *reader, struct tl_photo *out, const char *path,
                                     struct tl_error *err)
{
    return tl_decoders_read(reader->decoders, out, path, err);
}

static void end_nothing(void)
{
}

static enum tl_status check_decoders(const struct tl_engine_reader *reader, struct tl_error *err)
{
    return tl_decoders_check(reader->decoders, err);
}

static void interrupt_decoders(const struct tl_engine_reader *reader)
{
    tl_decoders_interrupt(reader->decoders);
}

static double measure_decoders(const struct tl_engine_reader *reader)
{
    return tl_decoders_cpu_seconds(reader->decoders);
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

void tl_engine_init(struct tl_engine *out, const tl_features *features, tl_decoders *decoders)
{
    *out = (struct tl_engine){
        .reader = {.recipe = tl_features_recipe(features), .read = read_here, .end_thread = tl_photo_end_thread},
        .context = features,
        .input_count = tl_features_input_count(features),
        .vector_count = tl_features_vector_count(features),
        .is_half = strcmp(tl_features_identify(features).stored_type, "float16") == 0,
        .prepare = prepare_variant,
        .open_session = open_session,
        .run = run_session,
        .close_session = close_session,
    };
    if (decoders)
        out->reader = (struct tl_engine_reader){
            .decoders = decoders,
            .read = read_elsewhere,
            .end_thread = end_nothing,
            .check = check_decoders,
            .interrupt = interrupt_decoders,
            .measure_cpu_seconds = measure_decoders,
        };
}
