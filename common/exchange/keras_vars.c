/* keras_vars.c - the walk: a layer's own variables, then the layers inside it. */
#include "common/exchange/keras_vars.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"
#include "common/exchange/h5_dataset.h"

enum { DEPTH_MAX = 8, GROUPS_MAX = 4096 };

/* `group_count` bounds the walk where groups are linked in a circle. */
struct walk {
    tl_tensors *tensors;
    size_t group_count;
};

struct child {
    char *name;
    size_t class_bytes;   /* "conv2d_12": 6 */
    unsigned long number; /* 12; 0 without */
    bool is_model;
};

struct children {
    struct child *items;
    size_t count;
    enum tl_status status; /* of the listing */
};

static void free_children(struct children *children)
{
    for (size_t i = 0; i < children->count; i++)
        tl_memory_free(children->items[i].name);
    tl_memory_free(children->items);
}

static bool has_link(hid_t group, const char *name)
{
    return H5Lexists(group, name, H5P_DEFAULT) > 0;
}

static herr_t list_child(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    struct children *children = data;
    struct child child = {.class_bytes = strlen(name)};
    const char *underscore = strrchr(name, '_');

    (void)group, (void)info;
    if (children->count >= GROUPS_MAX || child.class_bytes > TL_H5_STRING_BYTES_MAX) {
        children->status = TL_BAD_INPUT;
        return -1;
    }
    if (underscore && underscore[1] != '\0' && strspn(underscore + 1, "0123456789") == strlen(underscore + 1)) {
        child.class_bytes = (size_t)(underscore - name);
        child.number = strtoul(underscore + 1, NULL, 10);
    }
    child.name = tl_memory_copy_string(name);
    if (!child.name) {
        children->status = TL_NO_MEMORY;
        return -1;
    }
    children->items[children->count++] = child;
    return 0;
}

static int compare_children(const void *left, const void *right)
{
    const struct child *a = left, *b = right;
    size_t shared_bytes = a->class_bytes < b->class_bytes ? a->class_bytes : b->class_bytes;
    int order;

    if (a->is_model != b->is_model)
        return a->is_model ? -1 : 1;
    order = memcmp(a->name, b->name, shared_bytes);
    if (order == 0 && a->class_bytes != b->class_bytes)
        order = a->class_bytes < b->class_bytes ? -1 : 1;
    if (order == 0 && a->number != b->number)
        order = a->number < b->number ? -1 : 1;
    return order != 0 ? order : strcmp(a->name, b->name);
}

/* The caller frees *out with free_children(). */
static enum tl_status list_children(struct children *out, hid_t layers, struct tl_error *err)
{
    H5G_info_t info = {.nlinks = 0};

    *out = (struct children){NULL, 0, TL_OK};
    if (H5Gget_info(layers, &info) < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "the list of layers cannot be read");
    out->items = tl_memory_alloc(GROUPS_MAX, sizeof *out->items);
    if (!out->items)
        return tl_error_set_no_memory(err, "a list of layers", GROUPS_MAX * sizeof *out->items);
    if (H5Literate(layers, H5_INDEX_NAME, H5_ITER_INC, NULL, list_child, out) < 0) {
        if (out->status == TL_NO_MEMORY)
            return tl_error_set_no_memory(err, "the name of a layer", TL_H5_STRING_BYTES_MAX);
        return tl_error_set(err, TL_BAD_INPUT, "%llu layers in one group, or a name too long; at most %d are read",
                            (unsigned long long)info.nlinks, GROUPS_MAX);
    }
    return TL_OK;
}

static enum tl_status read_variables(struct walk *walk, hid_t group, const char *path, struct tl_error *err)
{
    const char *slash = strrchr(path, '/');
    struct tl_h5_strings names = {NULL, 0};
    hid_t vars = H5I_INVALID_HID;
    enum tl_status status = tl_h5_open_below(&vars, group, "vars", H5I_GROUP, err);

    if (status != TL_OK)
        return status;
    if (tl_h5_has_strings(vars, "name"))
        status = tl_h5_read_strings(&names, vars, "name", err);
    for (unsigned i = 0; status == TL_OK; i++) {
        char number[16], name[TL_H5_STRING_BYTES_MAX + 32];
        snprintf(number, sizeof number, "%u", i);
        if (!has_link(vars, number))
            break;
        snprintf(name, sizeof name, "%s/vars/%u", path, i);
        status = tl_h5_read_tensor(walk->tensors, vars,
                                   names.count > 0 ? names.items[0]
                                   : slash         ? slash + 1
                                                   : path,
                                   number, name, err);
    }
    tl_h5_strings_free(&names);
    H5Oclose(vars);
    return status;
}

static enum tl_status read_group(struct walk *walk, hid_t group, const char *path, int depth, struct tl_error *err);

static enum tl_status read_child(struct walk *walk, hid_t layers, const char *path, const char *name, int depth,
                                 struct tl_error *err)
{
    char child_path[TL_H5_STRING_BYTES_MAX + 1];
    hid_t group = H5I_INVALID_HID;
    enum tl_status status;

    if (snprintf(child_path, sizeof child_path, "%s/%s", path, name) >= (int)sizeof child_path)
        return tl_error_set(err, TL_BAD_INPUT, "the layers of '%.100s...' have names of more than %d bytes", path,
                            TL_H5_STRING_BYTES_MAX);
    status = tl_h5_open_below(&group, layers, name, H5I_GROUP, err);
    if (status == TL_OK)
        status = read_group(walk, group, child_path, depth + 1, err);
    if (group >= 0)
        H5Oclose(group);
    return status;
}

static enum tl_status read_inner_layers(struct walk *walk, hid_t group, const char *path, int depth, struct tl_error *err)
{
    struct children children = {NULL, 0, TL_OK};
    char layers_path[TL_H5_STRING_BYTES_MAX + 8];
    hid_t layers = H5I_INVALID_HID;
    enum tl_status status = tl_h5_open_below(&layers, group, "layers", H5I_GROUP, err);

    if (status == TL_OK)
        status = list_children(&children, layers, err);
    for (size_t i = 0; status == TL_OK && i < children.count; i++) {
        hid_t child = H5I_INVALID_HID;
        status = tl_h5_open_below(&child, layers, children.items[i].name, H5I_GROUP, err);
        if (status == TL_OK) {
            children.items[i].is_model = has_link(child, "layers");
            H5Oclose(child);
        }
    }
    if (status == TL_OK && children.count > 0)
        qsort(children.items, children.count, sizeof *children.items, compare_children);
    snprintf(layers_path, sizeof layers_path, "%s%slayers", path, path[0] != '\0' ? "/" : "");
    for (size_t i = 0; status == TL_OK && i < children.count; i++)
        status = read_child(walk, layers, layers_path, children.items[i].name, depth, err);
    free_children(&children);
    if (layers >= 0)
        H5Oclose(layers);
    return status;
}

static enum tl_status read_group(struct walk *walk, hid_t group, const char *path, int depth, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (++walk->group_count > GROUPS_MAX || depth > DEPTH_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "more than %d layers, or models more than %d deep in each other", GROUPS_MAX,
                            DEPTH_MAX);
    if (has_link(group, "vars"))
        status = read_variables(walk, group, path, err);
    if (status == TL_OK && has_link(group, "layers"))
        status = read_inner_layers(walk, group, path, depth, err);
    return status;
}

enum tl_status tl_keras_vars_read(tl_tensors *tensors, hid_t top, struct tl_error *err)
{
    struct walk walk = {tensors, 0};
    enum tl_status status = read_group(&walk, top, "", 0, err);

    if (status == TL_OK && tl_tensors_count(tensors) == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "expected weights, found %zu layers without any", walk.group_count - 1);
    return status;
}
