/* test_store_hold.c - who holds a store: one process at a time, for as long as it lives. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/store/store_extraction.h"
#include "common/store/store_hold.h"
#include "tests/common/store/small_store.h"

static char path[4096];

static void set_up(void)
{
    snprintf(path, sizeof path, "%s", tl_test_path(tl_test_make_folder(), "a.tl"));
}

static bool is_held(void)
{
    struct tl_error err;
    bool answer = false;
    must(tl_store_hold_probe(&answer, path, &err), &err);
    return answer;
}

/* A child that takes the hold (and, where asked, puts an extraction), says so, and waits to be killed. */
static pid_t start_holder(bool puts_extraction)
{
    int ends[2];
    char word;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct tl_error err;
        tl_store_hold *hold = NULL;
        tl_store *store = NULL;
        struct tl_store_extraction row = {.program_version = "1", .command = "[\"tl-extract\"]"};
        close(ends[0]);
        if (tl_store_hold_take(&hold, path, &err) != TL_OK || hold == NULL)
            _exit(1);
        if (puts_extraction &&
            (tl_store_open(&store, path, TL_STORE_CREATE, &err) != TL_OK || tl_store_begin(store, &err) != TL_OK ||
             tl_store_put_extraction(store, &row, &err) != TL_OK || tl_store_commit(store, &err) != TL_OK))
            _exit(1);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &word, 1), 1);
    close(ends[0]);
    return child;
}

static void end_holder(pid_t child)
{
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(one_process_holds_a_store_until_it_lets_go)
{
    struct tl_error err;
    tl_store_hold *hold = NULL, *second = NULL;
    close_store(open_store(path, TL_STORE_CREATE));
    ck_assert(!is_held());
    must(tl_store_hold_take(&hold, path, &err), &err);
    ck_assert_ptr_nonnull(hold);
    ck_assert(is_held());
    must(tl_store_hold_take(&second, path, &err), &err);
    ck_assert_ptr_null(second);
    ck_assert(is_held());
    tl_store_hold_free(hold);
    ck_assert(!is_held());
    must(tl_store_hold_take(&second, path, &err), &err);
    ck_assert_ptr_nonnull(second);
    tl_store_hold_free(second);
}
END_TEST

START_TEST(a_hold_shuts_out_neither_readers_nor_writers)
{
    struct tl_error err;
    tl_store_hold *hold = NULL;
    must(tl_store_hold_take(&hold, path, &err), &err);
    tl_store *store = open_store(path, TL_STORE_CREATE);
    tl_store *reader = open_store(path, TL_STORE_READ);
    fill_small_store(store);
    must_give(reader, "SELECT count(*) FROM photo", "8;");
    close_store(reader);
    close_store(store);
    ck_assert(is_held());
    tl_store_hold_free(hold);
}
END_TEST

START_TEST(a_killed_process_holds_nothing)
{
    struct tl_error err;
    tl_store_hold *hold = NULL;
    close_store(open_store(path, TL_STORE_CREATE));
    const pid_t child = start_holder(false);
    ck_assert(is_held());
    must(tl_store_hold_take(&hold, path, &err), &err);
    ck_assert_ptr_null(hold);
    end_holder(child);
    ck_assert(!is_held());
    must(tl_store_hold_take(&hold, path, &err), &err);
    ck_assert_ptr_nonnull(hold);
    tl_store_hold_free(hold);
}
END_TEST

START_TEST(the_holder_is_named_by_its_extraction)
{
    char name[TL_STORE_HOLD_NAME_BYTES], wanted[32];
    const pid_t child = start_holder(true);
    snprintf(wanted, sizeof wanted, "process %d on ", (int)child);
    tl_store_hold_name_holder(name, path);
    ck_assert_msg(strncmp(name, wanted, strlen(wanted)) == 0 && strstr(name, " UTC") != NULL, "'%s'", name);
    end_holder(child);
}
END_TEST

START_TEST(a_holder_without_a_row_is_another_process)
{
    struct tl_error err;
    char name[TL_STORE_HOLD_NAME_BYTES];
    struct tl_store_extraction row = {.program_version = "1", .command = "[]"};
    tl_store_hold_name_holder(name, path); /* no file */
    ck_assert_str_eq(name, "another process");
    tl_store *store = open_store(path, TL_STORE_CREATE);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_extraction(store, &row, &err), &err);
    must(tl_store_end_extraction(store, &row, "finished", NULL, &err), &err);
    must(tl_store_commit(store, &err), &err);
    close_store(store);
    tl_store_hold_name_holder(name, path);
    ck_assert_str_eq(name, "another process");
}
END_TEST

START_TEST(a_store_that_is_not_there_is_held_as_an_empty_file)
{
    struct tl_error err;
    struct stat info;
    tl_store_hold *hold = NULL, *second = NULL;
    must(tl_store_hold_take(&hold, path, &err), &err);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_size, 0);
    must(tl_store_hold_take(&second, path, &err), &err);
    ck_assert_ptr_null(second);
    tl_store *store = open_store(path, TL_STORE_CREATE);
    close_store(store);
    ck_assert(is_held());
    tl_store_hold_free(hold);
    ck_assert_int_eq(stat(path, &info), 0);
}
END_TEST

START_TEST(a_file_that_was_made_for_a_hold_and_stayed_empty_goes_with_it)
{
    struct tl_error err;
    tl_store_hold *hold = NULL;
    must(tl_store_hold_take(&hold, path, &err), &err);
    ck_assert_int_eq(access(path, F_OK), 0);
    tl_store_hold_free(hold);
    ck_assert_int_ne(access(path, F_OK), 0);
    tl_test_write_file(path, "", 0);
    must(tl_store_hold_take(&hold, path, &err), &err);
    tl_store_hold_free(hold);
    ck_assert_int_eq(access(path, F_OK), 0); /* somebody else's */
}
END_TEST

START_TEST(what_cannot_be_written_cannot_be_held)
{
    struct tl_error err;
    bool answer = true;
    tl_store_hold *hold = (void *)path;
    const char *folder = tl_test_make_folder(), *below = tl_test_path(folder, "none/a.tl");
    must_fail(tl_store_hold_take(&hold, folder, &err), TL_BAD_INPUT, &err, "a folder, not a store");
    ck_assert_ptr_null(hold);
    must_fail(tl_store_hold_take(&hold, below, &err), TL_IO, &err, "there is no folder");
    must_fail(tl_store_hold_probe(&answer, below, &err), TL_NOT_FOUND, &err, "no such store");
    ck_assert(!answer);
}
END_TEST

START_TEST(without_memory_nothing_is_held)
{
    struct tl_error err;
    tl_store_hold *hold = NULL;
    enum tl_status status = TL_NO_MEMORY;
    close_store(open_store(path, TL_STORE_CREATE));
    for (size_t n = 1; status == TL_NO_MEMORY && n < 100; n++) {
        tl_memory_fail_at(n);
        status = tl_store_hold_take(&hold, path, &err);
        tl_memory_fail_at(0);
        if (status == TL_NO_MEMORY) {
            ck_assert_ptr_null(hold);
            ck_assert(!is_held());
        }
    }
    must(status, &err);
    ck_assert_ptr_nonnull(hold);
    tl_store_hold_free(hold);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_hold");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");
    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_add_test(core, one_process_holds_a_store_until_it_lets_go);
    tcase_add_test(core, a_hold_shuts_out_neither_readers_nor_writers);
    tcase_add_test(core, a_killed_process_holds_nothing);
    tcase_add_test(core, the_holder_is_named_by_its_extraction);
    tcase_add_test(core, a_holder_without_a_row_is_another_process);
    tcase_add_test(core, a_store_that_is_not_there_is_held_as_an_empty_file);
    tcase_add_test(core, a_file_that_was_made_for_a_hold_and_stayed_empty_goes_with_it);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, NULL);
    tcase_add_test(faults, what_cannot_be_written_cannot_be_held);
    tcase_add_test(faults, without_memory_nothing_is_held);
    suite_add_tcase(suite, faults);
    return suite;
}
