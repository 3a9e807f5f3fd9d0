/* photo_walk.c - see photo_walk.h. A stack of listed folders; the top one's next name is what comes next. */
#include "serve/classify/photo_walk.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/folder.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/photo.h"

struct level {
    char *path;              /* of the folder, as it is shown */
    struct tl_folder folder; /* photos and folders alone, in the order of the paths below */
    size_t next;
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

size_t tl_photo_walk_estimate(const tl_photo_walk *walk)
{
    struct stat info;

    for (size_t i = 0; i < walk->operand_count; i++)
        if (stat(walk->operands[i], &info) == 0 && S_ISDIR(info.st_mode))
            return SIZE_MAX;
    return walk->operand_count;
}

static void clear_level(struct level *level)
{
    tl_folder_free(&level->folder);
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

/* A folder that is walked; links to folders are not. */
static bool is_walked(const struct tl_folder_item *item)
{
    return item->kind == TL_FOLDER_FOLDER && !tl_photo_is_folder_disguised(item->name);
}

static bool is_given_out(const struct tl_folder_item *item)
{
    bool is_folder = item->kind == TL_FOLDER_FOLDER || item->kind == TL_FOLDER_LINKED_FOLDER;

    return is_folder ? tl_photo_is_folder_disguised(item->name) : tl_photo_is_photo_name(item->name);
}

/* As the paths below sort: a folder's name goes on with '/'. */
static int compare_items(const void *left, const void *right)
{
    const struct tl_folder_item *a = left, *b = right;
    size_t i = 0;

    while (a->name[i] != '\0' && a->name[i] == b->name[i])
        i++;
    return (a->name[i] != '\0' ? (unsigned char)a->name[i] : is_walked(a) ? '/' : '\0') -
           (b->name[i] != '\0' ? (unsigned char)b->name[i] : is_walked(b) ? '/' : '\0');
}

/* Lists and sorts a folder; takes `path` in any case. Fails with: as tl_folder_list(). */
static enum tl_status list_folder(struct level *out, char *path, struct tl_error *err)
{
    struct tl_folder *folder = &out->folder;
    size_t kept_count = 0;
    enum tl_status status;

    memset(out, 0, sizeof *out);
    out->path = path;
    status = tl_folder_list(folder, path, err);
    if (status != TL_OK) {
        clear_level(out);
        return status;
    }
    for (size_t i = 0; i < folder->count; i++) {
        struct tl_folder_item *item = &folder->items[i];

        if (item->name[0] != '.' && (is_walked(item) || is_given_out(item)))
            folder->items[kept_count++] = *item;
        else
            tl_memory_free(item->name);
    }
    folder->count = kept_count;
    if (kept_count > 1)
        qsort(folder->items, kept_count, sizeof *folder->items, compare_items);
    return TL_OK;
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
    const struct tl_folder_item *next;
    char *path;

    if (top->next == top->folder.count) {
        clear_level(top);
        walk->level_count--;
        return TL_OK;
    }
    next = &top->folder.items[top->next++];
    path = tl_system_join_path(top->path, next->name);
    if (!path)
        return tl_error_set_no_memory(err, "a photo's path", strlen(next->name));
    if (is_walked(next))
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
