/* store_account.c - see store_account.h. */
#include "common/store/store_account.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"
#include "common/store/store_facts.h"

const char *const tl_store_told_role_names[] = {"validation", "test", "fold", NULL};

static void note_no_memory(struct tl_statement *s, size_t size_bytes)
{
    if (s->status == TL_OK)
        s->status = tl_error_set_no_memory(s->err, "a run's account", size_bytes);
}

/* `items` with room for one more, by doubling; NULL after a fault, and the old are still there. */
static void *grow(struct tl_statement *s, void *items, size_t count, size_t item_bytes)
{
    void *larger = items;

    if (count == 0 || (count >= 8 && (count & (count - 1)) == 0))
        larger = tl_memory_resize(items, count == 0 ? 8 : count * 2, item_bytes);
    if (!larger)
        note_no_memory(s, (count + 1) * item_bytes);
    return larger;
}

static enum tl_status read_row(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;
    bool is_there = false;

    tl_statement_begin(&s, store,
                       "SELECT r.*, lower(hex(d.digest)) AS dataset_digest, d.label_set, b.network || ' ' || fs.layer || ' ' ||"
                       " fs.arithmetic || ' ' || fs.stored_type AS features, lower(hex(fs.digest)) AS feature_set_digest,"
                       " i.json AS recipe, iif(a.augmentation_id = 0, NULL, a.name || ' ' || a.json) AS augmentation"
                       " FROM run r JOIN dataset d USING (dataset_id) JOIN feature_set fs USING (feature_set_id)"
                       " JOIN backbone b USING (backbone_id) JOIN input i USING (input_id)"
                       " JOIN augmentation a USING (augmentation_id)"
                       " WHERE r.run_id = ?",
                       err);
    tl_statement_bind_int(&s, out->run_id);
    if (tl_statement_step(&s)) {
        is_there = true;
        out->fact_count = tl_store_take_facts(&s, &out->facts, 0, &out->strings);
    }
    enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        status = tl_error_set(err, TL_NOT_FOUND, "no run %lld", (long long)out->run_id);
    return status;
}

static enum tl_status read_ids(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;

    tl_statement_begin(&s, store,
                       "SELECT r.dataset_id, r.feature_set_id, ifnull(r.sweep_id, 0) AS sweep_id, r.uuid, r.name, r.is_refitted,"
                       " EXISTS (SELECT 1 FROM head h WHERE h.run_id = r.run_id) AS has_head FROM run r WHERE r.run_id = ?",
                       err);
    tl_statement_bind_int(&s, out->run_id);
    if (tl_statement_step(&s)) {
        out->dataset_id = tl_column_int(&s, 0);
        out->feature_set_id = tl_column_int(&s, 1);
        out->sweep_id = tl_column_int(&s, 2);
        const char *uuid = tl_column_text(&s, 3, NULL);
        snprintf(out->uuid, sizeof out->uuid, "%s", uuid ? uuid : "");
        if (!tl_column_is_null(&s, 4)) {
            const char *name = tl_column_text(&s, 4, NULL);
            out->name = name ? tl_arena_copy_string(&out->strings, name) : NULL;
            if (name && !out->name)
                note_no_memory(&s, strlen(name));
        }
        out->is_refitted = tl_column_int_within(&s, 5, 0, 1) != 0;
        out->has_head = tl_column_int_within(&s, 6, 0, 1) != 0;
    }
    return tl_statement_end(&s);
}

static enum tl_status read_classes(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;

    tl_statement_begin(&s, store, "SELECT class_index, class FROM dataset_class WHERE dataset_id = ? ORDER BY class_index", err);
    tl_statement_bind_int(&s, out->dataset_id);
    while (tl_statement_step(&s)) {
        (void)tl_column_int_within(&s, 0, (int64_t)out->class_count, (int64_t)out->class_count);
        const char *name = tl_column_text(&s, 1, NULL);
        const char **larger = name ? grow(&s, out->class_names, out->class_count, sizeof *larger) : NULL;
        if (!larger)
            break;
        out->class_names = larger;
        out->class_names[out->class_count] = tl_arena_copy_string(&out->strings, name);
        if (!out->class_names[out->class_count++])
            note_no_memory(&s, strlen(name));
    }
    return tl_statement_end(&s);
}

static enum tl_status read_samples(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;

    tl_statement_begin(&s, store,
                       "SELECT content_id, class_index, ifnull(fold, 0) AS fold, role = 'train', role = 'validation'"
                       " FROM dataset_sample WHERE dataset_id = ? ORDER BY content_id",
                       err);
    tl_statement_bind_int(&s, out->dataset_id);
    while (tl_statement_step(&s)) {
        struct tl_store_account_sample *larger = grow(&s, out->samples, out->sample_count, sizeof *larger);
        if (!larger)
            break;
        out->samples = larger;
        out->samples[out->sample_count++] = (struct tl_store_account_sample){
            tl_column_int(&s, 0), (uint32_t)tl_column_int_within(&s, 1, 0, (int64_t)out->class_count - 1),
            (uint32_t)tl_column_int_within(&s, 2, 0, UINT32_MAX), tl_column_int(&s, 3) != 0, tl_column_int(&s, 4) != 0};
    }
    return tl_statement_end(&s);
}

static double read_measure(struct tl_statement *s, int column)
{
    return tl_column_is_null(s, column) ? (double)NAN : tl_column_double(s, column);
}

static enum tl_status read_epochs(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;

    tl_statement_begin(&s, store,
                       "SELECT epoch, loss, accuracy, val_loss, val_accuracy FROM epoch WHERE run_id = ? ORDER BY epoch", err);
    tl_statement_bind_int(&s, out->run_id);
    while (tl_statement_step(&s)) {
        struct tl_store_epoch *larger = grow(&s, out->epochs, out->epoch_count, sizeof *larger);
        if (!larger)
            break;
        out->epochs = larger;
        out->epochs[out->epoch_count++] = (struct tl_store_epoch){tl_column_double(&s, 1), tl_column_double(&s, 2),
                                                                  read_measure(&s, 3), read_measure(&s, 4)};
    }
    return tl_statement_end(&s);
}

static enum tl_status read_folds(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;

    tl_statement_begin(&s, store, "SELECT photos, loss, accuracy FROM fold WHERE run_id = ? ORDER BY fold", err);
    tl_statement_bind_int(&s, out->run_id);
    while (tl_statement_step(&s)) {
        struct tl_store_fold *larger = grow(&s, out->folds, out->fold_count, sizeof *larger);
        if (!larger)
            break;
        out->folds = larger;
        out->folds[out->fold_count++] = (struct tl_store_fold){(size_t)tl_column_int_within(&s, 0, 0, INT64_MAX),
                                                               tl_column_double(&s, 1), tl_column_double(&s, 2)};
    }
    return tl_statement_end(&s);
}

static enum tl_store_told_role read_role(struct tl_statement *s, int column)
{
    const char *name = tl_column_text(s, column, NULL);

    for (size_t role = 0; name && role < TL_STORE_TOLD_ROLES; role++)
        if (strcmp(tl_store_told_role_names[role], name) == 0)
            return (enum tl_store_told_role)role;
    if (s->status == TL_OK)
        s->status = tl_error_set(s->err, TL_CORRUPT, "%s: a role '%.40s' that is none", s->store->path, name ? name : "");
    return TL_STORE_TOLD_VALIDATION;
}

static enum tl_status read_confusions(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;
    const int64_t last = (int64_t)out->class_count - 1;

    tl_statement_begin(&s, store,
                       "SELECT c.role, a.class_index, b.class_index, c.photos FROM confusion c JOIN run r USING (run_id)"
                       " JOIN dataset_class a ON a.dataset_id = r.dataset_id AND a.class = c.class"
                       " JOIN dataset_class b ON b.dataset_id = r.dataset_id AND b.class = c.predicted_class WHERE run_id = ?",
                       err);
    tl_statement_bind_int(&s, out->run_id);
    while (tl_statement_step(&s)) {
        const enum tl_store_told_role role = read_role(&s, 0);
        const size_t row = (size_t)tl_column_int_within(&s, 1, 0, last), column = (size_t)tl_column_int_within(&s, 2, 0, last);
        const int64_t photos = tl_column_int_within(&s, 3, 0, INT32_MAX);
        if (s.status != TL_OK)
            break;
        if (!out->confusions[role])
            out->confusions[role] = tl_memory_alloc(out->class_count * out->class_count, sizeof **out->confusions);
        if (!out->confusions[role])
            note_no_memory(&s, out->class_count * out->class_count * sizeof **out->confusions);
        else
            out->confusions[role][row * out->class_count + column] = photos;
    }
    return tl_statement_end(&s);
}

/* A prediction's rows come one behind another, a class each. */
struct teller {
    int64_t prediction_id;
    size_t capacity, class_count; /* of the photo being read */
};

static void add_told(struct tl_statement *s, struct tl_store_account *out, struct teller *teller)
{
    const size_t label_count = out->class_count;

    if (out->told_count == teller->capacity) {
        const size_t capacity = teller->capacity == 0 ? 64 : teller->capacity * 2;
        struct tl_store_told *told = tl_memory_resize(out->told, capacity, sizeof *told);
        if (told)
            out->told = told;
        double *probabilities = tl_memory_resize(out->probabilities, capacity * label_count, sizeof *probabilities);
        if (probabilities)
            out->probabilities = probabilities;
        if (!told || !probabilities) {
            note_no_memory(s, capacity * label_count * sizeof *probabilities);
            return;
        }
        teller->capacity = capacity;
    }
    for (size_t l = 0; l < label_count; l++)
        out->probabilities[out->told_count * label_count + l] = 0;
    out->told[out->told_count++] = (struct tl_store_told){
        .content_id = tl_column_int(s, 1),
        .role = read_role(s, 2),
        .class_index = (uint32_t)tl_column_int_within(s, 3, 0, (int64_t)label_count - 1),
        .fold = (uint32_t)tl_column_int_within(s, 4, 0, UINT32_MAX),
        .has_copy = (int)tl_column_int_within(s, 5, -1, 1)};
    teller->class_count = 0;
}

static void check_told(struct tl_statement *s, const struct tl_store_account *out, const struct teller *teller)
{
    if (s->status == TL_OK && out->told_count > 0 && teller->class_count != out->class_count)
        s->status = tl_error_set(s->err, TL_CORRUPT, "%s: prediction %lld has probabilities of %zu of %zu classes",
                                 s->store->path, (long long)teller->prediction_id, teller->class_count, out->class_count);
}

static enum tl_status read_told(tl_store *store, struct tl_store_account *out, struct tl_error *err)
{
    struct tl_statement s;
    struct teller teller = {0};

    tl_statement_begin(
        &s, store,
        "SELECT pr.prediction_id, pr.content_id, pr.origin, ds.class_index, ifnull(pr.fold, 0) AS fold,"
        " ifnull(ds.has_copy, -1) AS has_copy, dc.class_index, CAST(j.value AS REAL) AS probability"
        " FROM head h JOIN run r USING (run_id) JOIN prediction pr USING (head_id)"
        " JOIN dataset_sample ds ON ds.dataset_id = r.dataset_id AND ds.content_id = pr.content_id"
        " JOIN json_each(pr.probabilities) j"
        " JOIN dataset_class dc ON dc.dataset_id = r.dataset_id AND dc.class = j.key"
        " WHERE r.run_id = ? AND pr.origin <> 'classify' ORDER BY pr.origin, pr.content_id, pr.prediction_id, dc.class_index",
        err);
    tl_statement_bind_int(&s, out->run_id);
    while (tl_statement_step(&s)) {
        const int64_t prediction_id = tl_column_int(&s, 0);
        if (prediction_id != teller.prediction_id || out->told_count == 0) {
            check_told(&s, out, &teller);
            teller.prediction_id = prediction_id;
            if (s.status == TL_OK)
                add_told(&s, out, &teller);
        }
        const size_t class_index = (size_t)tl_column_int_within(&s, 6, 0, (int64_t)out->class_count - 1);
        const double probability = tl_column_double(&s, 7);
        if (s.status == TL_OK && !(probability >= 0 && probability <= 1))
            s.status = tl_error_set(err, TL_CORRUPT, "%s: prediction %lld has a probability of %g", store->path,
                                    (long long)prediction_id, probability);
        if (s.status != TL_OK)
            break;
        out->probabilities[(out->told_count - 1) * out->class_count + class_index] = probability;
        teller.class_count++;
    }
    check_told(&s, out, &teller);
    return tl_statement_end(&s);
}

enum tl_status tl_store_read_account(tl_store *store, struct tl_store_account *out, int64_t run_id, struct tl_error *err)
{
    static enum tl_status (*const readers[])(tl_store *, struct tl_store_account *, struct tl_error *) = {
        read_row, read_ids, read_classes, read_samples, read_epochs, read_folds, read_confusions, read_told};
    enum tl_status status = TL_OK;

    *out = (struct tl_store_account){.run_id = run_id};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0] && status == TL_OK; i++)
        status = readers[i](store, out, err);
    if (status != TL_OK)
        tl_store_free_account(out);
    return status;
}

void tl_store_free_account(struct tl_store_account *account)
{
    tl_memory_free(account->facts);
    tl_memory_free(account->class_names);
    tl_memory_free(account->samples);
    tl_memory_free(account->epochs);
    tl_memory_free(account->folds);
    for (size_t role = 0; role < TL_STORE_TOLD_ROLES; role++)
        tl_memory_free(account->confusions[role]);
    tl_memory_free(account->told);
    tl_memory_free(account->probabilities);
    tl_arena_free(&account->strings);
    *account = (struct tl_store_account){0};
}

const char *tl_store_account_fact(const struct tl_store_account *account, const char *name)
{
    for (size_t i = 0; i < account->fact_count; i++)
        if (strcmp(account->facts[i].name, name) == 0)
            return account->facts[i].value;
    return NULL;
}
