/* plot.h - the plots of a run: learning curves, confusion matrix, reliability diagram, the runs of a sweep.
 *
 *     if (!tl_plot_why_not(TL_PLOT_SWEEP, &findings))
 *         status = tl_plot_draw(&svg, TL_PLOT_SWEEP, &findings, true, err);
 */
#ifndef TL_TRAIN_PLOT_H
#define TL_TRAIN_PLOT_H

#include "train/report/findings.h"
#include "train/report/plotter.h"

enum tl_plot { TL_PLOT_CURVES, TL_PLOT_CONFUSION, TL_PLOT_CALIBRATION, TL_PLOT_SWEEP, TL_PLOT_COUNT };
extern const char *const tl_plot_names[TL_PLOT_COUNT + 1]; /* "curves", "confusion", "calibration", "sweep", NULL */

enum { TL_PLOT_MATRIX_CLASSES = 60 }; /* beyond, a cell would be too small to be seen */

/* NULL: it can be drawn. Else what the run lacks, in words that can stand behind "run 3: "; static. */
const char *tl_plot_why_not(enum tl_plot plot, const struct tl_findings *findings);

/* Appends the plot as SVG, a file of its own or to stand in HTML. It is one of those that can be drawn. Fails with: as
 * tl_plotter_draw(). */
TL_MUST_USE enum tl_status tl_plot_draw(struct tl_text *out, enum tl_plot plot, const struct tl_findings *findings, bool is_file,
                                        struct tl_error *err);

/* "test", "cross-validation", "validation": whose photos a role is. */
const char *tl_plot_role_name(enum tl_store_told_role role);

#endif
