/* publish.c - see publish.h. */
#include "common/base/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"

static enum tl_status sync_part(const char *part_path, struct tl_error *err)
{
    const int descriptor = open(part_path, O_RDONLY | O_CLOEXEC);
    int cause;

    if (descriptor < 0)
        return tl_error_set(err, TL_IO, "%s cannot be opened: %s", part_path, strerror(errno));
    cause = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    return cause == 0 ? TL_OK : tl_error_set(err, TL_IO, "%s cannot be written: %s", part_path, strerror(cause));
}

static int name_new(const char *part_path, const char *path)
{
    if (renameat2(AT_FDCWD, part_path, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* A file system that has no such call. */
    if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(part_path, path);
}

/* The folder that the path lies in; *out is -1 where it cannot be opened, and then it cannot be synced. */
static enum tl_status open_folder(int *out, const char *path, struct tl_error *err)
{
    const char *slash = strrchr(path, '/');
    const size_t length_bytes = slash ? (size_t)(slash - path) + 1 : 1;
    char *folder = tl_memory_alloc(length_bytes + 1, 1);

    *out = -1;
    if (!folder)
        return tl_error_set_no_memory(err, "a path", length_bytes + 1);
    memcpy(folder, slash ? path : ".", length_bytes);
    folder[length_bytes] = '\0';
    *out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tl_memory_free(folder);
    return TL_OK;
}

enum tl_status tl_publish_file(const char *part_path, const char *path, enum tl_publish_way way, struct tl_error *err)
{
    int folder = -1;
    enum tl_status status = sync_part(part_path, err);

    if (status == TL_OK)
        status = open_folder(&folder, path, err); /* before the name changes: afterwards nothing fails */
    if (status == TL_OK && (way == TL_PUBLISH_NEW ? name_new(part_path, path) : rename(part_path, path)) != 0)
        status = errno == EEXIST ? tl_error_set(err, TL_BAD_INPUT, "%s: somebody else has made it meanwhile", path)
                                 : tl_error_set(err, TL_IO, "%s cannot get its name %s: %s", part_path, path, strerror(errno));
    if (folder >= 0) {
        if (status == TL_OK)
            (void)fsync(folder); /* file systems that cannot keep names in their own way */
        close(folder);
    }
    return status;
}
