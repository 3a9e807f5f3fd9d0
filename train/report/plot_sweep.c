/* plot_sweep.c - the runs of a sweep: validation loss against each option that varies, the best of each value joined.
 */
#include <math.h>
#include <stdio.h>

#include "common/base/utf8.h"
#include "train/report/plot_parts.h"
#include "train/report/sweep_choice.h"

enum { TOP_PX = 34, PANEL_PX = 150, PANEL_PITCH_PX = 212, LABEL_BYTES = 64 };
static const double LEFT_PX = 58, RIGHT_PX = TL_PLOT_WIDTH_PX - 14, FAR_LOSS_RATIO = 12, FAR_EXPONENT = 1.5;

bool tl_plot_sweep_can_draw(const struct tl_findings *findings)
{
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];

    return tl_sweep_find_choices(choices, &findings->sweep) > 0;
}

void tl_plot_measure_sweep(struct tl_plotter_page *page, const struct tl_findings *findings)
{
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];

    page->width_px = TL_PLOT_WIDTH_PX;
    page->height_px = (unsigned)(PANEL_PITCH_PX * tl_sweep_find_choices(choices, &findings->sweep) + 22);
}

/* Losses as they stand on the axis: where they span far, by their logarithms. */
struct losses {
    bool is_logarithmic;
    double min, max;
    size_t best_run;
};

static double place_loss(const struct losses *losses, double loss)
{
    return losses->is_logarithmic ? log10(fmax(loss, 1e-12)) : loss;
}

static struct losses find_losses(const struct tl_store_run_rows *rows)
{
    struct losses losses = {.min = INFINITY, .max = -INFINITY};

    for (size_t run = 0; run < rows->run_count; run++) {
        const double loss = tl_sweep_get_number(rows, run, "val_loss");
        if (isnan(loss))
            continue;
        if (loss < losses.min)
            losses.best_run = run;
        losses.min = fmin(losses.min, loss);
        losses.max = fmax(losses.max, loss);
    }
    losses.is_logarithmic = losses.min > 0 && losses.max / losses.min >= FAR_LOSS_RATIO;
    losses.min = place_loss(&losses, losses.min);
    losses.max = place_loss(&losses, losses.max);
    return losses;
}

static void label_power(char *out, size_t out_bytes, double value, const void *context)
{
    (void)context;
    snprintf(out, out_bytes, "%.3g", pow(10, value));
}

static void label_value(char *out, size_t out_bytes, double value, const void *context)
{
    const struct tl_sweep_choice *choice = context;
    const long index = lround(value);
    char shown[LABEL_BYTES];

    out[0] = '\0';
    if (index < 0 || (size_t)index >= choice->value_count || fabs(value - (double)index) > 1e-6)
        return;
    tl_utf8_write_visible(shown, sizeof shown, choice->values[index]);
    if (choice->is_number)
        snprintf(shown, sizeof shown, "%.6g", tl_sweep_parse(choice->values[index]));
    snprintf(out, out_bytes, "%.14s", shown);
}

static void draw_axes(tl_plotter *plotter, const struct tl_sweep_choice *choice, const struct losses *losses,
                      const struct tl_plotter_panel *panel)
{
    const double span = panel->y_max - panel->y_min, x_span = panel->x_max - panel->x_min;

    if (losses->is_logarithmic)
        tl_plotter_axis_y(plotter, span > 2 * FAR_EXPONENT ? 1 : 0.5, true, label_power, NULL);
    else
        tl_plotter_axis_y(plotter, tl_plotter_step(span, 5), true, NULL, NULL);
    if (choice->value_count <= TL_SWEEP_VALUES_MAX)
        tl_plotter_axis_x(plotter, 1, false, label_value, choice);
    else if (choice->is_logarithmic)
        tl_plotter_axis_x(plotter, x_span > FAR_EXPONENT ? 1 : 0.5, false, label_power, NULL);
    else
        tl_plotter_axis_x(plotter, tl_plotter_step(x_span, 5), false, NULL, NULL);
}

/* The lowest loss at each of few values. */
static void draw_best(tl_plotter *plotter, const struct tl_store_run_rows *rows, const struct tl_sweep_choice *choice,
                      const struct losses *losses)
{
    double x[TL_SWEEP_VALUES_MAX], y[TL_SWEEP_VALUES_MAX];

    for (size_t i = 0; i < choice->value_count; i++) {
        x[i] = (double)i;
        y[i] = INFINITY;
    }
    for (size_t run = 0; run < rows->run_count; run++) {
        const double place = tl_sweep_get_place(choice, rows, run), loss = tl_sweep_get_number(rows, run, "val_loss");
        if (!isnan(place) && !isnan(loss))
            y[(size_t)place] = fmin(y[(size_t)place], place_loss(losses, loss));
    }
    tl_plotter_choose(plotter, TL_PLOTTER_FIRST, 0.45);
    tl_plotter_line(plotter, choice->value_count, x, y, 2);
}

static void draw_runs(tl_plotter *plotter, const struct tl_store_run_rows *rows, const struct tl_sweep_choice *choice,
                      const struct losses *losses)
{
    tl_plotter_choose(plotter, TL_PLOTTER_FIRST, rows->run_count > 60 ? 0.45 : 0.8);
    for (size_t run = 0; run < rows->run_count; run++) {
        const double place = tl_sweep_get_place(choice, rows, run), loss = tl_sweep_get_number(rows, run, "val_loss");
        if (!isnan(place) && !isnan(loss))
            tl_plotter_dot(plotter, place, place_loss(losses, loss), 3);
    }
    const double place = tl_sweep_get_place(choice, rows, losses->best_run);
    tl_plotter_choose(plotter, TL_PLOTTER_SECOND, 1);
    if (!isnan(place))
        tl_plotter_ring(plotter, place, losses->min, 6);
}

static void draw_panel(tl_plotter *plotter, const struct tl_store_run_rows *rows, const struct tl_sweep_choice *choice,
                       const struct losses *losses, size_t number)
{
    const bool is_few = choice->value_count <= TL_SWEEP_VALUES_MAX;
    const double top_px = TOP_PX + (double)number * PANEL_PITCH_PX, room = fmax((losses->max - losses->min) * 0.08, 1e-9);
    const double x_room = fmax((choice->max - choice->min) * 0.04, 1e-9);
    const struct tl_plotter_panel panel = {LEFT_PX, RIGHT_PX, top_px, top_px + PANEL_PX,
                                           is_few ? -0.4 : choice->min - x_room,
                                           is_few ? (double)choice->value_count - 0.6 : choice->max + x_room,
                                           losses->min - room, losses->max + room};

    tl_plotter_open_panel(plotter, &panel);
    draw_axes(plotter, choice, losses, &panel);
    if (is_few && choice->is_number)
        draw_best(plotter, rows, choice, losses);
    draw_runs(plotter, rows, choice, losses);
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_caption(plotter, choice->name);
    tl_plotter_heading(plotter, number == 0 ? "Validation loss (ring: the best run)" : "Validation loss");
}

void tl_plot_draw_sweep(tl_plotter *plotter, const void *context)
{
    const struct tl_findings *findings = context;
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];
    const size_t choice_count = tl_sweep_find_choices(choices, &findings->sweep);
    const struct losses losses = find_losses(&findings->sweep);

    for (size_t i = 0; i < choice_count; i++)
        draw_panel(plotter, &findings->sweep, &choices[i], &losses, i);
}
