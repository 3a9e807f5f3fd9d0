/* engine.h - what turns a path into features, as functions, so that the pipeline can be tried with anything.
 *
 * tl_engine_init() gives the real thing: libvips and the network, by common/features.
 */
#ifndef TL_EXTRACT_ENGINE_H
#define TL_EXTRACT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/features/features.h"

struct tl_engine {
    const void *context;              /* handed to read, prepare and open_session */
    size_t input_count, vector_count; /* floats of one input, of one vector */

    /* As tl_photo_read(). Any thread. */
    enum tl_status (*read)(const void *context, struct tl_photo *out, const char *path, struct tl_error *err);
    /* As tl_photo_end_thread(), for threads that read. */
    void (*end_thread)(void);
    /* As tl_features_prepare(). Any thread. */
    enum tl_status (*prepare)(const void *context, float *input, const uint8_t *pixels, const struct tl_variant *variant,
                              struct tl_error *err);
    /* As tl_features_session_create(), tl_features_run(); one thread at a time calls a session. */
    enum tl_status (*open_session)(void **out, const void *context, size_t thread_count, struct tl_error *err);
    void (*run)(void *session, float *vectors, const float *inputs, size_t count);
    void (*close_session)(void *session);
};

/* `features` is borrowed. */
void tl_engine_init(struct tl_engine *out, const tl_features *features);

#endif
