/* sample_rows.h - which stored features the samples of a selection have, before any of their values is read.
 *
 * Selection and features come in the same order, by content, so that one pass joins them.
 */
#ifndef TL_TRAIN_SAMPLE_ROWS_H
#define TL_TRAIN_SAMPLE_ROWS_H

#include "train/data/samples.h"

struct tl_sample_row {
    int64_t feature_id;
    uint32_t nonzero_count; /* as the store's row says; a blob with more is damaged */
    uint32_t sample_index;  /* of the selection */
    uint32_t variant_index;
};
struct tl_sample_rows {
    struct tl_sample_row *items; /* owned, in the order of training */
    size_t count, capacity;
};

/* Fills samples->items, of the selection's count: roles, classes, which rows are whose. On failure *out is freed all the same.
 * Fails with: TL_CORRUPT (a selected photo without features), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_sample_rows_list(struct tl_sample_rows *out, struct tl_samples *samples, tl_store *store,
                                               const struct tl_selection *selection, const struct tl_samples_source *source,
                                               struct tl_error *err);
void tl_sample_rows_free(struct tl_sample_rows *rows);

#endif
