/* store_recorded.h - a data set as it was recorded, whatever labels and folders say today.
 */
#ifndef TL_STORE_STORE_RECORDED_H
#define TL_STORE_STORE_RECORDED_H

#include "common/base/arena.h"
#include "common/store/store_run.h"
#include "common/store/store_sample.h"

struct tl_store_recorded {
    char *label_set, *recipe_json; /* recipe_json: NULL where none was written */
    char *group_by;                /* of the recipe; likewise */
    bool has_validation_split;     /* likewise: the validation photos were the val split */
    const char **class_names;
    size_t class_count;
    struct tl_store_sample *samples; /* by sha256; their roles are the words of the schema */
    struct tl_store_label *labels;   /* one a sample: a place where the photo is or was, the class of the data set, no split */
    size_t sample_count;
    struct tl_arena strings; /* what the above point to */
};
/* *out is freed with tl_store_free_recorded(), also after a failure. Fails with: TL_NOT_FOUND (no such data set), TL_IO, TL_CORRUPT
 * (a class or role that is none), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_get_recorded(tl_store *store, struct tl_store_recorded *out, int64_t dataset_id,
                                                 struct tl_error *err);
void tl_store_free_recorded(struct tl_store_recorded *recorded);

#endif
