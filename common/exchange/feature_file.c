/* feature_file.c - one of two writers, by the path's ending; see feature_file.h. */
#include "common/exchange/feature_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/memory.h"
#include "common/exchange/feature_h5.h"
#include "common/exchange/feature_npy.h"

static const char NPY_ENDING[] = ".npy";

struct tl_feature_file {
    tl_feature_h5 *h5; /* one of the two */
    tl_feature_npy *npy;
};

bool tl_feature_file_is_npy(const char *path)
{
    const size_t length_bytes = strlen(path), ending_bytes = strlen(NPY_ENDING);

    return length_bytes > ending_bytes && strcasecmp(path + length_bytes - ending_bytes, NPY_ENDING) == 0;
}

char *tl_feature_file_copy_npy_path(const char *path, const char *ending)
{
    const size_t stem_bytes = strlen(path) - strlen(NPY_ENDING), size_bytes = stem_bytes + strlen(ending) + 1;
    char *out = tl_memory_alloc(size_bytes, 1);

    if (out)
        snprintf(out, size_bytes, "%.*s%s", (int)stem_bytes, path, ending);
    return out;
}

enum tl_status tl_feature_file_create(tl_feature_file **out, const char *path, const size_t shape[3],
                                      const char *const *class_names, size_t class_count, struct tl_error *err)
{
    tl_feature_file *file = tl_memory_alloc(1, sizeof *file);
    enum tl_status status;

    *out = NULL;
    if (!file)
        return tl_error_set_no_memory(err, "a feature file", sizeof *file);
    if (tl_feature_file_is_npy(path))
        status = tl_feature_npy_create(&file->npy, path, shape, class_names, class_count, err);
    else
        status = tl_feature_h5_create(&file->h5, path, shape, class_names, class_count, err);
    if (status != TL_OK) {
        tl_memory_free(file);
        return status;
    }
    *out = file;
    return TL_OK;
}

enum tl_status tl_feature_file_add(tl_feature_file *file, const struct tl_feature_row *row, struct tl_error *err)
{
    return file->npy ? tl_feature_npy_add(file->npy, row, err) : tl_feature_h5_add(file->h5, row, err);
}

enum tl_status tl_feature_file_close(tl_feature_file **file, struct tl_error *err)
{
    tl_feature_file *closing = *file;
    enum tl_status status;

    *file = NULL;
    status = closing->npy ? tl_feature_npy_close(&closing->npy, err) : tl_feature_h5_close(&closing->h5, err);
    tl_memory_free(closing);
    return status;
}

void tl_feature_file_discard(tl_feature_file *file)
{
    if (!file)
        return;
    tl_feature_npy_discard(file->npy);
    tl_feature_h5_discard(file->h5);
    tl_memory_free(file);
}
