/* store_hold.c - see store_hold.h. */
#include "common/store/store_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/store/location.h"
#include "common/store/store_extraction.h"

/* SQLite's own locks are at 1 GiB and the 510 bytes after (its "pending byte"); this one is where no file reaches. */
static const off_t HOLD_OFFSET = (off_t)1 << 62;

struct tl_store_hold {
    int descriptor;
    char *made_path; /* of a locked file that was not there before; NULL: it was, or there are no locks */
};

static int lock(int descriptor, int command, struct flock *out)
{
    int code;

    *out = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = HOLD_OFFSET, .l_len = 1};
    do
        code = fcntl(descriptor, command, out);
    while (code != 0 && errno == EINTR);
    return code;
}

/* With the rights that SQLite would give the file. */
static int open_file(bool *out_is_made, const char *path)
{
    const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    int descriptor = open(path, flags | O_CREAT | O_EXCL, 0644);

    *out_is_made = descriptor >= 0;
    return descriptor >= 0 ? descriptor : open(path, flags | O_CREAT, 0644);
}

/* Whether the lock is on the file that has the name, not on one that whoever made it took away again. */
static bool has_name(int descriptor, const char *path)
{
    struct stat held, named;

    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

enum tl_status tl_store_hold_take(tl_store_hold **out, const char *path, struct tl_error *err)
{
    struct tl_location location;
    struct flock region;
    bool is_made = false, is_locked = false;
    tl_store_hold *hold = NULL;
    enum tl_status status = tl_location_check(&location, path, TL_STORE_CREATE, err);

    *out = NULL;
    if (status != TL_OK)
        return status;
    hold = tl_memory_alloc(1, sizeof *hold);
    if (hold == NULL)
        return tl_error_set_no_memory(err, "the hold on a store", sizeof *hold);
    *hold = (struct tl_store_hold){.descriptor = -1};
    do {
        if (hold->descriptor >= 0)
            close(hold->descriptor);
        hold->descriptor = open_file(&is_made, path);
        is_locked = hold->descriptor >= 0 && lock(hold->descriptor, F_OFD_SETLK, &region) == 0;
    } while (is_locked && !has_name(hold->descriptor, path));
    if (is_locked && is_made && (hold->made_path = tl_memory_copy_string(path)) == NULL) {
        (void)unlink(path);
        status = tl_error_set_no_memory(err, "a path", strlen(path) + 1);
    } else if (hold->descriptor < 0) {
        status = tl_error_set(err, TL_IO, "%s: cannot be opened: %s", path, strerror(errno));
    } else if (is_locked || (errno != EAGAIN && errno != EACCES && location.network_name != NULL)) {
        *out = hold; /* without this kind of lock there, SQLite lets one process in (journal.h) */
        hold = NULL;
    } else if (errno != EAGAIN && errno != EACCES) {
        status = tl_error_set(err, TL_IO, "%s: the file system cannot lock files (%s); a store needs one that can", path,
                              strerror(errno));
    }
    tl_store_hold_free(hold);
    return status;
}

void tl_store_hold_free(tl_store_hold *hold)
{
    struct stat info;

    if (hold == NULL)
        return;
    /* Still locked, so that nobody else can be about to fill it. */
    if (hold->made_path != NULL && has_name(hold->descriptor, hold->made_path) && fstat(hold->descriptor, &info) == 0 &&
        info.st_size == 0)
        (void)unlink(hold->made_path);
    if (hold->descriptor >= 0)
        close(hold->descriptor);
    tl_memory_free(hold->made_path);
    tl_memory_free(hold);
}

enum tl_status tl_store_hold_probe(bool *out_is_held, const char *path, struct tl_error *err)
{
    struct tl_location location;
    struct flock region;
    enum tl_status status = tl_location_check(&location, path, TL_STORE_READ, err);

    *out_is_held = false;
    if (status != TL_OK)
        return status;
    const int descriptor = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return tl_error_set(err, TL_IO, "%s: cannot be opened: %s", path, strerror(errno));
    /* Where files cannot be locked nobody holds one. */
    *out_is_held = lock(descriptor, F_OFD_GETLK, &region) == 0 && region.l_type != F_UNLCK;
    close(descriptor);
    return TL_OK;
}

static void write_time(char *out, size_t out_bytes, int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, out_bytes, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(out, out_bytes, "%" PRId64 " ms", time_ms);
}

void tl_store_hold_name_holder(char out[TL_STORE_HOLD_NAME_BYTES], const char *path)
{
    tl_store *store = NULL;
    struct tl_store_extraction *newest = NULL;
    size_t count = 0;
    char since[64];
    struct tl_location location;
    enum tl_status status = tl_location_check(&location, path, TL_STORE_READ, NULL);

    snprintf(out, TL_STORE_HOLD_NAME_BYTES, "another process");
    /* On a network file system whoever has the store shuts readers out too, and asking would only wait. */
    if (status == TL_OK && location.network_name == NULL)
        status = tl_store_open(&store, path, TL_STORE_READ, NULL);
    if (status == TL_OK && store != NULL)
        status = tl_store_list_extractions(store, &newest, &count, 1, NULL);
    /* A process that holds it and has not put its row yet would be taken for the one before, were that not ended. */
    if (status == TL_OK && count == 1 && newest[0].outcome == NULL) {
        write_time(since, sizeof since, newest[0].started_ms);
        snprintf(out, TL_STORE_HOLD_NAME_BYTES, "process %" PRId64 " on %.300s since %s", newest[0].pid, newest[0].host, since);
    }
    tl_store_free_extractions(newest, count);
    status = tl_store_close_after(&store, status, NULL);
    (void)status; /* without an answer it is another process */
}
