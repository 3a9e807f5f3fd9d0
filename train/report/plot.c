/* plot.c - see plot.h. */
#include "train/report/plot.h"

#include <stdio.h>
#include <string.h>

#include "train/report/plot_parts.h"

const char *const tl_plot_names[] = {"curves", "confusion", "calibration", "sweep", NULL};

const char *tl_plot_role_name(enum tl_store_told_role role)
{
    static const char *const names[] = {"validation", "test", "cross-validation", "no"};

    return names[role];
}

static const char *why_no_curves(const struct tl_findings *findings)
{
    return findings->account.epoch_count > 0 ? NULL : "it has no epochs";
}

static const char *why_no_confusion(const struct tl_findings *findings)
{
    if (findings->shown == TL_STORE_TOLD_ROLES)
        return "it had neither validation nor test photos";
    return findings->account.class_count <= TL_PLOT_MATRIX_CLASSES ? NULL : "more than 60 classes make no matrix that can be read";
}

static const char *why_no_calibration(const struct tl_findings *findings)
{
    if (findings->shown == TL_STORE_TOLD_ROLES)
        return "it had neither validation nor test photos";
    return findings->roles[findings->shown].metrics ? NULL : "it kept no head, and so no probabilities";
}

static const char *why_no_sweep(const struct tl_findings *findings)
{
    if (findings->account.sweep_id == 0)
        return "it is of no sweep";
    return tl_plot_sweep_can_draw(findings) ? NULL : "in its sweep no two validated runs differ in an option";
}

const char *tl_plot_why_not(enum tl_plot plot, const struct tl_findings *findings)
{
    static const char *(*const asked[])(const struct tl_findings *) = {why_no_curves, why_no_confusion, why_no_calibration,
                                                                       why_no_sweep};

    return asked[plot](findings);
}

enum tl_status tl_plot_draw(struct tl_text *out, enum tl_plot plot, const struct tl_findings *findings, bool is_file,
                            struct tl_error *err)
{
    static void (*const draws[])(tl_plotter *, const void *) = {tl_plot_draw_curves, tl_plot_draw_confusion,
                                                                tl_plot_draw_calibration, tl_plot_draw_sweep};
    static void (*const measures[])(struct tl_plotter_page *, const struct tl_findings *) = {
        tl_plot_measure_curves, tl_plot_measure_confusion, tl_plot_measure_calibration, tl_plot_measure_sweep};
    char title[TL_PLOT_TITLE_BYTES];
    struct tl_plotter_page page = {.is_file = is_file};

    measures[plot](&page, findings);
    tl_plot_describe(title, plot, findings);
    page.title = title;
    return tl_plotter_draw(out, &page, draws[plot], findings, err);
}

void tl_plot_label_percent(char *out, size_t out_bytes, double value, const void *context)
{
    (void)context;
    snprintf(out, out_bytes, "%.4g%%", value * 100);
}

void tl_plot_legend(tl_plotter *plotter, double right_px, double y_px, const char *const *names, size_t count)
{
    static const double per_character_px = 6.4;

    for (size_t i = count; i-- > 0;) {
        const double width_px = per_character_px * (double)strlen(names[i]);
        tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
        tl_plotter_words(plotter, right_px, y_px, 1, names[i]);
        tl_plotter_choose(plotter, i == 0 ? TL_PLOTTER_FIRST : TL_PLOTTER_SECOND, 1);
        const double x[] = {right_px - width_px - 22, right_px - width_px - 6}, y[] = {y_px, y_px};
        tl_plotter_line(plotter, 2, x, y, 2.5);
        right_px -= width_px + 36;
    }
}
