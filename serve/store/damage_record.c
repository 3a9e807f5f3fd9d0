/* damage_record.c - see damage_record.h. */
#include "serve/store/damage_record.h"

#include <string.h>

#include "common/base/memory.h"

enum { ENTRIES_MAX = 1 << 18 };

/* A content's damages that come one after another are one. */
struct entry {
    uint8_t feature_set_digest[TL_DIGEST_BYTES], sha256[TL_DIGEST_BYTES];
    enum tl_status status;
    size_t feature_count;
    char *message; /* owned; an error itself would take several times the room */
};

struct tl_damage_record {
    struct entry *entries; /* owned */
    size_t entry_count, capacity;
    size_t count;
};

enum tl_status tl_damage_record_create(tl_damage_record **out, struct tl_error *err)
{
    *out = tl_memory_alloc(1, sizeof **out);
    return *out ? TL_OK : tl_error_set_no_memory(err, "a record of damage", sizeof **out);
}

void tl_damage_record_free(tl_damage_record *record)
{
    if (!record)
        return;
    for (size_t i = 0; i < record->entry_count; i++)
        tl_memory_free(record->entries[i].message);
    tl_memory_free(record->entries);
    tl_memory_free(record);
}

static bool is_of(const struct entry *entry, const struct tl_store_feature_name *name)
{
    return memcmp(entry->feature_set_digest, name->feature_set_digest, TL_DIGEST_BYTES) == 0 &&
           memcmp(entry->sha256, name->sha256, TL_DIGEST_BYTES) == 0;
}

static enum tl_status reserve_entry(tl_damage_record *record, struct tl_error *err)
{
    const size_t capacity = record->capacity ? 2 * record->capacity : 16;
    struct entry *larger;

    if (record->entry_count < record->capacity)
        return TL_OK;
    larger = tl_memory_resize(record->entries, capacity, sizeof *larger);
    if (!larger)
        return tl_error_set_no_memory(err, "a record of damage", (unsigned long long)capacity * sizeof *larger);
    record->entries = larger;
    record->capacity = capacity;
    return TL_OK;
}

enum tl_status tl_damage_record_add(tl_damage_record *record, const struct tl_store_feature_name *name,
                                    const struct tl_error *failure, struct tl_error *err)
{
    struct entry *entry;
    enum tl_status status;

    record->count++;
    if (name->path[0] == '\0') /* a failure is a photo's */
        return TL_OK;
    if (record->entry_count > 0 && is_of(&record->entries[record->entry_count - 1], name)) {
        record->entries[record->entry_count - 1].feature_count++;
        return TL_OK;
    }
    if (record->entry_count == ENTRIES_MAX)
        return TL_OK;
    status = reserve_entry(record, err);
    if (status != TL_OK)
        return status;
    entry = &record->entries[record->entry_count];
    *entry = (struct entry){.status = failure->status, .feature_count = 1, .message = tl_memory_copy_string(failure->message)};
    if (!entry->message)
        return tl_error_set_no_memory(err, "a record of damage", strlen(failure->message) + 1);
    memcpy(entry->feature_set_digest, name->feature_set_digest, TL_DIGEST_BYTES);
    memcpy(entry->sha256, name->sha256, TL_DIGEST_BYTES);
    record->entry_count++;
    return TL_OK;
}

size_t tl_damage_record_count(const tl_damage_record *record)
{
    return record->count;
}

/* Writes entries of one feature set from `first` on; *first moves behind them. */
static enum tl_status write_batch(const tl_damage_record *record, tl_store *store, size_t *first, size_t *feature_count,
                                  struct tl_error *err)
{
    struct tl_store_damages damages = {.items = NULL};
    enum tl_status status = TL_OK;
    size_t i = *first;

    memcpy(damages.feature_set_digest, record->entries[i].feature_set_digest, TL_DIGEST_BYTES);
    for (; status == TL_OK && i < record->entry_count && damages.count < TL_STORE_DAMAGES_MAX; i++) {
        const struct entry *entry = &record->entries[i];
        struct tl_error failure;

        if (memcmp(entry->feature_set_digest, damages.feature_set_digest, TL_DIGEST_BYTES) != 0)
            break;
        (void)tl_error_set(&failure, entry->status, "%s", entry->message);
        status = tl_store_note_damage(&damages, entry->sha256, &failure, err);
        *feature_count += entry->feature_count;
    }
    if (status == TL_OK)
        status = tl_store_put_damages(store, &damages, err);
    tl_store_free_damages(&damages);
    *first = i;
    return status;
}

enum tl_status tl_damage_record_write(const tl_damage_record *record, const char *path, size_t *out_count, struct tl_error *err)
{
    tl_store *store = NULL;
    size_t first = 0;
    enum tl_status status;

    *out_count = 0;
    if (!record || record->entry_count == 0)
        return TL_OK;
    status = tl_store_open(&store, path, TL_STORE_WRITE, err);
    while (status == TL_OK && first < record->entry_count) {
        size_t feature_count = 0;

        status = write_batch(record, store, &first, &feature_count, err);
        if (status == TL_OK)
            *out_count += feature_count;
    }
    return tl_store_close_after(&store, status, err);
}
