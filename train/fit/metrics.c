/* metrics.c - see metrics.h. */
#include "train/fit/metrics.h"

#include <float.h>
#include <math.h>

#include "common/base/memory.h"
#include "train/fit/loss.h"

enum { CLASS_VALUES = 4 };

const size_t tl_metrics_top_sizes[TL_METRICS_TOPS] = {2, 3, 5};

double tl_metrics_loss(double true_probability)
{
    return -log(true_probability > DBL_MIN ? true_probability : DBL_MIN);
}

/* How many classes stand before the true one, by probability, then index. */
static size_t rank_true_class(const double *probabilities, size_t class_count, size_t true_class)
{
    size_t rank = 0;

    for (size_t l = 0; l < class_count; l++)
        rank += probabilities[l] > probabilities[true_class] || (probabilities[l] == probabilities[true_class] && l < true_class);
    return rank;
}

static struct tl_metrics_bin *find_bin(struct tl_metrics *metrics, double confidence)
{
    const double above = ceil(confidence * TL_METRICS_BINS);
    const size_t index = above < 1 ? 0 : (size_t)above - 1;

    return &metrics->bins[index < TL_METRICS_BINS ? index : TL_METRICS_BINS - 1];
}

/* Sums go where their means will stand. */
static void add_photo(struct tl_metrics *metrics, const double *probabilities, size_t true_class, bool has_copy)
{
    const size_t class_count = metrics->class_count;
    const size_t predicted = tl_loss_predicted_class(probabilities, class_count);
    const size_t rank = rank_true_class(probabilities, class_count, true_class);
    const bool is_right = predicted == true_class;
    struct tl_metrics_bin *bin = find_bin(metrics, probabilities[predicted]);

    metrics->loss += tl_metrics_loss(probabilities[true_class]);
    metrics->accuracy += is_right;
    metrics->copy_count += has_copy;
    metrics->accuracy_without_copies += is_right && !has_copy;
    metrics->confusion[true_class * class_count + predicted]++;
    for (size_t k = 0; k < TL_METRICS_TOPS; k++)
        metrics->top[k] += rank < tl_metrics_top_sizes[k];
    bin->photo_count++;
    bin->confidence += probabilities[predicted];
    bin->accuracy += is_right;
}

/* Without photos, 0/0 is NaN. */
static void divide_sums(struct tl_metrics *metrics)
{
    const double count = (double)metrics->photo_count;

    metrics->loss /= count;
    metrics->accuracy /= count;
    if (metrics->has_copies)
        metrics->accuracy_without_copies /= count - (double)metrics->copy_count;
    else
        metrics->accuracy_without_copies = (double)NAN;
    for (size_t k = 0; k < TL_METRICS_TOPS; k++)
        metrics->top[k] = tl_metrics_top_sizes[k] < metrics->class_count ? metrics->top[k] / count : (double)NAN;
    for (size_t i = 0; i < TL_METRICS_BINS; i++) {
        struct tl_metrics_bin *bin = &metrics->bins[i];

        metrics->ece += fabs(bin->confidence - bin->accuracy);
        bin->confidence /= (double)bin->photo_count;
        bin->accuracy /= (double)bin->photo_count;
    }
    metrics->ece /= count;
}

static double divide(int64_t dividend, int64_t divisor)
{
    return divisor > 0 ? (double)dividend / (double)divisor : 0;
}

static void measure_classes(struct tl_metrics *metrics)
{
    const size_t class_count = metrics->class_count;

    for (size_t l = 0; l < class_count; l++) {
        struct tl_metrics_class *of_class = &metrics->classes[l];
        const int64_t right = metrics->confusion[l * class_count + l];
        int64_t predicted = 0, support = 0;

        for (size_t k = 0; k < class_count; k++) {
            predicted += metrics->confusion[k * class_count + l];
            support += metrics->confusion[l * class_count + k];
        }
        of_class->precision = divide(right, predicted);
        of_class->recall = divide(right, support);
        of_class->f1 = divide(2 * right, predicted + support);
        of_class->support = (size_t)support;
        metrics->precision += of_class->precision;
        metrics->recall += of_class->recall;
        metrics->f1 += of_class->f1;
    }
    if (metrics->photo_count == 0)
        metrics->precision = metrics->recall = metrics->f1 = (double)NAN;
    metrics->precision /= (double)class_count;
    metrics->recall /= (double)class_count;
    metrics->f1 /= (double)class_count;
}

static enum tl_status measure_interval(struct tl_metrics *metrics, const struct tl_metrics_photos *photos, struct tl_error *err)
{
    double *right = tl_memory_alloc(photos->photo_count, sizeof *right);
    enum tl_status status;

    if (!right)
        return tl_error_set_no_memory(err, "the metrics", photos->photo_count * sizeof *right);
    for (size_t i = 0; i < photos->photo_count; i++)
        right[i] = tl_loss_predicted_class(photos->probabilities + i * photos->class_count, photos->class_count) ==
                   photos->true_classes[i];
    status = tl_bootstrap_mean(&metrics->accuracy_interval, right, photos->groups, photos->photo_count, err);
    tl_memory_free(right);
    return status;
}

enum tl_status tl_metrics_measure(struct tl_metrics **out, const struct tl_metrics_photos *photos, struct tl_error *err)
{
    const size_t class_count = photos->class_count;
    struct tl_metrics *metrics = tl_memory_alloc(1, sizeof *metrics);
    enum tl_status status;

    *out = NULL;
    if (metrics) {
        metrics->classes = tl_memory_alloc(class_count, sizeof *metrics->classes);
        metrics->confusion = tl_memory_alloc(class_count, class_count * sizeof *metrics->confusion);
    }
    if (!metrics || !metrics->classes || !metrics->confusion) {
        tl_metrics_free(metrics);
        return tl_error_set_no_memory(err, "the metrics", class_count * class_count * sizeof *metrics->confusion);
    }
    metrics->photo_count = photos->photo_count;
    metrics->class_count = class_count;
    metrics->has_copies = photos->has_copy != NULL;
    for (size_t i = 0; i < photos->photo_count; i++)
        add_photo(metrics, photos->probabilities + i * class_count, photos->true_classes[i],
                  photos->has_copy && photos->has_copy[i]);
    divide_sums(metrics);
    measure_classes(metrics);
    status = measure_interval(metrics, photos, err);
    if (status != TL_OK) {
        tl_metrics_free(metrics);
        return status;
    }
    *out = metrics;
    return TL_OK;
}

void tl_metrics_free(struct tl_metrics *metrics)
{
    if (!metrics)
        return;
    tl_memory_free(metrics->classes);
    tl_memory_free(metrics->confusion);
    tl_memory_free(metrics);
}

size_t tl_metrics_value_count_max(size_t class_count)
{
    return TL_METRICS_OVERALL_VALUES + CLASS_VALUES * class_count;
}

static size_t add_values(struct tl_metrics_value *out, size_t count, const struct tl_metrics_value *values, size_t value_count,
                         size_t class_index)
{
    for (size_t i = 0; i < value_count; i++)
        if (isfinite(values[i].value))
            out[count++] = (struct tl_metrics_value){values[i].name, class_index, values[i].value};
    return count;
}

size_t tl_metrics_list(struct tl_metrics_value *out, const struct tl_metrics *metrics)
{
    const struct tl_metrics_value overall[TL_METRICS_OVERALL_VALUES] = {
        {"loss", 0, metrics->loss},
        {"accuracy", 0, metrics->accuracy},
        {"accuracy_low", 0, metrics->accuracy_interval.low},
        {"accuracy_high", 0, metrics->accuracy_interval.high},
        {"copies", 0, metrics->has_copies ? (double)metrics->copy_count : (double)NAN},
        {"accuracy_without_copies", 0, metrics->accuracy_without_copies},
        {"top_2", 0, metrics->top[0]},
        {"top_3", 0, metrics->top[1]},
        {"top_5", 0, metrics->top[2]},
        {"ece", 0, metrics->ece},
        {"precision", 0, metrics->precision},
        {"recall", 0, metrics->recall},
        {"f1", 0, metrics->f1},
        {"support", 0, (double)metrics->photo_count}};
    size_t count = add_values(out, 0, overall, TL_METRICS_OVERALL_VALUES, TL_METRICS_OVERALL);

    for (size_t l = 0; l < metrics->class_count; l++) {
        const struct tl_metrics_class *c = &metrics->classes[l];
        const struct tl_metrics_value of_class[CLASS_VALUES] = {
            {"precision", l, c->precision}, {"recall", l, c->recall}, {"f1", l, c->f1}, {"support", l, (double)c->support}};

        count = add_values(out, count, of_class, CLASS_VALUES, l);
    }
    return count;
}
