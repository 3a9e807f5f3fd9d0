/* plot_confusion.c - the confusion matrix: a row a true class, a column a predicted one, cells as dark as their share of the row.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "train/report/plot_parts.h"

enum { NUMBERED_CLASSES = 16, NAME_BYTES = 96, SHORT_NAME_BYTES = 64, LABEL_CHARACTERS = 16 };
static const double CHARACTER_PX = 7.1, MATRIX_PX = 280, LARGE_MATRIX_PX = 560, DARK_SHARE = 0.5;

struct layout {
    double cell_px, left_px, top_px, bottom_px;
    bool is_upright; /* predicted classes' names stand beside one another */
};

/* The name, cut with an ellipsis. Returns its characters. */
static size_t shorten(char out[SHORT_NAME_BYTES + 8], const char *name)
{
    char shown[NAME_BYTES];
    size_t length = 0, characters = 0;

    tl_utf8_write_visible(shown, sizeof shown, name);
    while (shown[length] != '\0' && characters < LABEL_CHARACTERS) {
        const size_t bytes = tl_utf8_character_bytes(shown + length, strlen(shown + length));
        length += bytes > 0 ? bytes : 1;
        characters++;
    }
    if (shown[length] == '\0') {
        snprintf(out, SHORT_NAME_BYTES + 8, "%.*s", (int)length, shown);
        return characters;
    }
    snprintf(out, SHORT_NAME_BYTES + 8, "%.*s\xE2\x80\xA6", (int)length, shown);
    return characters + 1;
}

static struct layout lay_out(const struct tl_findings *findings)
{
    const size_t label_count = findings->account.class_count;
    struct layout layout = {.top_px = 30};
    char name[SHORT_NAME_BYTES + 8];
    size_t longest = 1;

    for (size_t l = 0; l < label_count; l++) {
        const size_t characters = shorten(name, findings->account.class_names[l]);
        longest = characters > longest ? characters : longest;
    }
    layout.left_px = (double)longest * CHARACTER_PX + 34;
    layout.cell_px = label_count > NUMBERED_CLASSES
                         ? fmax(12, LARGE_MATRIX_PX / (double)label_count)
                         : fmin(80, fmax(MATRIX_PX, TL_PLOT_WIDTH_PX - 14 - layout.left_px) / (double)label_count);
    layout.is_upright = (double)longest * CHARACTER_PX + 6 <= layout.cell_px;
    layout.bottom_px = layout.is_upright ? 44 : (double)longest * CHARACTER_PX + 40;
    return layout;
}

void tl_plot_measure_confusion(struct tl_plotter_page *page, const struct tl_findings *findings)
{
    const struct layout layout = lay_out(findings);
    const double matrix_px = layout.cell_px * (double)findings->account.class_count;

    page->width_px = (unsigned)ceil(fmax(TL_PLOT_WIDTH_PX, layout.left_px + matrix_px + 14));
    page->height_px = (unsigned)ceil(layout.top_px + matrix_px + layout.bottom_px);
}

static void draw_names(tl_plotter *plotter, const struct tl_findings *findings, const struct layout *layout)
{
    const size_t label_count = findings->account.class_count;
    const double end_px = layout->top_px + layout->cell_px * (double)label_count;
    const double middle_px = layout->cell_px * (double)label_count / 2;
    char name[SHORT_NAME_BYTES + 8];

    tl_plotter_choose(plotter, TL_PLOTTER_MUTED, 1);
    for (size_t l = 0; l < label_count; l++) {
        const double at_px = layout->cell_px * ((double)l + 0.5);
        (void)shorten(name, findings->account.class_names[l]);
        tl_plotter_words(plotter, layout->left_px - 7, layout->top_px + at_px, 1, name);
        if (layout->is_upright)
            tl_plotter_words(plotter, layout->left_px + at_px, end_px + 13, 0.5, name);
        else
            tl_plotter_words_upwards(plotter, layout->left_px + at_px, end_px + 7, 1, name);
    }
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_words_upwards(plotter, 12, layout->top_px + middle_px, 0.5, "true class");
    tl_plotter_words(plotter, layout->left_px + middle_px, end_px + layout->bottom_px - 12, 0.5, "predicted class");
}

static void draw_cell(tl_plotter *plotter, const struct layout *layout, size_t row, size_t column, int64_t photos, double share,
                      bool has_number)
{
    const double x = layout->left_px + layout->cell_px * (double)column, y = layout->top_px + layout->cell_px * (double)row;
    const double gap = layout->cell_px >= 20 ? 1 : 0.5, side = layout->cell_px - gap;
    char number[32];

    if (has_number) {
        tl_plotter_choose(plotter, TL_PLOTTER_GRID, 0.45);
        tl_plotter_bar(plotter, x + gap, y + gap, x + side, y + side);
    }
    if (photos == 0)
        return;
    tl_plotter_choose(plotter, row == column ? TL_PLOTTER_FIRST : TL_PLOTTER_SECOND, 0.14 + 0.86 * share);
    tl_plotter_bar(plotter, x + gap, y + gap, x + side, y + side);
    if (!has_number)
        return;
    snprintf(number, sizeof number, "%lld", (long long)photos);
    tl_plotter_choose(plotter, share > DARK_SHARE ? TL_PLOTTER_ON_FIRST : TL_PLOTTER_TEXT, 1);
    tl_plotter_words(plotter, x + layout->cell_px / 2, y + layout->cell_px / 2, 0.5, number);
}

void tl_plot_draw_confusion(tl_plotter *plotter, const void *context)
{
    const struct tl_findings *findings = context;
    const size_t label_count = findings->account.class_count;
    const int64_t *confusion = findings->roles[findings->shown].confusion;
    const struct layout layout = lay_out(findings);
    char heading[64];

    tl_plotter_open_page(plotter);
    snprintf(heading, sizeof heading, "%lld %s photos", (long long)findings->roles[findings->shown].confused_count,
             tl_plot_role_name(findings->shown));
    tl_plotter_choose(plotter, TL_PLOTTER_TEXT, 1);
    tl_plotter_words(plotter, layout.left_px, 15, 0, heading);
    if (label_count > NUMBERED_CLASSES) { /* one ground for all cells: many small ones would be most of the file */
        const double side_px = layout.cell_px * (double)label_count;
        tl_plotter_choose(plotter, TL_PLOTTER_GRID, 0.45);
        tl_plotter_bar(plotter, layout.left_px, layout.top_px, layout.left_px + side_px, layout.top_px + side_px);
    }
    for (size_t row = 0; row < label_count; row++) {
        int64_t there = 0;
        for (size_t column = 0; column < label_count; column++)
            there += confusion[row * label_count + column];
        for (size_t column = 0; column < label_count; column++) {
            const int64_t photos = confusion[row * label_count + column];
            draw_cell(plotter, &layout, row, column, photos, there > 0 ? (double)photos / (double)there : 0,
                      label_count <= NUMBERED_CLASSES);
        }
    }
    draw_names(plotter, findings, &layout);
}
