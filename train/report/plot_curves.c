/* plot_curves.c - learning curves: loss and accuracy by epoch, of training and of validation.
 */
#include <math.h>
#include <stdlib.h>

#include "train/report/plot_parts.h"

enum { HEIGHT_PX = 400, POINTS_MAX = 600, DOTS_MAX = 14 };
static const double LEFT_PX = 48, RIGHT_PX = TL_PLOT_WIDTH_PX - 18;

void tl_plot_measure_curves(struct tl_plotter_page *page, const struct tl_findings *findings)
{
    (void)findings;
    page->width_px = TL_PLOT_WIDTH_PX;
    page->height_px = HEIGHT_PX;
}

enum column { LOSS, ACCURACY, VAL_LOSS, VAL_ACCURACY };

static double get(const struct tl_store_epoch *epoch, enum column column)
{
    const double values[] = {epoch->loss, epoch->accuracy, epoch->val_loss, epoch->val_accuracy};

    return values[column];
}

/* The least and largest finite value of two columns; false where there is none. */
static bool find_range(double *min, double *max, const struct tl_store_account *account, enum column a, enum column b)
{
    *min = INFINITY;
    *max = -INFINITY;
    for (size_t i = 0; i < account->epoch_count; i++)
        for (int k = 0; k < 2; k++) {
            const double value = get(&account->epochs[i], k == 0 ? a : b);
            if (isfinite(value)) {
                *min = fmin(*min, value);
                *max = fmax(*max, value);
            }
        }
    return *min <= *max;
}

/* Of many epochs only some are drawn, the last among them. */
static void draw_column(tl_plotter *plotter, const struct tl_store_account *account, enum column column,
                        enum tl_plotter_colour colour)
{
    double x[POINTS_MAX + 2], y[POINTS_MAX + 2];
    const size_t stride = account->epoch_count / POINTS_MAX + 1;
    size_t count = 0;

    for (size_t i = 0; i < account->epoch_count; i++) {
        const double value = get(&account->epochs[i], column);
        if ((i % stride == 0 || i + 1 == account->epoch_count) && isfinite(value)) {
            x[count] = (double)(i + 1);
            y[count++] = value;
        }
    }
    tl_plotter_choose(plotter, colour, 1);
    if (count > 1)
        tl_plotter_line(plotter, count, x, y, 2);
    for (size_t i = 0; count <= DOTS_MAX && i < count; i++)
        tl_plotter_dot(plotter, x[i], y[i], 2.6);
}

static void draw_panel(tl_plotter *plotter, const struct tl_findings *findings, const struct tl_plotter_panel *panel, double y_step,
                       bool is_accuracy)
{
    const struct tl_store_account *account = &findings->account;
    const char *best_epoch = tl_store_account_fact(account, "best_epoch");

    tl_plotter_open_panel(plotter, panel);
    tl_plotter_axis_y(plotter, y_step, true, is_accuracy ? tl_plot_label_percent : NULL, NULL);
    tl_plotter_axis_x(plotter, fmax(1, tl_plotter_step(panel->x_max - panel->x_min, 6)), false, NULL, NULL);
    if (best_epoch && account->epoch_count > 1) {
        const double x = strtod(best_epoch, NULL);
        tl_plotter_choose(plotter, TL_PLOTTER_MUTED, 1);
        tl_plotter_dash(plotter, x, panel->y_min, x, panel->y_max);
    }
    draw_column(plotter, account, is_accuracy ? ACCURACY : LOSS, TL_PLOTTER_FIRST);
    draw_column(plotter, account, is_accuracy ? VAL_ACCURACY : VAL_LOSS, TL_PLOTTER_SECOND);
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_heading(plotter, is_accuracy ? "Accuracy" : "Loss");
    if (is_accuracy)
        tl_plotter_caption(plotter, best_epoch && account->epoch_count > 1 ? "epoch (dashed: the one that was kept)" : "epoch");
}

void tl_plot_draw_curves(tl_plotter *plotter, const void *context)
{
    static const char *const names[] = {"training", "validation"};
    const struct tl_findings *findings = context;
    const struct tl_store_account *account = &findings->account;
    const double last = (double)account->epoch_count, x_min = last > 1 ? 1 : 0.5, x_max = last > 1 ? last : 1.5;
    double min, max;
    bool has_validation = false;

    for (size_t i = 0; i < account->epoch_count; i++)
        has_validation = has_validation || isfinite(account->epochs[i].val_loss);
    tl_plotter_open_page(plotter);
    tl_plot_legend(plotter, RIGHT_PX, 17, names, has_validation ? 2 : 1);
    if (find_range(&min, &max, account, LOSS, VAL_LOSS)) {
        const double step = tl_plotter_step(fmax(max, 1e-6), 5);
        draw_panel(plotter, findings,
                   &(struct tl_plotter_panel){LEFT_PX, RIGHT_PX, 34, 170, x_min, x_max, 0, fmax(max * 1.03, 1e-6)}, step, false);
    }
    if (find_range(&min, &max, account, ACCURACY, VAL_ACCURACY)) {
        const double step = tl_plotter_step(fmax(1 - min, 0.02), 5);
        draw_panel(plotter, findings,
                   &(struct tl_plotter_panel){LEFT_PX, RIGHT_PX, 216, 352, x_min, x_max,
                                              fmin(floor(min / step + 1e-9) * step, 1 - step), 1 + step * 0.08},
                   step, true);
    }
}
