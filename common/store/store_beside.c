/* store_beside.c - see store_beside.h. */
#include "common/store/store_beside.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"

enum tl_status tl_store_beside_check(const char *path, struct tl_error *err)
{
    static const char *const suffixes[] = {"-journal", "-wal"};
    const size_t size_bytes = strlen(path) + 16;
    char *beside = tl_memory_alloc(size_bytes, 1);
    struct stat info;
    enum tl_status status = TL_OK;
    if (beside == NULL)
        return tl_error_set_no_memory(err, "a journal's path", size_bytes);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0] && status == TL_OK; i++) {
        (void)snprintf(beside, size_bytes, "%s%s", path, suffixes[i]);
        if (lstat(beside, &info) != 0 || info.st_size == 0)
            continue;
        if (lstat(path, &info) == 0)
            status = tl_error_set(err, TL_BAD_INPUT,
                                  "%s is there, of the store that would be replaced, and would damage the new one: `tl-store seal` "
                                  "takes it in; or remove both",
                                  beside);
        else
            status = tl_error_set(err, TL_BAD_INPUT,
                                  "%s is there, of a store that is gone, and would damage the new one: remove it, or name another "
                                  "file", beside);
    }
    tl_memory_free(beside);
    return status;
}
