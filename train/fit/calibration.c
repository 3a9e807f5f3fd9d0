/* calibration.c - see calibration.h.
 *
 * With u = -log T the mean log loss is that of logits z exp(u), z = log p. Its derivative by u is sought where it vanishes, by
 * Newton's steps within a bracket that shrinks, or its halving where a step would leave it.
 */
#include "train/fit/calibration.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "common/base/memory.h"

enum { STEPS_MAX = 100 };
static const double STEP_MIN = 1e-12;

/* Logarithms, each photo's largest 0, of those photos that count. */
struct problem {
    double *logits; /* (N, L) */
    const uint32_t *true_classes;
    size_t photo_count, class_count;
};

struct slope {
    double first, second; /* derivatives by u */
};

static void take_logarithms(double *logits, const double *probabilities, size_t class_count)
{
    double largest = -DBL_MAX;

    for (size_t l = 0; l < class_count; l++) {
        logits[l] = log(probabilities[l] > DBL_MIN ? probabilities[l] : DBL_MIN);
        largest = fmax(largest, logits[l]);
    }
    for (size_t l = 0; l < class_count; l++)
        logits[l] -= largest;
}

/* Of one photo: z's expectation and variance under softmax(b z), b = exp(u). */
static void measure_spread(double *mean, double *variance, const double *logits, size_t class_count, double b)
{
    double total = 0, sum = 0, square_sum = 0;

    for (size_t l = 0; l < class_count; l++) {
        const double weight = exp(b * logits[l]);

        total += weight;
        sum += weight * logits[l];
        square_sum += weight * logits[l] * logits[l];
    }
    *mean = sum / total;
    *variance = fmax(square_sum / total - *mean * *mean, 0);
}

static struct slope measure_slope(const struct problem *problem, double u)
{
    const double b = exp(u), count = (double)problem->photo_count;
    double first = 0, second = 0;

    for (size_t i = 0; i < problem->photo_count; i++) {
        const double *logits = problem->logits + i * problem->class_count;
        double mean, variance;

        measure_spread(&mean, &variance, logits, problem->class_count, b);
        first += mean - logits[problem->true_classes[i]];
        second += variance;
    }
    /* By b first; then by u, with the prior's u^2 / 2 counted once among all photos. */
    return (struct slope){(b * first + u) / count, (b * first + b * b * second + 1) / count};
}

static double solve(const struct problem *problem)
{
    double low = -log(TL_CALIBRATION_TEMPERATURE_MAX), high = -low, u = 0;

    if (measure_slope(problem, low).first >= 0)
        return low;
    if (measure_slope(problem, high).first <= 0)
        return high;
    for (int n = 0; n < STEPS_MAX; n++) {
        const struct slope slope = measure_slope(problem, u);
        double next = slope.second > 0 ? u - slope.first / slope.second : low;

        if (slope.first > 0)
            high = u;
        else
            low = u;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (fabs(next - u) < STEP_MIN)
            break;
        u = next;
    }
    return u;
}

/* The photos outside of `fold`, or all where `folds` is NULL. `problem` has room for all. */
static void gather(struct problem *problem, uint32_t *classes, const double *probabilities, const uint32_t *true_classes,
                   size_t photo_count, const uint32_t *folds, uint32_t fold)
{
    const size_t class_count = problem->class_count;

    problem->photo_count = 0;
    for (size_t i = 0; i < photo_count; i++) {
        if (folds && folds[i] == fold)
            continue;
        take_logarithms(problem->logits + problem->photo_count * class_count, probabilities + i * class_count, class_count);
        classes[problem->photo_count++] = true_classes[i];
    }
}

static enum tl_status fit(double *out, const double *probabilities, const uint32_t *true_classes, size_t photo_count,
                          size_t class_count, const uint32_t *folds, uint32_t fold, struct tl_error *err)
{
    double *logits = tl_memory_alloc(photo_count, class_count * sizeof *logits);
    uint32_t *classes = tl_memory_alloc(photo_count, sizeof *classes);
    struct problem problem = {logits, classes, 0, class_count};
    enum tl_status status = TL_OK;

    *out = 1;
    if (!logits || !classes) {
        status = tl_error_set_no_memory(err, "the calibration", photo_count * class_count * sizeof *logits);
        goto done;
    }
    gather(&problem, classes, probabilities, true_classes, photo_count, folds, fold);
    if (problem.photo_count > 0)
        *out = exp(-solve(&problem));
done:
    tl_memory_free(logits);
    tl_memory_free(classes);
    return status;
}

enum tl_status tl_calibration_fit(double *out, const double *probabilities, const uint32_t *true_classes, size_t photo_count,
                                  size_t class_count, struct tl_error *err)
{
    return fit(out, probabilities, true_classes, photo_count, class_count, NULL, 0, err);
}

void tl_calibration_scale(double *probabilities, size_t photo_count, size_t class_count, double temperature)
{
    for (size_t i = 0; i < photo_count; i++) {
        double *row = probabilities + i * class_count;

        take_logarithms(row, row, class_count);
        for (size_t l = 0; l < class_count; l++)
            row[l] /= temperature;
        tl_head_softmax(row, class_count);
    }
}

enum tl_status tl_calibration_cross_fit(double *probabilities, const uint32_t *true_classes, size_t photo_count, size_t class_count,
                                        const uint32_t *folds, uint32_t fold_count, struct tl_error *err)
{
    double *scaled = tl_memory_alloc(photo_count, class_count * sizeof *scaled);
    enum tl_status status = TL_OK;

    if (!scaled)
        return tl_error_set_no_memory(err, "the calibration", photo_count * class_count * sizeof *scaled);
    for (uint32_t fold = 0; fold < fold_count && status == TL_OK; fold++) {
        double temperature;

        status = fit(&temperature, probabilities, true_classes, photo_count, class_count, folds, fold, err);
        for (size_t i = 0; i < photo_count; i++) {
            if (folds[i] != fold)
                continue;
            memcpy(scaled + i * class_count, probabilities + i * class_count, class_count * sizeof *scaled);
            tl_calibration_scale(scaled + i * class_count, 1, class_count, temperature);
        }
    }
    if (photo_count > 0)
        memcpy(probabilities, scaled, photo_count * class_count * sizeof *scaled);
    tl_memory_free(scaled);
    return status;
}

void tl_calibration_apply(struct tl_head *head, double temperature)
{
    const size_t count = tl_head_kernel_rows(head) * head->class_count;

    for (size_t i = 0; i < count; i++)
        head->kernel[i] = (float)((double)head->kernel[i] / temperature);
    for (size_t l = 0; l < head->class_count; l++)
        head->bias[l] = (float)((double)head->bias[l] / temperature);
}
