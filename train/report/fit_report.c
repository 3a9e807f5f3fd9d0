/* fit_report.c - see fit_report.h. */
#include "train/report/fit_report.h"

#include <inttypes.h>
#include <math.h>

#include "common/base/table.h"
#include "common/base/utf8.h"
#include "train/report/metrics_report.h"

enum { NAME_BYTES = 256 };

struct mistake {
    size_t true_class, predicted_class;
    int64_t photos;
};

/* A name from the store, whoever made that. */
static void write_name(FILE *file, const char *before, const char *name, const char *after)
{
    char shown[NAME_BYTES];

    tl_utf8_write_visible(shown, sizeof shown, name);
    fprintf(file, "%s%s%s", before, shown, after);
}

static enum tl_status write_balance(FILE *file, const struct tl_selection *selection, struct tl_error *err)
{
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 1 + TL_ROLE_COUNT, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, "class");
    for (size_t role = 0; role < TL_ROLE_COUNT; role++)
        tl_table_add(table, tl_role_names[role]);
    for (size_t l = 0; l < selection->class_count; l++) {
        tl_table_add(table, selection->class_names[l]);
        for (size_t role = 0; role < TL_ROLE_COUNT; role++)
            tl_table_add_format(table, "%zu", selection->counts[role * selection->class_count + l]);
    }
    tl_table_add(table, "(all)");
    for (size_t role = 0; role < TL_ROLE_COUNT; role++)
        tl_table_add_format(table, "%zu", tl_selection_count(selection, (enum tl_role)role));
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

static void write_validation_source(FILE *file, const struct tl_outcome *outcome)
{
    if (outcome->selection->has_validation_split)
        fprintf(file, outcome->selection->is_split_by_hash ? "Validation and test are drawn by a hash of content.\n"
                                                           : "Validation is the val split.\n");
    else if (tl_selection_count(outcome->selection, TL_ROLE_VALIDATION) > 0)
        fprintf(file, "Validation is %.15g of the training photos of each class, drawn by content.\n", outcome->fraction);
    else
        fprintf(file, "There is no validation.\n");
}

/* How many photos that measure are no strangers to the head. */
static void write_copies(FILE *file, const struct tl_selection *selection)
{
    static const enum tl_role roles[] = {TL_ROLE_VALIDATION, TL_ROLE_TEST};

    write_name(file, "Photos that belong together (", selection->group_by, "): ");
    fprintf(file, "%zu groups.", selection->group_count);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const size_t count = tl_selection_count(selection, roles[i]);

        if (count > 0)
            fprintf(file, " %s photos with a copy in training: %zu of %zu.", roles[i] == TL_ROLE_TEST ? "Test" : "Validation",
                    selection->copied_counts[roles[i]], count);
    }
    fprintf(file, "\n");
}

static void write_solver(FILE *file, const struct tl_outcome *outcome)
{
    const struct tl_course *course = &outcome->course;

    if (course->solver == TL_COURSE_LBFGS) {
        fprintf(file, "%zu vectors of %zu photos, all at once; L-BFGS, to a gradient's norm of %.15g", outcome->vector_count,
                outcome->train_photo_count, course->tolerance);
        return;
    }
    fprintf(file, "An epoch goes through %zu vectors of %zu photos, %ld a batch; %s, learning rate %.15g", outcome->vector_count,
            outcome->train_photo_count, course->batch_size, course->solver == TL_COURSE_ADAM ? "Adam" : "gradient descent",
            course->learning_rate);
    if (course->solver == TL_COURSE_SGD && course->momentum > 0)
        fprintf(file, ", momentum %.15g", course->momentum);
}

/* "An epoch goes through 2900 vectors of 580 photos, 32 a batch; Adam, learning rate 0.001; features divided by 29.46, zero
 * start." */
static void write_course(FILE *file, const struct tl_outcome *outcome)
{
    const struct tl_course *course = &outcome->course;
    const bool is_sqrt = course->transform == TL_HEAD_TRANSFORM_SQRT;

    write_solver(file, outcome);
    if (course->l2 > 0)
        fprintf(file, ", L2 %.15g", course->l2);
    if (course->weighting != TL_COURSE_EQUAL)
        fprintf(file, ", class weights %s", tl_course_weighting_names[course->weighting]);
    if (outcome->head->scale == 1 && course->is_glorot && !is_sqrt)
        fprintf(file, "; raw %s", course->pool == TL_HEAD_POOL_AVG ? "channel means" : "features");
    else
        fprintf(file, "; %s%s divided by %.4g", is_sqrt ? "square roots of " : "",
                course->pool == TL_HEAD_POOL_AVG ? "channel means" : "features", outcome->head->scale);
    if (course->hidden_count > 0)
        fprintf(file, ", a hidden layer of %ld, %.15g dropped", course->hidden_count, course->dropout);
    fprintf(file, ", %s start.\n\n", course->is_glorot || course->hidden_count > 0 ? "Glorot uniform" : "zero");
}

enum tl_status tl_fit_report_data(FILE *file, const struct tl_outcome *outcome, struct tl_error *err)
{
    const struct tl_selection *selection = outcome->selection;
    const struct tl_store_feature_set *set = outcome->feature_set;
    char digest[TL_DIGEST_HEX_BYTES];
    enum tl_status status = write_balance(file, selection, err);

    if (status != TL_OK)
        return status;
    fprintf(file, "\n");
    write_validation_source(file, outcome);
    if (selection->repeated_count > 0)
        fprintf(file, "Further places of photos counted above, with the same bytes: %zu.\n", selection->repeated_count);
    if (selection->both_sides_count > 0)
        fprintf(file, "Photos in more than one split, kept on the evaluation side: %zu.\n", selection->both_sides_count);
    if (selection->group_by)
        write_copies(file, selection);
    tl_digest_to_hex(digest, set->digest);
    fprintf(file, "Features %.8s: ", digest);
    write_name(file, "", set->network, ", ");
    write_name(file, "", set->layer, ", ");
    fprintf(file, "%zu values.\n", outcome->head->feature_count);
    if (outcome->window_size > 0)
        fprintf(file, "They do not fit in --memory: streamed from the store, and shuffled over windows of about %zu vectors.\n",
                outcome->window_size);
    if (outcome->augmentation) {
        fprintf(file, "Variants: %s", tl_fit_variants_names[outcome->course.variants]);
        write_name(file, " of augmentation ", outcome->augmentation->name, ".\n");
    }
    write_course(file, outcome);
    return TL_OK;
}

void tl_fit_report_epoch(FILE *file, long epoch, long epochs, const struct tl_store_epoch *result)
{
    fprintf(file, "Epoch %ld/%ld - loss: %.4f - accuracy: %.4f", epoch, epochs, result->loss, result->accuracy);
    if (!isnan(result->val_loss))
        fprintf(file, " - val_loss: %.4f - val_accuracy: %.4f", result->val_loss, result->val_accuracy);
    fprintf(file, "\n");
}

static enum tl_status write_matrix(FILE *file, const char *const *class_names, size_t class_count, const int64_t *confusion,
                                   struct tl_error *err)
{
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, class_count + 1, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, "true class");
    for (size_t l = 0; l < class_count; l++)
        tl_table_add(table, class_names[l]);
    for (size_t t = 0; t < class_count; t++) {
        tl_table_add(table, class_names[t]);
        for (size_t p = 0; p < class_count; p++)
            tl_table_add_format(table, "%" PRId64, confusion[t * class_count + p]);
    }
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

/* The most frequent mistakes, in falling order, ties as they stand in the matrix; returns how many. */
static size_t list_mistakes(struct mistake mistakes[TL_FIT_REPORT_MISTAKES], size_t class_count, const int64_t *confusion)
{
    size_t count = 0;

    for (size_t i = 0; i < class_count * class_count; i++) {
        const struct mistake mistake = {i / class_count, i % class_count, confusion[i]};
        size_t at = count;

        if (mistake.photos == 0 || mistake.true_class == mistake.predicted_class)
            continue;
        while (at > 0 && mistakes[at - 1].photos < mistake.photos)
            at--;
        if (at == TL_FIT_REPORT_MISTAKES)
            continue;
        if (count < TL_FIT_REPORT_MISTAKES)
            count++;
        for (size_t k = count - 1; k > at; k--)
            mistakes[k] = mistakes[k - 1];
        mistakes[at] = mistake;
    }
    return count;
}

static enum tl_status write_mistakes(FILE *file, const char *const *class_names, size_t class_count, const int64_t *confusion,
                                     struct tl_error *err)
{
    struct mistake mistakes[TL_FIT_REPORT_MISTAKES];
    const size_t count = list_mistakes(mistakes, class_count, confusion);
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 3, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, "true class");
    tl_table_add(table, "predicted class");
    tl_table_add(table, "photos");
    for (size_t i = 0; i < count; i++) {
        tl_table_add(table, class_names[mistakes[i].true_class]);
        tl_table_add(table, class_names[mistakes[i].predicted_class]);
        tl_table_add_format(table, "%" PRId64, mistakes[i].photos);
    }
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

enum tl_status tl_fit_report_confusion(FILE *file, const char *const *class_names, size_t class_count, const int64_t *confusion,
                                       struct tl_error *err)
{
    if (class_count <= TL_FIT_REPORT_MATRIX_CLASSES)
        return write_matrix(file, class_names, class_count, confusion, err);
    return write_mistakes(file, class_names, class_count, confusion, err);
}

static void write_role(FILE *file, const char *title, const struct tl_outcome_role *role)
{
    const struct tl_evaluation *evaluation = &role->evaluation;

    if (evaluation->photo_count == 0)
        return;
    fprintf(file, "%s - loss: %.4f - accuracy: %.4f (%zu photos)\n", title, evaluation->loss, evaluation->accuracy,
            evaluation->photo_count);
    if (role->metrics)
        tl_metrics_report_lines(file, role->metrics);
}

static void write_calibration(FILE *file, const struct tl_outcome *outcome)
{
    if (outcome->course.has_calibration && outcome->validation.evaluation.photo_count > 0)
        fprintf(file, "  calibrated by temperature %.4g; without it loss: %.4f - calibration error: %.4f\n", outcome->temperature,
                outcome->uncalibrated_loss, outcome->uncalibrated_ece);
}

/* Where a table of all classes can be taken in at a glance, the figures of each. */
static enum tl_status write_classes(FILE *file, const struct tl_outcome_role *shown, const struct tl_selection *selection,
                                    struct tl_error *err)
{
    if (!shown->metrics || selection->class_count > TL_FIT_REPORT_MATRIX_CLASSES)
        return TL_OK;
    fprintf(file, "\n");
    return tl_metrics_report_classes(file, shown->metrics, selection->class_names, err);
}

/* A convex problem has one answer; whether this is it is worth a line. */
static void write_convergence(FILE *file, const struct tl_outcome *outcome)
{
    if (isnan(outcome->gradient_norm))
        return;
    if (outcome->gradient_norm <= outcome->course.tolerance)
        fprintf(file, "Converged: the gradient's norm is %.1e, at most %g was asked for.\n", outcome->gradient_norm,
                outcome->course.tolerance);
    else
        fprintf(file, "Not converged: the gradient's norm is %.1e, %g was asked for; more --epochs or a larger --l2 may help.\n",
                outcome->gradient_norm, outcome->course.tolerance);
}

/* The standard deviation, over K - 1, of a number of the folds. */
static double measure_spread(const struct tl_store_fold *folds, size_t fold_count, bool is_loss)
{
    double mean = 0, squares = 0;

    for (size_t k = 0; k < fold_count; k++)
        mean += (is_loss ? folds[k].loss : folds[k].accuracy) / (double)fold_count;
    for (size_t k = 0; k < fold_count; k++)
        squares += pow((is_loss ? folds[k].loss : folds[k].accuracy) - mean, 2);
    return sqrt(squares / (double)(fold_count - 1));
}

/* "5 folds - loss: 0.0851 +- 0.0210 - accuracy: 0.9691 +- 0.0101 (875 photos)": of all photos together, and between folds. */
static void write_folds(FILE *file, const struct tl_outcome *outcome)
{
    const struct tl_evaluation *evaluation = &outcome->folded.evaluation;

    if (outcome->fold_count < 2)
        return;
    fprintf(file, "%zu folds - loss: %.4f +- %.4f - accuracy: %.4f +- %.4f (%zu photos)\n", outcome->fold_count, evaluation->loss,
            measure_spread(outcome->folds, outcome->fold_count, true), evaluation->accuracy,
            measure_spread(outcome->folds, outcome->fold_count, false), evaluation->photo_count);
    if (outcome->folded.metrics)
        tl_metrics_report_lines(file, outcome->folded.metrics);
    if (outcome->temperature != 1)
        fprintf(file, "Each with the temperature of the other folds; the head has that of all, %.4g.\n", outcome->temperature);
    fprintf(file, "The head is fitted to all %zu.\n", outcome->train_photo_count);
}

enum tl_status tl_fit_report_results(FILE *file, const struct tl_outcome *outcome, struct tl_error *err)
{
    const bool has_test = outcome->test.confusion != NULL;
    const struct tl_outcome_role *shown = has_test ? &outcome->test : tl_outcome_chooser(outcome);
    const char *title = has_test ? "Test" : outcome->fold_count > 0 ? "Out-of-fold" : "Validation";
    enum tl_status status = TL_OK;

    write_convergence(file, outcome);
    write_role(file, "Validation", &outcome->validation);
    write_calibration(file, outcome);
    write_folds(file, outcome);
    if (outcome->is_refitted)
        fprintf(file, "Fitted again to training and validation photos together, %zu; this head is kept.\n",
                outcome->train_photo_count + outcome->validation.evaluation.photo_count);
    write_role(file, "Test", &outcome->test);
    if (shown->confusion) {
        fprintf(file, "\n%s photos by true class (rows) and predicted class (columns):\n", title);
        status =
            tl_fit_report_confusion(file, outcome->selection->class_names, outcome->selection->class_count, shown->confusion, err);
        if (status == TL_OK)
            status = write_classes(file, shown, outcome->selection, err);
    }
    fprintf(file, "\nRun %" PRId64, outcome->run_id);
    if (outcome->name)
        write_name(file, " '", outcome->name, "'");
    fprintf(file, " (%s), loaded in %.2f s, trained in %.2f s.\n", outcome->uuid, outcome->load_seconds, outcome->train_seconds);
    return status;
}
