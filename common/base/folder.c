/* folder.c - see folder.h. */
#include "common/base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"

/* Nanoseconds since 1970; what they cannot count (before 1677, after 2262) is the nearest they can. */
static int64_t count_ns(struct timespec time)
{
    int64_t ns;

    if (__builtin_mul_overflow((int64_t)time.tv_sec, 1000000000, &ns) || __builtin_add_overflow(ns, (int64_t)time.tv_nsec, &ns))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static void describe(struct tl_folder_item *item, int folder_descriptor)
{
    struct stat info, link_info;

    memset(&link_info, 0, sizeof link_info);
    item->kind = TL_FOLDER_OTHER;
    if (fstatat(folder_descriptor, item->name, &link_info, AT_SYMLINK_NOFOLLOW) == 0 &&
        fstatat(folder_descriptor, item->name, &info, 0) == 0) {
        if (S_ISREG(info.st_mode))
            item->kind = TL_FOLDER_FILE;
        else if (S_ISDIR(info.st_mode))
            item->kind = S_ISLNK(link_info.st_mode) ? TL_FOLDER_LINKED_FOLDER : TL_FOLDER_FOLDER;
        link_info = info;
    }
    item->size_bytes = (int64_t)link_info.st_size;
    item->mtime_ns = count_ns(link_info.st_mtim);
}

static enum tl_status add_item(struct tl_folder *folder, size_t *capacity, const char *name, int folder_descriptor,
                               struct tl_error *err)
{
    if (folder->count == *capacity) {
        size_t wanted = *capacity ? *capacity * 2 : 64;
        struct tl_folder_item *items = tl_memory_resize(folder->items, wanted, sizeof *items);

        if (!items)
            return tl_error_set_no_memory(err, "the names in a folder", wanted * sizeof *items);
        folder->items = items;
        *capacity = wanted;
    }
    struct tl_folder_item *item = &folder->items[folder->count];

    item->name = tl_memory_copy_string(name);
    if (!item->name)
        return tl_error_set_no_memory(err, "a name in a folder", strlen(name) + 1);
    describe(item, folder_descriptor);
    folder->count++;
    return TL_OK;
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const struct tl_folder_item *)a)->name, ((const struct tl_folder_item *)b)->name);
}

enum tl_status tl_folder_list(struct tl_folder *out, const char *path, struct tl_error *err)
{
    struct tl_folder folder = {NULL, 0};
    size_t capacity = 0;
    enum tl_status status = TL_OK;
    DIR *stream = opendir(path);

    *out = folder;
    if (!stream) {
        if (errno == ENOENT)
            return tl_error_set(err, TL_NOT_FOUND, "no such folder");
        if (errno == ENOTDIR)
            return tl_error_set(err, TL_BAD_INPUT, "not a folder");
        return tl_error_set(err, TL_IO, "cannot be listed: %s", strerror(errno));
    }
    while (status == TL_OK) {
        struct dirent *entry;

        errno = 0;
        entry = readdir(stream);
        if (!entry) {
            if (errno != 0)
                status = tl_error_set(err, TL_IO, "cannot be listed: %s", strerror(errno));
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = add_item(&folder, &capacity, entry->d_name, dirfd(stream), err);
    }
    closedir(stream);
    if (status != TL_OK) {
        tl_folder_free(&folder);
        return status;
    }
    if (folder.count > 1)
        qsort(folder.items, folder.count, sizeof *folder.items, compare_items);
    *out = folder;
    return TL_OK;
}

void tl_folder_free(struct tl_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        tl_memory_free(folder->items[i].name);
    tl_memory_free(folder->items);
    *folder = (struct tl_folder){NULL, 0};
}
