/* known.h - photos that are as they should be: counted by class and split, and known by the ids of their rows alone.
 *
 * What stays of a photo in a run that has nothing to do for it: 8 bytes.
 */
#ifndef TL_EXTRACT_KNOWN_H
#define TL_EXTRACT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "extract/scan.h"

struct tl_known_count {
    const struct tl_scan *scan;
    const char *class_name, *split; /* of entries of the scan; a split may be NULL */
    size_t photo_count;
    size_t turned_count; /* with an EXIF orientation other than 1 */
};

/* Begins zeroed. */
struct tl_known {
    struct tl_known_count *counts;
    size_t count_count;
    int64_t *photo_ids;
    size_t photo_count, photo_capacity;
};

/* The scan is borrowed, the entry only looked at. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_known_add(struct tl_known *known, const struct tl_scan *scan, const struct tl_scan_entry *entry,
                                        int64_t photo_id, bool is_turned, struct tl_error *err);
void tl_known_free(struct tl_known *known);

#endif
