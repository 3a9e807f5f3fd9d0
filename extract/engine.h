/* engine.h - what turns a path into features, as functions, so that the pipeline can be tried with anything.
 *
 * tl_engine_init() gives the real thing: decoders in processes of their own, and the network by common/features.
 */
#ifndef TL_EXTRACT_ENGINE_H
#define TL_EXTRACT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/features/features.h"
#include "common/image/decoders.h"

/* What reads photos. */
struct tl_engine_reader {
    tl_decoders *decoders;          /* borrowed, both; whichever the functions want */
    const struct tl_recipe *recipe;

    /* As tl_photo_read(), or TL_STOPPED after an interruption. Any thread, as all of these. */
    enum tl_status (*read)(const struct tl_engine_reader *reader, struct tl_photo *out, const char *path, struct tl_error *err);
    /* As tl_photo_end_thread(), for threads that read. */
    void (*end_thread)(void);

    /* What only processes of their own need; all three are NULL where the threads themselves read. */
    /* After a read that failed: whether the fault is the photo's (TL_OK), or none can be read any more. */
    enum tl_status (*check)(const struct tl_engine_reader *reader, struct tl_error *err);
    /* Lets reads that are under way end soon. */
    void (*interrupt)(const struct tl_engine_reader *reader);
    /* CPU seconds that reading took so far, but for those of the threads that asked. */
    double (*measure_cpu_seconds)(const struct tl_engine_reader *reader);
};

struct tl_engine {
    struct tl_engine_reader reader;
    const void *context;              /* handed to prepare and open_session */
    size_t input_count, vector_count; /* floats of one input, of one vector */
    bool is_half;                     /* vectors are rounded to float16, and stored as such */

    /* As tl_features_prepare(). Any thread. */
    enum tl_status (*prepare)(const void *context, float *input, const uint8_t *pixels, const struct tl_variant *variant,
                              struct tl_error *err);
    /* As tl_features_session_create(), tl_features_run(); one thread at a time calls a session. */
    enum tl_status (*open_session)(void **out, const void *context, size_t thread_count, struct tl_error *err);
    void (*run)(void *session, float *vectors, const float *inputs, size_t count);
    void (*close_session)(void *session);
};

/* Both are borrowed; without `decoders`, NULL, the threads themselves read. */
void tl_engine_init(struct tl_engine *out, const tl_features *features, tl_decoders *decoders);

#endif
