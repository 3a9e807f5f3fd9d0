/* plotter.c - see plotter.h. */
#include "train/report/plotter.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "train/report/plplot.h"
#include "train/report/svg.h"

static const size_t RAW_CEILING_BYTES = (size_t)1 << 26;
static const double DOTS_PER_INCH = 72, FONT_MM = 3.3; /* with which PLplot's SVG has a font of 12 pixels */
enum { CORNERS = 16, WORDS_BYTES = 400, PLPLOT_MESSAGE_BYTES = 1024, DEVICES_MAX = 64 };

/* Blue and orange as in Okabe and Ito's palette, the orange darkened to stand out on white. */
const char *const tl_plotter_colours[TL_PLOTTER_COLOUR_COUNT] = {"#FFFFFF", "#1F2328", "#5B636B", "#E2E5E9",
                                                                 "#0072B2", "#C2500A", "#FFFFFE"};

struct tl_plotter {
    const struct tl_plplot *pl;
    double width_px, height_px;
    double x_per_px, y_per_px; /* of the open panel, in its values */
    double x_min, x_max, y_min, y_max;
};

/* PLplot is one in a process and its handlers take no context. */
static struct {
    pthread_mutex_t mutex;
    jmp_buf *give_up; /* of the drawing under way */
} drawing = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int give_up(const char *message)
{
    (void)message; /* it is in the buffer that plsError() was given */
    longjmp(*drawing.give_up, 1);
}

static void keep_on(const char *message)
{
    (void)message;
}

static ssize_t write_cookie(void *cookie, const char *bytes, size_t size_bytes)
{
    tl_text_append_bytes(cookie, bytes, size_bytes);
    return (ssize_t)size_bytes; /* the text tells at the end */
}

static enum tl_status report_driver(const char *why, struct tl_error *err)
{
    return tl_error_set(err, TL_NOT_FOUND,
                        "PLplot has no driver for SVG here%s%s: install its package again (Debian: libplplot17), or let "
                        "PLPLOT_DRV_DIR name the folder of its drivers",
                        why[0] != '\0' ? ", it says: " : "", why);
}

static enum tl_status check_driver(const struct tl_plplot *pl, struct tl_error *err)
{
    const char *menu[DEVICES_MAX], *names[DEVICES_MAX], **menu_list = menu, **name_list = names;
    int count = DEVICES_MAX;

    pl->devices(&menu_list, &name_list, &count);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], "svg") == 0)
            return TL_OK;
    return report_driver("", err);
}

static void set_up(const tl_plotter *plotter, FILE *file)
{
    const struct tl_plplot *pl = plotter->pl;
    int32_t red[TL_PLOTTER_COLOUR_COUNT], green[TL_PLOTTER_COLOUR_COUNT], blue[TL_PLOTTER_COLOUR_COUNT];

    for (size_t i = 0; i < TL_PLOTTER_COLOUR_COUNT; i++) {
        unsigned r = 0, g = 0, b = 0;
        (void)sscanf(tl_plotter_colours[i], "#%2x%2x%2x", &r, &g, &b);
        red[i] = (int32_t)r;
        green[i] = (int32_t)g;
        blue[i] = (int32_t)b;
    }
    pl->sdev("svg");
    pl->sfile(file);
    (void)pl->setopt("drvopt", "text_clipping=0");
    pl->spage(DOTS_PER_INCH, DOTS_PER_INCH, (int32_t)plotter->width_px, (int32_t)plotter->height_px, 0, 0);
    pl->scmap0(red, green, blue, TL_PLOTTER_COLOUR_COUNT);
    pl->init();
    pl->adv(0);
    pl->sfci(UINT32_C(0x80000000)); /* upright sans serif */
    pl->schr(FONT_MM, 1);
    pl->smaj(0, 0);
    pl->smin(0, 0);
}

/* What is changed between setjmp and longjmp is not looked at afterwards. */
static enum tl_status draw_raw(struct tl_text *raw, tl_plotter *plotter, void (*draw)(tl_plotter *plotter, const void *context),
                               const void *context, struct tl_error *err)
{
    char message[PLPLOT_MESSAGE_BYTES] = "";
    int32_t code = 0;
    jmp_buf back;
    volatile bool has_driver = false;
    enum tl_status status;
    FILE *file = fopencookie(raw, "w", (cookie_io_functions_t){.write = write_cookie});

    if (!file)
        return tl_error_set_no_memory(err, "a plot", BUFSIZ);
    drawing.give_up = &back;
    if (setjmp(back) != 0) {
        fclose(file);
        return has_driver ? tl_error_set(err, TL_IO, "PLplot gives up: %s", message) : report_driver(message, err);
    }
    plotter->pl->sexit(give_up);
    plotter->pl->sabort(keep_on);
    plotter->pl->error(&code, message);
    status = check_driver(plotter->pl, err);
    if (status != TL_OK) {
        fclose(file);
        return status;
    }
    has_driver = true;
    set_up(plotter, file);
    draw(plotter, context);
    plotter->pl->end(); /* closes the file */
    if (code != 0)
        return tl_error_set(err, TL_IO, "PLplot: %s", message);
    return tl_text_check(raw, err);
}

enum tl_status tl_plotter_draw(struct tl_text *out, const struct tl_plotter_page *page,
                               void (*draw)(tl_plotter *plotter, const void *context), const void *context, struct tl_error *err)
{
    tl_plotter plotter = {.width_px = page->width_px, .height_px = page->height_px};
    struct tl_text raw;
    enum tl_status status = tl_plplot_load(&plotter.pl, err);

    if (status != TL_OK)
        return status;
    tl_text_init(&raw, RAW_CEILING_BYTES);
    pthread_mutex_lock(&drawing.mutex);
    status = draw_raw(&raw, &plotter, draw, context, err);
    pthread_mutex_unlock(&drawing.mutex);
    if (status == TL_OK)
        status = tl_svg_append(out, raw.bytes, page, err);
    tl_text_free(&raw);
    return status;
}

void tl_plotter_open_panel(tl_plotter *plotter, const struct tl_plotter_panel *panel)
{
    plotter->x_min = panel->x_min;
    plotter->x_max = panel->x_max;
    plotter->y_min = panel->y_min;
    plotter->y_max = panel->y_max;
    plotter->x_per_px = (panel->x_max - panel->x_min) / (panel->right_px - panel->left_px);
    plotter->y_per_px = (panel->y_max - panel->y_min) / (panel->bottom_px - panel->top_px);
    plotter->pl->vpor(panel->left_px / plotter->width_px, panel->right_px / plotter->width_px,
                      1 - panel->bottom_px / plotter->height_px, 1 - panel->top_px / plotter->height_px);
    plotter->pl->wind(panel->x_min, panel->x_max, panel->y_min, panel->y_max);
}

void tl_plotter_open_page(tl_plotter *plotter)
{
    tl_plotter_open_panel(plotter, &(struct tl_plotter_panel){0, plotter->width_px, 0, plotter->height_px, 0, plotter->width_px,
                                                              plotter->height_px, 0});
}

void tl_plotter_choose(tl_plotter *plotter, enum tl_plotter_colour colour, double alpha)
{
    unsigned r = 0, g = 0, b = 0;

    (void)sscanf(tl_plotter_colours[colour], "#%2x%2x%2x", &r, &g, &b);
    plotter->pl->scol0a((int32_t)colour, (int32_t)r, (int32_t)g, (int32_t)b, alpha);
    plotter->pl->col0((int32_t)colour);
}

struct labelling {
    tl_plotter_label *label;
    const void *context;
};

static void label_tick(int32_t axis, double value, char *label, int32_t label_bytes, void *context)
{
    const struct labelling *labelling = context;

    (void)axis;
    if (fabs(value) < 1e-12) /* PLplot adds steps up and misses zero */
        value = 0;
    if (labelling->label)
        labelling->label(label, (size_t)label_bytes, value, labelling->context);
    else
        snprintf(label, (size_t)label_bytes, "%.6g", value);
}

static void draw_axis(tl_plotter *plotter, const char *x_options, double x_step, const char *y_options, double y_step,
                      tl_plotter_label *label, const void *context)
{
    struct labelling labelling = {label, context};

    plotter->pl->width(1);
    plotter->pl->slabelfunc(label_tick, &labelling);
    plotter->pl->box(x_options, x_step, 1, y_options, y_step, 1);
    plotter->pl->slabelfunc(NULL, NULL);
}

void tl_plotter_axis_x(tl_plotter *plotter, double step, bool has_grid, tl_plotter_label *label, const void *context)
{
    if (has_grid) {
        tl_plotter_choose(plotter, TL_PLOTTER_GRID, 1);
        draw_axis(plotter, "g", step, "", 0, NULL, NULL);
    }
    tl_plotter_choose(plotter, TL_PLOTTER_MUTED, 1);
    draw_axis(plotter, "nto", step, "", 0, label, context);
}

void tl_plotter_axis_y(tl_plotter *plotter, double step, bool has_grid, tl_plotter_label *label, const void *context)
{
    if (has_grid) {
        tl_plotter_choose(plotter, TL_PLOTTER_GRID, 1);
        draw_axis(plotter, "", 0, "g", step, NULL, NULL);
    }
    tl_plotter_choose(plotter, TL_PLOTTER_MUTED, 1);
    draw_axis(plotter, "", 0, "ntov", step, label, context);
}

void tl_plotter_line(tl_plotter *plotter, size_t count, const double *x, const double *y, double width_px)
{
    plotter->pl->width(width_px);
    plotter->pl->line((int32_t)count, x, y);
    plotter->pl->width(1);
}

void tl_plotter_dash(tl_plotter *plotter, double x0, double y0, double x1, double y1)
{
    static const int32_t mark_um = 1800, space_um = 1800;

    plotter->pl->styl(1, &mark_um, &space_um);
    plotter->pl->line(2, (double[]){x0, x1}, (double[]){y0, y1});
    plotter->pl->styl(0, &mark_um, &space_um);
}

static void outline(const tl_plotter *plotter, double x, double y, double radius_px, double xs[CORNERS + 1], double ys[CORNERS + 1])
{
    for (size_t i = 0; i <= CORNERS; i++) {
        const double angle = 2 * M_PI * (double)(i % CORNERS) / CORNERS;
        xs[i] = x + radius_px * plotter->x_per_px * cos(angle);
        ys[i] = y + radius_px * plotter->y_per_px * sin(angle);
    }
}

void tl_plotter_dot(tl_plotter *plotter, double x, double y, double radius_px)
{
    double xs[CORNERS + 1], ys[CORNERS + 1];

    outline(plotter, x, y, radius_px, xs, ys);
    plotter->pl->fill(CORNERS, xs, ys);
}

void tl_plotter_ring(tl_plotter *plotter, double x, double y, double radius_px)
{
    double xs[CORNERS + 1], ys[CORNERS + 1];

    outline(plotter, x, y, radius_px, xs, ys);
    tl_plotter_line(plotter, CORNERS + 1, xs, ys, 2);
}

void tl_plotter_bar(tl_plotter *plotter, double x0, double y0, double x1, double y1)
{
    plotter->pl->fill(4, (double[]){x0, x1, x1, x0}, (double[]){y0, y0, y1, y1});
}

/* PLplot takes well-formed UTF-8, and # for a beginning of its own. */
static void escape(char out[WORDS_BYTES], const char *text)
{
    const bool is_plain = tl_text_is_plain(text, strlen(text));
    size_t length = 0;

    for (; *text != '\0' && length + 8 < WORDS_BYTES; text++) {
        out[length++] = is_plain || (*text >= ' ' && *text < 0x7f) ? *text : '?';
        if (*text == '#')
            out[length++] = '#';
    }
    while (length > 0 && *text != '\0' && ((unsigned char)*text & 0xC0) == 0x80) /* not within a character */
        text--, length--;
    out[length] = '\0';
}

static void write_words(tl_plotter *plotter, double x, double y, double dx, double dy, double justify, const char *text)
{
    char escaped[WORDS_BYTES];

    escape(escaped, text);
    plotter->pl->ptex(x, y, dx, dy, justify, escaped);
}

void tl_plotter_words(tl_plotter *plotter, double x, double y, double justify, const char *text)
{
    write_words(plotter, x, y, plotter->x_per_px, 0, justify, text);
}

void tl_plotter_words_upwards(tl_plotter *plotter, double x, double y, double justify, const char *text)
{
    write_words(plotter, x, y, 0, plotter->y_per_px, justify, text);
}

void tl_plotter_heading(tl_plotter *plotter, const char *text)
{
    char escaped[WORDS_BYTES];

    escape(escaped, text);
    plotter->pl->mtex("t", 1.1, 0, 0, escaped);
}

void tl_plotter_caption(tl_plotter *plotter, const char *text)
{
    char escaped[WORDS_BYTES];

    escape(escaped, text);
    plotter->pl->mtex("b", 3.4, 0.5, 0.5, escaped);
}

double tl_plotter_step(double span, unsigned count_max)
{
    double step = pow(10, floor(log10(span / count_max)));

    if (step * count_max < span && step * 2 * count_max >= span)
        return step * 2;
    if (step * 2 * count_max < span && step * 5 * count_max >= span)
        return step * 5;
    return step * count_max < span ? step * 10 : step;
}
