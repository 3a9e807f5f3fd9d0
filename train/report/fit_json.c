/* fit_json.c - see fit_json.h. */
#include "train/report/fit_json.h"

#include <inttypes.h>

#include "train/report/metrics_report.h"

static const char *const REASON_NAMES[] = {"conflict", "untrained class", "unused split"};

static void append_number(struct tl_text *text, const char *key, double value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_number(text, value);
}

static void append_string(struct tl_text *text, const char *key, const char *value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_string(text, value);
}

static void append_course(struct tl_text *text, const struct tl_outcome *outcome)
{
    const struct tl_course *course = &outcome->course;

    append_string(text, "variants", tl_fit_variants_names[course->variants]);
    append_string(text, "transform", tl_head_transform_names[outcome->head->transform]);
    append_number(text, "scale", outcome->head->scale);
    append_string(text, "initial", outcome->course.is_glorot ? "glorot" : "zero");
    tl_text_append_format(text, ", \"epochs\": %ld, \"batch_size\": %ld", course->epochs, course->batch_size);
    append_number(text, "learning_rate", course->learning_rate);
    append_number(text, "l2", course->l2);
    tl_text_append_format(text, ", \"seed\": %" PRIu64, course->seed);
}

static void append_data(struct tl_text *text, const struct tl_outcome *outcome)
{
    const struct tl_selection *selection = outcome->selection;

    tl_text_append(text, ", \"classes\": [");
    for (size_t l = 0; l < selection->class_count; l++) {
        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_json_string(text, selection->class_names[l]);
    }
    tl_text_append(text, "], \"photos\": {");
    for (size_t role = 0; role < TL_ROLE_COUNT; role++) {
        tl_text_append_format(text, "%s\"%s\": [", role == 0 ? "" : ", ", tl_role_names[role]);
        for (size_t l = 0; l < selection->class_count; l++)
            tl_text_append_format(text, "%s%zu", l == 0 ? "" : ", ", selection->counts[role * selection->class_count + l]);
        tl_text_append(text, "]");
    }
    tl_text_append_format(text, "}, \"vectors\": %zu, \"left_out\": [", outcome->vector_count);
    for (size_t i = 0; i < selection->left_out_count; i++) {
        const struct tl_left_out *left_out = &selection->left_out[i];

        tl_text_append_format(text, "%s{\"reason\": \"%s\", \"photos\": [", i == 0 ? "" : ", ", REASON_NAMES[left_out->reason]);
        for (size_t k = 0; k < left_out->label_count; k++) {
            tl_text_append(text, k == 0 ? "" : ", ");
            tl_text_append_json_string(text, left_out->labels[k].path);
        }
        tl_text_append(text, "]}");
    }
    tl_text_append(text, "]");
}

static void append_history(struct tl_text *text, const struct tl_outcome *outcome)
{
    tl_text_append(text, ", \"history\": [");
    for (long e = 0; e < outcome->epoch_count; e++) {
        const struct tl_store_epoch *epoch = &outcome->history[e];

        tl_text_append_format(text, "%s{\"epoch\": %ld", e == 0 ? "" : ", ", e + 1);
        append_number(text, "loss", epoch->loss);
        append_number(text, "accuracy", epoch->accuracy);
        append_number(text, "val_loss", epoch->val_loss);
        append_number(text, "val_accuracy", epoch->val_accuracy);
        tl_text_append(text, "}");
    }
    tl_text_append(text, "]");
}

static void append_role(struct tl_text *text, const char *key, const struct tl_outcome_role *role,
                        const struct tl_selection *selection)
{
    const size_t class_count = selection->class_count;

    tl_text_append_format(text, ", \"%s\": ", key);
    if (!role->confusion) {
        tl_text_append(text, "null");
        return;
    }
    tl_text_append_format(text, "{\"photos\": %zu", role->evaluation.photo_count);
    append_number(text, "loss", role->evaluation.loss);
    append_number(text, "accuracy", role->evaluation.accuracy);
    tl_text_append(text, ", \"confusion\": [");
    for (size_t i = 0; i < class_count * class_count; i++)
        tl_text_append_format(text, "%s%" PRId64 "%s", i % class_count > 0 ? ", " : i == 0 ? "[" : ", [", role->confusion[i],
                              i % class_count == class_count - 1 ? "]" : "");
    tl_text_append(text, "]");
    if (role->metrics)
        tl_metrics_report_append_json(text, role->metrics, selection->class_names);
    tl_text_append(text, "}");
}

static void append_calibration(struct tl_text *text, const struct tl_outcome *outcome)
{
    append_number(text, "temperature", outcome->temperature);
    append_number(text, "uncalibrated_loss", outcome->uncalibrated_loss);
    append_number(text, "uncalibrated_ece", outcome->uncalibrated_ece);
}

/* The photos of all folds together, and what the folds' own figures are. */
static void append_folds(struct tl_text *text, const struct tl_outcome *outcome)
{
    append_role(text, "out_of_fold", &outcome->folded, outcome->selection);
    tl_text_append(text, ", \"folds\": [");
    for (size_t k = 0; k < outcome->fold_count; k++) {
        tl_text_append_format(text, "%s{\"photos\": %zu", k > 0 ? ", " : "", outcome->folds[k].photo_count);
        append_number(text, "loss", outcome->folds[k].loss);
        append_number(text, "accuracy", outcome->folds[k].accuracy);
        tl_text_append(text, "}");
    }
    tl_text_append(text, "]");
}

void tl_fit_json_append(struct tl_text *text, const struct tl_outcome *outcome)
{
    char digest[TL_DIGEST_HEX_BYTES];

    tl_digest_to_hex(digest, outcome->feature_set->digest);
    tl_text_append_format(text, "{\"run\": %" PRId64, outcome->run_id);
    append_string(text, "uuid", outcome->uuid);
    append_string(text, "name", outcome->name);
    append_string(text, "feature_set", digest);
    append_string(text, "augmentation", outcome->augmentation ? outcome->augmentation->name : NULL);
    append_course(text, outcome);
    append_data(text, outcome);
    append_history(text, outcome);
    tl_text_append_format(text, ", \"refitted\": %s", outcome->is_refitted ? "true" : "false");
    append_number(text, "gradient_norm", outcome->gradient_norm);
    append_role(text, "validation", &outcome->validation, outcome->selection);
    append_role(text, "test", &outcome->test, outcome->selection);
    if (outcome->fold_count > 0)
        append_folds(text, outcome);
    if (outcome->course.has_calibration || outcome->fold_count > 0)
        append_calibration(text, outcome);
    if (outcome->window_size > 0)
        tl_text_append_format(text, ", \"window\": %zu", outcome->window_size);
    append_number(text, "load_seconds", outcome->load_seconds);
    append_number(text, "train_seconds", outcome->train_seconds);
    tl_text_append(text, "}");
}
