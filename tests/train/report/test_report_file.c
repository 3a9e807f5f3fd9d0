/* test_report_file.c - page and plots come into being as files, whole, or with one line that names the file. */
#include "common/base/system.h"
#include "tests/train/report/made_run.h"
#include "train/report/report_file.h"

static enum tl_status write_all(const struct tl_report_wish *wish, const char *store_path, int64_t run_id, struct tl_error *err)
{
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_READ, err);

    if (status == TL_OK)
        status = tl_report_file_write(wish, store, run_id, store_path, err);
    return tl_store_close_after(&store, status, err);
}

static bool begins(const char *path, const char *words)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 24, NULL), TL_OK);
    const bool is_so = size_bytes > strlen(words) && memcmp(bytes, words, strlen(words)) == 0;
    tl_memory_free(bytes);
    return is_so;
}

static int64_t make(char store_path[512], const char *folder)
{
    snprintf(store_path, 512, "%s", tl_test_path(folder, "made.tl"));
    return made_put_run(store_path, &(struct made_run_wish){.class_count = 2, .has_validation = true, .has_head = true});
}

START_TEST(page_and_plots_are_written)
{
    char store_path[512], svg[512], png[512], page[256], svg_wish[600], png_wish[600];
    const char *folder = tl_test_make_folder();
    const int64_t run_id = make(store_path, folder);
    struct tl_error err;

    snprintf(svg, sizeof svg, "%s", tl_test_path(folder, "a.svg"));
    snprintf(png, sizeof png, "%s", tl_test_path(folder, "a.PNG"));
    snprintf(page, sizeof page, "%s", tl_test_path(folder, "a.html"));
    snprintf(svg_wish, sizeof svg_wish, "curves=%s", svg);
    snprintf(png_wish, sizeof png_wish, "confusion=%s", png);
    const struct tl_option_list plots = {{svg_wish, png_wish}, 2};
    const struct tl_report_wish wish = {page, &plots};
    ck_assert_msg(tl_report_file_check(&wish, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(write_all(&wish, store_path, run_id, &err) == TL_OK, "%s", err.message);
    ck_assert(begins(page, "<!DOCTYPE html>"));
    ck_assert(begins(svg, "<?xml"));
    ck_assert(begins(png, "\x89PNG"));
}
END_TEST

START_TEST(a_plot_is_asked_for_in_words_that_there_are)
{
    static const struct {
        const char *text, *words;
    } cases[] = {{"curves", "--plot takes curves=FILE"},
                 {"curve=a.svg", "not 'curve=a.svg'"},
                 {"=a.svg", "--plot takes"},
                 {"curves=a.jpg", "ends in .svg or .png"},
                 {"curves=.svg", "ends in .svg or .png"}};
    const struct tl_option_list plots = {{cases[_i].text}, 1};
    struct tl_error err;

    ck_assert_int_eq(tl_report_file_check(&(struct tl_report_wish){NULL, &plots}, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, cases[_i].words) != NULL, "%s", err.message);
}
END_TEST

START_TEST(what_the_run_lacks_is_told_with_the_file)
{
    char store_path[512];
    const int64_t run_id = make(store_path, tl_test_make_folder());
    const struct tl_option_list plots = {{"sweep=no/such.svg"}, 1};
    struct tl_error err;

    ck_assert_int_eq(write_all(&(struct tl_report_wish){NULL, &plots}, store_path, run_id, &err), TL_NOT_FOUND);
    ck_assert_str_eq(err.message, "no/such.svg: run 1 gives no sweep plot: it is of no sweep");
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_named)
{
    char store_path[512];
    const int64_t run_id = make(store_path, tl_test_make_folder());
    const char *page = _i == 0 ? "/no/such/folder/a.html" : tl_test_make_folder();
    struct tl_error err;

    ck_assert_int_eq(write_all(&(struct tl_report_wish){page, NULL}, store_path, run_id, &err), TL_IO);
    ck_assert_msg(strstr(err.message, page) != NULL, "%s", err.message);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("report_file");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_test(core, page_and_plots_are_written);
    tcase_add_loop_test(faults, a_plot_is_asked_for_in_words_that_there_are, 0, 5);
    tcase_add_test(faults, what_the_run_lacks_is_told_with_the_file);
    tcase_add_loop_test(faults, a_file_that_cannot_be_written_is_named, 0, 2);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
