/* page.c - see page.h. */
#include "train/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "train/report/html.h"
#include "train/report/page_parts.h"
#include "train/report/plot.h"

static const struct {
    const char *id, *title, *hint;
} plot_texts[TL_PLOT_COUNT] = {
    {"curves", "Learning curves",
     "Loss and accuracy after each epoch. A validation loss that rises while the training loss falls is overfitting."},
    {"confusion", "Confusion",
     "A row is a true class, a column what the head called it. Blue is right, orange wrong; the darker, the more of the row."},
    {"calibration", "Calibration",
     "Where a point is below the diagonal, the head is surer than it is right; above it, it is too modest. Larger points are more "
     "photos."},
    {"sweep", "Sweep", "Each point is a run of the same sweep. Validation chooses among them; the test split chooses nothing."}};

void tl_page_append_percent(struct tl_text *out, double share)
{
    if (isfinite(share))
        tl_text_append_format(out, "%.1f%%", share * 100);
    else
        tl_text_append(out, "\xE2\x80\x93");
}

void tl_page_append_time(struct tl_text *out, const char *milliseconds)
{
    const time_t seconds = (time_t)(strtoll(milliseconds ? milliseconds : "0", NULL, 10) / 1000);
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        tl_text_append(out, text);
}

static void append_title(struct tl_text *out, const struct tl_store_account *account)
{
    tl_text_append_format(out, "Run %lld", (long long)account->run_id);
    if (account->name) {
        tl_text_append(out, " \xE2\x80\x98");
        tl_html_append_text(out, account->name);
        tl_text_append(out, "\xE2\x80\x99");
    }
}

static void append_head(struct tl_text *out, const struct tl_findings *findings)
{
    tl_text_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                        "style-src 'unsafe-inline'\">\n"
                        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    append_title(out, &findings->account);
    tl_text_append(out, "</title>\n<style>\n");
    for (size_t i = 0; tl_page_style[i]; i++)
        tl_text_append(out, tl_page_style[i]);
    tl_text_append(out, "</style>\n</head>\n<body>\n<main>\n");
}

static void append_masthead(struct tl_text *out, const struct tl_findings *findings, const char *store_path)
{
    const struct tl_store_account *account = &findings->account;

    tl_text_append(out, "<header>\n<p class=\"over\">tl-train report</p>\n<h1>");
    append_title(out, account);
    tl_text_append(out, "</h1>\n<p class=\"under\">");
    tl_html_append_text(out, store_path);
    tl_text_append_format(out, " \xC2\xB7 %zu photos in %zu classes \xC2\xB7 ", account->sample_count, account->class_count);
    tl_page_append_time(out, tl_store_account_fact(account, "started_ms"));
    tl_text_append(out, "</p>\n</header>\n");
}

static enum tl_status append_plot(struct tl_text *out, enum tl_plot plot, const struct tl_findings *findings, struct tl_error *err)
{
    enum tl_status status;

    if (tl_plot_why_not(plot, findings))
        return TL_OK;
    tl_text_append_format(out, "<figure class=\"card%s\" id=\"%s\">\n<h2>%s</h2>\n<div class=\"scroll\" tabindex=\"0\" "
                               "role=\"group\" aria-label=\"%s\">",
                          plot == TL_PLOT_CONFUSION && findings->account.class_count > 16 ? " wide" : "", plot_texts[plot].id,
                          plot_texts[plot].title, plot_texts[plot].title);
    status = tl_plot_draw(out, plot, findings, false, err);
    tl_text_append_format(out, "</div>\n<figcaption>%s</figcaption>\n</figure>\n", plot_texts[plot].hint);
    return status;
}

static enum tl_status append_plots(struct tl_text *out, const struct tl_findings *findings, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    tl_text_append(out, "<div class=\"grid\">\n");
    for (size_t plot = 0; plot < TL_PLOT_SWEEP && status == TL_OK; plot++)
        status = append_plot(out, (enum tl_plot)plot, findings, err);
    tl_page_append_classes(out, findings);
    tl_page_append_mistakes(out, findings);
    tl_page_append_folds(out, findings);
    tl_text_append(out, "</div>\n");
    if (status != TL_OK || findings->account.sweep_id == 0)
        return status;
    tl_text_append(out, "<div class=\"grid\">\n");
    status = append_plot(out, TL_PLOT_SWEEP, findings, err);
    tl_page_append_sweep(out, findings);
    tl_text_append(out, "</div>\n");
    return status;
}

enum tl_status tl_page_append(struct tl_text *out, tl_store *store, const struct tl_findings *findings, const char *store_path,
                              struct tl_error *err)
{
    enum tl_status status;

    append_head(out, findings);
    append_masthead(out, findings, store_path);
    tl_page_append_figures(out, findings);
    tl_page_append_notes(out, findings);
    status = append_plots(out, findings, err);
    if (status == TL_OK)
        status = tl_page_append_gallery(out, store, findings, err);
    if (status != TL_OK)
        return status;
    tl_page_append_choices(out, findings);
    tl_text_append(out, "<footer>tl " TL_VERSION "</footer>\n</main>\n</body>\n</html>\n");
    return tl_text_check(out, err);
}
