/* plotter.h - a drawing of panels, axes, lines, bars and words as SVG text, through PLplot.
 *
 *     static void draw(tl_plotter *plotter, const void *context) { tl_plotter_panel(...); tl_plotter_line(...); ... }
 *     status = tl_plotter_draw(&svg, &page, draw, &context, err);
 *
 * Sizes are CSS pixels. Colours are roles, not shades: TL_PLOTTER_COLOURS says which shade of each is drawn on white, and a style
 * sheet that selects by these (`[fill="#0072B2"]`) makes another scheme of the same drawing. `draw` may be left at any of
 * its calls when PLplot gives up, so it owns nothing. PLplot draws one plot at a time in a process; others wait.
 */
#ifndef TL_TRAIN_PLOTTER_H
#define TL_TRAIN_PLOTTER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/text.h"

typedef struct tl_plotter tl_plotter;

enum tl_plotter_colour {
    TL_PLOTTER_SURFACE, /* what everything stands on */
    TL_PLOTTER_TEXT,
    TL_PLOTTER_MUTED,   /* tick labels */
    TL_PLOTTER_GRID,
    TL_PLOTTER_FIRST,   /* of the data: blue and orange, told apart by every kind of sight */
    TL_PLOTTER_SECOND,
    TL_PLOTTER_ON_FIRST, /* words on a filled area of the first */
    TL_PLOTTER_COLOUR_COUNT
};
/* As they stand in the SVG: "#RRGGBB", in the order of the enum. */
extern const char *const tl_plotter_colours[TL_PLOTTER_COLOUR_COUNT];

struct tl_plotter_page {
    unsigned width_px, height_px;
    const char *title; /* for who hears instead of seeing; any bytes */
    bool is_file;      /* a file of its own, with an XML declaration; else to stand in HTML */
};

/* Where a panel lies on the page, and which values its edges have. */
struct tl_plotter_panel {
    double left_px, right_px, top_px, bottom_px; /* from the page's upper left corner */
    double x_min, x_max, y_min, y_max;
};

/* Writes the label of a tick. */
typedef void tl_plotter_label(char *out, size_t out_bytes, double value, const void *context);

/* Appends the drawing to `out`. Fails with: TL_NOT_FOUND (no PLplot, or no SVG driver of it), TL_IO (PLplot's words),
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_plotter_draw(struct tl_text *out, const struct tl_plotter_page *page,
                                           void (*draw)(tl_plotter *plotter, const void *context), const void *context,
                                           struct tl_error *err);

void tl_plotter_open_panel(tl_plotter *plotter, const struct tl_plotter_panel *panel);
/* The whole page, its values pixels from the upper left corner. */
void tl_plotter_open_page(tl_plotter *plotter);
/* All that follows; alpha is opacity, of 1. */
void tl_plotter_choose(tl_plotter *plotter, enum tl_plotter_colour colour, double alpha);
/* Ticks' labels left of the panel or below it, every `step`, and with has_grid a line through the panel at each. `label` NULL: the
 * number. The colour chosen before is kept. */
void tl_plotter_axis_x(tl_plotter *plotter, double step, bool has_grid, tl_plotter_label *label, const void *context);
void tl_plotter_axis_y(tl_plotter *plotter, double step, bool has_grid, tl_plotter_label *label, const void *context);
void tl_plotter_line(tl_plotter *plotter, size_t count, const double *x, const double *y, double width_px);
void tl_plotter_dash(tl_plotter *plotter, double x0, double y0, double x1, double y1);
void tl_plotter_dot(tl_plotter *plotter, double x, double y, double radius_px);
void tl_plotter_ring(tl_plotter *plotter, double x, double y, double radius_px);
void tl_plotter_bar(tl_plotter *plotter, double x0, double y0, double x1, double y1);
/* `justify` 0: begins there, 0.5: is centred, 1: ends there. Any bytes; upwards: read from below. */
void tl_plotter_words(tl_plotter *plotter, double x, double y, double justify, const char *text);
void tl_plotter_words_upwards(tl_plotter *plotter, double x, double y, double justify, const char *text);
/* Above the panel's left edge. */
void tl_plotter_heading(tl_plotter *plotter, const char *text);
/* Below the panel's middle. */
void tl_plotter_caption(tl_plotter *plotter, const char *text);

/* A step of 1, 2 or 5 times a power of ten that makes at most `count_max` intervals of a span above 0. */
double tl_plotter_step(double span, unsigned count_max);

#endif
