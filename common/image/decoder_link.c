/* decoder_link.c - see decoder_link.h. */
#include "common/image/decoder_link.h"

#include <assert.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "common/image/decoder_process.h"
#include "common/image/photo_check.h"

enum { SLICE_MS = 100 }; /* waiting is counted in these: one that took longer is one in which this process stood still */
static const double CPU_SECONDS_MAX = 1e6;

static bool send_request(struct tl_decoder_link *link, const char *path)
{
    struct tl_decoder_request request = {.number = ++link->number, .recipe = link->recipe};
    const size_t path_bytes = strlen(path) + 1;

    assert(path_bytes <= sizeof request.path);
    memcpy(request.path, path, path_bytes);
    return send(link->child.socket, &request, offsetof(struct tl_decoder_request, path) + path_bytes, MSG_NOSIGNAL) > 0;
}

/* ANSWERED once anything has come, which may be the end of the process. */
static enum tl_decoder_link_outcome await_message(const struct tl_decoder_link *link, unsigned ms_max, int interruption)
{
    struct pollfd both[] = {{.fd = link->child.socket, .events = POLLIN}, {.fd = interruption, .events = POLLIN}};
    unsigned ms_left = ms_max;

    while (ms_left > 0) {
        const unsigned slice_ms = ms_left < SLICE_MS ? ms_left : SLICE_MS;

        if (poll(both, 2, (int)slice_ms) > 0)
            return both[1].revents ? TL_DECODER_LINK_INTERRUPTED : TL_DECODER_LINK_ANSWERED;
        ms_left -= slice_ms;
    }
    return TL_DECODER_LINK_LATE;
}

static bool is_possible(const struct tl_decoder_answer *answer)
{
    const enum tl_status status = (enum tl_status)answer->status;

    if (!memchr(answer->message, '\0', sizeof answer->message))
        return false;
    if (!(answer->cpu_seconds >= 0 && answer->cpu_seconds <= CPU_SECONDS_MAX)) /* nor NaN */
        return false;
    return status == TL_OK || status == TL_NOT_FOUND || status == TL_BAD_INPUT || status == TL_IO || status == TL_NO_MEMORY ||
           status == TL_TOO_SLOW;
}

/* Takes the answer of that number, whose status is the error's. */
static enum tl_decoder_link_outcome receive_answer(struct tl_decoder_link *link, uint64_t number, enum tl_status *out_status,
                                                   struct tl_error *err)
{
    struct tl_decoder_answer answer;
    const ssize_t length = recv(link->child.socket, &answer, sizeof answer, MSG_DONTWAIT | MSG_TRUNC);

    if (length <= 0)
        return TL_DECODER_LINK_CRASHED;
    if (length != (ssize_t)sizeof answer || answer.number != number || !is_possible(&answer))
        return TL_DECODER_LINK_NONSENSE;
    link->cpu_seconds += answer.cpu_seconds;
    *out_status = (enum tl_status)answer.status;
    if (*out_status != TL_OK)
        (void)tl_error_set(err, *out_status, "%s", answer.message);
    return TL_DECODER_LINK_ANSWERED;
}

/* A new process first says whether it could start. */
static enum tl_decoder_link_outcome take_greeting(struct tl_decoder_link *link, unsigned ms_max, int interruption,
                                                  struct tl_error *err)
{
    enum tl_status status = TL_OK;
    enum tl_decoder_link_outcome outcome = await_message(link, ms_max, interruption);

    if (outcome == TL_DECODER_LINK_ANSWERED)
        outcome = receive_answer(link, 0, &status, err);
    if (outcome == TL_DECODER_LINK_CRASHED || outcome == TL_DECODER_LINK_NONSENSE)
        return TL_DECODER_LINK_FALSE_START;
    if (outcome == TL_DECODER_LINK_LATE)
        return TL_DECODER_LINK_LATE_START;
    return status == TL_OK ? outcome : TL_DECODER_LINK_REFUSED;
}

static enum tl_decoder_link_outcome take_photo(const struct tl_decoder_link *link, struct tl_photo *out, enum tl_status status)
{
    if (status != TL_OK) {
        memcpy(out->sha256, link->photo->sha256, sizeof out->sha256);
        return TL_DECODER_LINK_ANSWERED;
    }
    *out = *link->photo;
    return tl_photo_check_is_possible(out) ? TL_DECODER_LINK_ANSWERED : TL_DECODER_LINK_NONSENSE;
}

enum tl_decoder_link_outcome tl_decoder_link_ask(struct tl_decoder_link *link, struct tl_photo *out, const char *path,
                                                 const struct tl_decoder_link_limits *limits, int interruption,
                                                 enum tl_status *out_status, struct tl_error *err)
{
    enum tl_decoder_link_outcome outcome = TL_DECODER_LINK_ANSWERED;

    memset(link->photo->sha256, 0, sizeof link->photo->sha256);
    if (link->number == 0) /* before anything is sent: what a dead process has not read would hide what it said */
        outcome = take_greeting(link, limits->start_ms_max, interruption, err);
    if (outcome == TL_DECODER_LINK_ANSWERED && !send_request(link, path))
        outcome = TL_DECODER_LINK_FALSE_START;
    if (outcome == TL_DECODER_LINK_ANSWERED)
        outcome = await_message(link, limits->photo_ms_max, interruption);
    if (outcome == TL_DECODER_LINK_ANSWERED)
        outcome = receive_answer(link, link->number, out_status, err);
    return outcome == TL_DECODER_LINK_ANSWERED ? take_photo(link, out, *out_status) : outcome;
}
