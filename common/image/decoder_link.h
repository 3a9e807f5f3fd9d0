/* decoder_link.h - the owner's end of one decoder process: a path goes out, a photo comes back and is checked.
 *
 * Nothing that comes is believed: an answer has the size and the number it must have, its texts end, its status is one that a
 * reader can have, and the photo is copied before it is checked, because a broken decoder may still write to it. One
 * thread at a time.
 */
#ifndef TL_IMAGE_DECODER_LINK_H
#define TL_IMAGE_DECODER_LINK_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/image/nursery.h"
#include "common/image/photo.h"

/* After all but the first the process is of no use any more. */
enum tl_decoder_link_outcome {
    TL_DECODER_LINK_ANSWERED,    /* the photo, or why it cannot be read */
    TL_DECODER_LINK_CRASHED,     /* it died of the photo */
    TL_DECODER_LINK_NONSENSE,    /* it answered what no decoder answers */
    TL_DECODER_LINK_LATE,        /* it took longer than it may */
    TL_DECODER_LINK_FALSE_START, /* it was dead before it had the photo */
    TL_DECODER_LINK_LATE_START,  /* it was not ready for the photo in time */
    TL_DECODER_LINK_REFUSED,     /* decoding cannot be started there, as the error says */
    TL_DECODER_LINK_INTERRUPTED
};

struct tl_decoder_link {
    struct tl_nursery_child child;
    uint64_t number;         /* of the last request to this process; 0: none yet */
    double cpu_seconds;      /* that this process has told of so far */
    struct tl_recipe recipe; /* of the next request */
    struct tl_photo *photo;  /* shared with it */
};

struct tl_decoder_link_limits {
    unsigned start_ms_max; /* until a new process is ready */
    unsigned photo_ms_max; /* from then on */
};

/* Asks and waits, as long as `interruption` (a descriptor) has nothing to read. Time is counted while this process runs, not
 * while it is stopped or the machine asleep. *out_status and *err are the photo's after ANSWERED; *out as tl_photo_read()'s. */
enum tl_decoder_link_outcome tl_decoder_link_ask(struct tl_decoder_link *link, struct tl_photo *out, const char *path,
                                                 const struct tl_decoder_link_limits *limits, int interruption,
                                                 enum tl_status *out_status, struct tl_error *err);

#endif
