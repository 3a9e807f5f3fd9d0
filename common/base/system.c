/* system.c - see system.h. */
#include "common/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cgroup.h"
#include "common/base/memory.h"

enum { STREAM_FIRST_BYTES = 1 << 20 };

/* Atomic and not volatile sig_atomic_t, because every thread reads it. */
static atomic_int interrupting_signal;

static unsigned count_allowed_cores(void)
{
    cpu_set_t cores;
    long online_count;

    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0)
        return (unsigned)CPU_COUNT(&cores);
    /* A machine with more cores than a cpu_set_t has bits. */
    online_count = sysconf(_SC_NPROCESSORS_ONLN);
    return online_count > 1 ? (unsigned)online_count : 1;
}

unsigned tl_system_core_count(void)
{
    unsigned core_count = count_allowed_cores(), limit = tl_cgroup_cpu_count("/proc/self/cgroup", "/proc/self/mountinfo");

    return limit != 0 && limit < core_count ? limit : core_count;
}

double tl_system_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int64_t tl_system_time_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART; /* libraries seldom expect EINTR */
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* Not where nohup or a daemon's parent has made us deaf to it. */
static bool is_hangup_heard(void)
{
    struct sigaction action;

    return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler != SIG_IGN;
}

static void note_signal(int signal_number)
{
    int saved_errno = errno;

    atomic_store(&interrupting_signal, signal_number);
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGTERM, SIG_DFL);
    if (is_hangup_heard())
        set_handler(SIGHUP, SIG_DFL);
    errno = saved_errno;
}

void tl_system_ignore_closed_pipes(void)
{
    set_handler(SIGPIPE, SIG_IGN);
}

void tl_system_catch_signals(void)
{
    set_handler(SIGINT, note_signal);
    set_handler(SIGTERM, note_signal);
    if (is_hangup_heard())
        set_handler(SIGHUP, note_signal);
    tl_system_ignore_closed_pipes();
}

bool tl_system_is_interrupted(void)
{
    return atomic_load(&interrupting_signal) != 0;
}

const char *tl_system_interruption(void)
{
    switch (atomic_load(&interrupting_signal)) {
    case 0:
        return NULL;
    case SIGINT:
        return "SIGINT";
    case SIGHUP:
        return "SIGHUP";
    default:
        return "SIGTERM";
    }
}

char *tl_system_join_path(const char *directory, const char *name)
{
    size_t directory_bytes = strlen(directory), name_bytes;
    char *path;
    bool has_slash;

    while (directory_bytes > 1 && directory[directory_bytes - 1] == '/')
        directory_bytes--;
    while (*name == '/')
        name++;
    name_bytes = strlen(name);
    has_slash = directory_bytes == 0 || directory[directory_bytes - 1] == '/';
    path = tl_memory_alloc(directory_bytes + !has_slash + name_bytes + 1, 1);
    if (!path)
        return NULL;
    memcpy(path, directory, directory_bytes);
    if (!has_slash)
        path[directory_bytes++] = '/';
    memcpy(path + directory_bytes, name, name_bytes);
    return path;
}

enum tl_status tl_system_weights_path(char **out, const char *file_name, struct tl_error *err)
{
    const char *base = getenv("XDG_DATA_HOME");
    const char *below = "tl/weights";
    char *folder = NULL;

    *out = NULL;
    if (!base || *base == '\0') {
        base = getenv("HOME");
        below = ".local/share/tl/weights";
    }
    if (!base || *base == '\0')
        return tl_error_set(err, TL_NOT_FOUND, "no folder for weights: neither XDG_DATA_HOME nor HOME is set");
    folder = tl_system_join_path(base, below);
    if (folder)
        *out = tl_system_join_path(folder, file_name);
    tl_memory_free(folder);
    return *out ? TL_OK : tl_error_set_no_memory(err, "the path of the weights", strlen(base) + strlen(file_name));
}

static enum tl_status tell_failed_open(struct tl_error *err)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return tl_error_set(err, TL_NOT_FOUND, "no such file");
    return tl_error_set(err, TL_IO, "cannot be opened: %s", strerror(errno));
}

const char *tl_system_kind_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a folder";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

static enum tl_status check_kind_and_size(const struct stat *info, size_t limit_bytes, struct tl_error *err)
{
    if (!S_ISREG(info->st_mode))
        return tl_error_set(err, TL_BAD_INPUT, "%s, not a regular file", tl_system_kind_name(info->st_mode));
    if (info->st_size == 0)
        return tl_error_set(err, TL_BAD_INPUT, "an empty file");
    if ((uintmax_t)info->st_size > limit_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "%jd bytes, at most %zu are read", (intmax_t)info->st_size, limit_bytes);
    return TL_OK;
}

/* Reads exactly `size_bytes`, after which the file must end. */
static enum tl_status read_to_end(uint8_t *bytes, size_t size_bytes, int descriptor, struct tl_error *err)
{
    size_t done_bytes = 0;

    for (;;) {
        uint8_t beyond;
        bool is_full = done_bytes == size_bytes;
        ssize_t count = read(descriptor, is_full ? &beyond : bytes + done_bytes, is_full ? 1 : size_bytes - done_bytes);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return tl_error_set(err, TL_IO, "cannot be read: %s", strerror(errno));
        if (is_full != (count == 0))
            return tl_error_set(err, TL_IO, "changed its size of %zu bytes while it was read", size_bytes);
        if (is_full)
            return TL_OK;
        done_bytes += (size_t)count;
    }
}

enum tl_status tl_system_read_file(uint8_t **out, size_t *out_bytes, const char *path, size_t limit_bytes,
                                   struct tl_error *err)
{
    struct stat info;
    uint8_t *bytes = NULL;
    int descriptor = -1;
    enum tl_status status;

    *out = NULL;
    /* Asked before opening, because opening a device can act on it, and again after, because the name may have moved. */
    if (stat(path, &info) != 0)
        return tell_failed_open(err);
    status = check_kind_and_size(&info, limit_bytes, err);
    if (status != TL_OK)
        return status;
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return tell_failed_open(err);
    if (fstat(descriptor, &info) != 0) {
        status = tell_failed_open(err);
        goto done;
    }
    status = check_kind_and_size(&info, limit_bytes, err);
    if (status != TL_OK)
        goto done;
    bytes = tl_memory_alloc((size_t)info.st_size, 1);
    if (!bytes) {
        status = tl_error_set_no_memory(err, "the file", (unsigned long long)info.st_size);
        goto done;
    }
    status = read_to_end(bytes, (size_t)info.st_size, descriptor, err);
    if (status != TL_OK)
        goto done;
    *out = bytes;
    *out_bytes = (size_t)info.st_size;
    bytes = NULL;

done:
    tl_memory_free(bytes);
    close(descriptor);
    return status;
}

/* Reads until the end into *bytes, which grows; *out_bytes are there in any case. */
static enum tl_status drain(uint8_t **bytes, size_t *out_bytes, int descriptor, size_t limit_bytes, struct tl_error *err)
{
    size_t capacity_bytes = 0;

    for (;;) {
        ssize_t count;

        if (*out_bytes == capacity_bytes) {
            size_t wanted_bytes = capacity_bytes ? 2 * capacity_bytes : STREAM_FIRST_BYTES;
            uint8_t *larger = tl_memory_resize(*bytes, wanted_bytes, 1);

            if (!larger)
                return tl_error_set_no_memory(err, "what comes in", wanted_bytes);
            *bytes = larger;
            capacity_bytes = wanted_bytes;
        }
        count = read(descriptor, *bytes + *out_bytes, capacity_bytes - *out_bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return tl_error_set(err, TL_IO, "cannot be read: %s", strerror(errno));
        *out_bytes += (size_t)count;
        if (*out_bytes > limit_bytes)
            return tl_error_set(err, TL_BAD_INPUT, "more than %zu bytes", limit_bytes);
        if (count == 0)
            return *out_bytes > 0 ? TL_OK : tl_error_set(err, TL_BAD_INPUT, "nothing came");
    }
}

enum tl_status tl_system_read_stream(uint8_t **out, size_t *out_bytes, int descriptor, size_t limit_bytes, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status = drain(&bytes, &size_bytes, descriptor, limit_bytes, err);

    *out = NULL;
    if (status != TL_OK) {
        tl_memory_free(bytes);
        return status;
    }
    *out = bytes;
    *out_bytes = size_bytes;
    return TL_OK;
}
