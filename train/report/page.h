/* page.h - a run as one HTML page that needs nothing else: no script, no other file, nothing from the network.
 *
 *     status = tl_page_append(&html, store, &findings, "weather.tl", err);
 *
 * Names of classes, files and runs are anybody's, and all that comes from the store is escaped. Plots are SVG in the page, coloured
 * by its style sheet, which knows light, dark and print.
 */
#ifndef TL_TRAIN_PAGE_H
#define TL_TRAIN_PAGE_H

#include "common/base/text.h"
#include "train/report/findings.h"

/* Needs tl_photo_start(), for the photos that were got wrong. `store` is the one that the findings are of, `store_path` what it is
 * called. Fails with: TL_NOT_FOUND (no PLplot), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_page_append(struct tl_text *out, tl_store *store, const struct tl_findings *findings,
                                          const char *store_path, struct tl_error *err);

#endif
