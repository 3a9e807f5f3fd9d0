/* page_figures.c - the page's headline figures, and what a reader has to know before believing them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/report/html.h"
#include "train/report/page_parts.h"
#include "train/report/plot.h"
#include "train/report/sweep_choice.h"

static const enum tl_store_told_role role_order[] = {TL_STORE_TOLD_TEST, TL_STORE_TOLD_FOLD, TL_STORE_TOLD_VALIDATION};
static const char *const role_titles[] = {"Validation", "Test", "Cross-validation"};

static double get_fact(const struct tl_findings *findings, const char *name)
{
    const char *value = tl_store_account_fact(&findings->account, name);

    return value ? tl_sweep_parse(value) : (double)NAN;
}

static void append_tile(struct tl_text *out, const char *title, const char *what)
{
    tl_text_append_format(out, "<div class=\"tile\"><dt>%s %s</dt><dd class=\"value\">", title, what);
}

/* Of one role: from its probabilities where they are kept, else from the run's row. */
static void append_role(struct tl_text *out, const struct tl_findings *findings, enum tl_store_told_role role)
{
    const struct tl_findings_role *told = &findings->roles[role];
    const bool is_test = role == TL_STORE_TOLD_TEST;
    const double accuracy =
        told->metrics ? told->metrics->accuracy : get_fact(findings, is_test ? "test_accuracy" : "val_accuracy");
    const double loss = told->metrics ? told->metrics->loss : get_fact(findings, is_test ? "test_loss" : "val_loss");

    if (!told->confusion)
        return;
    append_tile(out, role_titles[role], "accuracy");
    tl_page_append_percent(out, accuracy);
    tl_text_append(out, "</dd><dd class=\"more\">");
    if (told->metrics && isfinite(told->metrics->accuracy_interval.low))
        tl_text_append_format(out, "95%% interval %.1f\xE2\x80\x93%.1f%%, ", told->metrics->accuracy_interval.low * 100,
                              told->metrics->accuracy_interval.high * 100);
    tl_text_append_format(out, "%lld photos</dd></div>\n", (long long)told->confused_count);
    append_tile(out, role_titles[role], "log loss");
    tl_text_append_format(out, "%.4f</dd><dd class=\"more\">", loss);
    if (told->metrics)
        tl_text_append_format(out, "calibration error %.3f", told->metrics->ece);
    tl_text_append(out, "</dd></div>\n");
}

void tl_page_append_figures(struct tl_text *out, const struct tl_findings *findings)
{
    const struct tl_store_account *account = &findings->account;
    const char *solver = tl_store_account_fact(account, "solver");
    size_t train_count = 0;

    for (size_t i = 0; i < account->sample_count; i++)
        train_count += account->samples[i].is_train || (account->samples[i].is_validation && account->is_refitted);
    tl_text_append(out, "<dl class=\"tiles\">\n");
    for (size_t i = 0; i < sizeof role_order / sizeof role_order[0]; i++)
        append_role(out, findings, role_order[i]);
    append_tile(out, "Training", "photos");
    tl_text_append_format(out, "%zu</dd><dd class=\"more\">%.0f feature vectors, %s</dd></div>\n", train_count,
                          get_fact(findings, "train_samples"), solver ? solver : "adam");
    append_tile(out, "Training", "time");
    tl_text_append_format(out, "%.2f s</dd><dd class=\"more\">%zu epochs</dd></div>\n", get_fact(findings, "train_ms") / 1000,
                          account->epoch_count);
    tl_text_append(out, "</dl>\n");
}

/* Then no photo of a fold has a copy in another. */
static bool keeps_copies_together(const struct tl_findings *findings)
{
    const char *group_by = tl_store_account_fact(&findings->account, "group_by");

    return group_by && strstr(group_by, "near-duplicates");
}

/* "Test: 12 of 150 photos ..." */
static void append_copies(struct tl_text *out, const struct tl_findings *findings, enum tl_store_told_role role)
{
    const struct tl_metrics *metrics = findings->roles[role].metrics;

    if (!metrics || metrics->photo_count == 0 || (metrics->has_copies && metrics->copy_count == 0))
        return;
    if (role == TL_STORE_TOLD_FOLD && !metrics->has_copies && keeps_copies_together(findings))
        return;
    if (!metrics->has_copies) {
        tl_text_append_format(out,
                              "<li>%s: nobody looked whether these %zu photos have copies among the training photos. If they have, "
                              "the figures flatter.</li>\n",
                              role_titles[role], metrics->photo_count);
        return;
    }
    tl_text_append_format(out,
                          "<li>%s: %zu of %zu photos have a near-duplicate among the training photos, so these are no fair "
                          "questions. Accuracy with them ",
                          role_titles[role], metrics->copy_count, metrics->photo_count);
    tl_page_append_percent(out, metrics->accuracy);
    tl_text_append(out, ", without them ");
    tl_page_append_percent(out, metrics->accuracy_without_copies);
    tl_text_append(out, ".</li>\n");
}

void tl_page_append_notes(struct tl_text *out, const struct tl_findings *findings)
{
    const size_t before_bytes = out->length_bytes;

    tl_text_append(out, "<ul class=\"notes\" aria-label=\"To know before believing the figures\">\n");
    const size_t open_bytes = out->length_bytes;
    for (size_t i = 0; i < sizeof role_order / sizeof role_order[0]; i++)
        append_copies(out, findings, role_order[i]);
    if (findings->shown == TL_STORE_TOLD_ROLES)
        tl_text_append(out, "<li>This run had neither validation nor test photos: nothing tells how good it is on photos that it "
                            "has not learnt.</li>\n");
    if (!findings->account.has_head)
        tl_text_append(out, "<li>The head of this run was not kept, so there are no probabilities of single photos: calibration "
                            "and mistakes cannot be shown.</li>\n");
    if (findings->account.is_refitted)
        tl_text_append(out, "<li>After validation had measured, the head was fitted once more to training and validation photos "
                            "together. Curves and validation figures are of the first fit, test figures of the head that was "
                            "kept.</li>\n");
    if (out->length_bytes > open_bytes)
        tl_text_append(out, "</ul>\n");
    else
        tl_text_cut(out, before_bytes);
}
