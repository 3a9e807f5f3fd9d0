/* store_run.c - writing a run and predictions; store_head.c has the heads, store_dataset.c the data sets. */
#include "common/store/store_run.h"

#include <math.h>
#include <string.h>

#include "common/base/system.h"
#include "common/base/uuid.h"
#include "common/store/column.h"
#include "common/store/store_dataset.h"
#include "common/store/store_head.h"

static enum tl_status check_run(const struct tl_store_run *run, struct tl_error *err)
{
    for (long i = 0; i < run->epochs; i++)
        if (isnan(run->history[i].loss) || isnan(run->history[i].accuracy))
            return tl_error_set(err, TL_BAD_INPUT, "the loss of epoch %ld is not a number; the run is not stored", i + 1);
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

static enum tl_status insert_run(tl_store *store, int64_t *out_run_id, const char *uuid, int64_t dataset_id,
                                 const struct tl_store_run *run, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO run (uuid, name, dataset_id, feature_set_id, augmentation_id, variants, transform, scale, initial,"
        " epochs, batch_size, learning_rate, l2, seed, started_ms, train_ms, train_samples, is_refitted,"
        " val_loss, val_accuracy, test_loss, test_accuracy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?) RETURNING run_id",
        err);
    tl_statement_bind_text(&s, uuid);
    tl_statement_bind_text(&s, run->name);
    tl_statement_bind_int(&s, dataset_id);
    tl_statement_bind_int(&s, run->feature_set_id);
    tl_statement_bind_int(&s, run->augmentation_id);
    tl_statement_bind_text(&s, run->variants);
    tl_statement_bind_text(&s, run->head->transform);
    tl_statement_bind_double(&s, run->head->scale);
    tl_statement_bind_text(&s, run->initial);
    tl_statement_bind_int(&s, run->epochs);
    tl_statement_bind_int(&s, run->batch_size);
    tl_statement_bind_double(&s, run->learning_rate);
    tl_statement_bind_double(&s, run->l2);
    tl_statement_bind_int(&s, run->seed);
    tl_statement_bind_int(&s, run->started_ms);
    tl_statement_bind_int(&s, run->train_ms);
    tl_statement_bind_int(&s, run->train_samples);
    tl_statement_bind_int(&s, run->is_refitted);
    tl_statement_bind_double(&s, run->val_loss);
    tl_statement_bind_double(&s, run->val_accuracy);
    tl_statement_bind_double(&s, run->test_loss);
    tl_statement_bind_double(&s, run->test_accuracy);
    if (tl_statement_step(&s))
        *out_run_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

static enum tl_status insert_epoch(tl_store *store, int64_t run_id, long epoch, const struct tl_store_epoch *values,
                                   struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store, "INSERT INTO epoch (run_id, epoch, loss, accuracy, val_loss, val_accuracy) VALUES (?, ?, ?, ?, ?, ?)", err);
    tl_statement_bind_int(&s, run_id);
    tl_statement_bind_int(&s, epoch);
    tl_statement_bind_double(&s, values->loss);
    tl_statement_bind_double(&s, values->accuracy);
    tl_statement_bind_double(&s, values->val_loss);
    tl_statement_bind_double(&s, values->val_accuracy);
    return tl_statement_finish(&s);
}

static enum tl_status insert_cell(tl_store *store, int64_t run_id, const char *role, const char *class_name,
                                  const char *predicted, int64_t photos, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO confusion (run_id, role, class, predicted_class, photos) VALUES (?, ?, ?, ?, ?)",
                       err);
    tl_statement_bind_int(&s, run_id);
    tl_statement_bind_text(&s, role);
    tl_statement_bind_text(&s, class_name);
    tl_statement_bind_text(&s, predicted);
    tl_statement_bind_int(&s, photos);
    return tl_statement_finish(&s);
}

/* Cells without photos get no row: with a thousand classes there would be a million. */
static enum tl_status insert_confusion(tl_store *store, int64_t run_id, const struct tl_store_run *run,
                                       const struct tl_store_confusion *confusion, struct tl_error *err)
{
    const size_t class_count = run->head->class_count;
    enum tl_status status = TL_OK;
    for (size_t i = 0; status == TL_OK && i < class_count * class_count; i++)
        if (confusion->photos[i] != 0)
            status = insert_cell(store, run_id, confusion->role, run->head->class_names[i / class_count],
                                 run->head->class_names[i % class_count], confusion->photos[i], err);
    return status;
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
    for (long i = 0; status == TL_OK && i < run->epochs; i++)
        status = insert_epoch(store, *out_run_id, i + 1, &run->history[i], err);
    for (size_t i = 0; status == TL_OK && i < run->confusion_count; i++)
        status = insert_confusion(store, *out_run_id, run, &run->confusions[i], err);
    if (status == TL_OK)
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
    *out_run_id = 0;
    enum tl_status status = check_run(run, err);
    if (status == TL_OK)
        status = tl_uuid_make(uuid, err);
    if (status == TL_OK)
        status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    status = insert_rows(store, &run_id, uuid, run, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK) {
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
        "INSERT INTO prediction (head_id, content_id, origin, photo, class, probability, probabilities, made_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (head_id, content_id, origin) DO UPDATE SET photo = excluded.photo,"
        " class = excluded.class, probability = excluded.probability, probabilities = excluded.probabilities,"
        " made_ms = excluded.made_ms",
        err);
    tl_statement_bind_int(&s, head_id);
    tl_statement_bind_int(&s, prediction->content_id);
    tl_statement_bind_text(&s, prediction->origin);
    tl_statement_bind_text(&s, prediction->photo);
    tl_statement_bind_text(&s, prediction->class_name);
    tl_statement_bind_double(&s, prediction->probability);
    tl_statement_bind_text(&s, prediction->probabilities_json);
    tl_statement_bind_int(&s, made_ms);
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
