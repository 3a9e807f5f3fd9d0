/* store_merge_runs.c - merging what was learnt: data sets, runs, heads, predictions. See store_merge_steps.h. */
#include "common/store/column.h"
#include "common/store/store_merge_steps.h"

static enum tl_status run_all(struct tl_store_merging *merging, const char *const *steps, size_t count, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < count && status == TL_OK; i++)
        status = tl_store_merge_run(merging, steps[i], err);
    return status;
}

/* What is there under a digest is the same. */
static enum tl_status copy_datasets(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "INSERT INTO main.dataset (digest, label_set, validation_photos, validation_digest, recipe)"
        " SELECT digest, label_set, validation_photos, validation_digest, recipe FROM other.dataset WHERE true ORDER BY dataset_id"
        " ON CONFLICT (digest) DO NOTHING",
        "INSERT INTO main.dataset_class (dataset_id, class_index, class) SELECT md.dataset_id, c.class_index, c.class"
        " FROM other.dataset_class c JOIN other.dataset d ON d.dataset_id = c.dataset_id"
        " JOIN main.dataset md ON md.digest = d.digest WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO main.dataset_sample (dataset_id, content_id, class_index, role, photo_group, fold, has_copy)"
        " SELECT md.dataset_id, mc.content_id, x.class_index, x.role, x.photo_group, x.fold, x.has_copy"
        " FROM other.dataset_sample x JOIN other.dataset d ON d.dataset_id = x.dataset_id"
        " JOIN main.dataset md ON md.digest = d.digest JOIN other.content oc ON oc.content_id = x.content_id"
        " JOIN main.content mc ON mc.sha256 = oc.sha256 WHERE true ON CONFLICT DO NOTHING",
    };
    return run_all(merging, steps, sizeof steps / sizeof steps[0], err);
}

static enum tl_status tell_taken_names(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "SELECT r.name, r.uuid FROM other.run r WHERE r.name IS NOT NULL"
                       " AND NOT EXISTS (SELECT 1 FROM main.run m WHERE m.uuid = r.uuid)"
                       " AND (EXISTS (SELECT 1 FROM main.run m WHERE m.name = r.name)"
                       " OR EXISTS (SELECT 1 FROM main.head m WHERE m.name = r.name)) ORDER BY r.run_id",
                       err);
    while (tl_statement_step(&s)) {
        const char *name = tl_column_text(&s, 0, NULL), *uuid = tl_column_text(&s, 1, NULL);
        if (s.status == TL_OK)
            tl_store_merge_tell(merging, TL_STORE_MERGE_NAME,
                                "the run %s goes without its name '%s', which an earlier store has given", uuid, name);
    }
    return tl_statement_end(&s);
}

static enum tl_status copy_run_rows(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "INSERT INTO main.sweep (uuid, kind, command, program_version, seed, planned_runs, started_ms, ended_ms)"
        " SELECT uuid, kind, command, program_version, seed, planned_runs, started_ms, ended_ms FROM other.sweep WHERE true"
        " ORDER BY sweep_id ON CONFLICT (uuid) DO NOTHING",
        "INSERT INTO main.run (uuid, name, dataset_id, feature_set_id, augmentation_id, sweep_id, variants, pool, transform, scale,"
        " initial, solver, epochs, batch_size, learning_rate, momentum, l2, hidden, dropout, weighting, monitor, patience,"
        " best_epoch, tolerance, gradient_norm, temperature, fold_count, group_by, variant_max, seed,"
        " program_version, options, store_digest,"
        " started_ms, train_ms, train_samples, is_refitted, val_loss, val_accuracy, test_loss, test_accuracy)"
        " SELECT r.uuid, iif(EXISTS (SELECT 1 FROM main.run n WHERE n.name = r.name)"
        " OR EXISTS (SELECT 1 FROM main.head n WHERE n.name = r.name), NULL, r.name), md.dataset_id, mf.feature_set_id,"
        " ma.augmentation_id, ms.sweep_id, r.variants, r.pool, r.transform, r.scale, r.initial, r.solver, r.epochs, r.batch_size,"
        " r.learning_rate, r.momentum, r.l2, r.hidden, r.dropout, r.weighting, r.monitor, r.patience, r.best_epoch, r.tolerance,"
        " r.gradient_norm, r.temperature, r.fold_count, r.group_by, r.variant_max, r.seed,"
        " r.program_version, r.options, r.store_digest,"
        " r.started_ms, r.train_ms, r.train_samples, r.is_refitted, r.val_loss, r.val_accuracy, r.test_loss, r.test_accuracy"
        " FROM other.run r JOIN other.dataset d ON d.dataset_id = r.dataset_id JOIN main.dataset md ON md.digest = d.digest"
        " JOIN other.feature_set f ON f.feature_set_id = r.feature_set_id JOIN main.feature_set mf ON mf.digest = f.digest"
        " JOIN other.augmentation a ON a.augmentation_id = r.augmentation_id JOIN main.augmentation ma ON ma.digest = a.digest"
        " LEFT JOIN other.sweep w ON w.sweep_id = r.sweep_id LEFT JOIN main.sweep ms ON ms.uuid = w.uuid"
        " WHERE true ORDER BY r.run_id ON CONFLICT (uuid) DO NOTHING",
        "INSERT INTO main.epoch (run_id, epoch, loss, accuracy, val_loss, val_accuracy)"
        " SELECT mr.run_id, e.epoch, e.loss, e.accuracy, e.val_loss, e.val_accuracy FROM other.epoch e"
        " JOIN other.run r ON r.run_id = e.run_id JOIN main.run mr ON mr.uuid = r.uuid WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO main.confusion (run_id, role, class, predicted_class, photos)"
        " SELECT mr.run_id, x.role, x.class, x.predicted_class, x.photos FROM other.confusion x"
        " JOIN other.run r ON r.run_id = x.run_id JOIN main.run mr ON mr.uuid = r.uuid WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO main.fold (run_id, fold, photos, loss, accuracy)"
        " SELECT mr.run_id, x.fold, x.photos, x.loss, x.accuracy FROM other.fold x"
        " JOIN other.run r ON r.run_id = x.run_id JOIN main.run mr ON mr.uuid = r.uuid WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO main.metric (run_id, role, name, class, value)"
        " SELECT mr.run_id, x.role, x.name, x.class, x.value FROM other.metric x"
        " JOIN other.run r ON r.run_id = x.run_id JOIN main.run mr ON mr.uuid = r.uuid WHERE true ON CONFLICT DO NOTHING",
    };
    enum tl_status status = tell_taken_names(merging, err);
    return status != TL_OK ? status : run_all(merging, steps, sizeof steps / sizeof steps[0], err);
}

/* Which head of `other` is which here: a run's by its uuid, an imported one by its name if all of it is the same. Those without
 * a row stay away. */
static enum tl_status match_heads(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "CREATE TEMP TABLE IF NOT EXISTS merge_head (other_id INTEGER PRIMARY KEY, head_id INTEGER, is_new INTEGER NOT NULL)",
        "DELETE FROM temp.merge_head",
        "INSERT INTO temp.merge_head (other_id, head_id, is_new)"
        " SELECT h.head_id, m.head_id, 0 FROM other.head h JOIN main.head m ON m.name = h.name"
        " JOIN other.feature_set f ON f.feature_set_id = h.feature_set_id"
        " JOIN main.feature_set mf ON mf.feature_set_id = m.feature_set_id AND mf.digest = f.digest"
        " WHERE m.class_names = h.class_names AND m.pool = h.pool AND m.transform = h.transform AND m.scale = h.scale"
        " AND NOT EXISTS (SELECT 1 FROM other.head_tensor t LEFT JOIN main.head_tensor u ON u.head_id = m.head_id AND u.name = "
        "t.name"
        " WHERE t.head_id = h.head_id AND (u.shape IS NOT t.shape OR u.tensor_values IS NOT t.tensor_values))",
        "INSERT INTO temp.merge_head (other_id, is_new) SELECT h.head_id, 1 FROM other.head h WHERE h.name IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM main.head m WHERE m.name = h.name)"
        " AND NOT EXISTS (SELECT 1 FROM main.run m WHERE m.name = h.name)",
        "INSERT INTO main.head (run_id, name, feature_set_id, class_names, pool, transform, scale, is_pinned)"
        " SELECT NULL, h.name, mf.feature_set_id, h.class_names, h.pool, h.transform, h.scale, 0 FROM other.head h"
        " JOIN temp.merge_head t ON t.other_id = h.head_id AND t.is_new = 1"
        " JOIN other.feature_set f ON f.feature_set_id = h.feature_set_id JOIN main.feature_set mf ON mf.digest = f.digest"
        " ORDER BY h.head_id",
        "UPDATE temp.merge_head SET head_id = (SELECT m.head_id FROM other.head h JOIN main.head m ON m.name = h.name"
        " WHERE h.head_id = other_id) WHERE is_new = 1",
        "INSERT INTO main.head (run_id, name, feature_set_id, class_names, pool, transform, scale, is_pinned)"
        " SELECT mr.run_id, NULL, mf.feature_set_id, h.class_names, h.pool, h.transform, h.scale, 0 FROM other.head h"
        " JOIN other.run r ON r.run_id = h.run_id JOIN main.run mr ON mr.uuid = r.uuid"
        " JOIN other.feature_set f ON f.feature_set_id = h.feature_set_id JOIN main.feature_set mf ON mf.digest = f.digest"
        " WHERE true ORDER BY h.head_id ON CONFLICT (run_id) DO NOTHING",
        "INSERT INTO temp.merge_head (other_id, head_id, is_new) SELECT h.head_id, m.head_id, 0 FROM other.head h"
        " JOIN other.run r ON r.run_id = h.run_id JOIN main.run mr ON mr.uuid = r.uuid JOIN main.head m ON m.run_id = mr.run_id",
    };
    return run_all(merging, steps, sizeof steps / sizeof steps[0], err);
}

static enum tl_status tell_heads_left(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "SELECT h.name FROM other.head h WHERE h.name IS NOT NULL"
                       " AND h.head_id NOT IN (SELECT other_id FROM temp.merge_head) ORDER BY h.name",
                       err);
    while (tl_statement_step(&s)) {
        const char *name = tl_column_text(&s, 0, NULL);
        if (s.status == TL_OK)
            tl_store_merge_tell(merging, TL_STORE_MERGE_NAME,
                                "the imported head '%s' stays away: an earlier store has given its name to another", name);
    }
    return tl_statement_end(&s);
}

/* The first store that has one gives it. */
static enum tl_status copy_pin(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    enum tl_status status;
    tl_statement_begin(
        &s, merging->out,
        "SELECT coalesce(r.name, h.name, r.uuid), coalesce(mr.name, m.name, mr.uuid)"
        " FROM temp.merge_head t JOIN other.head h ON h.head_id = t.other_id LEFT JOIN other.run r ON r.run_id = h.run_id"
        " JOIN main.head m ON m.is_pinned = 1 AND m.head_id <> t.head_id LEFT JOIN main.run mr ON mr.run_id = m.run_id"
        " WHERE h.is_pinned = 1",
        err);
    while (tl_statement_step(&s)) {
        const char *name = tl_column_text(&s, 0, NULL), *pinned = tl_column_text(&s, 1, NULL);
        if (s.status == TL_OK)
            tl_store_merge_tell(merging, TL_STORE_MERGE_PIN,
                                "the pinned head '%s' is no longer: '%s', of an earlier store, stays it", name, pinned);
    }
    status = tl_statement_end(&s);
    if (status == TL_OK)
        status = tl_store_merge_run(merging,
                                    "UPDATE main.head SET is_pinned = 1 WHERE head_id = (SELECT t.head_id FROM temp.merge_head t"
                                    " JOIN other.head h ON h.head_id = t.other_id WHERE h.is_pinned = 1)"
                                    " AND NOT EXISTS (SELECT 1 FROM main.head WHERE is_pinned = 1)",
                                    err);
    return status;
}

/* Of predictions the newest stays, as where they are made. */
static enum tl_status copy_heads(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "INSERT INTO main.head_tensor (head_id, name, shape, tensor_values) SELECT t.head_id, x.name, x.shape, x.tensor_values"
        " FROM other.head_tensor x JOIN temp.merge_head t ON t.other_id = x.head_id WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO main.prediction (head_id, content_id, origin, fold, photo, class, probability, probabilities, made_ms)"
        " SELECT t.head_id, mc.content_id, p.origin, p.fold, p.photo, p.class, p.probability, p.probabilities, p.made_ms"
        " FROM other.prediction p JOIN temp.merge_head t ON t.other_id = p.head_id"
        " JOIN other.content oc ON oc.content_id = p.content_id JOIN main.content mc ON mc.sha256 = oc.sha256"
        " WHERE true ORDER BY p.prediction_id ON CONFLICT (head_id, content_id, origin) DO UPDATE SET fold = excluded.fold,"
        " photo = excluded.photo, class = excluded.class, probability = excluded.probability,"
        " probabilities = excluded.probabilities, made_ms = excluded.made_ms WHERE excluded.made_ms > prediction.made_ms",
    };
    enum tl_status status = match_heads(merging, err);
    if (status == TL_OK)
        status = tell_heads_left(merging, err);
    if (status == TL_OK)
        status = copy_pin(merging, err);
    return status != TL_OK ? status : run_all(merging, steps, sizeof steps / sizeof steps[0], err);
}

enum tl_status tl_store_merge_runs(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = copy_datasets(merging, err);
    if (status == TL_OK)
        status = copy_run_rows(merging, err);
    return status != TL_OK ? status : copy_heads(merging, err);
}
