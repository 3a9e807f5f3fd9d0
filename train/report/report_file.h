/* report_file.h - the page or a plot of a stored run as a file, whole or not at all.
 *
 *     struct tl_report_wish wish = {.page_path = "out.html", .plots = &list};
 *     tl_report_file_check(&wish, err);                                       before a long training
 *     status = tl_report_file_write(&wish, store, run_id, "weather.tl", err);
 */
#ifndef TL_TRAIN_REPORT_FILE_H
#define TL_TRAIN_REPORT_FILE_H

#include "common/base/options.h"
#include "common/store/store.h"

struct tl_report_wish {
    const char *page_path;               /* NULL: no page */
    const struct tl_option_list *plots;  /* "curves=FILE.svg" or ".png", ...; NULL: none */
};

/* Whether the plots are ones there are, each with a file of a kind that can be written, its folder lets files come into being, and
 * PLplot is here. Fails with: TL_BAD_INPUT, TL_IO, TL_NOT_FOUND (no PLplot), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_report_file_check(const struct tl_report_wish *wish, struct tl_error *err);

/* The wish has been checked; a file that is there is replaced. From the process's first thread, once: it starts libvips and
 * stops it. Fails with: TL_NOT_FOUND (no such run; it has nothing to plot; no PLplot), TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_report_file_write(const struct tl_report_wish *wish, tl_store *store, int64_t run_id,
                                                const char *store_path, struct tl_error *err);

#endif
