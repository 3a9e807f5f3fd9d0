/* plot_parts.h - what the four plots share, and what plot.c calls of each.
 */
#ifndef TL_TRAIN_PLOT_PARTS_H
#define TL_TRAIN_PLOT_PARTS_H

#include "train/report/plot.h"

enum { TL_PLOT_WIDTH_PX = 380, TL_PLOT_TITLE_BYTES = 400 };

/* The size of each plot's page. */
void tl_plot_measure_curves(struct tl_plotter_page *page, const struct tl_findings *findings);
void tl_plot_measure_confusion(struct tl_plotter_page *page, const struct tl_findings *findings);
void tl_plot_measure_calibration(struct tl_plotter_page *page, const struct tl_findings *findings);
void tl_plot_measure_sweep(struct tl_plotter_page *page, const struct tl_findings *findings);

/* Each draws the struct tl_findings that `context` is. */
void tl_plot_draw_curves(tl_plotter *plotter, const void *context);
void tl_plot_draw_confusion(tl_plotter *plotter, const void *context);
void tl_plot_draw_calibration(tl_plotter *plotter, const void *context);
void tl_plot_draw_sweep(tl_plotter *plotter, const void *context);

bool tl_plot_sweep_can_draw(const struct tl_findings *findings);

/* One sentence for who cannot see the plot. */
void tl_plot_describe(char out[TL_PLOT_TITLE_BYTES], enum tl_plot plot, const struct tl_findings *findings);

/* 0.25 -> "25%". */
void tl_plot_label_percent(char *out, size_t out_bytes, double value, const void *context);

/* Names with a stroke of the first and second colour, the last ending at right_px. The page itself is the open panel. */
void tl_plot_legend(tl_plotter *plotter, double right_px, double y_px, const char *const *names, size_t count);

#endif
