/* store_gram.c - see store_gram.h. Floats are little-endian in the store, as on every machine this is built for. */
#include "common/store/store_gram.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/column.h"

size_t tl_store_gram_count(size_t row_count)
{
    return row_count * (row_count + 1) / 2;
}

/* Over the identity too, so that the products of one row are none of another's. */
static void take_digest(uint8_t out[TL_DIGEST_BYTES], const uint8_t identity[TL_DIGEST_BYTES], const void *products,
                        size_t size_bytes)
{
    struct tl_digest digest;
    tl_digest_init(&digest);
    tl_digest_update(&digest, identity, TL_DIGEST_BYTES);
    tl_digest_update(&digest, products, size_bytes);
    tl_digest_finish(&digest, out);
}

enum tl_status tl_store_get_gram(tl_store *store, float **out, const uint8_t digest[TL_DIGEST_BYTES], size_t row_count,
                                 struct tl_error *err)
{
    const size_t size_bytes = tl_store_gram_count(row_count) * sizeof **out;
    uint8_t stored[TL_DIGEST_BYTES], found[TL_DIGEST_BYTES];
    struct tl_statement s;
    bool is_there = false;
    *out = NULL;
    tl_statement_begin(&s, store, "SELECT row_count, products_digest, products FROM gram WHERE digest = ?", err);
    tl_statement_bind_blob(&s, digest, TL_DIGEST_BYTES);
    if (tl_statement_step(&s)) {
        size_t stored_bytes = 0;
        const int64_t stored_rows = tl_column_int(&s, 0);
        tl_column_digest(&s, 1, stored);
        const void *products = tl_column_blob(&s, 2, &stored_bytes);
        is_there = true;
        if (s.status == TL_OK && ((uint64_t)stored_rows != row_count || stored_bytes != size_bytes))
            s.status = tl_error_set(err, TL_CORRUPT, "%s: a Gram matrix of %lld rows and %zu bytes, expected %zu and %zu",
                                    store->path, (long long)stored_rows, stored_bytes, row_count, size_bytes);
        if (s.status == TL_OK) {
            take_digest(found, digest, products, size_bytes);
            if (memcmp(found, stored, sizeof found) != 0)
                s.status = tl_error_set(err, TL_CORRUPT, "%s: a Gram matrix has changed since it was written", store->path);
        }
        if (s.status == TL_OK) {
            *out = tl_memory_copy(products, size_bytes);
            if (*out == NULL)
                s.status = tl_error_set_no_memory(err, "a Gram matrix", size_bytes);
        }
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK && !is_there)
        return tl_error_set(err, TL_NOT_FOUND, "%s: no such Gram matrix", store->path);
    return status;
}

static enum tl_status delete_gram(tl_store *store, const uint8_t digest[TL_DIGEST_BYTES], struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "DELETE FROM gram WHERE digest = ?", err);
    tl_statement_bind_blob(&s, digest, TL_DIGEST_BYTES);
    return tl_statement_finish(&s);
}

static enum tl_status insert_gram(tl_store *store, const struct tl_store_gram *gram, struct tl_error *err)
{
    const size_t size_bytes = tl_store_gram_count(gram->row_count) * sizeof *gram->products;
    uint8_t products_digest[TL_DIGEST_BYTES];
    struct tl_statement s;
    take_digest(products_digest, gram->digest, gram->products, size_bytes);
    tl_statement_begin(&s, store,
                       "INSERT INTO gram (digest, feature_set_id, row_count, made_ms, products_digest, products)"
                       " VALUES (?, ?, ?, ?, ?, ?)",
                       err);
    tl_statement_bind_blob(&s, gram->digest, TL_DIGEST_BYTES);
    tl_statement_bind_int(&s, gram->feature_set_id);
    tl_statement_bind_int(&s, (int64_t)gram->row_count);
    tl_statement_bind_int(&s, tl_system_time_ms());
    tl_statement_bind_blob(&s, products_digest, sizeof products_digest);
    tl_statement_bind_blob(&s, gram->products, size_bytes);
    return tl_statement_finish(&s);
}

static enum tl_status delete_older(tl_store *store, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(
        &s, store, "DELETE FROM gram WHERE gram_id <= (SELECT gram_id FROM gram ORDER BY gram_id DESC LIMIT 1 OFFSET ?)", err);
    tl_statement_bind_int(&s, TL_STORE_GRAMS_KEPT);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_gram(tl_store *store, const struct tl_store_gram *gram, struct tl_error *err)
{
    enum tl_status status = tl_store_begin(store, err);
    if (status != TL_OK)
        return status;
    status = delete_gram(store, gram->digest, err);
    if (status == TL_OK)
        status = insert_gram(store, gram, err);
    if (status == TL_OK)
        status = delete_older(store, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    if (status != TL_OK)
        tl_store_rollback(store);
    return status;
}

enum tl_status tl_store_measure_grams(tl_store *store, int64_t *out_count, int64_t *out_bytes, struct tl_error *err)
{
    struct tl_statement s;
    *out_count = *out_bytes = 0;
    tl_statement_begin(&s, store, "SELECT count(*) AS grams, coalesce(sum(length(products)), 0) FROM gram", err);
    if (tl_statement_step(&s)) {
        *out_count = tl_column_int(&s, 0);
        *out_bytes = tl_column_int(&s, 1);
    }
    return tl_statement_end(&s);
}
