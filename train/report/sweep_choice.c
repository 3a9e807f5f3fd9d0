/* sweep_choice.c - see sweep_choice.h. */
#include "train/report/sweep_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double FAR_RATIO = 30; /* from here on a logarithmic axis */

/* A run's column and the option that sets it. */
static const struct {
    const char *column, *option;
} options[] = {
    {"learning_rate", "learning-rate"}, {"l2", "l2"}, {"epochs", "epochs"}, {"batch_size", "batch-size"}, {"solver", "solver"},
    {"transform", "transform"}, {"pool", "pool"}, {"variants", "variants"}, {"hidden", "hidden"}, {"dropout", "dropout"},
    {"momentum", "momentum"}, {"weighting", "class-weight"}, {"initial", "initial"}, {"patience", "patience"},
    {"tolerance", "tolerance"}, {"augmentation_id", "augment"}, {"seed", "seed"}};

static const char *get(const struct tl_store_run_rows *rows, size_t run, size_t column)
{
    return rows->facts[run * rows->fact_count + column].value;
}

static size_t find_column(const struct tl_store_run_rows *rows, const char *name)
{
    for (size_t i = 0; rows->run_count > 0 && i < rows->fact_count; i++)
        if (strcmp(rows->facts[i].name, name) == 0)
            return i;
    return rows->fact_count;
}

static bool parse(double *out, const char *text)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

double tl_sweep_parse(const char *text)
{
    double number;

    return parse(&number, text) ? number : (double)NAN;
}

double tl_sweep_get_number(const struct tl_store_run_rows *rows, size_t run, const char *column)
{
    const size_t at = find_column(rows, column);
    const char *text = at < rows->fact_count ? get(rows, run, at) : NULL;

    return text ? tl_sweep_parse(text) : (double)NAN;
}

static bool is_before(const char *a, const char *b)
{
    double x, y;

    return parse(&x, a) && parse(&y, b) ? x < y : strcmp(a, b) < 0;
}

/* Keeps the values in order; one more than fit is only counted. */
static void add_value(struct tl_sweep_choice *choice, const char *value)
{
    size_t at = 0;

    for (size_t i = 0; i < choice->value_count && i < TL_SWEEP_VALUES_MAX; i++)
        if (strcmp(choice->values[i], value) == 0)
            return;
    if (choice->value_count >= TL_SWEEP_VALUES_MAX) {
        choice->value_count = TL_SWEEP_VALUES_MAX + 1;
        return;
    }
    while (at < choice->value_count && is_before(choice->values[at], value))
        at++;
    memmove(&choice->values[at + 1], &choice->values[at], (choice->value_count - at) * sizeof choice->values[0]);
    choice->values[at] = value;
    choice->value_count++;
}

static struct tl_sweep_choice look_at(const struct tl_store_run_rows *rows, size_t column, const char *option)
{
    struct tl_sweep_choice choice = {.name = option, .column = column, .is_number = true, .min = INFINITY, .max = -INFINITY};

    for (size_t run = 0; run < rows->run_count; run++) {
        const char *value = get(rows, run, column);
        double number;
        if (!value || isnan(tl_sweep_get_number(rows, run, "val_loss")))
            continue;
        add_value(&choice, value);
        if (parse(&number, value)) {
            choice.min = fmin(choice.min, number);
            choice.max = fmax(choice.max, number);
        } else {
            choice.is_number = false;
        }
    }
    choice.is_logarithmic = choice.min > 0 && choice.max / choice.min >= FAR_RATIO;
    if (choice.is_logarithmic) {
        choice.min = log10(choice.min);
        choice.max = log10(choice.max);
    }
    return choice;
}

size_t tl_sweep_find_choices(struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX], const struct tl_store_run_rows *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const size_t column = find_column(rows, options[i].column);
        size_t at = count;
        if (column == rows->fact_count)
            continue;
        const struct tl_sweep_choice choice = look_at(rows, column, options[i].option);
        if (choice.value_count < 2 || (choice.value_count > TL_SWEEP_VALUES_MAX && !choice.is_number))
            continue;
        while (at > 0 && choices[at - 1].value_count < choice.value_count && strcmp(choice.name, "seed") != 0)
            at--;
        if (at == TL_SWEEP_CHOICES_MAX)
            continue;
        const size_t kept = count < TL_SWEEP_CHOICES_MAX ? count : TL_SWEEP_CHOICES_MAX - 1;
        memmove(&choices[at + 1], &choices[at], (kept - at) * sizeof choices[0]);
        choices[at] = choice;
        count = kept + 1;
    }
    return count;
}

double tl_sweep_get_place(const struct tl_sweep_choice *choice, const struct tl_store_run_rows *rows, size_t run)
{
    const char *value = get(rows, run, choice->column);
    double number;

    if (!value)
        return (double)NAN;
    if (choice->value_count > TL_SWEEP_VALUES_MAX) {
        if (!parse(&number, value))
            return (double)NAN;
        return choice->is_logarithmic ? log10(number) : number;
    }
    for (size_t i = 0; i < choice->value_count; i++)
        if (strcmp(choice->values[i], value) == 0)
            return (double)i;
    return (double)NAN;
}
