/* decoders.h - photos read in helper processes, so that one which crashes its decoder, or keeps it for ever, fails alone.
 *
 *     tl_decoders_terms_init(&terms);                                  libvips and its limits; tests put readers of their own
 *     tl_decoders_create(&decoders, thread_count, &recipe, &terms, err);     before libvips, threads and the store
 *     tl_decoders_read(decoders, &photo, path, err);                   any thread, as tl_photo_read()
 *     tl_decoders_interrupt(decoders);                                 any thread: all reads end soon with TL_STOPPED
 *     tl_decoders_free(decoders);                                      no process is left
 *
 * Processes are started when they are wanted, by a nursery (nursery.h), and serve many photos each. One that dies is
 * replaced and the photo tried once more, since machines kill processes for other reasons than their photo; one that takes too long
 * is killed and replaced. Time stands still while this process does not run (Ctrl-Z, a laptop asleep). A photo goes through shared
 * memory. Every field that comes back is checked, and no decoder sees another's photos: crashes, hangs, greed for memory and
 * answers that are none stay with their photo. That is no sandbox: a decoder that a photo has taken over runs as the same user, and
 * can open what that user can.
 */
#ifndef TL_IMAGE_DECODERS_H
#define TL_IMAGE_DECODERS_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/image/photo.h"

typedef struct tl_decoders tl_decoders;

struct tl_decoders_terms {
    enum tl_status (*start)(struct tl_error *err); /* once in each process: tl_photo_start() */
    enum tl_status (*read)(struct tl_photo *out, const char *path, const struct tl_recipe *recipe, struct tl_error *err);
    unsigned start_ms_max;   /* of one process, until it can take photos */
    unsigned photo_ms_max;   /* reading the file included */
    size_t memory_bytes_max; /* of one process; a photo of TL_PHOTO_PIXELS_MAX with alpha and 16 bits takes 2 GB and its file */
};

void tl_decoders_terms_init(struct tl_decoders_terms *out);

/* At most `count` processes, as many as threads will read. Call it from the process's first thread.
 * Fails with: TL_IO (the system gives no process), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_decoders_create(tl_decoders **out, size_t count, const struct tl_recipe *recipe,
                                              const struct tl_decoders_terms *terms, struct tl_error *err);
/* No thread may still read; NULL is fine. */
void tl_decoders_free(tl_decoders *decoders);

/* For photos that are read from now on; any thread. */
void tl_decoders_set_recipe(tl_decoders *decoders, const struct tl_recipe *recipe);

/* Fails with: as tl_photo_read(), and TL_CRASHED (twice), TL_TOO_SLOW, TL_STOPPED (interrupted), TL_IO (see
 * tl_decoders_check()). On failure *out is unspecified but for `sha256`, which is zero where it was not told. */
TL_MUST_USE enum tl_status tl_decoders_read(tl_decoders *decoders, struct tl_photo *out, const char *path, struct tl_error *err);

/* Whether photos can be read at all: to be asked after a read that failed, whose failure is not the photo's otherwise.
 * Fails with: TL_IO (no decoder starts any more, and why). */
TL_MUST_USE enum tl_status tl_decoders_check(tl_decoders *decoders, struct tl_error *err);

/* For good: reads in progress and to come fail with TL_STOPPED. */
void tl_decoders_interrupt(tl_decoders *decoders);

/* CPU seconds that all decoders took for what they have answered, and those that died in all. Any thread. */
double tl_decoders_cpu_seconds(tl_decoders *decoders);

#endif
