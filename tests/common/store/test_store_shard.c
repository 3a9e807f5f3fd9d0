/* test_store_shard.c - a store is a part from its first source on, or never. */
#include "common/store/store_shard.h"
#include "tests/common/store/small_store.h"

static char path[4096];

static void name_store(void)
{
    snprintf(path, sizeof path, "%s", tl_test_path(tl_test_make_folder(), "a.tl"));
}

/* Claims in a transaction of its own, as an extraction does before it puts a source. */
static enum tl_status claim(uint32_t index, uint32_t count, struct tl_error *err)
{
    struct tl_error ignored;
    int64_t source_id;
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_store_begin(store, &ignored), &ignored);
    enum tl_status status = tl_store_claim_shard(store, (struct tl_store_shard){index, count}, err);
    if (status == TL_OK) {
        must(tl_store_put_source(store, &source_id, "sky", "/photos/sky", &ignored), &ignored);
        must(tl_store_commit(store, &ignored), &ignored);
    }
    tl_store_rollback(store);
    close_store(store);
    return status;
}

static void must_be(uint32_t index, uint32_t count)
{
    struct tl_error err;
    struct tl_store_shard shard = {7, 7};
    tl_store *store = open_store(path, TL_STORE_READ);
    must(tl_store_get_shard(store, &shard, &err), &err);
    ck_assert_uint_eq(shard.index, index);
    ck_assert_uint_eq(shard.count, count);
    close_store(store);
}

START_TEST(a_part_is_remembered_and_may_go_on)
{
    struct tl_error err;
    must(claim(2, 4, &err), &err);
    must_be(2, 4);
    must(claim(2, 4, &err), &err);
    must_be(2, 4);
}
END_TEST

START_TEST(a_part_refuses_to_be_another_or_all)
{
    struct tl_error err;
    must(claim(2, 4, &err), &err);
    must_fail(claim(3, 4, &err), TL_BAD_INPUT, &err, "the store is part 2/4, not 3/4; give each part a store of its own");
    must_fail(claim(2, 5, &err), TL_BAD_INPUT, &err, "part 2/4, not 2/5");
    must_fail(claim(0, 0, &err), TL_BAD_INPUT, &err, "go on with --shard 2/4, or join all 4 parts with tl-store merge");
    must_be(2, 4);
}
END_TEST

START_TEST(a_store_of_all_photos_refuses_to_be_a_part)
{
    struct tl_error err;
    must(claim(0, 0, &err), &err);
    must_be(0, 0);
    must_fail(claim(1, 2, &err), TL_BAD_INPUT, &err,
              "holds all photos of its sources; --shard 1/2 needs a store of its own");
    must(claim(0, 0, &err), &err);
}
END_TEST

START_TEST(a_row_that_is_no_part_is_corrupt)
{
    struct tl_error err;
    must(claim(1, 2, &err), &err);
    run_beside(path, "PRAGMA ignore_check_constraints = ON; UPDATE shard SET shard_index = 3");
    struct tl_store_shard shard = {7, 7};
    tl_store *store = open_store(path, TL_STORE_READ);
    must_fail(tl_store_get_shard(store, &shard, &err), TL_CORRUPT, &err, "shard_index is 3; 1 to 2 are possible");
    ck_assert_uint_eq(shard.count, 0);
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_shard");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");
    tcase_add_checked_fixture(core, name_store, NULL);
    tcase_add_checked_fixture(faults, name_store, NULL);
    tcase_add_test(core, a_part_is_remembered_and_may_go_on);
    tcase_add_test(core, a_part_refuses_to_be_another_or_all);
    tcase_add_test(core, a_store_of_all_photos_refuses_to_be_a_part);
    tcase_add_test(faults, a_row_that_is_no_part_is_corrupt);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
