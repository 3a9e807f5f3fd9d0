/* test_store_damage.c - damaged features: noted, recorded, told and forgotten. */
#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;

static void open_small(void)
{
    store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static void note(struct tl_store_damages *damages, unsigned n, const char *message)
{
    struct tl_error failure, err;
    uint8_t sha256[TL_DIGEST_BYTES];
    tl_error_set(&failure, TL_CORRUPT, "%s", message);
    fill_sha256(sha256, n);
    must(tl_store_note_damage(damages, sha256, &failure, &err), &err);
}

/* ---- Core ---- */

START_TEST(damage_stands_at_each_place_of_the_content_and_is_counted)
{
    put_damage(store, small.feature_set_digest, 1);
    put_damage(store, small.feature_set_digest, 1);
    must_give(store, "SELECT path, stage, cause, message, tries FROM failures WHERE feature_set_id = 1",
              "train/clear/1.jpg|verify|corrupt|bad checksum|2;train/clear/again.jpg|verify|corrupt|bad checksum|2;");
}
END_TEST

START_TEST(damage_goes_with_its_own_feature_set_alone)
{
    struct tl_error err;
    struct tl_store_feature_set other = small_feature_set();
    other.arithmetic = "other";
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_feature_set(store, &other, &err), &err);
    must(tl_store_commit(store, &err), &err);
    put_damage(store, small.feature_set_digest, 1);
    put_damage(store, other.digest, 1);
    put_damage(store, other.digest, 2);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_clear_failures(store, small.photo_ids[1], &err), &err);
    must_give(store, "SELECT count(*) FROM failure WHERE stage = 'verify'", "5;");
    must(tl_store_clear_damage(store, small.content_ids[1], other.feature_set_id, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must_give(store,
              "SELECT p.path, f.feature_set_id FROM failure f JOIN photo p USING (photo_id) WHERE stage = 'verify' ORDER BY 1, 2",
              "train/clear/1.jpg|1;train/clear/2.jpg|2;train/clear/again.jpg|1;");
}
END_TEST

START_TEST(damages_are_told_as_one_error)
{
    struct tl_error err;
    struct tl_store_damages damages = {.count = 0};
    const struct tl_error unrecorded = {TL_IO, "the disk is full"};
    note(&damages, 1, "a.jpg is damaged");
    note(&damages, 1, "a.jpg, variant 1, is damaged");
    ck_assert_uint_eq(damages.count, 1);
    must_fail(tl_store_tell_damages(&damages, NULL, &err), TL_CORRUPT, &err, "a.jpg is damaged; run tl-extract again");
    note(&damages, 2, "b.jpg is damaged");
    note(&damages, 3, "c.jpg is damaged");
    must_fail(tl_store_tell_damages(&damages, NULL, &err), TL_CORRUPT, &err,
              "a.jpg is damaged, and so are features of 2 other photos; run");
    must_fail(tl_store_tell_damages(&damages, &unrecorded, &err), TL_CORRUPT, &err, "mend: the disk is full");
    tl_store_free_damages(&damages);
}
END_TEST

/* ---- Limits ---- */

START_TEST(no_more_are_noted_than_can_be)
{
    struct tl_store_damages damages = {.count = 0};
    for (unsigned n = 0; n < TL_STORE_DAMAGES_MAX + 10; n++)
        note(&damages, n, "x"); /* of n only the lowest byte counts: neighbours differ */
    ck_assert_uint_eq(damages.count, TL_STORE_DAMAGES_MAX);
    tl_store_free_damages(&damages);
}
END_TEST

START_TEST(damage_of_what_the_store_does_not_know_is_no_row)
{
    const uint8_t unknown[TL_DIGEST_BYTES] = {0};
    put_damage(store, small.feature_set_digest, 77);
    put_damage(store, unknown, 1);
    must_give(store, "SELECT count(*) FROM failure WHERE stage = 'verify'", "0;");
}
END_TEST

/* ---- Faults ---- */

START_TEST(noting_survives_a_failed_allocation)
{
    struct tl_error err;
    const struct tl_error failure = {TL_CORRUPT, "x"};
    struct tl_store_damages damages = {.count = 0};
    const uint8_t sha256[TL_DIGEST_BYTES] = {0};
    tl_memory_fail_at(1);
    const enum tl_status status = tl_store_note_damage(&damages, sha256, &failure, &err);
    tl_memory_fail_at(0);
    ck_assert_int_eq(status, TL_NO_MEMORY);
    ck_assert_uint_eq(damages.count, 0);
    tl_store_free_damages(&damages);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_damage");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_test(core, damage_stands_at_each_place_of_the_content_and_is_counted);
    tcase_add_test(core, damage_goes_with_its_own_feature_set_alone);
    tcase_add_test(core, damages_are_told_as_one_error);
    tcase_add_test(limits, no_more_are_noted_than_can_be);
    tcase_add_test(limits, damage_of_what_the_store_does_not_know_is_no_row);
    tcase_add_test(faults, noting_survives_a_failed_allocation);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
