/* store_merge_damage.c - merging features that are damaged, or recorded as damaged: noted in a table of their own until the last
 * input has been asked for a healthy copy. See store_merge_steps.h.
 */
#include "common/base/system.h"
#include "common/store/column.h"
#include "common/store/store_merge_steps.h"

enum tl_status tl_store_merge_prepare_damage(struct tl_store_merging *merging, struct tl_error *err)
{
    return tl_store_merge_run(merging,
                              "CREATE TEMP TABLE merge_damage (feature_set_id INTEGER NOT NULL, content_id INTEGER NOT NULL,"
                              " augmentation_id INTEGER NOT NULL, variant_index INTEGER NOT NULL, state INTEGER NOT NULL,"
                              " input TEXT, why TEXT, PRIMARY KEY (content_id, feature_set_id, augmentation_id, variant_index))"
                              " WITHOUT ROWID",
                              err);
}

static void bind_key(struct tl_statement *s, const struct tl_store_merge_key *key)
{
    tl_statement_bind_int(s, key->content_id);
    tl_statement_bind_int(s, key->feature_set_id);
    tl_statement_bind_int(s, key->augmentation_id);
    tl_statement_bind_int(s, key->variant_index);
}

enum tl_status tl_store_merge_note(struct tl_store_merging *merging, const struct tl_store_merge_key *key,
                                   enum tl_store_merge_damage_state state, const char *why, struct tl_error *err)
{
    struct tl_statement s;
    merging->noted_count++;
    tl_statement_begin(
        &s, merging->out,
        "INSERT INTO temp.merge_damage (content_id, feature_set_id, augmentation_id, variant_index, state, input, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_id, feature_set_id, augmentation_id, variant_index)"
        " DO UPDATE SET state = excluded.state WHERE state = 0 AND excluded.state = 1",
        err);
    bind_key(&s, key);
    tl_statement_bind_int(&s, (int64_t)state);
    tl_statement_bind_text(&s, merging->input);
    tl_statement_bind_text(&s, why);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_merge_is_suspect(struct tl_store_merging *merging, bool *out, const struct tl_store_merge_key *key,
                                         struct tl_error *err)
{
    struct tl_statement s;
    *out = false;
    if (merging->noted_count == 0)
        return TL_OK;
    tl_statement_begin(&s, merging->out,
                       "SELECT state FROM temp.merge_damage WHERE content_id = ? AND feature_set_id = ? AND augmentation_id = ?"
                       " AND variant_index = ?",
                       err);
    bind_key(&s, key);
    *out = tl_statement_step(&s) && tl_column_int(&s, 0) == TL_STORE_MERGE_SUSPECT;
    return tl_statement_end(&s);
}

enum tl_status tl_store_merge_heal(struct tl_store_merging *merging, const struct tl_store_merge_key *key, struct tl_error *err)
{
    struct tl_statement s;
    if (merging->noted_count == 0)
        return TL_OK;
    tl_statement_begin(
        &s, merging->out,
        "UPDATE temp.merge_damage SET state = 2 WHERE content_id = ? AND feature_set_id = ? AND augmentation_id = ?"
        " AND variant_index = ?",
        err);
    bind_key(&s, key);
    return tl_statement_finish(&s);
}

static enum tl_status tell_rest(struct tl_store_merging *merging, struct tl_error *err)
{
    const char *last_input = merging->input;
    struct tl_statement s;
    tl_statement_begin(
        &s, merging->out,
        "SELECT d.input, coalesce((SELECT s.name || '/' || p.path FROM main.photo p JOIN main.source s USING (source_id)"
        " WHERE p.content_id = d.content_id ORDER BY s.name, p.path LIMIT 1), 'a photo without a place'),"
        " d.variant_index, a.name, d.why"
        " FROM temp.merge_damage d JOIN main.augmentation a USING (augmentation_id) JOIN main.content c USING (content_id)"
        " WHERE d.state IN (0, 1) ORDER BY c.sha256, d.feature_set_id, a.digest, d.variant_index",
        err);
    while (tl_statement_step(&s)) {
        const char *input = tl_column_text(&s, 0, NULL), *place = tl_column_text(&s, 1, NULL);
        const long long index = tl_column_int(&s, 2);
        const char *augmentation = tl_column_text(&s, 3, NULL), *why = tl_column_text(&s, 4, NULL);
        if (s.status != TL_OK)
            break;
        merging->input = input;
        if (index == 0)
            tl_store_merge_tell(merging, TL_STORE_MERGE_DAMAGE, "%s: %s", place, why);
        else
            tl_store_merge_tell(merging, TL_STORE_MERGE_DAMAGE, "%s, variant %lld of '%s': %s", place, index, augmentation, why);
    }
    merging->input = last_input; /* the row's text ends with the statement */
    return tl_statement_end(&s);
}

static enum tl_status put_failures(struct tl_store_merging *merging, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, merging->out,
                       "INSERT INTO main.failure (photo_id, feature_set_id, stage, cause, message, first_ms, last_ms, tries)"
                       " SELECT p.photo_id, d.feature_set_id, 'verify', ?, min(d.why), ?, ?, 1 FROM temp.merge_damage d"
                       " JOIN main.photo p USING (content_id) WHERE d.state = 0 GROUP BY p.photo_id, d.feature_set_id"
                       " ON CONFLICT (photo_id, stage, cause, coalesce(feature_set_id, 0)) DO NOTHING",
                       err);
    tl_statement_bind_text(&s, tl_error_status_name(TL_CORRUPT));
    tl_statement_bind_int(&s, tl_system_time_ms());
    tl_statement_bind_int(&s, tl_system_time_ms());
    return tl_statement_finish(&s);
}

enum tl_status tl_store_merge_settle_damage(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    if (merging->noted_count == 0)
        return TL_OK;
    status = tell_rest(merging, err);
    if (status == TL_OK)
        status = tl_store_begin(merging->out, err);
    if (status == TL_OK)
        status =
            tl_store_merge_run(merging,
                               "DELETE FROM main.failure WHERE stage = 'verify' AND EXISTS (SELECT 1 FROM temp.merge_damage d"
                               " JOIN main.photo p USING (content_id) WHERE p.photo_id = failure.photo_id"
                               " AND d.feature_set_id = failure.feature_set_id AND d.state = 2)"
                               " AND NOT EXISTS (SELECT 1 FROM temp.merge_damage d"
                               " JOIN main.photo p USING (content_id) WHERE p.photo_id = failure.photo_id"
                               " AND d.feature_set_id = failure.feature_set_id AND d.state IN (0, 1))",
                               err);
    if (status == TL_OK)
        status = put_failures(merging, err);
    if (status == TL_OK)
        status = tl_store_commit(merging->out, err);
    return status;
}
