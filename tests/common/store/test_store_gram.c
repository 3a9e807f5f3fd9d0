/* test_store_gram.c - Gram matrices in the store: kept whole or not believed, the newest few, in nobody's way. */
#include "common/base/memory.h"
#include "common/store/connection.h"
#include "common/store/store_gram.h"
#include "common/store/store_prune.h"
#include "tests/common/store/small_store.h"

enum { ROWS = 5, PRODUCTS = ROWS * (ROWS + 1) / 2 };

static tl_store *store;
static struct small_store small;

static void begin(void)
{
    store = open_store(tl_test_path(tl_test_make_folder(), "s.tl"), TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void end(void)
{
    close_store(store);
}

/* The matrix of number n, n in all it holds. */
static void put(uint8_t n)
{
    float products[PRODUCTS];
    const struct tl_store_gram gram = {small.feature_set_id, {n}, ROWS, products};
    struct tl_error err;

    for (size_t k = 0; k < PRODUCTS; k++)
        products[k] = (float)n + (float)k / 16;
    must(tl_store_put_gram(store, &gram, &err), &err);
}

static enum tl_status get(float **out, uint8_t n, size_t row_count)
{
    const uint8_t digest[TL_DIGEST_BYTES] = {n};

    return tl_store_get_gram(store, out, digest, row_count, NULL);
}

static void run(const char *sql)
{
    ck_assert_msg(sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(store->db));
}

START_TEST(put_then_get_returns_the_same_floats)
{
    float *products = NULL;

    put(1);
    put(2);
    ck_assert_int_eq(get(&products, 2, ROWS), TL_OK);
    for (size_t k = 0; k < PRODUCTS; k++)
        ck_assert(products[k] == 2 + (float)k / 16);
    tl_memory_free(products);
}
END_TEST

START_TEST(the_newest_four_are_kept_and_a_further_put_renews_one)
{
    float *products = NULL;
    int64_t count, bytes;

    for (uint8_t n = 1; n <= 6; n++)
        put(n);
    put(3);
    ck_assert_int_eq(get(&products, 2, ROWS), TL_NOT_FOUND);
    ck_assert_ptr_null(products);
    for (uint8_t n = 3; n <= 6; n++) {
        ck_assert_int_eq(get(&products, n, ROWS), TL_OK);
        tl_memory_free(products);
    }
    put(7);
    ck_assert_int_eq(get(&products, 4, ROWS), TL_NOT_FOUND);
    ck_assert_int_eq(get(&products, 3, ROWS), TL_OK);
    tl_memory_free(products);
    ck_assert_int_eq(tl_store_measure_grams(store, &count, &bytes, NULL), TL_OK);
    ck_assert_int_eq(count, TL_STORE_GRAMS_KEPT);
    ck_assert_int_eq(bytes, TL_STORE_GRAMS_KEPT * PRODUCTS * (int64_t)sizeof(float));
}
END_TEST

START_TEST(the_stores_digest_passes_them_over_and_prune_deletes_them)
{
    uint8_t before[TL_DIGEST_BYTES], after[TL_DIGEST_BYTES];
    const struct tl_store_prune_wish wish = {0};
    struct tl_store_pruned pruned;
    float *products = NULL;
    struct tl_error err;

    must(tl_store_compute_digest(store, before, &err), &err);
    put(1);
    must(tl_store_compute_digest(store, after, &err), &err);
    ck_assert_mem_eq(before, after, sizeof before);
    must(tl_store_prune(store, &pruned, &wish, true, NULL, &err), &err);
    ck_assert_int_eq(get(&products, 1, ROWS), TL_OK);
    tl_memory_free(products);
    must(tl_store_prune(store, &pruned, &wish, false, NULL, &err), &err);
    ck_assert_int_eq(get(&products, 1, ROWS), TL_NOT_FOUND);
}
END_TEST

START_TEST(a_flipped_bit_another_size_and_another_identity_are_corrupt)
{
    static const char *const damages[] = {
        "UPDATE gram SET products = CAST(substr(products, 1, 7) || x'99' || substr(products, 9) AS BLOB)",
        "UPDATE gram SET products_digest = zeroblob(32)",
        "UPDATE gram SET row_count = 4, products = substr(products, 1, 40)",
        "UPDATE gram SET digest = CAST(x'01' || substr(digest, 2) AS BLOB)"};
    float *products = NULL;

    put(_i == 3 ? 9 : 1);
    run(damages[_i]);
    ck_assert_int_eq(get(&products, 1, ROWS), TL_CORRUPT);
    ck_assert_ptr_null(products);
    put(1);
    ck_assert_int_eq(get(&products, 1, ROWS), TL_OK);
    tl_memory_free(products);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    float *products = NULL;
    size_t n = 0;
    enum tl_status status;

    put(1);
    do {
        tl_memory_fail_at(++n);
        status = get(&products, 1, ROWS);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK ? products != NULL : status == TL_NO_MEMORY && !products);
    } while (status != TL_OK);
    ck_assert_uint_ge(n, 2);
    tl_memory_free(products);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_gram");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, begin, end);
    tcase_add_checked_fixture(faults, begin, end);
    tcase_add_test(core, put_then_get_returns_the_same_floats);
    tcase_add_test(core, the_newest_four_are_kept_and_a_further_put_renews_one);
    tcase_add_test(core, the_stores_digest_passes_them_over_and_prune_deletes_them);
    tcase_add_loop_test(faults, a_flipped_bit_another_size_and_another_identity_are_corrupt, 0, 4);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
