/* work.c - see work.h. */
#include "extract/work.h"

#include <stdatomic.h>

#include "common/base/memory.h"

struct tl_work_photo {
    struct tl_photo photo;
    atomic_size_t reference_count;
};

tl_work_photo *tl_work_photo_create(void)
{
    tl_work_photo *photo = tl_memory_alloc(1, sizeof *photo);

    if (photo)
        atomic_init(&photo->reference_count, 1);
    return photo;
}

struct tl_photo *tl_work_photo_get(tl_work_photo *photo)
{
    return &photo->photo;
}

void tl_work_photo_release(tl_work_photo *photo)
{
    if (photo && atomic_fetch_sub(&photo->reference_count, 1) == 1)
        tl_memory_free(photo);
}

enum tl_status tl_work_create(struct tl_work **out, size_t photo_index, tl_work_photo *photo, struct tl_error *err)
{
    struct tl_work *work = tl_memory_alloc(1, sizeof *work);

    *out = NULL;
    if (!work)
        return tl_error_set_no_memory(err, "a photo's work", sizeof *work);
    work->photo_index = photo_index;
    work->part_count = 1;
    if (photo) {
        atomic_fetch_add(&photo->reference_count, 1);
        work->shared = photo;
        work->photo = &photo->photo;
    }
    *out = work;
    return TL_OK;
}

void tl_work_free(struct tl_work *work)
{
    if (!work)
        return;
    for (size_t i = 0; i < work->feature_count; i++)
        tl_memory_free(work->features[i].blob);
    tl_work_photo_release(work->shared);
    tl_memory_free(work);
}
