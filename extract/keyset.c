/* keyset.c - see keyset.h. Open addressing; a folded SHA-256 is its own hash. */
#include "extract/keyset.h"

#include <pthread.h>
#include <string.h>

#include "common/base/memory.h"

enum { FIRST_CAPACITY = 256, NUMBERS_A_SLOT = 32 };

struct slot {
    uint64_t fold[2];
    uint32_t block;   /* of its numbers the first is NUMBERS_A_SLOT times this */
    uint32_t numbers; /* a bit each; 0 where the slot is free */
};

struct tl_keyset {
    pthread_mutex_t mutex;
    struct slot *slots;
    size_t capacity; /* a power of two, at least 8/7 of count */
    size_t count;
};

enum tl_status tl_keyset_create(tl_keyset **out, struct tl_error *err)
{
    tl_keyset *set = tl_memory_alloc(1, sizeof *set);

    *out = NULL;
    if (set)
        set->slots = tl_memory_alloc(FIRST_CAPACITY, sizeof *set->slots);
    if (!set || !set->slots || pthread_mutex_init(&set->mutex, NULL) != 0) {
        if (set)
            tl_memory_free(set->slots);
        tl_memory_free(set);
        return tl_error_set_no_memory(err, "a set of keys", FIRST_CAPACITY * sizeof(struct slot));
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
    tl_memory_free(set->slots);
    tl_memory_free(set);
}

static struct slot make_key(const uint8_t *sha256, uint32_t number)
{
    struct slot key = {.block = number / NUMBERS_A_SLOT, .numbers = UINT32_C(1) << number % NUMBERS_A_SLOT};
    uint64_t parts[4];

    memcpy(parts, sha256, sizeof parts);
    key.fold[0] = parts[0] ^ parts[2];
    key.fold[1] = parts[1] ^ parts[3];
    return key;
}

/* Where the key's slot is or would be. */
static struct slot *find_slot(struct slot *slots, size_t capacity, const struct slot *key)
{
    /* 2^64 / golden ratio: spreads blocks */
    size_t index = (size_t)(key->fold[0] + key->block * UINT64_C(0x9E3779B97F4A7C15)) & (capacity - 1);

    while (slots[index].numbers &&
           (slots[index].fold[0] != key->fold[0] || slots[index].fold[1] != key->fold[1] || slots[index].block != key->block))
        index = (index + 1) & (capacity - 1);
    return &slots[index];
}

static enum tl_status grow(tl_keyset *set, struct tl_error *err)
{
    size_t capacity = set->capacity * 2;
    struct slot *slots = tl_memory_alloc(capacity, sizeof *slots);

    if (!slots)
        return tl_error_set_no_memory(err, "a set of keys", capacity * sizeof *slots);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i].numbers)
            *find_slot(slots, capacity, &set->slots[i]) = set->slots[i];
    tl_memory_free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return TL_OK;
}

enum tl_status tl_keyset_add(tl_keyset *set, bool *is_new, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number,
                             struct tl_error *err)
{
    const struct slot key = make_key(sha256, number);
    enum tl_status status = TL_OK;
    struct slot *slot;

    pthread_mutex_lock(&set->mutex);
    slot = find_slot(set->slots, set->capacity, &key);
    if (is_new)
        *is_new = (slot->numbers & key.numbers) == 0;
    if (!slot->numbers && (set->count + 1) * 8 > set->capacity * 7) {
        status = grow(set, err);
        if (status == TL_OK)
            slot = find_slot(set->slots, set->capacity, &key);
    }
    if (status == TL_OK && !slot->numbers) {
        *slot = key;
        set->count++;
    } else if (status == TL_OK) {
        slot->numbers |= key.numbers;
    }
    pthread_mutex_unlock(&set->mutex);
    return status;
}

bool tl_keyset_has(tl_keyset *set, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number)
{
    const struct slot key = make_key(sha256, number);
    bool has;

    pthread_mutex_lock(&set->mutex);
    has = (find_slot(set->slots, set->capacity, &key)->numbers & key.numbers) != 0;
    pthread_mutex_unlock(&set->mutex);
    return has;
}
