/* plot_calibration.c - the reliability diagram: how often answers of a given confidence are right, and how many there are.
 */
#include <math.h>
#include <stdio.h>

#include "train/report/plot_parts.h"

enum { HEIGHT_PX = 400 };
static const double LEFT_PX = 48, RIGHT_PX = TL_PLOT_WIDTH_PX - 14;

void tl_plot_measure_calibration(struct tl_plotter_page *page, const struct tl_findings *findings)
{
    (void)findings;
    page->width_px = TL_PLOT_WIDTH_PX;
    page->height_px = HEIGHT_PX;
}

static void draw_reliability(tl_plotter *plotter, const struct tl_metrics *metrics, double largest)
{
    tl_plotter_open_panel(plotter, &(struct tl_plotter_panel){LEFT_PX, RIGHT_PX, 34, 246, 0, 1.025, 0, 1.045});
    tl_plotter_axis_y(plotter, 0.2, true, tl_plot_label_percent, NULL);
    tl_plotter_choose(plotter, TL_PLOTTER_MUTED, 1);
    tl_plotter_dash(plotter, 0, 0, 1, 1);
    for (size_t i = 0; i < TL_METRICS_BINS; i++) {
        const struct tl_metrics_bin *bin = &metrics->bins[i];
        const double x[] = {bin->confidence, bin->confidence}, y[] = {bin->confidence, bin->accuracy};
        if (bin->photo_count == 0)
            continue;
        tl_plotter_choose(plotter, TL_PLOTTER_SECOND, 1);
        tl_plotter_line(plotter, 2, x, y, 2);
        tl_plotter_choose(plotter, TL_PLOTTER_FIRST, 1);
        tl_plotter_dot(plotter, bin->confidence, bin->accuracy, 2.5 + 5 * sqrt((double)bin->photo_count / largest));
    }
}

static void draw_histogram(tl_plotter *plotter, const struct tl_metrics *metrics, double largest)
{
    tl_plotter_open_panel(plotter, &(struct tl_plotter_panel){LEFT_PX, RIGHT_PX, 286, 352, 0, 1.025, 0, largest * 1.05});
    tl_plotter_axis_y(plotter, fmax(1, tl_plotter_step(largest, 3)), true, NULL, NULL);
    tl_plotter_axis_x(plotter, 0.2, false, tl_plot_label_percent, NULL);
    tl_plotter_choose(plotter, TL_PLOTTER_FIRST, 0.75);
    for (size_t i = 0; i < TL_METRICS_BINS; i++)
        if (metrics->bins[i].photo_count > 0)
            tl_plotter_bar(plotter, ((double)i + 0.06) / TL_METRICS_BINS, 0, ((double)i + 0.94) / TL_METRICS_BINS,
                           (double)metrics->bins[i].photo_count);
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_caption(plotter, "confidence: probability of the predicted class");
}

void tl_plot_draw_calibration(tl_plotter *plotter, const void *context)
{
    const struct tl_findings *findings = context;
    const struct tl_metrics *metrics = findings->roles[findings->shown].metrics;
    double largest = 1;
    char words[96];

    for (size_t i = 0; i < TL_METRICS_BINS; i++)
        largest = fmax(largest, (double)metrics->bins[i].photo_count);
    draw_reliability(plotter, metrics, largest);
    draw_histogram(plotter, metrics, largest);
    tl_plotter_open_page(plotter);
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_words(plotter, LEFT_PX, 17, 0, "Share that is right");
    snprintf(words, sizeof words, "calibration error %.3f", metrics->ece);
    tl_plotter_words(plotter, RIGHT_PX, 17, 1, words);
    snprintf(words, sizeof words, "Photos (%s)", tl_plot_role_name(findings->shown));
    tl_plotter_words(plotter, LEFT_PX, 269, 0, words);
}
