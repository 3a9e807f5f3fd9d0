/* test_store_expression.c - a user's condition reads everything and changes nothing, and ends. */
#include "common/store/store_expression.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static const char *path;
static char found[1000];
static struct tl_error err;

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    (void)fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static void note_match(void *context, int64_t photo_id, const char *class_name)
{
    (void)context;
    (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%lld %s;", (long long)photo_id, class_name);
}

static enum tl_status match(const char *expression)
{
    found[0] = '\0';
    return tl_store_visit_matches(store, "default", expression, note_match, NULL, 0.2, &err);
}

/* ---- Core ---- */

START_TEST(what_the_expression_is_true_for_is_found)
{
    ck_assert_msg(match("class = 'cloudy' AND split = 'test'") == TL_OK, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(found, " cloudy;"));
    ck_assert_ptr_null(strstr(strchr(found, ';') + 1, ";"));
    ck_assert_int_eq(match("NULL"), TL_OK);
    ck_assert_str_eq(found, "");
    ck_assert_int_eq(match("exif_orientation > 1 -- turned"), TL_OK);
    ck_assert_ptr_nonnull(strstr(found, " clear;"));
    ck_assert_int_eq(match("path IN (WITH a(x) AS (SELECT path FROM photo) SELECT x FROM a WHERE x LIKE '%again%')"), TL_OK);
    ck_assert_ptr_nonnull(strstr(found, " clear;"));
}
END_TEST

/* ---- Faults ---- */

static const char *const HOSTILE[][2] = {
    {"1) OR (1", "syntax error"},
    {"1) UNION SELECT photo_id, class FROM photos WHERE (1", "syntax error"},
    {"1 THEN 1 ELSE 0 END, CASE WHEN 1", "syntax error"},
    {"1; DELETE FROM photo", "syntax error"},
    {"1 /*", "incomplete"},
    {"'", "unrecognized token"},
    {"", "syntax error"},
    {"nonsense", "no such column: nonsense"},
    {"(DELETE FROM photo)", "syntax error"},
    {"load_extension('x')", "not authorized"},
    {"EXISTS (SELECT 1 FROM pragma_table_info('photo'))", "not authorized"},
    {"path = ?", "parameters are not taken"},
    {"path = ?1", "parameters are not taken"},
    {"length(zeroblob(900000000))", "too big"},
    {"EXISTS (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0)", "more than 0.2 s"},
    {"json_extract('{', '$.a')", "malformed JSON"},
};

START_TEST(what_is_no_expression_is_refused)
{
    const enum tl_status status = match(HOSTILE[_i][0]);
    ck_assert_msg(status == TL_BAD_INPUT, "%s: %d", HOSTILE[_i][0], (int)status);
    ck_assert_msg(strstr(err.message, HOSTILE[_i][1]) != NULL, "%s: %s", HOSTILE[_i][0], err.message);
    /* The next one has its own time, and what is no condition may again do all. */
    ck_assert_int_eq(match("class = 'clear'"), TL_OK);
    ck_assert_ptr_nonnull(strstr(found, "clear"));
    must_give(store, "SELECT count(*) FROM photo", "8;");
    must(tl_store_begin(store, &err), &err);
    must(tl_store_commit(store, &err), &err);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_expression");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, what_the_expression_is_true_for_is_found);
    tcase_add_loop_test(faults, what_is_no_expression_is_refused, 0, sizeof HOSTILE / sizeof HOSTILE[0]);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
