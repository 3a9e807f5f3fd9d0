/* layout.c - see layout.h. */
#include "extract/layout.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/folder.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/photo.h"

/* The split that a folder's name says, static; NULL for any other name. */
static const char *split_of_name(const char *name)
{
    static const struct {
        const char *name, *split;
    } NAMES[] = {{"train", "train"}, {"test", "test"}, {"val", "val"}, {"validation", "val"}};

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcasecmp(NAMES[i].name, name) == 0)
            return NAMES[i].split;
    return NULL;
}

/* The static word for a split that an option gave. */
static const char *keep_split(const char *split)
{
    return split ? split_of_name(split) : NULL;
}

/* A class or split folder; unlike those below a class it may be a link, as in Keras. */
static bool is_visible_folder(const struct tl_folder_item *item)
{
    return item->name[0] != '.' && (item->kind == TL_FOLDER_FOLDER || item->kind == TL_FOLDER_LINKED_FOLDER);
}

/* What lies beside the folders. */
static void count_others(struct tl_layout *layout, const struct tl_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        const struct tl_folder_item *item = &folder->items[i];

        if (item->name[0] == '.')
            layout->hidden_count++;
        else if (is_visible_folder(item))
            continue;
        else if (tl_photo_is_photo_name(item->name))
            layout->outside_count++;
        else
            layout->ignored_count++;
    }
}

static enum tl_status add_class(struct tl_layout *layout, const char *below, const char *name, const char *split,
                                struct tl_error *err)
{
    struct tl_layout_class *classes = tl_memory_resize(layout->classes, layout->class_count + 1, sizeof *classes);
    char *path;

    if (!classes)
        return tl_error_set_no_memory(err, "the list of classes", (layout->class_count + 1) * sizeof *classes);
    layout->classes = classes;
    path = below ? tl_system_join_path(below, name) : tl_memory_copy_string(name);
    if (!path)
        return tl_error_set_no_memory(err, "the path of a class", strlen(name) + 1);
    classes[layout->class_count++] = (struct tl_layout_class){path, split};
    return TL_OK;
}

/* Every folder in `folder` is a class. */
static enum tl_status add_classes(struct tl_layout *layout, const struct tl_folder *folder, const char *below, const char *split,
                                  struct tl_error *err)
{
    enum tl_status status = TL_OK;

    count_others(layout, folder);
    for (size_t i = 0; i < folder->count && status == TL_OK; i++)
        if (is_visible_folder(&folder->items[i]))
            status = add_class(layout, below, folder->items[i].name, split, err);
    return status;
}

static enum tl_status list_below(struct tl_folder *out, const char *directory, const char *name, struct tl_error *err)
{
    char *path = tl_system_join_path(directory, name);
    enum tl_status status;

    *out = (struct tl_folder){NULL, 0};
    if (!path)
        return tl_error_set_no_memory(err, "a path", strlen(directory) + strlen(name) + 2);
    status = tl_folder_list(out, path, err);
    if (status != TL_OK)
        status = tl_error_prefix(err, "%s", path);
    tl_memory_free(path);
    return status;
}

static enum tl_status add_split(struct tl_layout *layout, const char *directory, const char *name, struct tl_error *err)
{
    struct tl_folder folder = {NULL, 0};
    enum tl_status status = list_below(&folder, directory, name, err);

    if (status == TL_OK)
        status = add_classes(layout, &folder, name, split_of_name(name), err);
    tl_folder_free(&folder);
    return status;
}

/* True in *out when folders and no photos lie in the folder: it may be a split. */
static enum tl_status ask_for_folders_only(bool *out, const char *directory, const char *name, struct tl_error *err)
{
    struct tl_folder folder = {NULL, 0};
    enum tl_status status = list_below(&folder, directory, name, err);
    size_t folder_count = 0, photo_count = 0;

    for (size_t i = 0; i < folder.count; i++) {
        folder_count += is_visible_folder(&folder.items[i]);
        photo_count += folder.items[i].kind == TL_FOLDER_FILE && tl_photo_is_photo_name(folder.items[i].name);
    }
    *out = folder_count > 0 && photo_count == 0;
    tl_folder_free(&folder);
    return status;
}

/* Some folders are named as splits, others are not: fine when all can be classes. */
static enum tl_status check_mixture(const struct tl_folder *folder, const char *directory, struct tl_error *err)
{
    const char *other = NULL;

    for (size_t i = 0; i < folder->count && !other; i++)
        if (is_visible_folder(&folder->items[i]) && !split_of_name(folder->items[i].name))
            other = folder->items[i].name;
    for (size_t i = 0; i < folder->count; i++) {
        const char *name = folder->items[i].name;
        bool has_folders_only;
        enum tl_status status;

        if (!is_visible_folder(&folder->items[i]) || !split_of_name(name))
            continue;
        status = ask_for_folders_only(&has_folders_only, directory, name, err);
        if (status != TL_OK)
            return status;
        if (has_folders_only)
            return tl_error_set(
                err, TL_BAD_INPUT,
                "%s holds the split folder %s and other folders such as %s: a DIR holds either "
                "split folders or class folders; move the others away, or give --split to take all of them as classes",
                directory, name, other);
    }
    return TL_OK;
}

static enum tl_status tell_no_classes(const struct tl_layout *layout, const char *directory, struct tl_error *err)
{
    char photos[80] = "";

    if (layout->outside_count > 0)
        (void)snprintf(photos, sizeof photos, "%zu photo%s directly in it%s, but ", layout->outside_count,
                       layout->outside_count == 1 ? " lies" : "s lie", layout->has_splits ? " or its split folders" : "");
    return tl_error_set(err, TL_BAD_INPUT,
                        "%s has no class folders: %sit must hold one folder per class (%s/cloudy/1.jpg), or Train and "
                        "Test folders that do (%s/Train/cloudy/1.jpg)",
                        directory, photos, directory, directory);
}

static enum tl_status read_folders(struct tl_layout *layout, const struct tl_folder *folder, const char *directory,
                                   const char *split, struct tl_error *err)
{
    size_t folder_count = 0, split_count = 0;
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < folder->count; i++) {
        if (!is_visible_folder(&folder->items[i]))
            continue;
        folder_count++;
        split_count += split_of_name(folder->items[i].name) != NULL;
    }
    if (split_count == 0 || split_count < folder_count) {
        if (split_count > 0 && !split)
            status = check_mixture(folder, directory, err);
        return status == TL_OK ? add_classes(layout, folder, NULL, keep_split(split), err) : status;
    }
    if (split)
        return tl_error_set(err, TL_BAD_INPUT, "%s holds split folders of its own; --split is for one that does not", directory);
    layout->has_splits = true;
    count_others(layout, folder);
    for (size_t i = 0; i < folder->count && status == TL_OK; i++)
        if (is_visible_folder(&folder->items[i]))
            status = add_split(layout, directory, folder->items[i].name, err);
    return status;
}

enum tl_status tl_layout_read(struct tl_layout *out, const char *directory, const char *split, struct tl_error *err)
{
    struct tl_layout layout = {.classes = NULL};
    struct tl_folder folder = {NULL, 0};
    enum tl_status status = tl_folder_list(&folder, directory, err);

    *out = layout;
    if (status != TL_OK)
        return tl_error_prefix(err, "%s", directory);
    status = read_folders(&layout, &folder, directory, split, err);
    if (status == TL_OK && layout.class_count == 0)
        status = tell_no_classes(&layout, directory, err);
    tl_folder_free(&folder);
    if (status != TL_OK) {
        tl_layout_free(&layout);
        return status;
    }
    *out = layout;
    return TL_OK;
}

void tl_layout_free(struct tl_layout *layout)
{
    for (size_t i = 0; i < layout->class_count; i++)
        tl_memory_free(layout->classes[i].path);
    tl_memory_free(layout->classes);
    *layout = (struct tl_layout){.classes = NULL};
}
