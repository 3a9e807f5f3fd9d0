/* decoder_process.h - a decoder process from within: it gives up what it does not need, then reads one photo after another.
 *
 * The owner (decoders.c) sends a path as one message, its number and the recipe before it; the answer is one struct, and the photo
 * lies in memory that both share. Before the first answer comes a greeting, number 0, that says whether decoding could be started.
 */
#ifndef TL_IMAGE_DECODER_PROCESS_H
#define TL_IMAGE_DECODER_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/photo.h"

enum { TL_DECODER_PROCESS_PATH_BYTES = 8192 }; /* twice what Linux opens */

struct tl_decoder_request {
    uint64_t number; /* from 1 */
    struct tl_recipe recipe;
    char path[TL_DECODER_PROCESS_PATH_BYTES]; /* sent up to its NUL, and with it */
};

struct tl_decoder_answer {
    uint64_t number;
    double cpu_seconds; /* of the process since its last answer */
    int32_t status;     /* an enum tl_status */
    int32_t reserved;
    char message[TL_ERROR_MESSAGE_BYTES];
};

struct tl_decoder_process {
    enum tl_status (*start)(struct tl_error *err);
    enum tl_status (*read)(struct tl_photo *out, const char *path, const struct tl_recipe *recipe, struct tl_error *err);
    size_t memory_bytes_max; /* of its own, beyond what it has at the start */
    struct tl_photo *photo;  /* shared */
};

/* Serves until the other end of the socket is closed. To be run in a process of its own: afterwards it cannot gain rights,
 * leaves no core file, and is the first that Linux ends where the machine has no memory left. */
void tl_decoder_process_run(const struct tl_decoder_process *process, int socket);

#endif
