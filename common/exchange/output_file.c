/* output_file.c - see output_file.h. */
#include "common/exchange/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/publish.h"

enum { NAMES_TRIED = 100 };

/* Opened exclusively, so that two writers of one path do not share a part. */
static enum tl_status create_part(struct tl_output_file *out, struct tl_error *err)
{
    size_t size_bytes = strlen(out->path) + 64;

    out->part_path = tl_memory_alloc(size_bytes, 1);
    if (!out->part_path)
        return tl_error_set_no_memory(err, "a path", size_bytes);
    for (int n = 0; n < NAMES_TRIED; n++) {
        int fd;
        snprintf(out->part_path, size_bytes, "%s.%ld-%d.part", out->path, (long)getpid(), n);
        fd = open(out->part_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            close(fd);
            return TL_OK;
        }
        if (errno != EEXIST)
            break;
    }
    tl_error_set(err, TL_IO, "cannot write '%s': %s", out->path, strerror(errno));
    tl_memory_free(out->part_path);
    out->part_path = NULL;
    return TL_IO;
}

enum tl_status tl_output_file_create(struct tl_output_file *out, const char *path, struct tl_error *err)
{
    struct stat info;
    enum tl_status status;

    out->part_path = NULL;
    out->path = NULL;
    /* A rename would put a file in the place of a device or FIFO. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return tl_error_set(err, TL_IO, "cannot write '%s': it is there and not a regular file", path);
    out->path = tl_memory_copy_string(path);
    if (!out->path)
        return tl_error_set_no_memory(err, "a path", strlen(path) + 1);
    status = create_part(out, err);
    if (status != TL_OK)
        tl_output_file_discard(out);
    return status;
}

enum tl_status tl_output_file_commit(struct tl_output_file *file, struct tl_error *err)
{
    enum tl_status status = tl_publish_file(file->part_path, file->path, TL_PUBLISH_REPLACE, err);

    if (status != TL_OK)
        return status;
    tl_memory_free(file->part_path);
    file->part_path = NULL;
    return TL_OK;
}

void tl_output_file_discard(struct tl_output_file *file)
{
    if (file->part_path)
        unlink(file->part_path);
    tl_memory_free(file->part_path);
    tl_memory_free(file->path);
    file->part_path = NULL;
    file->path = NULL;
}
