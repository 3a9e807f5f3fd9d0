/* decoders.c - see decoders.h. Who reads has a seat to itself meanwhile: a process, its socket and its piece of shared memory. */
#include "common/image/decoders.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/image/decoder_link.h"
#include "common/image/decoder_process.h"
#include "common/image/nursery.h"

enum {
    PATIENCE_MS = 100,     /* between tries to start a process */
    RAISE_TRIES_MAX = 100, /* while no decoder lives */
    FALSE_STARTS_MAX = 3,  /* for one photo */
    CRASHES_MAX = 2,       /* of one photo */
    START_MS_MAX = 60000,
};
static const size_t MEMORY_BYTES_MAX = (size_t)4 << 30;

struct seat {
    struct tl_decoder_link link; /* to no process where its child.pid is 0 */
    bool is_taken;
};

struct tl_decoders {
    struct tl_decoders_terms terms;
    size_t count, stride_bytes; /* from one photo to the next, in whole pages */
    uint8_t *photos;            /* shared */
    int interruption;           /* an eventfd, readable once interrupted */

    /* Guarded by the mutex, but for what belongs to a taken seat. */
    pthread_mutex_t mutex;
    struct tl_recipe recipe;
    pthread_cond_t has_free_seat;
    tl_nursery *nursery;
    bool is_interrupted;
    struct tl_error breakdown; /* why no decoder starts any more; its status is TL_OK before */
    double cpu_seconds;
    struct seat *seats; /* `count` */
};

void tl_decoders_terms_init(struct tl_decoders_terms *out)
{
    *out = (struct tl_decoders_terms){tl_photo_start, tl_photo_read, START_MS_MAX, TL_PHOTO_SECONDS_MAX * 1000, MEMORY_BYTES_MAX};
}

/* In a decoder: only its own photo stays mapped. */
static void serve(const void *context, size_t index, int socket)
{
    const struct tl_decoders *decoders = context;
    const size_t before_bytes = index * decoders->stride_bytes, until_bytes = before_bytes + decoders->stride_bytes;
    const size_t after_bytes = decoders->count * decoders->stride_bytes - until_bytes;
    const struct tl_decoder_process process = {decoders->terms.start, decoders->terms.read, decoders->terms.memory_bytes_max,
                                               (struct tl_photo *)(void *)(decoders->photos + before_bytes)};

    if (before_bytes > 0)
        (void)munmap(decoders->photos, before_bytes);
    if (after_bytes > 0)
        (void)munmap(decoders->photos + until_bytes, after_bytes);
    tl_decoder_process_run(&process, socket);
}

static enum tl_status map_photos(tl_decoders *decoders, struct tl_error *err)
{
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    const size_t pages = (sizeof(struct tl_photo) + page_bytes - 1) / page_bytes;
    void *photos;

    decoders->stride_bytes = pages * page_bytes;
    photos = mmap(NULL, decoders->count * decoders->stride_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (photos == MAP_FAILED)
        return tl_error_set_no_memory(err, "photos shared with decoders", decoders->count * decoders->stride_bytes);
    decoders->photos = photos;
    for (size_t i = 0; i < decoders->count; i++) {
        decoders->seats[i].link.photo = (struct tl_photo *)(void *)(decoders->photos + i * decoders->stride_bytes);
        decoders->seats[i].link.child.socket = -1;
    }
    return TL_OK;
}

/* On the monotonic clock, as all waits. */
static bool init_locks(tl_decoders *decoders)
{
    pthread_condattr_t attributes;
    bool is_good;

    if (pthread_condattr_init(&attributes) != 0)
        return false;
    is_good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&decoders->has_free_seat, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (is_good && pthread_mutex_init(&decoders->mutex, NULL) != 0) {
        (void)pthread_cond_destroy(&decoders->has_free_seat);
        is_good = false;
    }
    return is_good;
}

/* Above the standard streams, even where they are closed: what is printed must not interrupt. -1 with errno where none is left. */
static int open_interruption(void)
{
    const int low = eventfd(0, EFD_CLOEXEC);
    int high;

    if (low < 0 || low > STDERR_FILENO)
        return low;
    high = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    (void)close(low);
    return high;
}

enum tl_status tl_decoders_create(tl_decoders **out, size_t count, const struct tl_recipe *recipe,
                                  const struct tl_decoders_terms *terms, struct tl_error *err)
{
    tl_decoders *decoders = tl_memory_alloc(1, sizeof *decoders);
    enum tl_status status;

    assert(count >= 1);
    *out = NULL;
    if (!decoders)
        return tl_error_set_no_memory(err, "decoders", sizeof *decoders);
    if (!init_locks(decoders)) {
        tl_memory_free(decoders);
        return tl_error_set(err, TL_NO_MEMORY, "the system has no lock left for decoders");
    }
    decoders->recipe = *recipe;
    decoders->terms = *terms;
    decoders->count = count;
    decoders->interruption = open_interruption();
    decoders->seats = tl_memory_alloc(count, sizeof *decoders->seats);
    if (decoders->interruption < 0)
        status = tl_error_set(err, TL_IO, "no descriptor for decoders: %s", strerror(errno));
    else if (!decoders->seats)
        status = tl_error_set_no_memory(err, "decoders", count * sizeof *decoders->seats);
    else
        status = map_photos(decoders, err);
    if (status == TL_OK)
        status = tl_nursery_create(&decoders->nursery, count, serve, decoders, err);
    if (status != TL_OK) {
        tl_decoders_free(decoders);
        return status;
    }
    *out = decoders;
    return TL_OK;
}

void tl_decoders_free(tl_decoders *decoders)
{
    if (!decoders)
        return;
    for (size_t i = 0; decoders->seats && i < decoders->count; i++)
        if (decoders->seats[i].link.child.socket >= 0)
            (void)close(decoders->seats[i].link.child.socket);
    tl_nursery_free(decoders->nursery);
    if (decoders->photos)
        (void)munmap(decoders->photos, decoders->count * decoders->stride_bytes);
    if (decoders->interruption >= 0)
        (void)close(decoders->interruption);
    (void)pthread_cond_destroy(&decoders->has_free_seat);
    (void)pthread_mutex_destroy(&decoders->mutex);
    tl_memory_free(decoders->seats);
    tl_memory_free(decoders);
}

/* ---- seats; the mutex is held ---- */

/* Keeps the first reason, and lets all who wait see it. */
static void break_down(tl_decoders *decoders, const struct tl_error *failure)
{
    if (decoders->breakdown.status == TL_OK)
        (void)tl_error_set(&decoders->breakdown, TL_IO, "photos cannot be decoded any more: %s", failure->message);
    (void)pthread_cond_broadcast(&decoders->has_free_seat);
}

/* A free seat: one with a process before an empty one. */
static struct seat *find_seat(tl_decoders *decoders, bool *out_is_any_alive)
{
    struct seat *found = NULL;

    *out_is_any_alive = false;
    for (size_t i = 0; i < decoders->count; i++) {
        struct seat *seat = &decoders->seats[i];

        *out_is_any_alive = *out_is_any_alive || seat->link.child.pid != 0;
        if (!seat->is_taken && (!found || (found->link.child.pid == 0 && seat->link.child.pid != 0)))
            found = seat;
    }
    return found;
}

static void wait_a_while(tl_decoders *decoders)
{
    struct timespec until = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_MS * 1000L * 1000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(&decoders->has_free_seat, &decoders->mutex, &until);
}

/* A seat with a process in it. Where the system has none to give just now, those that live do the work meanwhile. */
static enum tl_status take_seat(tl_decoders *decoders, struct seat **out, struct tl_error *err)
{
    unsigned try_count = 0;

    *out = NULL;
    while (!*out && !decoders->is_interrupted && decoders->breakdown.status == TL_OK) {
        bool is_any_alive;
        struct seat *seat = find_seat(decoders, &is_any_alive);
        struct tl_error failure;
        enum tl_status status = TL_OK;

        if (seat && seat->link.child.pid == 0) {
            status = tl_nursery_raise(decoders->nursery, &seat->link.child, (size_t)(seat - decoders->seats), &failure);
            seat->link.number = 0;
            seat->link.cpu_seconds = 0;
        }
        if (seat && status == TL_OK)
            *out = seat;
        else if (status == TL_IO || (status != TL_OK && !is_any_alive && ++try_count == RAISE_TRIES_MAX))
            break_down(decoders, &failure);
        else
            wait_a_while(decoders);
    }
    if (*out) {
        (*out)->is_taken = true;
        (*out)->link.recipe = decoders->recipe;
        return TL_OK;
    }
    if (decoders->is_interrupted)
        return tl_error_set(err, TL_STOPPED, "stopped on request");
    return tl_error_set(err, TL_IO, "%s", decoders->breakdown.message);
}

static void leave_seat(tl_decoders *decoders, struct seat *seat)
{
    seat->is_taken = false;
    (void)pthread_cond_signal(&decoders->has_free_seat);
}

/* Ends the seat's process, and says in `how` what it died of. */
static void clear_seat(tl_decoders *decoders, struct seat *seat, char *how, size_t how_bytes)
{
    struct tl_nursery_end end;
    struct tl_error failure;
    const char *name;

    if (tl_nursery_bury(decoders->nursery, &end, &seat->link.child, &failure) != TL_OK)
        break_down(decoders, &failure);
    decoders->cpu_seconds += fmax(0, end.cpu_seconds - seat->link.cpu_seconds);
    name = WIFSIGNALED(end.wait_status) ? sigabbrev_np(WTERMSIG(end.wait_status)) : NULL;
    if (name)
        (void)snprintf(how, how_bytes, "SIG%s%s", name, strcmp(name, "KILL") == 0 ? ", perhaps for want of memory" : "");
    else if (WIFSIGNALED(end.wait_status))
        (void)snprintf(how, how_bytes, "signal %d", WTERMSIG(end.wait_status));
    else
        (void)snprintf(how, how_bytes, "exit code %d", WEXITSTATUS(end.wait_status));
}

/* ---- one photo ---- */

/* What a photo has met with so far. */
struct trial {
    unsigned crash_count, false_start_count;
};

/* Draws the conclusion from one attempt; true and *out_status where it is the photo's end. The mutex is held. */
static bool judge(tl_decoders *decoders, struct trial *trial, enum tl_decoder_link_outcome outcome, const char *how,
                  enum tl_status *out_status, struct tl_error *err)
{
    struct tl_error failure;

    switch (outcome) {
    case TL_DECODER_LINK_ANSWERED:
        return true;
    case TL_DECODER_LINK_NONSENSE:
    case TL_DECODER_LINK_CRASHED:
        if (++trial->crash_count < CRASHES_MAX)
            return false;
        *out_status = tl_error_set(err, TL_CRASHED, "decoding it crashed twice (%s)",
                                   outcome == TL_DECODER_LINK_CRASHED ? how : "a nonsensical answer");
        return true;
    case TL_DECODER_LINK_LATE:
        *out_status = tl_error_set(err, TL_TOO_SLOW, "decoding took longer than %g seconds and was stopped",
                                   decoders->terms.photo_ms_max / 1e3);
        return true;
    case TL_DECODER_LINK_FALSE_START:
    case TL_DECODER_LINK_LATE_START:
        if (++trial->false_start_count < FALSE_STARTS_MAX)
            return false;
        if (outcome == TL_DECODER_LINK_FALSE_START)
            (void)tl_error_set(&failure, TL_IO, "helper processes die at their start (%s)", how);
        else
            (void)tl_error_set(&failure, TL_IO, "helper processes take longer than %g seconds to start",
                               decoders->terms.start_ms_max / 1e3);
        break_down(decoders, &failure);
        return false;
    case TL_DECODER_LINK_REFUSED:
        break_down(decoders, err);
        return false;
    case TL_DECODER_LINK_INTERRUPTED:
        return false;
    }
    return false;
}

/* What goes on without end after an interruption or a breakdown, take_seat() ends. */
enum tl_status tl_decoders_read(tl_decoders *decoders, struct tl_photo *out, const char *path, struct tl_error *err)
{
    const struct tl_decoder_link_limits limits = {decoders->terms.start_ms_max, decoders->terms.photo_ms_max};
    struct trial trial = {.crash_count = 0};
    bool is_over = false;
    enum tl_status status = TL_OK;

    memset(out->sha256, 0, sizeof out->sha256);
    if (strlen(path) >= TL_DECODER_PROCESS_PATH_BYTES)
        return tl_error_set(err, TL_IO, "cannot be opened: %s", strerror(ENAMETOOLONG));
    (void)pthread_mutex_lock(&decoders->mutex);
    while (!is_over) {
        enum tl_decoder_link_outcome outcome;
        struct seat *seat = NULL;
        double told_seconds;
        char how[64] = "";

        status = take_seat(decoders, &seat, err);
        if (status != TL_OK)
            break;
        told_seconds = seat->link.cpu_seconds;
        (void)pthread_mutex_unlock(&decoders->mutex);
        outcome = tl_decoder_link_ask(&seat->link, out, path, &limits, decoders->interruption, &status, err);
        (void)pthread_mutex_lock(&decoders->mutex);
        decoders->cpu_seconds += seat->link.cpu_seconds - told_seconds;
        if (outcome != TL_DECODER_LINK_ANSWERED)
            clear_seat(decoders, seat, how, sizeof how);
        leave_seat(decoders, seat);
        is_over = judge(decoders, &trial, outcome, how, &status, err);
    }
    (void)pthread_mutex_unlock(&decoders->mutex);
    return status;
}

void tl_decoders_set_recipe(tl_decoders *decoders, const struct tl_recipe *recipe)
{
    (void)pthread_mutex_lock(&decoders->mutex);
    decoders->recipe = *recipe;
    (void)pthread_mutex_unlock(&decoders->mutex);
}

enum tl_status tl_decoders_check(tl_decoders *decoders, struct tl_error *err)
{
    enum tl_status status;

    (void)pthread_mutex_lock(&decoders->mutex);
    status = decoders->breakdown.status;
    if (status != TL_OK)
        *err = decoders->breakdown;
    (void)pthread_mutex_unlock(&decoders->mutex);
    return status;
}

void tl_decoders_interrupt(tl_decoders *decoders)
{
    const uint64_t one = 1;
    ssize_t written;

    (void)pthread_mutex_lock(&decoders->mutex);
    decoders->is_interrupted = true;
    written = write(decoders->interruption, &one, sizeof one);
    assert(written == (ssize_t)sizeof one);
    (void)written;
    (void)pthread_cond_broadcast(&decoders->has_free_seat);
    (void)pthread_mutex_unlock(&decoders->mutex);
}

double tl_decoders_cpu_seconds(tl_decoders *decoders)
{
    double seconds;

    (void)pthread_mutex_lock(&decoders->mutex);
    seconds = decoders->cpu_seconds;
    (void)pthread_mutex_unlock(&decoders->mutex);
    return seconds;
}
