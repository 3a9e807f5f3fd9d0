/* page_tables.c - the page's tables: classes, mistakes, folds, the runs of a sweep, and all that the run's row says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/report/html.h"
#include "train/report/page_parts.h"
#include "train/report/plot.h"
#include "train/report/sweep_choice.h"

enum { MISTAKES_MAX = 15, RUNS_MAX = 20, MATRIX_CLASSES_MIN = 3 };

static void open_card(struct tl_text *out, const char *class_name, const char *title)
{
    tl_text_append_format(out,
                          "<div class=\"card%s\">\n<h2>%s</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
                          "aria-label=\"%s\"><table>\n",
                          class_name, title, title);
}

static void close_card(struct tl_text *out)
{
    tl_text_append(out, "</table></div>\n</div>\n");
}

static void append_heads(struct tl_text *out, const char *const *names, size_t count, size_t words_count)
{
    tl_text_append(out, "<thead><tr>");
    for (size_t i = 0; i < count; i++)
        tl_text_append_format(out, "<th scope=\"col\"%s>%s</th>", i < words_count ? "" : " class=\"n\"", names[i]);
    tl_text_append(out, "</tr></thead>\n<tbody>\n");
}

static void append_row_head(struct tl_text *out, const char *name)
{
    tl_text_append(out, "<tr><th scope=\"row\">");
    tl_html_append_text(out, name);
    tl_text_append(out, "</th>");
}

static void append_share(struct tl_text *out, double share)
{
    tl_text_append_format(out, "<td class=\"n\">%.3f</td>", share);
}

void tl_page_append_classes(struct tl_text *out, const struct tl_findings *findings)
{
    static const char *const names[] = {"class", "precision", "recall", "F1", "photos"};
    const size_t label_count = findings->account.class_count;
    struct tl_metrics_class mean = {0};
    char title[64];

    if (findings->shown == TL_STORE_TOLD_ROLES)
        return;
    snprintf(title, sizeof title, "Classes, %s photos", tl_plot_role_name(findings->shown));
    open_card(out, "", title);
    append_heads(out, names, 5, 1);
    for (size_t l = 0; l < label_count; l++) {
        const struct tl_metrics_class of_class = tl_findings_measure_class(findings, findings->shown, l);
        append_row_head(out, findings->account.class_names[l]);
        append_share(out, of_class.precision);
        append_share(out, of_class.recall);
        append_share(out, of_class.f1);
        tl_text_append_format(out, "<td class=\"n\">%zu</td></tr>\n", of_class.support);
        mean.precision += of_class.precision / (double)label_count;
        mean.recall += of_class.recall / (double)label_count;
        mean.f1 += of_class.f1 / (double)label_count;
        mean.support += of_class.support;
    }
    tl_text_append(out, "</tbody>\n<tfoot><tr><th scope=\"row\">mean</th>");
    append_share(out, mean.precision);
    append_share(out, mean.recall);
    append_share(out, mean.f1);
    tl_text_append_format(out, "<td class=\"n\">%zu</td></tr></tfoot>\n", mean.support);
    close_card(out);
}

/* The most frequent off-diagonal cells, by photos, then by place. Returns how many. */
static size_t find_mistakes(size_t out[MISTAKES_MAX], const int64_t *confusion, size_t label_count)
{
    size_t count = 0;

    for (size_t i = 0; i < label_count * label_count; i++) {
        size_t at = count;
        if (i / label_count == i % label_count || confusion[i] == 0)
            continue;
        while (at > 0 && confusion[out[at - 1]] < confusion[i])
            at--;
        if (at == MISTAKES_MAX)
            continue;
        const size_t kept = count < MISTAKES_MAX ? count : MISTAKES_MAX - 1;
        memmove(&out[at + 1], &out[at], (kept - at) * sizeof out[0]);
        out[at] = i;
        count = kept + 1;
    }
    return count;
}

void tl_page_append_mistakes(struct tl_text *out, const struct tl_findings *findings)
{
    static const char *const names[] = {"true class", "called", "photos"};
    const size_t label_count = findings->account.class_count;
    size_t mistakes[MISTAKES_MAX], count;

    if (findings->shown == TL_STORE_TOLD_ROLES || label_count < MATRIX_CLASSES_MIN)
        return;
    count = find_mistakes(mistakes, findings->roles[findings->shown].confusion, label_count);
    if (count == 0)
        return;
    open_card(out, "", "Most frequent mistakes");
    append_heads(out, names, 3, 2);
    for (size_t i = 0; i < count; i++) {
        append_row_head(out, findings->account.class_names[mistakes[i] / label_count]);
        tl_text_append(out, "<td>");
        tl_html_append_text(out, findings->account.class_names[mistakes[i] % label_count]);
        tl_text_append_format(out, "</td><td class=\"n\">%lld</td></tr>\n",
                              (long long)findings->roles[findings->shown].confusion[mistakes[i]]);
    }
    tl_text_append(out, "</tbody>\n");
    close_card(out);
}

void tl_page_append_folds(struct tl_text *out, const struct tl_findings *findings)
{
    static const char *const names[] = {"fold", "photos", "log loss", "accuracy"};
    const struct tl_store_account *account = &findings->account;

    if (account->fold_count == 0)
        return;
    open_card(out, "", "Folds");
    append_heads(out, names, 4, 1);
    for (size_t i = 0; i < account->fold_count; i++) {
        tl_text_append_format(out,
                              "<tr><th scope=\"row\">%zu</th><td class=\"n\">%zu</td><td class=\"n\">%.4f</td>"
                              "<td class=\"n\">",
                              i + 1, account->folds[i].photo_count, account->folds[i].loss);
        tl_page_append_percent(out, account->folds[i].accuracy);
        tl_text_append(out, "</td></tr>\n");
    }
    tl_text_append(out, "</tbody>\n");
    close_card(out);
}

/* The runs with the lowest validation losses, in order. Returns how many. */
static size_t rank_runs(size_t out[RUNS_MAX], const struct tl_store_run_rows *rows)
{
    double losses[RUNS_MAX];
    size_t count = 0;

    for (size_t run = 0; run < rows->run_count; run++) {
        const double loss = tl_sweep_get_number(rows, run, "val_loss");
        size_t at = count;
        if (isnan(loss))
            continue;
        while (at > 0 && losses[at - 1] > loss)
            at--;
        if (at == RUNS_MAX)
            continue;
        const size_t kept = count < RUNS_MAX ? count : RUNS_MAX - 1;
        memmove(&out[at + 1], &out[at], (kept - at) * sizeof out[0]);
        memmove(&losses[at + 1], &losses[at], (kept - at) * sizeof losses[0]);
        out[at] = run;
        losses[at] = loss;
        count = kept + 1;
    }
    return count;
}

static void append_run(struct tl_text *out, const struct tl_findings *findings, const struct tl_sweep_choice *choices,
                       size_t choice_count, size_t run, size_t place)
{
    const struct tl_store_run_rows *rows = &findings->sweep;
    const double run_id = tl_sweep_get_number(rows, run, "run_id");

    tl_text_append_format(out, "<tr%s><th scope=\"row\" class=\"n\">%zu</th><td class=\"n\">%.0f</td>",
                          (int64_t)run_id == findings->account.run_id ? " class=\"this\" aria-current=\"true\"" : "", place,
                          run_id);
    tl_text_append_format(out, "<td class=\"n\">%.4f</td><td class=\"n\">", tl_sweep_get_number(rows, run, "val_loss"));
    tl_page_append_percent(out, tl_sweep_get_number(rows, run, "val_accuracy"));
    tl_text_append(out, "</td>");
    for (size_t c = 0; c < choice_count; c++) {
        const char *value = rows->facts[run * rows->fact_count + choices[c].column].value;
        tl_text_append_format(out, "<td class=\"n\">");
        if (value && choices[c].is_number)
            tl_text_append_format(out, "%.6g", tl_sweep_parse(value));
        else
            tl_html_append_text(out, value);
        tl_text_append(out, "</td>");
    }
    tl_text_append(out, "</tr>\n");
}

void tl_page_append_sweep(struct tl_text *out, const struct tl_findings *findings)
{
    const char *names[TL_SWEEP_CHOICES_MAX + 4] = {"place", "run", "validation loss", "accuracy"};
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];
    const size_t choice_count = tl_sweep_find_choices(choices, &findings->sweep);
    size_t runs[RUNS_MAX];
    const size_t count = rank_runs(runs, &findings->sweep);
    char title[80];

    if (count == 0)
        return;
    for (size_t c = 0; c < choice_count; c++)
        names[4 + c] = choices[c].name;
    snprintf(title, sizeof title, "The best %zu of %zu runs of the sweep", count, findings->sweep.run_count);
    open_card(out, " double", title);
    append_heads(out, names, choice_count + 4, 0);
    for (size_t i = 0; i < count; i++)
        append_run(out, findings, choices, choice_count, runs[i], i + 1);
    tl_text_append(out, "</tbody>\n");
    close_card(out);
}

/* Local ids say nothing; measures stand above. */
static bool is_telling(const struct tl_store_fact *fact)
{
    static const char *const dull[] = {"run_id", "dataset_id", "feature_set_id", "augmentation_id", "sweep_id", NULL};

    for (size_t i = 0; dull[i]; i++)
        if (strcmp(fact->name, dull[i]) == 0)
            return false;
    return fact->value != NULL;
}

/* A real number has a point in its text; six digits of it are enough to be read. */
static void append_value(struct tl_text *out, const char *value)
{
    const double number = strchr(value, '.') ? tl_sweep_parse(value) : (double)NAN;

    if (isnan(number))
        tl_html_append_text(out, value);
    else
        tl_text_append_format(out, "%.6g", number);
}

static void append_choice(struct tl_text *out, const struct tl_store_fact *fact)
{
    const size_t length = strlen(fact->name);

    tl_text_append(out, "<tr><th scope=\"row\">");
    for (size_t i = 0; i < length; i++)
        tl_text_append_bytes(out, fact->name[i] == '_' ? " " : &fact->name[i], 1);
    tl_text_append(out, "</th><td>");
    if (strcmp(fact->name, "started_ms") == 0)
        tl_page_append_time(out, fact->value);
    else
        append_value(out, fact->value);
    tl_text_append(out, "</td></tr>\n");
}

void tl_page_append_choices(struct tl_text *out, const struct tl_findings *findings)
{
    static const char *const names[] = {"what", "value"};

    tl_text_append(out, "<details open>\n<summary>What was run</summary>\n");
    open_card(out, " columns", "All that the store keeps of the run");
    append_heads(out, names, 2, 2);
    for (size_t i = 0; i < findings->account.fact_count; i++)
        if (is_telling(&findings->account.facts[i]))
            append_choice(out, &findings->account.facts[i]);
    tl_text_append(out, "</tbody>\n");
    close_card(out);
    tl_text_append(out, "</details>\n");
}
