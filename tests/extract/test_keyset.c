/* test_keyset.c - the shared set of keys: growth, equal first bytes, threads. */
#include <pthread.h>
#include <string.h>

#include "common/base/memory.h"
#include "extract/keyset.h"
#include "tests/support/suite.h"

static tl_keyset *create(void)
{
    tl_keyset *set = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_keyset_create(&set, &err), TL_OK);
    return set;
}

static void fill(uint8_t sha256[TL_DIGEST_BYTES], uint32_t value)
{
    tl_digest_bytes(sha256, &value, sizeof value);
}

static bool add(tl_keyset *set, const uint8_t *sha256, uint32_t number)
{
    struct tl_error err;
    bool is_new = false;

    ck_assert_int_eq(tl_keyset_add(set, &is_new, sha256, number, &err), TL_OK);
    return is_new;
}

START_TEST(a_pair_is_new_once)
{
    tl_keyset *set = create();
    uint8_t sha256[TL_DIGEST_BYTES];

    fill(sha256, 1);
    ck_assert(!tl_keyset_has(set, sha256, 0));
    ck_assert(add(set, sha256, 0));
    ck_assert(!add(set, sha256, 0));
    ck_assert(tl_keyset_has(set, sha256, 0));
    ck_assert(!tl_keyset_has(set, sha256, 1));
    ck_assert(add(set, sha256, 1));
    tl_keyset_free(set);
}
END_TEST

START_TEST(many_pairs_are_all_found_and_no_other)
{
    enum { CONTENTS = 500, NUMBERS = 7 };
    tl_keyset *set = create();
    uint8_t sha256[TL_DIGEST_BYTES];

    for (uint32_t i = 0; i < CONTENTS; i++) {
        fill(sha256, i);
        for (uint32_t j = 0; j < NUMBERS; j++)
            ck_assert(add(set, sha256, j));
    }
    for (uint32_t i = 0; i < 2 * CONTENTS; i++) {
        fill(sha256, i);
        for (uint32_t j = 0; j < 2 * NUMBERS; j++)
            ck_assert_int_eq(tl_keyset_has(set, sha256, j), i < CONTENTS && j < NUMBERS);
    }
    tl_keyset_free(set);
}
END_TEST

START_TEST(numbers_of_any_size_are_told_apart)
{
    static const uint32_t NUMBERS[] = {0, 1, 31, 32, 33, 63, 64, 1000, 65535, UINT32_MAX - 1, UINT32_MAX};
    enum { COUNT = sizeof NUMBERS / sizeof NUMBERS[0] };
    tl_keyset *set = create();
    uint8_t sha256[TL_DIGEST_BYTES];

    fill(sha256, 1);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++)
            ck_assert_int_eq(tl_keyset_has(set, sha256, NUMBERS[j]), j < i);
        ck_assert(add(set, sha256, NUMBERS[i]));
        ck_assert(!add(set, sha256, NUMBERS[i]));
    }
    tl_keyset_free(set);
}
END_TEST

START_TEST(contents_that_begin_alike_are_told_apart)
{
    tl_keyset *set = create();
    uint8_t first[TL_DIGEST_BYTES] = {0}, second[TL_DIGEST_BYTES] = {0};

    second[TL_DIGEST_BYTES - 1] = 1;
    ck_assert(add(set, first, 0));
    ck_assert(!tl_keyset_has(set, second, 0));
    ck_assert(add(set, second, 0));
    tl_keyset_free(set);
}
END_TEST

enum { RACE_THREADS = 4, RACE_KEYS = 2000 };

struct racer {
    tl_keyset *set;
    size_t new_count;
};

static void *race(void *argument)
{
    struct racer *racer = argument;

    for (uint32_t i = 0; i < RACE_KEYS; i++) {
        uint8_t sha256[TL_DIGEST_BYTES];
        bool is_new = false;

        fill(sha256, i);
        if (tl_keyset_add(racer->set, &is_new, sha256, 0, NULL) == TL_OK)
            racer->new_count += is_new;
    }
    return NULL;
}

START_TEST(of_several_threads_exactly_one_gets_each_pair)
{
    struct racer racers[RACE_THREADS];
    pthread_t threads[RACE_THREADS];
    tl_keyset *set = create();
    size_t total = 0;

    for (size_t i = 0; i < RACE_THREADS; i++) {
        racers[i] = (struct racer){set, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < RACE_THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += racers[i].new_count;
    }
    ck_assert_uint_eq(total, RACE_KEYS);
    tl_keyset_free(set);
}
END_TEST

START_TEST(a_set_without_memory_stays_as_it_was)
{
    tl_keyset *set = create();
    struct tl_error err;
    uint32_t i = 0;
    uint8_t sha256[TL_DIGEST_BYTES];
    enum tl_status status = TL_OK;

    (void)tl_memory_fail_at(1);
    for (; status == TL_OK; i++) {
        fill(sha256, i);
        status = tl_keyset_add(set, NULL, sha256, 0, &err);
    }
    (void)tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_NO_MEMORY);
    ck_assert(!tl_keyset_has(set, sha256, 0));
    fill(sha256, i - 2);
    ck_assert(tl_keyset_has(set, sha256, 0));
    ck_assert(add(set, sha256, 1));
    ck_assert(add(set, sha256, 32));
    tl_keyset_free(set);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("keyset");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_test(core, a_pair_is_new_once);
    tcase_add_test(core, many_pairs_are_all_found_and_no_other);
    tcase_add_test(core, numbers_of_any_size_are_told_apart);
    tcase_add_test(core, contents_that_begin_alike_are_told_apart);
    tcase_add_test(core, of_several_threads_exactly_one_gets_each_pair);
    suite_add_tcase(suite, core);
    tcase_add_test(faults, a_set_without_memory_stays_as_it_was);
    suite_add_tcase(suite, faults);
    return suite;
}
