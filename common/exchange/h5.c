/* h5.c - HDF5's reasons, and opening what a file names without following it elsewhere. */
#include "common/exchange/h5.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tl_h5_prepare(void)
{
    /* A file whose last write failed cannot be closed, and HDF5's exit handler crashes on it (1.10.8). We close all of ours. */
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

struct reason {
    char text[256];
};

static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *data)
{
    struct reason *reason = data;

    (void)depth;
    if (reason->text[0] == '\0' && error->desc)
        snprintf(reason->text, sizeof reason->text, "%s", error->desc);
    return 0;
}

enum tl_status tl_h5_fail(struct tl_error *err, enum tl_status status, const char *format, ...)
{
    struct reason reason = {""};
    char what[512];
    va_list arguments;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return tl_error_set(err, status, "%s (HDF5: %s)", what, reason.text[0] != '\0' ? reason.text : "no reason given");
}

static const char *name_object(H5I_type_t kind)
{
    return kind == H5I_GROUP ? "a group" : kind == H5I_DATASET ? "a dataset" : "a named type";
}

static enum tl_status open_step(hid_t *out, hid_t start, const char *name, H5I_type_t kind, const char *path,
                                struct tl_error *err)
{
    H5L_info_t info;
    hid_t object;
    H5I_type_t found;

    *out = H5I_INVALID_HID;
    if (H5Lexists(start, name, H5P_DEFAULT) <= 0 || H5Lget_info(start, name, &info, H5P_DEFAULT) < 0)
        return tl_error_set(err, TL_BAD_INPUT, "expected %s at '%s', found no '%s'", name_object(kind), path, name);
    if (info.type != H5L_TYPE_HARD)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' in '%s' is %s link; only what lies in the file itself is read", name, path,
                            info.type == H5L_TYPE_SOFT ? "a soft" : "an external");
    object = H5Oopen(start, name, H5P_DEFAULT);
    if (object < 0)
        return tl_h5_fail(err, TL_BAD_INPUT, "'%s' in '%s' cannot be opened", name, path);
    found = H5Iget_type(object);
    if (found != kind) {
        H5Oclose(object);
        return tl_error_set(err, TL_BAD_INPUT, "expected %s at '%s' in '%s', found %s", name_object(kind), name, path,
                            name_object(found));
    }
    *out = object;
    return TL_OK;
}

enum tl_status tl_h5_open_below(hid_t *out, hid_t start, const char *path, H5I_type_t kind, struct tl_error *err)
{
    hid_t current = start;
    const char *at = path;

    *out = H5I_INVALID_HID;
    for (;;) {
        char name[TL_H5_STRING_BYTES_MAX + 1];
        size_t name_bytes = strcspn(at, "/");
        bool is_last = at[name_bytes] == '\0';
        hid_t next = H5I_INVALID_HID;
        enum tl_status status;

        /* HDF5 reads "" and "." as the group itself, so "a//b" and "a/./b" would be second names for "a/b". */
        if (name_bytes == 0 || name_bytes >= sizeof name || (name_bytes == 1 && at[0] == '.')) {
            status = tl_error_set(err, TL_BAD_INPUT, "'%.200s' is not a path to %s", path, name_object(kind));
        } else {
            memcpy(name, at, name_bytes);
            name[name_bytes] = '\0';
            status = open_step(&next, current, name, is_last ? kind : H5I_GROUP, path, err);
        }
        if (current != start)
            H5Oclose(current);
        if (status != TL_OK || is_last) {
            *out = next;
            return status;
        }
        current = next;
        at += name_bytes + 1;
    }
}
