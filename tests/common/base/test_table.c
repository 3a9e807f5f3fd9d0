/* test_table.c - aligned rows, and failures told at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/table.h"
#include "tests/support/suite.h"

static tl_table *create_table(size_t column_count)
{
    tl_table *table = NULL;

    ck_assert_int_eq(tl_table_create(&table, column_count, NULL), TL_OK);
    return table;
}

/* Frees the table. */
static void check_table(tl_table *table, const char *expected)
{
    char *text = NULL;
    size_t text_bytes;
    FILE *file = open_memstream(&text, &text_bytes);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(tl_table_write(table, file, NULL), TL_OK);
    fclose(file);
    ck_assert_str_eq(text, expected);
    free(text);
    tl_table_free(table);
}

static void add_all(tl_table *table, const char *const *cells)
{
    for (size_t i = 0; cells[i]; i++)
        tl_table_add(table, cells[i]);
}

START_TEST(numbers_stand_right_and_words_left)
{
    static const char *const cells[] = {"photo", "class", "p", "a.jpg", "rain", "0.5", "longer.jpg", "sun", "12.25%", NULL};
    tl_table *table = create_table(3);

    add_all(table, cells);
    check_table(table, "photo       class       p\n"
                       "----------  -----  ------\n"
                       "a.jpg       rain      0.5\n"
                       "longer.jpg  sun    12.25%\n");
}
END_TEST

START_TEST(a_column_with_a_word_among_numbers_keeps_its_title_left)
{
    static const char *const cells[] = {"value", "-12", "none", "+3.5", "-", NULL};
    tl_table *table = create_table(1);

    add_all(table, cells);
    check_table(table, "value\n-----\n  -12\nnone\n +3.5\n-\n");
}
END_TEST

START_TEST(cells_are_formatted)
{
    tl_table *table = create_table(2);

    tl_table_add(table, "n");
    tl_table_add(table, "name");
    tl_table_add_format(table, "%.3f", 2.0 / 3.0);
    tl_table_add_format(table, "%s-%d", "run", 7);
    check_table(table, "    n  name\n-----  -----\n0.667  run-7\n");
}
END_TEST

START_TEST(widths_count_characters)
{
    static const char *const cells[] = {"a", "b", "\xc3\xa9\xc3\xa9\xc3\xa9", "x", "abc", "y", NULL};
    tl_table *table = create_table(2);

    add_all(table, cells);
    check_table(table, "a    b\n---  -\n\xc3\xa9\xc3\xa9\xc3\xa9  x\nabc  y\n");
}
END_TEST

START_TEST(control_and_stray_bytes_are_made_visible_once)
{
    static const char *const cells[] = {"name", "a\nb", "\xff", "\\xff", NULL};
    tl_table *table = create_table(1);

    add_all(table, cells);
    check_table(table, "name\n------\na\\x0ab\n\\xff\n\\xff\n");
}
END_TEST

START_TEST(an_empty_table_writes_nothing)
{
    check_table(create_table(3), "");
    tl_table_free(NULL);
}
END_TEST

START_TEST(a_table_of_titles_alone)
{
    static const char *const cells[] = {"one", "two", NULL};
    tl_table *table = create_table(2);

    add_all(table, cells);
    check_table(table, "one  two\n---  ---\n");
}
END_TEST

START_TEST(a_last_row_may_be_short_and_cells_empty)
{
    static const char *const cells[] = {"a", "b", "c", "", "", "1", "x", NULL};
    tl_table *table = create_table(3);

    add_all(table, cells);
    check_table(table, "a  b  c\n-  -  -\n      1\nx\n");
}
END_TEST

START_TEST(a_thousand_rows)
{
    tl_table *table = create_table(2);
    char *text = NULL;
    size_t text_bytes;
    FILE *file = open_memstream(&text, &text_bytes);

    tl_table_add(table, "n");
    tl_table_add(table, "square");
    for (int i = 0; i < 1000; i++) {
        tl_table_add_format(table, "%d", i);
        tl_table_add_format(table, "%d", i * i);
    }
    ck_assert_int_eq(tl_table_write(table, file, NULL), TL_OK);
    fclose(file);
    ck_assert_uint_eq(text_bytes, 1002 * strlen("999  998001\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n999  998001\n"));
    free(text);
    tl_table_free(table);
}
END_TEST

START_TEST(a_full_device_is_an_io_error)
{
    FILE *full = fopen("/dev/full", "w");
    tl_table *table = create_table(1);
    struct tl_error err;

    if (!full) {
        printf("skipped: there is no /dev/full\n");
    } else {
        tl_table_add(table, "a");
        ck_assert_int_eq(tl_table_write(table, full, &err), TL_IO);
        ck_assert_str_eq(err.message, "cannot write a table: No space left on device");
        fclose(full);
    }
    tl_table_free(table);
}
END_TEST

/* Creates, fills and writes a table; the first failure. */
static enum tl_status make_table(FILE *file)
{
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 2, NULL);

    if (status != TL_OK) {
        ck_assert_ptr_null(table);
        return status;
    }
    for (int i = 0; i < 40; i++)
        tl_table_add_format(table, "c%d\n", i);
    status = tl_table_write(table, file, NULL);
    tl_table_free(table);
    return status;
}

START_TEST(running_out_of_memory_is_told)
{
    FILE *nowhere = fopen("/dev/null", "w");
    size_t call_count;

    ck_assert_ptr_nonnull(nowhere);
    tl_memory_fail_at(0);
    ck_assert_int_eq(make_table(nowhere), TL_OK);
    call_count = tl_memory_fail_at(0);
    ck_assert_uint_gt(call_count, 40);
    for (size_t n = 1; n <= call_count; n++) {
        tl_memory_fail_at(n);
        ck_assert_int_eq(make_table(nowhere), TL_NO_MEMORY);
    }
    tl_memory_fail_at(0);
    fclose(nowhere);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/table");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, numbers_stand_right_and_words_left);
    tcase_add_test(core, a_column_with_a_word_among_numbers_keeps_its_title_left);
    tcase_add_test(core, cells_are_formatted);
    tcase_add_test(core, widths_count_characters);
    tcase_add_test(core, control_and_stray_bytes_are_made_visible_once);
    tcase_add_test(limits, an_empty_table_writes_nothing);
    tcase_add_test(limits, a_table_of_titles_alone);
    tcase_add_test(limits, a_last_row_may_be_short_and_cells_empty);
    tcase_add_test(limits, a_thousand_rows);
    tcase_add_test(faults, a_full_device_is_an_io_error);
    tcase_add_test(faults, running_out_of_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
