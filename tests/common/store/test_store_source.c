/* test_store_source.c - trees of photos: known by name, moved, absent. */
#include "tests/common/store/small_store.h"

static tl_store *new_store(void)
{
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    return store;
}

static void commit(tl_store *store)
{
    struct tl_error err;
    must(tl_store_commit(store, &err), &err);
}

/* ---- Core ---- */

START_TEST(a_source_is_found_again_by_name_and_root)
{
    struct tl_error err;
    int64_t first, again, other;
    tl_store *store = new_store();
    must(tl_store_put_source(store, &first, "sky", "/a/sky", &err), &err);
    must(tl_store_put_source(store, &again, "sky", "/a/sky", &err), &err);
    must(tl_store_put_source(store, &other, "sky2", "/a/sky", &err), &err);
    ck_assert_int_eq(first, again);
    ck_assert_int_ne(first, other);
    must_fail(tl_store_put_source(store, &again, "sky", "/b/sky", &err), TL_BAD_INPUT, &err, "/a/sky, not /b/sky");
    ck_assert_ptr_nonnull(strstr(err.message, "tl-store relocate"));
    ck_assert_int_eq(again, 0);
    commit(store);
    must_give(store, "SELECT name FROM source ORDER BY name", "sky;sky2;");
    close_store(store);
}
END_TEST

START_TEST(a_tree_that_was_moved_keeps_its_photos)
{
    struct tl_error err;
    int64_t first, again;
    tl_store *store = new_store();
    must(tl_store_put_source(store, &first, "sky", "/a/sky\xff", &err), &err);
    put_photo(store, first, "a.jpg", 0);
    must(tl_store_relocate_source(store, "sky", "/b/sky", &err), &err);
    must(tl_store_put_source(store, &again, "sky", "/b/sky", &err), &err);
    ck_assert_int_eq(first, again);
    must_give(store, "SELECT root, root_bytes, path FROM source JOIN photo USING (source_id)", "/b/sky|-|a.jpg;");
    must(tl_store_relocate_source(store, "sky", "/c/\xe9", &err), &err);
    commit(store);
    must_give(store, "SELECT root, hex(root_bytes) FROM source", "/c/\\xe9|2F632FE9;");
    close_store(store);
}
END_TEST

/* ---- Faults ---- */

START_TEST(a_source_that_is_not_there_is_told_with_those_that_are)
{
    struct tl_error err;
    int64_t source_id;
    tl_store *store = new_store();
    must_fail(tl_store_relocate_source(store, "sky", "/b", &err), TL_NOT_FOUND, &err, "no source 'sky': the store has none");
    for (int i = 0; i < 14; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%02d", i);
        must(tl_store_put_source(store, &source_id, name, "/t", &err), &err);
    }
    must_fail(tl_store_relocate_source(store, "sky", "/b", &err), TL_NOT_FOUND, &err, "there are: 't00', 't01'");
    must_fail(tl_store_relocate_source(store, "sky", "/b", &err), TL_NOT_FOUND, &err, "'t11', ...");
    commit(store);
    must_give(store, "SELECT count(*) FROM source WHERE root = '/t'", "14;");
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_source");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_test(core, a_source_is_found_again_by_name_and_root);
    tcase_add_test(core, a_tree_that_was_moved_keeps_its_photos);
    tcase_add_test(faults, a_source_that_is_not_there_is_told_with_those_that_are);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
