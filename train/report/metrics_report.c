/* metrics_report.c - see metrics_report.h. */
#include "train/report/metrics_report.h"

#include <math.h>

#include "common/base/table.h"

void tl_metrics_report_lines(FILE *file, const struct tl_metrics *metrics)
{
    fprintf(file, "  accuracy 95%% between %.4f and %.4f - calibration error: %.4f", metrics->accuracy_interval.low,
            metrics->accuracy_interval.high, metrics->ece);
    for (size_t k = 0; k < TL_METRICS_TOPS; k++)
        if (2 * tl_metrics_top_sizes[k] <= metrics->class_count) /* else nearly all are among them */
            fprintf(file, " - top %zu: %.4f", tl_metrics_top_sizes[k], metrics->top[k]);
    fprintf(file, "\n");
    if (metrics->copy_count > 0 && isfinite(metrics->accuracy_without_copies))
        fprintf(file, "  accuracy without the %zu photos that have a copy in training: %.4f\n", metrics->copy_count,
                metrics->accuracy_without_copies);
    else if (metrics->copy_count > 0)
        fprintf(file, "  all of them have a copy in training\n");
}

static void add_row(tl_table *table, const char *name, double precision, double recall, double f1, size_t photo_count)
{
    tl_table_add(table, name);
    tl_table_add_format(table, "%.4f", precision);
    tl_table_add_format(table, "%.4f", recall);
    tl_table_add_format(table, "%.4f", f1);
    tl_table_add_format(table, "%zu", photo_count);
}

enum tl_status tl_metrics_report_classes(FILE *file, const struct tl_metrics *metrics, const char *const *class_names,
                                         struct tl_error *err)
{
    static const char *const headings[] = {"class", "precision", "recall", "f1", "photos"};
    enum { COLUMNS = sizeof headings / sizeof headings[0] };
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, COLUMNS, err);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < COLUMNS; i++)
        tl_table_add(table, headings[i]);
    for (size_t l = 0; l < metrics->class_count; l++) {
        const struct tl_metrics_class *c = &metrics->classes[l];

        add_row(table, class_names[l], c->precision, c->recall, c->f1, c->support);
    }
    add_row(table, "(mean)", metrics->precision, metrics->recall, metrics->f1, metrics->photo_count);
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

static void append_value(struct tl_text *text, const char *separator, const char *name, double value)
{
    tl_text_append_format(text, "%s\"%s\": ", separator, name);
    tl_text_append_json_number(text, value);
}

void tl_metrics_report_append_json(struct tl_text *text, const struct tl_metrics *metrics, const char *const *class_names)
{
    struct tl_metrics_value values[TL_METRICS_OVERALL_VALUES];
    struct tl_metrics overall = *metrics;
    size_t count;

    overall.class_count = 0;
    count = tl_metrics_list(values, &overall);
    tl_text_append(text, ", \"metrics\": {");
    for (size_t i = 0; i < count; i++)
        append_value(text, i == 0 ? "" : ", ", values[i].name, values[i].value);
    tl_text_append(text, "}, \"per_class\": {");
    for (size_t l = 0; l < metrics->class_count; l++) {
        const struct tl_metrics_class *c = &metrics->classes[l];

        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_json_string(text, class_names[l]);
        append_value(text, ": {", "precision", c->precision);
        append_value(text, ", ", "recall", c->recall);
        append_value(text, ", ", "f1", c->f1);
        append_value(text, ", ", "support", (double)c->support);
        tl_text_append(text, "}");
    }
    tl_text_append(text, "}");
}
