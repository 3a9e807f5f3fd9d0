/* store_run.c - writing a run and predictions; store_measure.c has what was measured, store_head.c the heads, store_dataset.c the
 * data sets. */
#include "common/store/store_run.h"

#include <math.h>
#include <string.h>

#include "common/base/system.h"
#include "common/base/uuid.h"
#include "common/store/column.h"
#include "common/store/store_dataset.h"
#include "common/store/store_head.h"
#include "common/store/store_measure.h"

static enum tl_status check_run(const struct tl_store_run *run, struct tl_error *err)
{
    for (long i = 0; i < run->epoch_count; i++)
        if (isnan(run->history[i].loss) || isnan(run->history[i].accuracy))
            return tl_error_set(err, TL_BAD_INPUT, "the loss of epoch %ld is not a number; the run is not stored", i + 1);
    if (!run->head && run->prediction_count > 0)
        return tl_error_set(err, TL_BAD_INPUT, "predictions of a run that keeps no head; the run is not stored");
    return TL_OK;
}

enum tl_status tl_store_check_run_name(tl_store *store, const char *name, struct tl_error *err)
{
    struct tl_statement s;
    if (name == NULL)
        return TL_OK;
    if (name[strspn(name, "0123456789")] == '\0')
        return tl_error_set(err, TL_BAD_INPUT,
                            "the name '%s' has no letter, so that it cannot be told from a run's number; choose another", name);
    tl_statement_begin(&s, store, "SELECT 1 FROM run WHERE name = ?1 UNION ALL SELECT 1 FROM head WHERE name = ?1", err);
    tl_statement_bind_text(&s, name);
    const bool is_taken = tl_statement_step(&s);
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && is_taken)
        return tl_error_set(err, TL_BAD_INPUT, "the name '%s' is taken by another run or head; choose another", name);
    return status;
}

static const char *or_word(const char *word, const char *otherwise)
{
    return word ? word : otherwise;
}

static void bind_course(struct tl_statement *s, const struct tl_store_run_course *course)
{
    tl_statement_bind_text(s, course->variants);
    tl_statement_bind_text(s, course->initial);
    tl_statement_bind_text(s, or_word(course->pool, "none"));
    tl_statement_bind_text(s, or_word(course->transform, "none"));
    tl_statement_bind_text(s, or_word(course->solver, "adam"));
    tl_statement_bind_text(s, or_word(course->weighting, "equal"));
    tl_statement_bind_text(s, or_word(course->monitor, "none"));
    tl_statement_bind_int(s, course->epochs);
    tl_statement_bind_int(s, course->batch_size);
    tl_statement_bind_double(s, course->learning_rate);
    tl_statement_bind_double(s, course->l2);
    tl_statement_bind_double(s, course->momentum);
    tl_statement_bind_double(s, course->tolerance);
    tl_statement_bind_int(s, course->hidden);
    tl_statement_bind_int(s, course->patience);
    tl_statement_bind_double(s, course->dropout);
    tl_statement_bind_int(s, course->seed);
}

static void bind_rest(struct tl_statement *s, const struct tl_store_run *run)
{
    tl_statement_bind_double(s, run->scale);
    tl_statement_bind_text(s, run->program_version);
    tl_statement_bind_text(s, run->options_json);
    tl_statement_bind_blob(s, run->store_digest, run->store_digest ? TL_DIGEST_BYTES : 0);
    tl_statement_bind_int(s, run->started_ms);
    tl_statement_bind_int(s, run->train_ms);
    tl_statement_bind_int(s, run->train_samples);
    tl_statement_bind_int(s, run->is_refitted);
    tl_statement_bind_int(s, run->best_epoch);
    tl_statement_bind_double(s, run->gradient_norm);
    tl_statement_bind_double(s, run->temperature > 0 ? run->temperature : 1);
    tl_statement_bind_int(s, (int64_t)run->fold_count);
    tl_statement_bind_text(s, or_word(run->group_by, "none"));
    tl_statement_bind_int(s, run->variant_max);
    tl_statement_bind_double(s, run->val_loss);
    tl_statement_bind_double(s, run->val_accuracy);
    tl_statement_bind_double(s, run->test_loss);
    tl_statement_bind_double(s, run->test_accuracy);
}

static enum tl_status insert_run(tl_store *store, int64_t *out_run_id, const char *uuid, int64_t dataset_id,
                                 const struct tl_store_run *run, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO run (uuid, name, dataset_id, feature_set_id, augmentation_id, sweep_id, variants, initial, pool, transform,"
        " solver, weighting, monitor, epochs, batch_size, learning_rate, l2, momentum, tolerance, hidden, patience, dropout, seed,"
        " scale, program_version, options, store_digest, started_ms, train_ms, train_samples, is_refitted, best_epoch,"
        " gradient_norm, temperature, fold_count, group_by, variant_max, val_loss, val_accuracy, test_loss, test_accuracy)"
        " VALUES (?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING run_id",
        err);
    tl_statement_bind_text(&s, uuid);
    tl_statement_bind_text(&s, run->name);
    tl_statement_bind_int(&s, dataset_id);
    tl_statement_bind_int(&s, run->feature_set_id);
    tl_statement_bind_int(&s, run->augmentation_id);
    tl_statement_bind_int(&s, run->sweep_id);
    bind_course(&s, &run->course);
    bind_rest(&s, run);
    if (tl_statement_step(&s))
        *out_run_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

static enum tl_status insert_rows(tl_store *store, int64_t *out_run_id, const char *uuid, const struct tl_store_run *run,
                                  struct tl_error *err)
{
    int64_t dataset_id = 0, head_id = 0;
    enum tl_status status = tl_store_check_run_name(store, run->name, err);
    if (status == TL_OK)
        status = tl_store_put_dataset(store, &dataset_id, run->dataset, err);
    if (status == TL_OK)
        status = insert_run(store, out_run_id, uuid, dataset_id, run, err);
    if (status == TL_OK)
        status = tl_store_put_measures(store, *out_run_id, run, err);
    if (status == TL_OK && run->head)
        status = tl_store_put_head(store, &head_id, *out_run_id, NULL, run->feature_set_id, run->head, err);
    if (status == TL_OK)
        status = tl_store_put_predictions(store, head_id, run->predictions, run->prediction_count, err);
    return status;
}

enum tl_status tl_store_put_run(tl_store *store, int64_t *out_run_id, char out_uuid[TL_STORE_UUID_BYTES],
                                const struct tl_store_run *run, struct tl_error *err)
{
    char uuid[TL_STORE_UUID_BYTES];
    int64_t run_id = 0;
    const bool is_own = !store->is_in_transaction;
    *out_run_id = 0;
    enum tl_status status = check_run(run, err);
    if (status == TL_OK)
        status = tl_uuid_make(uuid, err);
    if (status == TL_OK && is_own)
        status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    status = insert_rows(store, &run_id, uuid, run, err);
    if (status == TL_OK && is_own)
        status = tl_store_commit(store, err);
    if (status != TL_OK) {
        if (is_own)
            tl_store_rollback(store);
        return status;
    }
    *out_run_id = run_id;
    memcpy(out_uuid, uuid, sizeof uuid);
    return TL_OK;
}

static enum tl_status put_prediction(tl_store *store, int64_t head_id, const struct tl_store_prediction *prediction,
                                     int64_t made_ms, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO prediction (head_id, content_id, origin, photo, class, probability, probabilities, made_ms, fold)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0)) ON CONFLICT (head_id, content_id, origin)"
        " DO UPDATE SET photo = excluded.photo, class = excluded.class, probability = excluded.probability,"
        " probabilities = excluded.probabilities,"
        " made_ms = excluded.made_ms, fold = excluded.fold",
        err);
    tl_statement_bind_int(&s, head_id);
    tl_statement_bind_int(&s, prediction->content_id);
    tl_statement_bind_text(&s, prediction->origin);
    tl_statement_bind_text(&s, prediction->photo);
    tl_statement_bind_text(&s, prediction->class_name);
    tl_statement_bind_double(&s, prediction->probability);
    tl_statement_bind_text(&s, prediction->probabilities_json);
    tl_statement_bind_int(&s, made_ms);
    tl_statement_bind_int(&s, prediction->fold);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_predictions(tl_store *store, int64_t head_id, const struct tl_store_prediction *predictions,
                                        size_t count, struct tl_error *err)
{
    const int64_t made_ms = tl_system_time_ms();
    enum tl_status status = TL_OK;
    for (size_t i = 0; status == TL_OK && i < count; i++)
        status = put_prediction(store, head_id, &predictions[i], made_ms, err);
    return status;
}
