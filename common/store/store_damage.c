/* store_damage.c - see store_damage.h. */
#include "common/store/store_damage.h"

#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/statement.h"

enum tl_status tl_store_note_damage(struct tl_store_damages *damages, const uint8_t sha256[TL_DIGEST_BYTES],
                                    const struct tl_error *failure, struct tl_error *err)
{
    if (damages->count == TL_STORE_DAMAGES_MAX)
        return TL_OK;
    if (damages->count > 0 && memcmp(damages->items[damages->count - 1].sha256, sha256, TL_DIGEST_BYTES) == 0)
        return TL_OK;
    if (damages->count == damages->capacity) {
        const size_t capacity = damages->capacity == 0 ? 4 : 2 * damages->capacity;
        struct tl_store_damage *larger = tl_memory_resize(damages->items, capacity, sizeof *larger);
        if (larger == NULL)
            return tl_error_set_no_memory(err, "the damaged features", (unsigned long long)capacity * sizeof *larger);
        damages->items = larger;
        damages->capacity = capacity;
    }
    struct tl_store_damage *damage = &damages->items[damages->count++];
    memcpy(damage->sha256, sha256, TL_DIGEST_BYTES);
    damage->failure = *failure;
    return TL_OK;
}

void tl_store_free_damages(struct tl_store_damages *damages)
{
    tl_memory_free(damages->items);
    *damages = (struct tl_store_damages){.items = NULL};
}

static enum tl_status put_damage(tl_store *store, const uint8_t feature_set_digest[TL_DIGEST_BYTES],
                                 const struct tl_store_damage *damage, int64_t now_ms, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store,
        "INSERT INTO failure (photo_id, feature_set_id, stage, cause, message, first_ms, last_ms, tries)"
        " SELECT p.photo_id, fs.feature_set_id, 'verify', ?3, ?4, ?5, ?5, 1"
        " FROM content c JOIN photo p USING (content_id) JOIN feature_set fs ON fs.digest = ?2 WHERE c.sha256 = ?1"
        " ON CONFLICT (photo_id, stage, cause, coalesce(feature_set_id, 0)) DO UPDATE SET message = excluded.message,"
        " last_ms = excluded.last_ms, tries = tries + 1",
        err);
    tl_statement_bind_blob(&s, damage->sha256, TL_DIGEST_BYTES);
    tl_statement_bind_blob(&s, feature_set_digest, TL_DIGEST_BYTES);
    tl_statement_bind_text(&s, tl_error_status_name(damage->failure.status));
    tl_statement_bind_text(&s, damage->failure.message);
    tl_statement_bind_int(&s, now_ms);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_damages(tl_store *store, const struct tl_store_damages *damages, struct tl_error *err)
{
    const int64_t now_ms = tl_system_time_ms();
    enum tl_status status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; status == TL_OK && i < damages->count; i++)
        status = put_damage(store, damages->feature_set_digest, &damages->items[i], now_ms, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK)
        tl_store_rollback(store);
    return status;
}

enum tl_status tl_store_clear_damage(tl_store *store, int64_t content_id, int64_t feature_set_id, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store,
                       "DELETE FROM failure WHERE feature_set_id = ?"
                       " AND photo_id IN (SELECT photo_id FROM photo WHERE content_id = ?)",
                       err);
    tl_statement_bind_int(&s, feature_set_id);
    tl_statement_bind_int(&s, content_id);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_tell_damages(const struct tl_store_damages *damages, const struct tl_error *unrecorded,
                                     struct tl_error *err)
{
    char more[96] = "";
    if (damages->count > 1)
        snprintf(more, sizeof more, ", and so are features of %s%zu other photo%s",
                 damages->count == TL_STORE_DAMAGES_MAX ? "at least " : "", damages->count - 1, damages->count == 2 ? "" : "s");
    if (unrecorded != NULL)
        return tl_error_set(err, TL_CORRUPT, "%s%s. This could not be recorded for tl-extract to mend: %s",
                            damages->items[0].failure.message, more, unrecorded->message);
    return tl_error_set(err, TL_CORRUPT, "%s%s; run tl-extract again as before, and what is damaged is computed anew",
                        damages->items[0].failure.message, more);
}
