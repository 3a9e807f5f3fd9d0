/* photo_walk.c - see photo_walk.h. A stack of listed folders; the top one's next name is what comes next. */
#include "serve/classify/photo_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/photo.h"

struct entry {
    char *name; /* a folder's ends in '/', so that sorting names sorts the paths below them */
};

struct level {
    char *path; /* of the folder, as it is shown */
    struct entry *entries;
    size_t entry_count, entry_capacity, next;
};

struct tl_photo_walk {
    char *const *operands;
    size_t operand_count, next_operand;
    struct level *levels;
    size_t level_count, level_capacity;
    bool has_given; /* something of the present operand */
};

enum tl_status tl_photo_walk_create(tl_photo_walk **out, char *const *operands, size_t count, struct tl_error *err)
{
    *out = tl_memory_alloc(1, sizeof **out);
    if (!*out)
        return tl_error_set_no_memory(err, "a list of photos", sizeof **out);
    (*out)->operands = operands;
    (*out)->operand_count = count;
    return TL_OK;
}

static void clear_level(struct level *level)
{
    for (size_t i = 0; i < level->entry_count; i++)
        tl_memory_free(level->entries[i].name);
    tl_memory_free(level->entries);
    tl_memory_free(level->path);
    memset(level, 0, sizeof *level);
}

void tl_photo_walk_free(tl_photo_walk *walk)
{
    if (!walk)
        return;
    for (size_t i = 0; i < walk->level_count; i++)
        clear_level(&walk->levels[i]);
    tl_memory_free(walk->levels);
    tl_memory_free(walk);
}

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const struct entry *)left)->name, ((const struct entry *)right)->name);
}

/* Adds `name`, with a '/' behind it when it is a folder's. */
static enum tl_status add_entry(struct level *level, const char *name, bool is_folder, struct tl_error *err)
{
    size_t length_bytes = strlen(name);
    char *copy = NULL;

    if (level->entry_count == level->entry_capacity) {
        size_t capacity = level->entry_capacity ? 2 * level->entry_capacity : 64;
        struct entry *entries = tl_memory_resize(level->entries, capacity, sizeof *entries);

        if (!entries)
            return tl_error_set_no_memory(err, "a folder's names", capacity * sizeof *entries);
        level->entries = entries;
        level->entry_capacity = capacity;
    }
    copy = tl_memory_alloc(length_bytes + 2, 1);
    if (!copy)
        return tl_error_set_no_memory(err, "a file's name", length_bytes + 2);
    memcpy(copy, name, length_bytes);
    if (is_folder)
        copy[length_bytes] = '/';
    level->entries[level->entry_count++].name = copy;
    return TL_OK;
}

/* Whether the entry is a folder itself, not a link to one; *out_is_wanted is false for links to folders and for what has gone. */
static bool is_folder_entry(DIR *folder, const struct dirent *entry, bool *out_is_wanted)
{
    struct stat facts;

    *out_is_wanted = true;
    if (entry->d_type == DT_DIR)
        return true;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return false;
    if (fstatat(dirfd(folder), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        *out_is_wanted = false;
        return false;
    }
    if (S_ISDIR(facts.st_mode))
        return true;
    if (S_ISLNK(facts.st_mode) && fstatat(dirfd(folder), entry->d_name, &facts, 0) == 0 && S_ISDIR(facts.st_mode))
        *out_is_wanted = false;
    return false;
}

/* Lists and sorts a folder; takes `path` in any case. Fails with: TL_IO, TL_NO_MEMORY. */
static enum tl_status list_folder(struct level *out, char *path, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    DIR *folder = opendir(path);

    memset(out, 0, sizeof *out);
    out->path = path;
    if (!folder) {
        status = tl_error_set(err, TL_IO, "cannot list the folder: %s", strerror(errno));
        goto done;
    }
    for (;;) {
        const struct dirent *entry;
        bool is_folder, is_wanted;

        errno = 0;
        entry = readdir(folder);
        if (!entry && errno != 0)
            status = tl_error_set(err, TL_IO, "cannot list the folder: %s", strerror(errno));
        if (!entry)
            break;
        if (entry->d_name[0] == '.')
            continue;
        is_folder = is_folder_entry(folder, entry, &is_wanted);
        if (!is_wanted || (!is_folder && !tl_photo_is_photo_name(entry->d_name)))
            continue;
        status = add_entry(out, entry->d_name, is_folder, err);
        if (status != TL_OK)
            break;
    }
    if (status == TL_OK && out->entry_count > 1)
        qsort(out->entries, out->entry_count, sizeof *out->entries, compare_entries);
done:
    if (folder)
        (void)closedir(folder);
    if (status != TL_OK)
        clear_level(out);
    return status;
}

/* Puts the folder on the stack. A folder that cannot be listed becomes the item's problem. Takes `path` in any case. */
static enum tl_status enter_folder(tl_photo_walk *walk, struct tl_photo_walk_item *item, char *path, struct tl_error *err)
{
    struct level level;
    char *shown = NULL;

    if (walk->level_count == walk->level_capacity) {
        size_t capacity = walk->level_capacity ? 2 * walk->level_capacity : 8;
        struct level *levels = tl_memory_resize(walk->levels, capacity, sizeof *levels);

        if (!levels) {
            tl_memory_free(path);
            return tl_error_set_no_memory(err, "a list of folders", capacity * sizeof *levels);
        }
        walk->levels = levels;
        walk->level_capacity = capacity;
    }
    shown = tl_memory_copy_string(path);
    if (!shown) {
        tl_memory_free(path);
        return tl_error_set_no_memory(err, "a folder's path", 0);
    }
    if (list_folder(&level, path, &item->problem) == TL_OK) {
        walk->levels[walk->level_count++] = level;
        tl_memory_free(shown);
        return TL_OK;
    }
    if (item->problem.status == TL_NO_MEMORY) {
        tl_memory_free(shown);
        return tl_error_set(err, TL_NO_MEMORY, "%s", item->problem.message);
    }
    item->path = shown;
    return TL_OK;
}

/* The next name of the top folder: an item, or one folder more, or one less. */
static enum tl_status step_inside(tl_photo_walk *walk, struct tl_photo_walk_item *item, struct tl_error *err)
{
    struct level *top = &walk->levels[walk->level_count - 1];
    char *name, *path;
    size_t length_bytes;
    bool is_folder;

    if (top->next == top->entry_count) {
        clear_level(top);
        walk->level_count--;
        return TL_OK;
    }
    name = top->entries[top->next++].name;
    length_bytes = strlen(name);
    is_folder = name[length_bytes - 1] == '/';
    if (is_folder)
        name[length_bytes - 1] = '\0';
    path = tl_system_join_path(top->path, name);
    if (!path)
        return tl_error_set_no_memory(err, "a photo's path", length_bytes);
    if (is_folder)
        return enter_folder(walk, item, path, err);
    item->path = path;
    return TL_OK;
}

static enum tl_status start_operand(tl_photo_walk *walk, struct tl_photo_walk_item *item, struct tl_error *err)
{
    const char *operand = walk->operands[walk->next_operand++];
    char *path = tl_memory_copy_string(operand);
    struct stat facts;

    walk->has_given = false;
    if (!path)
        return tl_error_set_no_memory(err, "a photo's path", strlen(operand));
    if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
        return enter_folder(walk, item, path, err);
    item->path = path;
    return TL_OK;
}

/* All of a folder was walked and there was nothing in it. */
static enum tl_status report_empty(tl_photo_walk *walk, struct tl_photo_walk_item *item, struct tl_error *err)
{
    const char *operand = walk->operands[walk->next_operand - 1];

    item->path = tl_memory_copy_string(operand);
    if (!item->path)
        return tl_error_set_no_memory(err, "a folder's path", strlen(operand));
    (void)tl_error_set(&item->problem, TL_NOT_FOUND, "no photos in this folder or below it");
    return TL_OK;
}

enum tl_status tl_photo_walk_next(tl_photo_walk *walk, struct tl_photo_walk_item *out, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    memset(out, 0, sizeof *out);
    while (status == TL_OK && !out->path) {
        if (walk->level_count > 0)
            status = step_inside(walk, out, err);
        else if (walk->next_operand > 0 && !walk->has_given)
            status = report_empty(walk, out, err);
        else if (walk->next_operand < walk->operand_count)
            status = start_operand(walk, out, err);
        else
            return tl_error_set(err, TL_NOT_FOUND, "no more photos");
        if (out->path)
            walk->has_given = true;
    }
    return status;
}
