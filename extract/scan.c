/* scan.c - see scan.h. Which folders are splits and classes is layout.c's affair; here they are walked. */
#include "extract/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/folder.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/image/photo.h"
#include "extract/layout.h"

enum { NOTICE_BYTES = 1024 };

static enum tl_status add_notice(struct tl_scan *scan, struct tl_error *err, const char *format, ...) TL_PRINTF(3, 4);

static enum tl_status add_notice(struct tl_scan *scan, struct tl_error *err, const char *format, ...)
{
    char line[NOTICE_BYTES];
    char **notices = tl_memory_resize(scan->notices, scan->notice_count + 1, sizeof *notices);
    va_list arguments;

    if (!notices)
        return tl_error_set_no_memory(err, "a notice", (scan->notice_count + 1) * sizeof *notices);
    scan->notices = notices;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    notices[scan->notice_count] = tl_memory_copy_string(line);
    if (!notices[scan->notice_count])
        return tl_error_set_no_memory(err, "a notice", strlen(line) + 1);
    scan->notice_count++;
    return TL_OK;
}

/* The class of that name, made when new. */
static enum tl_status find_class(const char **out, struct tl_scan *scan, const char *name, struct tl_error *err)
{
    char **names;

    for (size_t i = 0; i < scan->class_count; i++) {
        if (strcmp(scan->class_names[i], name) == 0) {
            *out = scan->class_names[i];
            return TL_OK;
        }
    }
    names = tl_memory_resize(scan->class_names, scan->class_count + 1, sizeof *names);
    if (!names)
        return tl_error_set_no_memory(err, "a class", (scan->class_count + 1) * sizeof *names);
    scan->class_names = names;
    names[scan->class_count] = tl_memory_copy_string(name);
    if (!names[scan->class_count])
        return tl_error_set_no_memory(err, "a class", strlen(name) + 1);
    *out = names[scan->class_count++];
    return TL_OK;
}

static enum tl_status add_entry(struct tl_scan *scan, const char *below, const struct tl_folder_item *item, const char *class_name,
                                const char *split, struct tl_error *err)
{
    if (scan->entry_count == scan->entry_capacity) {
        size_t wanted = scan->entry_capacity ? scan->entry_capacity * 2 : 256;
        struct tl_scan_entry *entries = tl_memory_resize(scan->entries, wanted, sizeof *entries);

        if (!entries)
            return tl_error_set_no_memory(err, "the list of photos", wanted * sizeof *entries);
        scan->entries = entries;
        scan->entry_capacity = wanted;
    }
    char *joined = tl_system_join_path(below, item->name);
    const char *path = joined ? tl_arena_copy_string(&scan->paths, joined) : NULL;

    tl_memory_free(joined);
    if (!path)
        return tl_error_set_no_memory(err, "a path", strlen(below) + strlen(item->name) + 2);
    scan->entries[scan->entry_count++] =
        (struct tl_scan_entry){path, class_name, split, item->size_bytes, item->mtime_ns};
    return TL_OK;
}

static enum tl_status walk_folder(struct tl_scan *scan, const char *below, const char *class_name, const char *split,
                                  struct tl_error *err);

static enum tl_status take_item(struct tl_scan *scan, const char *below, const struct tl_folder_item *item, const char *class_name,
                                const char *split, struct tl_error *err)
{
    bool is_folder = item->kind == TL_FOLDER_FOLDER || item->kind == TL_FOLDER_LINKED_FOLDER;
    enum tl_status status;
    char *path;

    if (item->name[0] == '.') {
        scan->hidden_count++;
        return TL_OK;
    }
    if (is_folder ? tl_photo_is_folder_disguised(item->name) : tl_photo_is_photo_name(item->name))
        return add_entry(scan, below, item, class_name, split, err);
    if (item->kind == TL_FOLDER_LINKED_FOLDER) {
        scan->linked_folder_count++;
        return TL_OK;
    }
    if (item->kind != TL_FOLDER_FOLDER) {
        scan->ignored_count++;
        return TL_OK;
    }
    path = tl_system_join_path(below, item->name);
    if (!path)
        return tl_error_set_no_memory(err, "a path", strlen(below) + strlen(item->name) + 2);
    status = walk_folder(scan, path, class_name, split, err);
    tl_memory_free(path);
    return status;
}

/* A folder that cannot be listed hides an unknown number of photos: told, and the rest goes on. */
static enum tl_status note_unlisted(struct tl_scan *scan, const char *below, const struct tl_error *why, struct tl_error *err)
{
    char *visible = tl_text_copy_visible(below);
    enum tl_status status;

    if (!visible)
        return tl_error_set_no_memory(err, "a notice", strlen(below) + 1);
    scan->unlisted_count++;
    status = add_notice(scan, err, "%s: %s; what it holds is left as it was", visible, why->message);
    tl_memory_free(visible);
    return status;
}

/* All photos of the folder `below` the root and of the folders in it. */
static enum tl_status walk_folder(struct tl_scan *scan, const char *below, const char *class_name, const char *split,
                                  struct tl_error *err)
{
    struct tl_folder folder = {NULL, 0};
    struct tl_error why;
    char *path = tl_system_join_path(scan->root, below);
    enum tl_status status;

    if (!path)
        return tl_error_set_no_memory(err, "a path", strlen(scan->root) + strlen(below) + 2);
    status = tl_folder_list(&folder, path, &why);
    if (status == TL_NO_MEMORY)
        status = tl_error_set(err, TL_NO_MEMORY, "%s", why.message);
    else if (status != TL_OK)
        status = note_unlisted(scan, below, &why, err);
    for (size_t i = 0; i < folder.count && status == TL_OK; i++)
        status = take_item(scan, below, &folder.items[i], class_name, split, err);
    tl_folder_free(&folder);
    tl_memory_free(path);
    return status;
}

/* Keras sorts the folders below a class by their whole path, then the files in each. */
int tl_scan_compare_paths(const char *first, const char *second)
{
    size_t first_bytes = (size_t)(strrchr(first, '/') - first), second_bytes = (size_t)(strrchr(second, '/') - second);
    int order = memcmp(first, second, first_bytes < second_bytes ? first_bytes : second_bytes);

    if (order == 0 && first_bytes != second_bytes)
        return first_bytes < second_bytes ? -1 : 1;
    return order != 0 ? order : strcmp(first + first_bytes, second + second_bytes);
}

static int compare_entries(const void *a, const void *b)
{
    return tl_scan_compare_paths(((const struct tl_scan_entry *)a)->path, ((const struct tl_scan_entry *)b)->path);
}

const struct tl_scan_place *tl_scan_find_place(const struct tl_scan *scan, const char *path)
{
    for (size_t i = 0; i < scan->place_count; i++) {
        const size_t size_bytes = strlen(scan->places[i].path);

        if (strncmp(path, scan->places[i].path, size_bytes) == 0 && path[size_bytes] == '/')
            return &scan->places[i];
    }
    return NULL;
}

static enum tl_status add_place(struct tl_scan *scan, const struct tl_layout_class *place, const char *class_name,
                                struct tl_error *err)
{
    struct tl_scan_place *places = tl_memory_resize(scan->places, scan->place_count + 1, sizeof *places);
    const char *path;

    if (!places)
        return tl_error_set_no_memory(err, "a class", (scan->place_count + 1) * sizeof *places);
    scan->places = places;
    path = tl_arena_copy_string(&scan->names, place->path);
    if (!path)
        return tl_error_set_no_memory(err, "a class", strlen(place->path) + 1);
    places[scan->place_count++] = (struct tl_scan_place){path, class_name, place->split};
    return TL_OK;
}

static enum tl_status note_empty(struct tl_scan *scan, const struct tl_layout_class *place, struct tl_error *err)
{
    char *visible = tl_text_copy_visible(place->path);
    enum tl_status status;

    if (!visible)
        return tl_error_set_no_memory(err, "a notice", strlen(place->path) + 1);
    status = add_notice(scan, err, "the class folder %s has no photos", visible);
    tl_memory_free(visible);
    return status;
}

static enum tl_status walk_class(struct tl_scan *scan, const struct tl_layout_class *place, struct tl_error *err)
{
    size_t first_entry = scan->entry_count, unlisted_count = scan->unlisted_count;
    const char *slash = strrchr(place->path, '/');
    const char *class_name = NULL;
    enum tl_status status = find_class(&class_name, scan, slash ? slash + 1 : place->path, err);

    if (status == TL_OK)
        status = add_place(scan, place, class_name, err);
    if (status == TL_OK)
        status = walk_folder(scan, place->path, class_name, place->split, err);
    if (status != TL_OK)
        return status;
    if (scan->entry_count > first_entry)
        qsort(scan->entries + first_entry, scan->entry_count - first_entry, sizeof *scan->entries, compare_entries);
    else if (scan->unlisted_count == unlisted_count)
        status = note_empty(scan, place, err);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum tl_status note_count(struct tl_scan *scan, size_t count, const char *one, const char *several, struct tl_error *err)
{
    if (count == 0)
        return TL_OK;
    return add_notice(scan, err, "%zu %s", count, count == 1 ? one : several);
}

static enum tl_status note_counts(struct tl_scan *scan, struct tl_error *err)
{
    enum tl_status status = note_count(scan, scan->hidden_count, "hidden name (it begins with a dot) is skipped",
                                       "hidden names (they begin with a dot) are skipped", err);

    if (status == TL_OK)
        status = note_count(scan, scan->linked_folder_count, "link to a folder is not followed",
                            "links to folders are not followed", err);
    if (status == TL_OK)
        status = note_count(scan, scan->ignored_count, "file is not named as a photo and is ignored",
                            "files are not named as photos and are ignored", err);
    if (status == TL_OK)
        status = note_count(scan, scan->outside_count, "photo lies outside any class folder and is skipped",
                            "photos lie outside any class folder and are skipped", err);
    return status;
}

static enum tl_status find_root(struct tl_scan *scan, const char *directory, struct tl_error *err)
{
    char root[PATH_MAX];

    if (!realpath(directory, root))
        return tl_error_set(err, errno == ENOMEM ? TL_NO_MEMORY : TL_IO, "%s: its real path cannot be found: %s", directory,
                            strerror(errno));
    scan->root = tl_memory_copy_string(root);
    return scan->root ? TL_OK : tl_error_set_no_memory(err, "the path of a folder", strlen(directory) + 1);
}

static enum tl_status name_source(struct tl_scan *scan, const char *source_name, struct tl_error *err)
{
    const char *last = strrchr(scan->root, '/');

    if (!source_name && (!last || last[1] == '\0'))
        return tl_error_set(err, TL_BAD_INPUT, "%s has no name of its own: give one with --source NAME", scan->root);
    scan->name = tl_memory_copy_string(source_name ? source_name : last + 1);
    return scan->name ? TL_OK : tl_error_set_no_memory(err, "a source's name", strlen(scan->root) + 1);
}

enum tl_status tl_scan_read(struct tl_scan **out, const char *directory, const char *source_name, const char *split,
                            struct tl_error *err)
{
    struct tl_layout layout = {.classes = NULL};
    struct tl_scan *scan = tl_memory_alloc(1, sizeof *scan);
    enum tl_status status;

    *out = NULL;
    if (!scan)
        return tl_error_set_no_memory(err, "the scan of a folder", sizeof *scan);
    status = tl_layout_read(&layout, directory, split, err);
    if (status != TL_OK)
        goto done;
    status = find_root(scan, directory, err);
    if (status != TL_OK)
        goto done;
    status = name_source(scan, source_name, err);
    scan->hidden_count = layout.hidden_count;
    scan->ignored_count = layout.ignored_count;
    scan->outside_count = layout.outside_count;
    scan->has_splits = layout.has_splits || split != NULL;
    for (size_t i = 0; i < layout.class_count && status == TL_OK; i++)
        status = walk_class(scan, &layout.classes[i], err);
    if (status != TL_OK)
        goto done;
    qsort(scan->class_names, scan->class_count, sizeof *scan->class_names, compare_names);
    status = note_counts(scan, err);
    if (status != TL_OK)
        goto done;
    *out = scan;
    scan = NULL;

done:
    tl_layout_free(&layout);
    tl_scan_free(scan);
    return status;
}

void tl_scan_forget_entries(struct tl_scan *scan)
{
    tl_memory_free(scan->entries);
    scan->entries = NULL;
    scan->entry_count = scan->entry_capacity = 0;
    tl_arena_free(&scan->paths);
}

void tl_scan_free(struct tl_scan *scan)
{
    if (!scan)
        return;
    tl_scan_forget_entries(scan);
    tl_arena_free(&scan->names);
    for (size_t i = 0; i < scan->class_count; i++)
        tl_memory_free(scan->class_names[i]);
    for (size_t i = 0; i < scan->notice_count; i++)
        tl_memory_free(scan->notices[i]);
    tl_memory_free(scan->places);
    tl_memory_free(scan->class_names);
    tl_memory_free(scan->notices);
    tl_memory_free(scan->name);
    tl_memory_free(scan->root);
    tl_memory_free(scan);
}
