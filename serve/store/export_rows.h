/* export_rows.h - stored features as rows of a feature file, in the order that never depends on the file's history.
 *
 * Rows stand by (content sha256, source, path, augmentation digest, variant index), one for each place and variant.
 * What is in memory is the places and the blobs of one content.
 */
#ifndef TL_SERVE_STORE_EXPORT_ROWS_H
#define TL_SERVE_STORE_EXPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/exchange/feature_file.h"
#include "common/store/store_damage.h"
#include "common/store/store_sample.h"
#include "serve/store/export_places.h"

struct tl_export_rows {
    int64_t feature_set_id, augmentation_id; /* augmentation 0: plain photos alone */
    size_t feature_count;                    /* F */
    const char *split;                       /* only places of this split; NULL for all */
};

/* Adds all rows to `file`; *out_count of them. `tell` (may be NULL) hears how many of the places are done, those without
 * rows too, and returns false to stop. The caller frees *damages with tl_store_free_damages(): all photos are tried, and those of
 * which a feature is damaged or lost are noted there; the first of them is the error.
 * Fails with: TL_CORRUPT (such damage; `file` is of no use then), TL_STOPPED, TL_IO, TL_NO_MEMORY. */
typedef bool tl_export_rows_callback(void *context, size_t place_count);
TL_MUST_USE enum tl_status tl_export_rows_write(size_t *out_count, struct tl_store_damages *damages, tl_feature_file *file,
                                                tl_store *store, const struct tl_export_places *places,
                                                const struct tl_export_rows *what, tl_export_rows_callback *tell, void *context,
                                                struct tl_error *err);

#endif
