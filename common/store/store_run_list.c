/* store_run_list.c - see store_run_list.h. */
#include "common/store/store_run_list.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"
#include "common/store/store_head.h"

static const char COUNT_RUNS[] = "SELECT count(*) FROM run WHERE ?1 = 0 OR run_id = ?1";
static const char SELECT_RUNS[] =
    "SELECT r.run_id, r.uuid, r.name, l.place, l.val_group, l.val_photos, r.val_loss, r.val_accuracy, r.test_loss,"
    " r.test_accuracy, l.augmentation, d.label_set, r.options, r.program_version, r.group_by, l.started_at, r.sweep_id,"
    " r.dataset_id, r.feature_set_id, r.augmentation_id, (SELECT h.head_id FROM head h WHERE h.run_id = r.run_id) AS head_id,"
    " r.fold_count, r.train_ms, r.train_samples, r.best_epoch, r.scale, r.temperature, r.is_refitted, l.is_pinned, l.answers,"
    " coalesce(r.variant_max, -1) AS variant_max"
    " FROM leaderboard l JOIN run r USING (run_id) JOIN dataset d ON d.dataset_id = r.dataset_id WHERE ?1 = 0 OR r.run_id = ?1"
    " ORDER BY l.val_group IS NULL, l.val_group, l.place, r.started_ms, r.run_id";

static int64_t int_or_zero(struct tl_statement *s, int column)
{
    return tl_column_is_null(s, column) ? 0 : tl_column_int(s, column);
}

static double double_or_nan(struct tl_statement *s, int column)
{
    return tl_column_is_null(s, column) ? (double)NAN : tl_column_double(s, column);
}

static void read_row(struct tl_statement *s, struct tl_store_run_row *row)
{
    row->run_id = tl_column_int(s, 0);
    row->uuid = tl_column_copy_text(s, 1);
    row->name = tl_column_copy_text(s, 2);
    row->place = int_or_zero(s, 3);
    row->val_group = int_or_zero(s, 4);
    row->val_photos = int_or_zero(s, 5);
    row->val_loss = double_or_nan(s, 6);
    row->val_accuracy = double_or_nan(s, 7);
    row->test_loss = double_or_nan(s, 8);
    row->test_accuracy = double_or_nan(s, 9);
    row->augmentation = tl_column_copy_text(s, 10);
    row->label_set = tl_column_copy_text(s, 11);
    row->options_json = tl_column_copy_text(s, 12);
    row->program_version = tl_column_copy_text(s, 13);
    row->group_by = tl_column_copy_text(s, 14);
    row->started_at = tl_column_copy_text(s, 15);
    row->sweep_id = int_or_zero(s, 16);
    row->dataset_id = tl_column_int(s, 17);
    row->feature_set_id = tl_column_int(s, 18);
    row->augmentation_id = tl_column_int(s, 19);
    row->head_id = int_or_zero(s, 20);
    row->fold_count = tl_column_int(s, 21);
    row->train_ms = tl_column_int(s, 22);
    row->train_samples = tl_column_int(s, 23);
    row->best_epoch = int_or_zero(s, 24);
    row->scale = tl_column_double(s, 25);
    row->temperature = tl_column_double(s, 26);
    row->is_refitted = tl_column_int(s, 27) != 0;
    row->is_pinned = tl_column_int(s, 28) != 0;
    row->answers = tl_column_int(s, 29) != 0;
    row->variant_max = tl_column_int(s, 30);
}

static enum tl_status count_rows(tl_store *store, size_t *out, const char *sql, int64_t id, struct tl_error *err)
{
    struct tl_statement s;
    *out = 0;
    tl_statement_begin(&s, store, sql, err);
    tl_statement_bind_int(&s, id);
    if (tl_statement_step(&s))
        *out = (size_t)tl_column_int(&s, 0);
    return tl_statement_end(&s);
}

/* `run_id` 0: all. */
static enum tl_status read_runs(tl_store *store, struct tl_store_run_row **out, size_t *out_count, int64_t run_id,
                                struct tl_error *err)
{
    struct tl_store_run_row *rows = NULL;
    size_t capacity, count = 0;
    struct tl_statement s;
    enum tl_status status = count_rows(store, &capacity, COUNT_RUNS, run_id, err);
    if (status != TL_OK)
        return status;
    rows = tl_memory_alloc(capacity, sizeof *rows);
    if (rows == NULL)
        return tl_error_set_no_memory(err, "the runs", capacity * sizeof *rows);
    tl_statement_begin(&s, store, SELECT_RUNS, err);
    tl_statement_bind_int(&s, run_id);
    while (count < capacity && tl_statement_step(&s))
        read_row(&s, &rows[count++]);
    status = tl_statement_end(&s);
    if (status != TL_OK) {
        tl_store_free_runs(rows, count);
        return status;
    }
    *out = rows;
    *out_count = count;
    return TL_OK;
}

enum tl_status tl_store_list_runs(tl_store *store, struct tl_store_run_row **out, size_t *out_count, struct tl_error *err)
{
    bool is_own;
    *out = NULL;
    *out_count = 0;
    enum tl_status status = tl_connection_begin_reading(store, &is_own, err);
    if (status != TL_OK)
        return status;
    status = read_runs(store, out, out_count, 0, err);
    tl_connection_end_reading(store, is_own);
    return status;
}

void tl_store_free_runs(struct tl_store_run_row *rows, size_t count)
{
    for (size_t i = 0; rows != NULL && i < count; i++) {
        tl_memory_free(rows[i].uuid);
        tl_memory_free(rows[i].name);
        tl_memory_free(rows[i].augmentation);
        tl_memory_free(rows[i].label_set);
        tl_memory_free(rows[i].options_json);
        tl_memory_free(rows[i].program_version);
        tl_memory_free(rows[i].group_by);
        tl_memory_free(rows[i].started_at);
    }
    tl_memory_free(rows);
}

enum tl_status tl_store_get_run(tl_store *store, struct tl_store_run_row **out, const char *wanted, struct tl_error *err)
{
    int64_t run_id;
    size_t count = 0;
    bool is_own;
    *out = NULL;
    enum tl_status status = tl_connection_begin_reading(store, &is_own, err);
    if (status != TL_OK)
        return status;
    status = tl_store_find_run(store, &run_id, wanted, err);
    if (status == TL_OK)
        status = read_runs(store, out, &count, run_id, err);
    tl_connection_end_reading(store, is_own);
    if (status == TL_OK && count != 1) {
        tl_store_free_runs(*out, count);
        *out = NULL;
        return tl_error_set(err, TL_CORRUPT, "%s: run %lld lacks its data set or augmentation", store->path, (long long)run_id);
    }
    return status;
}

static const char COUNT_JUDGEMENTS[] = "SELECT count(*) FROM prediction p JOIN head h USING (head_id)"
                                       " WHERE h.run_id = ? AND p.origin IN ('validation', 'test', 'fold')";
static const char SELECT_JUDGEMENTS[] =
    "SELECT c.sha256, p.origin, dc.class, (SELECT q.path FROM photo q JOIN source s USING (source_id)"
    " WHERE q.content_id = p.content_id ORDER BY s.name, q.path LIMIT 1) AS path, p.probabilities"
    " FROM prediction p JOIN head h USING (head_id) JOIN run r ON r.run_id = h.run_id"
    " JOIN content c ON c.content_id = p.content_id"
    " JOIN dataset_sample ds ON ds.dataset_id = r.dataset_id AND ds.content_id = p.content_id"
    " JOIN dataset_class dc ON dc.dataset_id = ds.dataset_id AND dc.class_index = ds.class_index"
    " WHERE h.run_id = ? AND p.origin IN ('validation', 'test', 'fold') ORDER BY c.sha256, p.origin";

enum tl_status tl_store_list_judgements(tl_store *store, struct tl_store_judgement **out, size_t *out_count, int64_t run_id,
                                        struct tl_error *err)
{
    struct tl_store_judgement *rows;
    size_t capacity, count = 0;
    struct tl_statement s;
    *out = NULL;
    *out_count = 0;
    enum tl_status status = count_rows(store, &capacity, COUNT_JUDGEMENTS, run_id, err);
    if (status != TL_OK)
        return status;
    rows = tl_memory_alloc(capacity, sizeof *rows);
    if (rows == NULL)
        return tl_error_set_no_memory(err, "the predictions", capacity * sizeof *rows);
    tl_statement_begin(&s, store, SELECT_JUDGEMENTS, err);
    tl_statement_bind_int(&s, run_id);
    while (count < capacity && tl_statement_step(&s)) {
        struct tl_store_judgement *row = &rows[count++];
        tl_column_digest(&s, 0, row->sha256);
        row->origin = tl_column_copy_text(&s, 1);
        row->true_class = tl_column_copy_text(&s, 2);
        row->path = tl_column_copy_text(&s, 3);
        row->probabilities_json = tl_column_copy_text(&s, 4);
    }
    status = tl_statement_end(&s);
    if (status != TL_OK) {
        tl_store_free_judgements(rows, count);
        return status;
    }
    *out = rows;
    *out_count = count;
    return TL_OK;
}

void tl_store_free_judgements(struct tl_store_judgement *judgements, size_t count)
{
    for (size_t i = 0; judgements != NULL && i < count; i++) {
        tl_memory_free(judgements[i].origin);
        tl_memory_free(judgements[i].true_class);
        tl_memory_free(judgements[i].path);
        tl_memory_free(judgements[i].probabilities_json);
    }
    tl_memory_free(judgements);
}
