/* test_readme_queries.c - schema/README.md keeps its word: each query runs and answers, each column is named. */
#include "common/base/memory.h"
#include "common/base/system.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static const char *path;
static char *readme;

static void open_small(void)
{
    char uuid[TL_STORE_UUID_BYTES];
    struct tl_error err;
    uint8_t *bytes = NULL;
    size_t size_bytes;
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(store);
    put_small_run(store, &small, "a", 0.5, 1, uuid);
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    must(tl_system_read_file(&bytes, &size_bytes, "schema/README.md", 1 << 20, &err), &err);
    readme = tl_memory_alloc(size_bytes + 1, 1);
    ck_assert_ptr_nonnull(readme);
    memcpy(readme, bytes, size_bytes);
    tl_memory_free(bytes);
}

static void close_small(void)
{
    tl_memory_free(readme);
    close_store(store);
}

static bool count_row(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count, (void)names, (void)values;
    ++*(size_t *)context;
    return true;
}

START_TEST(each_query_of_the_readme_gives_rows)
{
    static const char opening[] = "\n```sql\n", closing[] = "\n```";
    struct tl_error err;
    size_t query_count = 0;
    for (char *at = strstr(readme, opening); at != NULL; at = strstr(at, opening)) {
        size_t row_count = 0;
        char *sql = at + strlen(opening), *end = strstr(sql, closing);
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        const enum tl_status status = tl_store_query(store, sql, count_row, &row_count, &err);
        ck_assert_msg(status == TL_OK, "%s: %s", err.message, sql);
        ck_assert_msg(row_count > 0, "no rows: %s", sql);
        query_count++;
        at = end + 1;
    }
    ck_assert_uint_ge(query_count, 10);
}
END_TEST

/* Rows of a kind and a name; how many of them the README does not have as `format` writes them. */
static size_t count_unnamed(const char *sql, const char *format, bool is_told)
{
    size_t row_count = 0, unnamed_count = 0;
    sqlite3_stmt *prepared = NULL;
    sqlite3 *db = open_beside(path);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &prepared, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    for (; sqlite3_step(prepared) == SQLITE_ROW; row_count++) {
        char word[256];
        const char *name = (const char *)sqlite3_column_text(prepared, 0);
        snprintf(word, sizeof word, "%s%s%s", format, name, format);
        if (strstr(readme, word) != NULL)
            continue;
        unnamed_count++;
        if (is_told)
            printf("schema/README.md does not name %s of %s\n", name, (const char *)sqlite3_column_text(prepared, 1));
    }
    sqlite3_finalize(prepared);
    sqlite3_close(db);
    ck_assert_uint_gt(row_count, 0);
    return unnamed_count;
}

START_TEST(each_table_view_and_column_is_in_the_readme)
{
    ck_assert_uint_eq(count_unnamed("SELECT name, 'the tables' FROM sqlite_schema WHERE type = 'table'", "**", true), 0);
    ck_assert_uint_eq(count_unnamed("SELECT name, 'the views' FROM sqlite_schema WHERE type = 'view'", "`", true), 0);
    ck_assert_uint_eq(
        count_unnamed("SELECT c.name, s.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c WHERE s.type = 'table'"
                      " AND c.name NOT LIKE '%\\_id' ESCAPE '\\'",
                      "`", true),
        0);
}
END_TEST

START_TEST(a_column_that_is_not_in_the_readme_is_reported)
{
    ck_assert_uint_eq(count_unnamed("SELECT 'a_column_of_nobody', 'no table'", "`", false), 1);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("readme_queries");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_test(core, each_query_of_the_readme_gives_rows);
    tcase_add_test(core, each_table_view_and_column_is_in_the_readme);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(faults, a_column_that_is_not_in_the_readme_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
