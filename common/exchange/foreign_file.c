/* foreign_file.c - the look: one open that cannot block, one fstat, one read. */
#include "common/exchange/foreign_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/system.h"

static enum tl_status check_head(const struct tl_foreign_file *file, const char *kind, struct tl_error *err)
{
    static const char lfs[] = "version https://git-lfs";

    if (file->size_bytes == 0)
        return tl_error_set(err, TL_BAD_INPUT, "expected %s, found an empty file", kind);
    if (file->head_bytes >= sizeof lfs - 1 && memcmp(file->head, lfs, sizeof lfs - 1) == 0)
        return tl_error_set(
            err, TL_BAD_INPUT,
            "expected %s, found a Git LFS pointer of %llu bytes: the file itself was never downloaded (git lfs pull)", kind,
            (unsigned long long)file->size_bytes);
    return TL_OK;
}

enum tl_status tl_foreign_file_look(struct tl_foreign_file *out, const char *path, const char *kind, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    struct stat info;
    ssize_t got = 0;
    int fd = -1;

    memset(out, 0, sizeof *out);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        /* A socket, or a device nobody serves, cannot even be opened. */
        if (errno == ENXIO || errno == ENODEV)
            return tl_error_set(err, TL_BAD_INPUT, "expected %s, found a socket or device", kind);
        if (errno == ENOENT || errno == ENOTDIR)
            return tl_error_set(err, TL_NOT_FOUND, "no such file");
        return tl_error_set(err, TL_IO, "cannot be opened: %s", strerror(errno));
    }
    if (fstat(fd, &info) != 0) {
        status = tl_error_set(err, TL_IO, "cannot be examined: %s", strerror(errno));
        goto done;
    }
    if (!S_ISREG(info.st_mode)) {
        status = tl_error_set(err, TL_BAD_INPUT, "expected %s, found %s", kind, tl_system_kind_name(info.st_mode));
        goto done;
    }
    out->size_bytes = (uint64_t)info.st_size;
    do
        got = pread(fd, out->head, sizeof out->head, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        status = tl_error_set(err, TL_IO, "cannot be read: %s", strerror(errno));
        goto done;
    }
    out->head_bytes = (size_t)got;
    status = check_head(out, kind, err);

done:
    close(fd);
    return status;
}

void tl_foreign_file_show_head(char out[TL_FOREIGN_FILE_SHOWN_BYTES], const struct tl_foreign_file *file)
{
    size_t text_bytes = 0, used = 0;

    while (text_bytes < file->head_bytes && text_bytes < 24 && file->head[text_bytes] >= ' ' && file->head[text_bytes] < 0x7f)
        text_bytes++;
    if (text_bytes >= 4) {
        snprintf(out, TL_FOREIGN_FILE_SHOWN_BYTES, "'%.*s'", (int)text_bytes, (const char *)file->head);
        return;
    }
    out[0] = '\0';
    for (size_t i = 0; i < file->head_bytes && i < 8; i++)
        used += (size_t)snprintf(out + used, TL_FOREIGN_FILE_SHOWN_BYTES - used, "%s%02x", i == 0 ? "" : " ", file->head[i]);
}
