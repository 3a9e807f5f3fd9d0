/* test_gram_cache.c - Gram matrices between runs: found again for the same vectors alone, and never believed when damaged. */
#include <string.h>

#include "common/base/memory.h"
#include "common/store/store_gram.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "tests/train/made_store.h"
#include "train/experiment/gram_cache.h"

static tl_store *store;
static struct tl_store_feature_set set;
static struct tl_samples *samples;
static struct tl_gram_cache cache;
static char path[4096];

/* A store with a feature set, and samples that pretend to be of it. */
static void begin(void)
{
    static const struct made_photo photo = {"a/1.jpg", "a", NULL, 1, 0, 0};
    struct tl_error err;
    struct tl_store_feature_set *sets = NULL;
    size_t count;

    snprintf(path, sizeof path, "%s", tl_test_path(tl_test_make_folder(), "s.tl"));
    made_write(path, &photo, 1, 0, 1);
    ck_assert_msg(tl_store_open(&store, path, TL_STORE_WRITE, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_store_list_feature_sets(store, &sets, &count, NULL), TL_OK);
    set.feature_set_id = sets[0].feature_set_id;
    memcpy(set.digest, sets[0].digest, sizeof set.digest);
    tl_store_free_feature_sets(sets, count);
    samples = make_separable(20, 0, 0, 3);
    memset(samples->rows_digest, 5, sizeof samples->rows_digest);
    tl_gram_cache_init(&cache, store, &set, NULL, samples);
}

static void end(void)
{
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
    tl_samples_free(samples);
}

/* What the cache gives, which is always the matrix made anew. */
static void expect_gram(enum tl_head_pool pool, enum tl_head_transform transform)
{
    struct tl_gram *expected = NULL, *gram = NULL;

    ck_assert_int_eq(tl_gram_create(&expected, samples->matrix, NULL, NULL), TL_OK);
    ck_assert_int_eq(tl_gram_cache_get(&gram, &cache, pool, transform, samples->matrix, NULL, NULL), TL_OK);
    ck_assert_uint_eq(gram->row_count, expected->row_count);
    ck_assert_mem_eq(gram->values, expected->values, tl_gram_bytes(gram->row_count));
    tl_gram_free(expected);
    tl_gram_free(gram);
}

START_TEST(the_second_asking_finds_what_the_first_made)
{
    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    ck_assert_uint_eq(cache.made_count, 1);
    ck_assert_uint_eq(cache.found_count, 0);
    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    ck_assert_uint_eq(cache.made_count, 1);
    ck_assert_uint_eq(cache.found_count, 1);
}
END_TEST

START_TEST(whatever_the_products_depend_on_makes_another)
{
    struct tl_store_augmentation augmentation = {.digest = {7}};

    size_t made_count = 1;

    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    ck_assert_uint_eq(cache.made_count, 1);
    if (_i >= 2)
        made_count = 0; /* counted from the renewed cache's beginning */
    if (_i == 2)
        tl_gram_cache_init(&cache, store, &set, &augmentation, samples);
    if (_i == 3) {
        samples->rows_digest[31] ^= 1;
        tl_gram_cache_init(&cache, store, &set, NULL, samples);
    }
    if (_i == 4) {
        set.digest[0] ^= 1;
        tl_gram_cache_init(&cache, store, &set, NULL, samples);
    }
    expect_gram(_i == 0 ? TL_HEAD_POOL_AVG : TL_HEAD_POOL_NONE, _i == 1 ? TL_HEAD_TRANSFORM_SQRT : TL_HEAD_TRANSFORM_NONE);
    ck_assert_uint_eq(cache.made_count, 1 + made_count);
    ck_assert_uint_eq(cache.found_count, 0);
}
END_TEST

START_TEST(without_a_store_or_beyond_the_limit_it_is_made)
{
    struct tl_gram *gram = NULL;

    ck_assert_int_eq(tl_gram_cache_get(&gram, NULL, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, samples->matrix, NULL, NULL), TL_OK);
    tl_gram_free(gram);
}
END_TEST

START_TEST(a_stored_matrix_that_is_of_other_vectors_is_made_again)
{
    struct tl_samples *others = make_separable(21, 0, 0, 3);

    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    tl_samples_free(samples);
    samples = others;
    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    expect_gram(TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE);
    ck_assert_uint_eq(cache.made_count, 2);
    ck_assert_uint_eq(cache.found_count, 1);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct tl_gram *gram = NULL;
    size_t n = 0;
    enum tl_status status;

    do {
        tl_memory_fail_at(++n);
        status = tl_gram_cache_get(&gram, &cache, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, samples->matrix, NULL, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK ? gram != NULL : status == TL_NO_MEMORY && !gram);
    } while (status != TL_OK);
    tl_gram_free(gram);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("gram_cache");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, begin, end);
    tcase_add_checked_fixture(faults, begin, end);
    tcase_add_test(core, the_second_asking_finds_what_the_first_made);
    tcase_add_loop_test(core, whatever_the_products_depend_on_makes_another, 0, 5);
    tcase_add_test(core, without_a_store_or_beyond_the_limit_it_is_made);
    tcase_add_test(faults, a_stored_matrix_that_is_of_other_vectors_is_made_again);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
