/* store_measure.c - see store_measure.h. */
#include "common/store/store_measure.h"

#include <math.h>

#include "common/store/statement.h"

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
static enum tl_status insert_confusion(tl_store *store, int64_t run_id, const struct tl_store_dataset *dataset,
                                       const struct tl_store_confusion *confusion, struct tl_error *err)
{
    const size_t class_count = dataset->class_count;
    enum tl_status status = TL_OK;
    for (size_t i = 0; status == TL_OK && i < class_count * class_count; i++)
        if (confusion->photos[i] != 0)
            status = insert_cell(store, run_id, confusion->role, dataset->class_names[i / class_count],
                                 dataset->class_names[i % class_count], confusion->photos[i], err);
    return status;
}

static enum tl_status insert_fold(tl_store *store, int64_t run_id, size_t fold, const struct tl_store_fold *values,
                                  struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO fold (run_id, fold, photos, loss, accuracy) VALUES (?, ?, ?, ?, ?)", err);
    tl_statement_bind_int(&s, run_id);
    tl_statement_bind_int(&s, (int64_t)fold);
    tl_statement_bind_int(&s, (int64_t)values->photo_count);
    tl_statement_bind_double(&s, values->loss);
    tl_statement_bind_double(&s, values->accuracy);
    return tl_statement_finish(&s);
}

static enum tl_status insert_metric(tl_store *store, int64_t run_id, const struct tl_store_metric *metric, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO metric (run_id, role, name, class, value) VALUES (?, ?, ?, ?, ?)", err);
    tl_statement_bind_int(&s, run_id);
    tl_statement_bind_text(&s, metric->role);
    tl_statement_bind_text(&s, metric->name);
    tl_statement_bind_text(&s, metric->class_name ? metric->class_name : "");
    tl_statement_bind_double(&s, metric->value);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_measures(tl_store *store, int64_t run_id, const struct tl_store_run *run, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    for (long i = 0; status == TL_OK && i < run->epoch_count; i++)
        status = insert_epoch(store, run_id, i + 1, &run->history[i], err);
    for (size_t i = 0; status == TL_OK && i < run->confusion_count; i++)
        status = insert_confusion(store, run_id, run->dataset, &run->confusions[i], err);
    for (size_t i = 0; status == TL_OK && i < run->fold_count; i++)
        status = insert_fold(store, run_id, i + 1, &run->folds[i], err);
    for (size_t i = 0; status == TL_OK && i < run->metric_count; i++)
        if (isfinite(run->metrics[i].value))
            status = insert_metric(store, run_id, &run->metrics[i], err);
    return status;
}
