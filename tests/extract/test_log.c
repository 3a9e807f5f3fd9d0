/* test_log.c - JSON lines in a file: appended whole, and never in the way of the work. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "extract/log.h"
#include "tests/support/suite.h"

static char path[4096], store_path[4096];

static void set_up(void)
{
    const char *folder = tl_test_make_folder();

    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(store_path, sizeof store_path, "%s/s.tl", folder);
}

/* The file as a string; static storage. */
static const char *read_log(void)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    size_t count;

    ck_assert_ptr_nonnull(file);
    count = fread(text, 1, sizeof text - 1, file);
    text[count] = '\0';
    fclose(file);
    return text;
}

static tl_log *open_log(void)
{
    struct tl_error err;
    tl_log *log = NULL;

    ck_assert_msg(tl_log_open(&log, path, store_path, &err) == TL_OK, "%s", err.message);
    return log;
}

START_TEST(lines_are_appended_and_there_at_once)
{
    struct tl_error err;
    tl_log *log;

    tl_test_write_file(path, "before\n", 7);
    log = open_log();
    ck_assert_int_eq(tl_log_write(log, "start", ", \"photos\": 3", &err), TL_OK);
    ck_assert_int_eq(tl_log_write(log, "end", NULL, &err), TL_OK);
    ck_assert_ptr_nonnull(strstr(read_log(), "before\n{\"time\": \"20"));
    ck_assert_ptr_nonnull(strstr(read_log(), "Z\", \"event\": \"start\", \"photos\": 3}\n{\"time\": \"20"));
    ck_assert_ptr_nonnull(strstr(read_log(), "Z\", \"event\": \"end\"}\n"));
    tl_log_close(log);
    ck_assert_int_eq(tl_log_write(NULL, "nothing", NULL, &err), TL_OK);
    tl_log_close(NULL);
}
END_TEST

static void write_many(char letter)
{
    char members[2100] = ", \"x\": \"";
    struct tl_error err;
    tl_log *log = open_log();
    size_t used = strlen(members);

    memset(members + used, letter, 2000);
    strcpy(members + used + 2000, "\"");
    for (int i = 0; i < 100; i++)
        if (tl_log_write(log, "line", members, &err) != TL_OK)
            _exit(1);
    tl_log_close(log);
}

START_TEST(lines_of_two_processes_never_mix)
{
    int outcome = 1;
    pid_t child = fork();
    char *rest;
    size_t count = 0;

    ck_assert_int_ge(child, 0);
    write_many(child == 0 ? 'a' : 'b');
    if (child == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(child, &outcome, 0), child);
    ck_assert_int_eq(outcome, 0);
    for (char *line = strtok_r((char *)(uintptr_t)read_log(), "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++) {
        ck_assert_int_eq(strncmp(line, "{\"time\": \"", 10), 0);
        ck_assert_str_eq(line + strlen(line) - 2, "\"}");
        ck_assert(!strchr(strstr(line, "\"x\""), 'a') || !strchr(strstr(line, "\"x\""), 'b'));
    }
    ck_assert_uint_eq(count, 200);
}
END_TEST

START_TEST(a_log_that_is_the_store_is_refused)
{
    struct tl_error err;
    tl_log *log = (void *)path;
    struct stat info;

    ck_assert_int_eq(tl_log_open(&log, store_path, store_path, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(log);
    ck_assert_int_ne(stat(store_path, &info), 0); /* not made */
    tl_test_write_file(store_path, "rows", 4);
    ck_assert_int_eq(link(store_path, path), 0);
    ck_assert_int_eq(tl_log_open(&log, path, store_path, &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "that is the store"));
    ck_assert_int_eq(stat(store_path, &info), 0);
    ck_assert_int_eq(info.st_size, 4);
}
END_TEST

START_TEST(a_full_disk_is_told_once)
{
    struct tl_error err;
    tl_log *log = NULL;

    ck_assert_int_eq(tl_log_open(&log, "/dev/full", store_path, &err), TL_OK);
    ck_assert_int_eq(tl_log_write(log, "start", NULL, &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "the work goes on"));
    ck_assert_int_eq(tl_log_write(log, "end", NULL, &err), TL_OK);
    tl_log_close(log);
}
END_TEST

START_TEST(a_reader_that_does_not_read_delays_nothing)
{
    struct tl_error err;
    char members[60000] = ", \"x\": \"";
    tl_log *log = NULL;
    int reader;
    enum tl_status status = TL_OK;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(tl_log_open(&log, path, store_path, &err), TL_IO); /* nobody reads */
    ck_assert_ptr_null(log);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(reader, 0);
    log = open_log();
    memset(members + strlen(members), 'x', 50000);
    for (int i = 0; i < 10 && status == TL_OK; i++)
        status = tl_log_write(log, "line", members, &err);
    ck_assert_int_eq(status, TL_IO);
    tl_log_close(log);
    close(reader);
}
END_TEST

START_TEST(a_line_after_a_cut_one_begins_anew)
{
    struct tl_error err;
    char piece[1 << 16], members[60000] = ", \"x\": \"";
    tl_log *log;
    int reader;
    ssize_t count;
    enum tl_status status = TL_OK;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    log = open_log();
    memset(members + strlen(members), 'x', 50000);
    for (int i = 0; i < 10 && status == TL_OK; i++)
        status = tl_log_write(log, "long", members, &err);
    while (read(reader, piece, sizeof piece) > 0)
        continue;
    ck_assert_int_eq(tl_log_write(log, "next", NULL, &err), TL_OK);
    count = read(reader, piece, sizeof piece - 1);
    ck_assert_int_gt(count, 0);
    piece[count] = '\0';
    ck_assert_int_eq(piece[0], '\n');
    ck_assert_ptr_nonnull(strstr(piece, "\"event\": \"next\"}\n"));
    tl_log_close(log);
    close(reader);
}
END_TEST

START_TEST(without_memory_there_is_no_log_and_no_crash)
{
    struct tl_error err;
    tl_log *log = NULL;
    enum tl_status status = TL_NO_MEMORY;

    for (size_t n = 1; status == TL_NO_MEMORY && n < 20; n++) {
        tl_memory_fail_at(n);
        status = tl_log_open(&log, path, store_path, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || log == NULL);
    }
    ck_assert_int_eq(status, TL_OK);
    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_log_write(log, "start", NULL, &err), TL_NO_MEMORY);
    tl_memory_fail_at(0);
    ck_assert_int_eq(tl_log_write(log, "start", NULL, &err), TL_OK);
    tl_log_close(log);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_add_test(core, lines_are_appended_and_there_at_once);
    tcase_add_test(core, lines_of_two_processes_never_mix);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, tl_system_ignore_closed_pipes);
    tcase_add_test(faults, a_log_that_is_the_store_is_refused);
    tcase_add_test(faults, a_full_disk_is_told_once);
    tcase_add_test(faults, a_reader_that_does_not_read_delays_nothing);
    tcase_add_test(faults, a_line_after_a_cut_one_begins_anew);
    tcase_add_test(faults, without_memory_there_is_no_log_and_no_crash);
    suite_add_tcase(suite, faults);
    return suite;
}
