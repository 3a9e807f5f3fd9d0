/* svg.h - PLplot's SVG made small and self-describing: a title for who hears, no clutter, text as text.
 */
#ifndef TL_TRAIN_SVG_H
#define TL_TRAIN_SVG_H

#include "common/base/text.h"
#include "train/report/plotter.h"

/* Appends the drawing that PLplot wrote, with a head of our own. Fails with: TL_IO (not what PLplot writes), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_svg_append(struct tl_text *out, const char *raw, const struct tl_plotter_page *page,
                                         struct tl_error *err);

#endif
