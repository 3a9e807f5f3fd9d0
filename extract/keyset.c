/* keyset.c - see keyset.h. Open addressing; a SHA-256 is its own hash. */
#include "extract/keyset.h"

#include <pthread.h>
#include <string.h>

#include "common/base/memory.h"

struct key {
    uint8_t sha256[TL_DIGEST_BYTES];
    uint32_t number;
    uint32_t is_used;
};

struct tl_keyset {
    pthread_mutex_t mutex;
    struct key *keys;
    size_t capacity; /* a power of two, at least twice count */
    size_t count;
};

enum { FIRST_CAPACITY = 256 };

enum tl_status tl_keyset_create(tl_keyset **out, struct tl_error *err)
{
    tl_keyset *set = tl_memory_alloc(1, sizeof *set);

    *out = NULL;
    if (set)
        set->keys = tl_memory_alloc(FIRST_CAPACITY, sizeof *set->keys);
    if (!set || !set->keys || pthread_mutex_init(&set->mutex, NULL) != 0) {
        if (set)
            tl_memory_free(set->keys);
        tl_memory_free(set);
        return tl_error_set_no_memory(err, "a set of keys", FIRST_CAPACITY * sizeof(struct key));
    }
    set->capacity = FIRST_CAPACITY;
    *out = set;
    return TL_OK;
}

void tl_keyset_free(tl_keyset *set)
{
    if (!set)
        return;
    pthread_mutex_destroy(&set->mutex);
    tl_memory_free(set->keys);
    tl_memory_free(set);
}

/* Where the key is or would be. */
static struct key *find_slot(struct key *keys, size_t capacity, const uint8_t *sha256, uint32_t number)
{
    uint64_t hash;
    size_t index;

    memcpy(&hash, sha256, sizeof hash);
    index = (size_t)(hash + number * UINT64_C(0x9E3779B97F4A7C15)) & (capacity - 1); /* 2^64 / golden ratio: spreads numbers */
    while (keys[index].is_used && (keys[index].number != number || memcmp(keys[index].sha256, sha256, TL_DIGEST_BYTES) != 0))
        index = (index + 1) & (capacity - 1);
    return &keys[index];
}

static enum tl_status grow(tl_keyset *set, struct tl_error *err)
{
    size_t capacity = set->capacity * 2;
    struct key *keys = tl_memory_alloc(capacity, sizeof *keys);

    if (!keys)
        return tl_error_set_no_memory(err, "a set of keys", capacity * sizeof *keys);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->keys[i].is_used)
            *find_slot(keys, capacity, set->keys[i].sha256, set->keys[i].number) = set->keys[i];
    tl_memory_free(set->keys);
    set->keys = keys;
    set->capacity = capacity;
    return TL_OK;
}

enum tl_status tl_keyset_add(tl_keyset *set, bool *is_new, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    struct key *slot;

    pthread_mutex_lock(&set->mutex);
    slot = find_slot(set->keys, set->capacity, sha256, number);
    if (is_new)
        *is_new = !slot->is_used;
    if (!slot->is_used && (set->count + 1) * 2 > set->capacity) {
        status = grow(set, err);
        if (status == TL_OK)
            slot = find_slot(set->keys, set->capacity, sha256, number);
    }
    if (status == TL_OK && !slot->is_used) {
        memcpy(slot->sha256, sha256, TL_DIGEST_BYTES);
        slot->number = number;
        slot->is_used = 1;
        set->count++;
    }
    pthread_mutex_unlock(&set->mutex);
    return status;
}

bool tl_keyset_has(tl_keyset *set, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number)
{
    bool has;

    pthread_mutex_lock(&set->mutex);
    has = find_slot(set->keys, set->capacity, sha256, number)->is_used != 0;
    pthread_mutex_unlock(&set->mutex);
    return has;
}
