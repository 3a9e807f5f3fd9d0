/* store_merge_names.c - merging what names and labels: sources, recipes, feature sets, contents, photos, labels, failures,
 * extractions. See store_merge_steps.h; what is told is looked for before the rows that it is about are put. */
#include "common/store/column.h"
#include "common/store/store_merge_steps.h"

/* Each photo of `other` with its source as the new store knows it, and its row there if it has one. */
static enum tl_status create_places(struct tl_store_merging *merging, struct tl_error *err)
{
    return tl_store_merge_run(
        merging,
        "CREATE TEMP VIEW IF NOT EXISTS merge_place AS SELECT op.photo_id AS other_id, ms.source_id, ms.name AS source, op.path,"
        " op.path_bytes, op.size_bytes, op.mtime_ns, op.missing_since_ms, mp.photo_id, mp.content_id AS main_content_id,"
        " oc.sha256 FROM other.photo op CROSS JOIN other.source os ON os.source_id = op.source_id"
        " CROSS JOIN main.source ms ON ms.name = os.name"
        " LEFT JOIN main.photo mp ON mp.source_id = ms.source_id AND mp.path = op.path"
        " LEFT JOIN other.content oc ON oc.content_id = op.content_id",
        err);
}

static enum tl_status check_roots(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    const bool may_differ = merging->wish->is_same_trees || merging->is_one_job;
    enum tl_status status = TL_OK;
    tl_statement_begin(&s, merging->out,
                       "SELECT os.name, ms.root, os.root FROM other.source os JOIN main.source ms ON ms.name = os.name"
                       " WHERE ms.root <> os.root ORDER BY os.name",
                       err);
    while (status == TL_OK && tl_statement_step(&s)) {
        const char *name = tl_column_text(&s, 0, NULL), *root = tl_column_text(&s, 1, NULL), *other = tl_column_text(&s, 2, NULL);
        if (s.status != TL_OK)
            break;
        if (may_differ)
            tl_store_merge_tell(merging, TL_STORE_MERGE_ROOT, "the source '%s' is at %s here; it stays at %s", name, other, root);
        else
            status =
                tl_error_set(err, TL_BAD_INPUT,
                             "the source '%s' is at %s, in an earlier store at %s: --same-trees if that is one tree of photos",
                             name, other, root);
    }
    const enum tl_status end_status = tl_statement_end(&s);
    return status != TL_OK ? status : end_status;
}

static enum tl_status copy_recipes(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "INSERT INTO main.source (name, root, root_bytes) SELECT name, root, root_bytes FROM other.source"
        " WHERE true ORDER BY source_id ON CONFLICT (name) DO NOTHING",
        "INSERT INTO main.input (digest, json) SELECT digest, json FROM other.input WHERE true ORDER BY input_id"
        " ON CONFLICT (digest) DO NOTHING",
        "INSERT INTO main.augmentation (digest, name, json) SELECT digest, name, json FROM other.augmentation"
        " WHERE true ORDER BY augmentation_id ON CONFLICT (digest) DO NOTHING",
        "INSERT INTO main.backbone (network, tensors_sha256) SELECT network, tensors_sha256 FROM other.backbone"
        " WHERE true ORDER BY backbone_id ON CONFLICT (network, tensors_sha256) DO NOTHING",
        "INSERT INTO main.feature_set (digest, input_id, backbone_id, layer, arithmetic, stored_type, height, width, channels)"
        " SELECT f.digest, mi.input_id, mb.backbone_id, f.layer, f.arithmetic, f.stored_type, f.height, f.width, f.channels"
        " FROM other.feature_set f JOIN other.input oi ON oi.input_id = f.input_id JOIN main.input mi ON mi.digest = oi.digest"
        " JOIN other.backbone ob ON ob.backbone_id = f.backbone_id"
        " JOIN main.backbone mb ON mb.network = ob.network AND mb.tensors_sha256 = ob.tensors_sha256"
        " WHERE true ORDER BY f.feature_set_id ON CONFLICT (digest) DO NOTHING",
        "INSERT INTO main.content (sha256, width_px, height_px, format, exif_orientation, captured_at, camera, thumbnail)"
        " SELECT sha256, width_px, height_px, format, exif_orientation, captured_at, camera, thumbnail FROM other.content"
        " WHERE true ORDER BY content_id ON CONFLICT (sha256) DO NOTHING",
    };
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == TL_OK; i++)
        status = tl_store_merge_run(merging, steps[i], err);
    return status;
}

static enum tl_status tell_other_bytes(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "SELECT p.source, p.path FROM temp.merge_place p JOIN main.content c ON c.content_id = p.main_content_id"
                       " WHERE c.sha256 <> p.sha256 ORDER BY p.source, p.path",
                       err);
    while (tl_statement_step(&s)) {
        const char *source = tl_column_text(&s, 0, NULL), *path = tl_column_text(&s, 1, NULL);
        if (s.status == TL_OK)
            tl_store_merge_tell(merging, TL_STORE_MERGE_BYTES, "%s/%s: other bytes than in an earlier store, whose stay", source,
                                path);
    }
    return tl_statement_end(&s);
}

static enum tl_status tell_other_splits(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "SELECT p.source, p.path, l.label_set, l.class, coalesce(l.split, 'none'), coalesce(m.split, 'none')"
                       " FROM temp.merge_place p JOIN other.label l ON l.photo_id = p.other_id"
                       " JOIN main.label m ON m.label_set = l.label_set AND m.photo_id = p.photo_id AND m.class = l.class"
                       " WHERE l.split IS NOT m.split ORDER BY p.source, p.path, l.label_set, l.class",
                       err);
    while (tl_statement_step(&s)) {
        const char *text[6];
        for (int i = 0; i < 6; i++)
            text[i] = tl_column_text(&s, i, NULL);
        if (s.status == TL_OK)
            tl_store_merge_tell(merging, TL_STORE_MERGE_LABEL,
                                "%s/%s: the label '%s' of the set '%s' has the split %s here; %s, of an earlier store, stays",
                                text[0], text[1], text[3], text[2], text[4], text[5]);
    }
    return tl_statement_end(&s);
}

/* A photo that one store could not read gives way to one that another could, and with it goes what is known of the failing. */
static enum tl_status copy_photos(struct tl_store_merging *merging, struct tl_error *err)
{
    static const char *const steps[] = {
        "DELETE FROM main.failure WHERE stage IN ('scan', 'read') AND photo_id IN (SELECT p.photo_id"
        " FROM temp.merge_place p WHERE p.photo_id IS NOT NULL AND p.main_content_id IS NULL AND p.sha256 IS NOT NULL)",
        "INSERT INTO main.photo (source_id, path, path_bytes, content_id, size_bytes, mtime_ns, missing_since_ms)"
        " SELECT p.source_id, p.path, p.path_bytes, c.content_id, p.size_bytes, p.mtime_ns, p.missing_since_ms"
        " FROM temp.merge_place p LEFT JOIN main.content c ON c.sha256 = p.sha256 WHERE true ORDER BY p.other_id ON CONFLICT "
        "(source_id, path) DO UPDATE SET content_id = excluded.content_id,"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, missing_since_ms = excluded.missing_since_ms"
        " WHERE photo.content_id IS NULL AND excluded.content_id IS NOT NULL",
    };
    enum tl_status status = tell_other_bytes(merging, err);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == TL_OK; i++)
        status = tl_store_merge_run(merging, steps[i], err);
    return status;
}

static enum tl_status copy_labels(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = tell_other_splits(merging, err);
    if (status != TL_OK)
        return status;
    return tl_store_merge_run(
        merging,
        "INSERT INTO main.label (label_set, photo_id, class, split, origin)"
        " SELECT l.label_set, p.photo_id, l.class, l.split, l.origin FROM temp.merge_place p"
        " JOIN other.label l ON l.photo_id = p.other_id WHERE true ON CONFLICT (label_set, photo_id, class) DO NOTHING",
        err);
}

/* The greatest count of tries, not the sum: merging twice is merging once. */
static enum tl_status copy_failures(struct tl_store_merging *merging, struct tl_error *err)
{
    return tl_store_merge_run(
        merging,
        "INSERT INTO main.failure (photo_id, stage, feature_set_id, cause, message, first_ms, last_ms, tries)"
        " SELECT p.photo_id, x.stage, mf.feature_set_id, x.cause, x.message, x.first_ms, x.last_ms, x.tries"
        " FROM other.failure x JOIN temp.merge_place p ON p.other_id = x.photo_id"
        " LEFT JOIN other.feature_set f ON f.feature_set_id = x.feature_set_id"
        " LEFT JOIN main.feature_set mf ON mf.digest = f.digest"
        " WHERE NOT (x.stage IN ('scan', 'read') AND p.sha256 IS NULL AND p.main_content_id IS NOT NULL)"
        " ORDER BY x.failure_id ON CONFLICT (photo_id, stage, cause, coalesce(feature_set_id, 0)) DO UPDATE SET"
        " message = iif(excluded.last_ms > last_ms, excluded.message, message), first_ms = min(first_ms, excluded.first_ms),"
        " last_ms = max(last_ms, excluded.last_ms), tries = max(tries, excluded.tries)",
        err);
}

/* One that went on after an earlier merge is renewed. */
static enum tl_status copy_extractions(struct tl_store_merging *merging, struct tl_error *err)
{
    return tl_store_merge_run(
        merging,
        "INSERT INTO main.extraction (uuid, program_version, command, host, pid, feature_set_id, augmentation_id, started_ms,"
        " updated_ms, ended_ms, outcome, message, photos_to_do, photos_done, photos_failed, features_made)"
        " SELECT e.uuid, e.program_version, e.command, e.host, e.pid, mf.feature_set_id, ma.augmentation_id, e.started_ms,"
        " e.updated_ms, e.ended_ms, e.outcome, e.message, e.photos_to_do, e.photos_done, e.photos_failed, e.features_made"
        " FROM other.extraction e LEFT JOIN other.feature_set f ON f.feature_set_id = e.feature_set_id"
        " LEFT JOIN main.feature_set mf ON mf.digest = f.digest"
        " LEFT JOIN other.augmentation a ON a.augmentation_id = e.augmentation_id"
        " LEFT JOIN main.augmentation ma ON ma.digest = a.digest WHERE true ORDER BY e.extraction_id"
        " ON CONFLICT (uuid) DO UPDATE SET updated_ms = excluded.updated_ms, ended_ms = excluded.ended_ms,"
        " outcome = excluded.outcome, message = excluded.message, photos_to_do = excluded.photos_to_do,"
        " photos_done = excluded.photos_done, photos_failed = excluded.photos_failed, features_made = excluded.features_made"
        " WHERE excluded.updated_ms > extraction.updated_ms",
        err);
}

enum tl_status tl_store_merge_names(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = create_places(merging, err);
    if (status == TL_OK)
        status = check_roots(merging, err);
    if (status == TL_OK)
        status = copy_recipes(merging, err);
    if (status == TL_OK)
        status = copy_photos(merging, err);
    if (status == TL_OK)
        status = copy_labels(merging, err);
    if (status == TL_OK)
        status = copy_failures(merging, err);
    if (status == TL_OK)
        status = copy_extractions(merging, err);
    return status;
}
