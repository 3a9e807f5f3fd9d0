/* shard.c - see shard.h. */
#include "extract/shard.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/digest.h"

static bool read_number(uint32_t *out, const char **text)
{
    size_t digits = strspn(*text, "0123456789");

    if (digits == 0 || digits > 6)
        return false;
    *out = (uint32_t)strtoul(*text, NULL, 10);
    *text += digits;
    return true;
}

enum tl_status tl_shard_read(struct tl_store_shard *out, const char *text, struct tl_error *err)
{
    struct tl_store_shard shard = {0, 0};
    const char *rest = text;
    bool is_good = read_number(&shard.index, &rest) && *rest++ == '/' && read_number(&shard.count, &rest) && *rest == '\0' &&
                   shard.count >= 1 && shard.count <= TL_STORE_SHARD_COUNT_MAX && shard.index >= 1 && shard.index <= shard.count;

    *out = (struct tl_store_shard){0, 0};
    if (!is_good)
        return tl_error_set(err, TL_BAD_INPUT,
                            "--shard takes i/n, the i-th of n parts, from 1/1 to %d/%d, not '%s'", TL_STORE_SHARD_COUNT_MAX,
                            TL_STORE_SHARD_COUNT_MAX, text);
    *out = shard;
    return TL_OK;
}

bool tl_shard_has(const struct tl_store_shard *shard, const char *source_name, const char *path)
{
    uint8_t sha256[TL_DIGEST_BYTES];
    struct tl_digest digest;
    uint64_t number = 0;

    if (shard->count == 0)
        return true;
    tl_digest_init(&digest);
    tl_digest_update_string(&digest, source_name);
    tl_digest_update_string(&digest, path);
    tl_digest_finish(&digest, sha256);
    for (size_t i = 0; i < sizeof number; i++)
        number |= (uint64_t)sha256[i] << (8 * i);
    return number % shard->count == shard->index - 1;
}

void tl_shard_keep(const struct tl_store_shard *shard, struct tl_scan *scan)
{
    size_t kept_count = 0;

    for (size_t i = 0; i < scan->entry_count; i++)
        if (tl_shard_has(shard, scan->name, scan->entries[i].path))
            scan->entries[kept_count++] = scan->entries[i];
    scan->entry_count = kept_count;
}
