/* stored_head.h - a head of the store as a value, beside the row it came from.
 */
#ifndef TL_TRAIN_STORED_HEAD_H
#define TL_TRAIN_STORED_HEAD_H

#include "common/head/head.h"
#include "common/store/store_run.h"

struct tl_stored_head {
    struct tl_store_chosen_head chosen;
    struct tl_head *head;
};

/* `wanted` as tl_store_get_head(). On failure *out holds nothing; `err` is not NULL. Fails with: as tl_store_get_head() and
 * tl_head_record_read(). */
TL_MUST_USE enum tl_status tl_stored_head_read(struct tl_stored_head *out, tl_store *store, const char *wanted,
                                               struct tl_error *err);
void tl_stored_head_release(struct tl_stored_head *stored);

/* "run 3 'mild'", "the imported head 'mine'" */
void tl_stored_head_append_name(struct tl_text *text, const struct tl_store_chosen_head *chosen);

#endif
