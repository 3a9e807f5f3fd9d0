/* damage_record.c - see damage_record.h. */
#include "serve/store/damage_record.h"

#include <string.h>

#include "common/base/memory.h"

enum { BATCH = TL_STORE_DAMAGES_MAX / 2 };

struct tl_damage_record {
    const char *path;
    tl_store *store;
    struct tl_store_damages damages; /* of one feature set */
    size_t batched_count;            /* features among them; of a content's that come one after another only the first is kept */
    size_t count, recorded_count;
    enum tl_status status; /* why nothing more can be recorded */
    struct tl_error failure;
};

enum tl_status tl_damage_record_create(tl_damage_record **out, const char *path, struct tl_error *err)
{
    *out = tl_memory_alloc(1, sizeof **out);
    if (!*out)
        return tl_error_set_no_memory(err, "a record of damage", sizeof **out);
    (*out)->path = path;
    return TL_OK;
}

void tl_damage_record_free(tl_damage_record *record)
{
    if (!record)
        return;
    tl_store_free_damages(&record->damages);
    tl_memory_free(record);
}

static void write_batch(tl_damage_record *record)
{
    if (record->status == TL_OK && record->damages.count > 0 && !record->store)
        record->status = tl_store_open(&record->store, record->path, TL_STORE_WRITE, &record->failure);
    if (record->status == TL_OK && record->damages.count > 0)
        record->status = tl_store_put_damages(record->store, &record->damages, &record->failure);
    if (record->status == TL_OK)
        record->recorded_count += record->batched_count;
    record->batched_count = 0;
    record->damages.count = 0;
}

enum tl_status tl_damage_record_add(tl_damage_record *record, const struct tl_store_feature_name *name, const struct tl_error *failure,
                                    struct tl_error *err)
{
    record->count++;
    if (name->path[0] == '\0') /* a failure is a photo's */
        return TL_OK;
    if (record->damages.count == BATCH ||
        memcmp(record->damages.feature_set_digest, name->feature_set_digest, TL_DIGEST_BYTES) != 0)
        write_batch(record);
    memcpy(record->damages.feature_set_digest, name->feature_set_digest, TL_DIGEST_BYTES);
    record->batched_count++;
    return tl_store_note_damage(&record->damages, name->sha256, failure, err);
}

size_t tl_damage_record_count(const tl_damage_record *record)
{
    return record->count;
}

enum tl_status tl_damage_record_finish(tl_damage_record *record, size_t *out_count, struct tl_error *err)
{
    *out_count = 0;
    if (!record)
        return TL_OK;
    write_batch(record);
    record->status = tl_store_close_after(&record->store, record->status, &record->failure);
    *out_count = record->recorded_count;
    if (record->status != TL_OK)
        *err = record->failure;
    return record->status;
}
