/* test_system.c - whole files and what only look like files, default paths and clocks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "tests/support/suite.h"

enum { LIMIT = 1000 };

static void check_read(const char *path, const char *expected, size_t expected_bytes)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    struct tl_error err;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, LIMIT, &err), TL_OK);
    ck_assert_uint_eq(size_bytes, expected_bytes);
    ck_assert_mem_eq(bytes, expected, expected_bytes);
    tl_memory_free(bytes);
}

static void check_refused(const char *path, enum tl_status status, const char *message)
{
    uint8_t *bytes = (uint8_t *)&bytes;
    size_t size_bytes = 77;
    struct tl_error err;

    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, LIMIT, &err), status);
    ck_assert_str_eq(err.message, message);
    ck_assert_ptr_null(bytes);
    ck_assert_uint_eq(size_bytes, 77);
}

START_TEST(a_file_is_read_whole)
{
    const char *folder = tl_test_make_folder();
    const char *path = tl_test_path(folder, "a");

    tl_test_write_file(path, "a\0b\n", 4);
    check_read(path, "a\0b\n", 4);
    tl_test_remove_folder(folder);
}
END_TEST

START_TEST(a_link_is_followed)
{
    const char *folder = tl_test_make_folder();
    const char *path = tl_test_path(folder, "link");

    tl_test_write_file(tl_test_path(folder, "a"), "abc", 3);
    ck_assert_int_eq(symlink("a", path), 0);
    check_read(path, "abc", 3);
}
END_TEST

START_TEST(a_file_of_the_limit_is_read_and_one_byte_more_is_not)
{
    const char *folder = tl_test_make_folder();
    const char *path = tl_test_path(folder, "a");
    char bytes[LIMIT + 1];

    memset(bytes, 'q', sizeof bytes);
    tl_test_write_file(path, bytes, 1);
    check_read(path, bytes, 1);
    tl_test_write_file(path, bytes, LIMIT);
    check_read(path, bytes, LIMIT);
    tl_test_write_file(path, bytes, LIMIT + 1);
    check_refused(path, TL_BAD_INPUT, "1001 bytes, at most 1000 are read");
    ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0); /* sparse; no memory is asked for it */
    check_refused(path, TL_BAD_INPUT, "1099511627776 bytes, at most 1000 are read");
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
    const char *path = tl_test_path(tl_test_make_folder(), "a");

    tl_test_write_file(path, NULL, 0);
    check_refused(path, TL_BAD_INPUT, "an empty file");
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    const char *folder = tl_test_make_folder();
    const char *link = tl_test_path(folder, "dangling");

    ck_assert_int_eq(symlink("nowhere", link), 0);
    tl_test_write_file(tl_test_path(folder, "file"), "x", 1);
    check_refused(tl_test_path(folder, "missing"), TL_NOT_FOUND, "no such file");
    check_refused(link, TL_NOT_FOUND, "no such file");
    check_refused(tl_test_path(folder, "file/below"), TL_NOT_FOUND, "no such file");
    check_refused("", TL_NOT_FOUND, "no such file");
}
END_TEST

START_TEST(a_loop_of_links_is_an_io_error)
{
    const char *path = tl_test_path(tl_test_make_folder(), "loop");

    ck_assert_int_eq(symlink("loop", path), 0);
    check_refused(path, TL_IO, "cannot be opened: Too many levels of symbolic links");
}
END_TEST

START_TEST(folders_fifos_sockets_and_devices_are_refused_at_once)
{
    const char *folder = tl_test_make_folder();
    const char *fifo = tl_test_path(folder, "fifo"), *socket_path = tl_test_path(folder, "socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    check_refused(fifo, TL_BAD_INPUT, "a FIFO, not a regular file");
    check_refused(folder, TL_BAD_INPUT, "a folder, not a regular file");
    check_refused("/dev/zero", TL_BAD_INPUT, "a device, not a regular file");
    if (descriptor < 0 || strlen(socket_path) >= sizeof address.sun_path) {
        printf("skipped: no socket at %s\n", socket_path);
    } else {
        strcpy(address.sun_path, socket_path);
        ck_assert_int_eq(bind(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
        check_refused(socket_path, TL_BAD_INPUT, "a socket, not a regular file");
    }
    if (descriptor >= 0)
        close(descriptor);
}
END_TEST

START_TEST(an_unreadable_file_is_an_io_error)
{
    const char *path = tl_test_path(tl_test_make_folder(), "secret");

    tl_test_write_file(path, "x", 1);
    ck_assert_int_eq(chmod(path, 0), 0);
    if (access(path, R_OK) == 0)
        printf("skipped: this user may read every file\n");
    else
        check_refused(path, TL_IO, "cannot be opened: Permission denied");
}
END_TEST

START_TEST(a_file_that_ends_before_its_size_is_an_io_error)
{
    const char *path = "/sys/kernel/mm/transparent_hugepage/enabled"; /* a page by its size, a line by its content */
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    struct tl_error err;

    if (access(path, R_OK) != 0) {
        printf("skipped: there is no %s\n", path);
        return;
    }
    ck_assert_int_eq(tl_system_read_file(&bytes, &size_bytes, path, 1 << 20, &err), TL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "bytes while it was read"));
    ck_assert_ptr_null(bytes);
}
END_TEST

START_TEST(no_memory_for_a_file_is_told)
{
    const char *path = tl_test_path(tl_test_make_folder(), "a");

    tl_test_write_file(path, "abc", 3);
    tl_memory_fail_at(1);
    check_refused(path, TL_NO_MEMORY, "no memory for the file (3 bytes)");
}
END_TEST

/* A pipe that holds `count` bytes and then ends; the caller closes it. */
static int make_pipe(const char *bytes, size_t count)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], bytes, count), (ssize_t)count);
    close(ends[1]);
    return ends[0];
}

START_TEST(a_stream_is_read_to_its_end)
{
    int descriptor = make_pipe("abc\0de", 6);
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    struct tl_error err;

    ck_assert_int_eq(tl_system_read_stream(&bytes, &size_bytes, descriptor, 6, &err), TL_OK);
    ck_assert_uint_eq(size_bytes, 6);
    ck_assert_mem_eq(bytes, "abc\0de", 6);
    tl_memory_free(bytes);
    close(descriptor);
}
END_TEST

static void check_stream(const char *text, size_t limit_bytes, enum tl_status status, const char *message)
{
    int descriptor = make_pipe(text, strlen(text));
    uint8_t *bytes = (uint8_t *)&descriptor;
    size_t size_bytes = 7;
    struct tl_error err;

    ck_assert_int_eq(tl_system_read_stream(&bytes, &size_bytes, descriptor, limit_bytes, &err), status);
    ck_assert_str_eq(err.message, message);
    ck_assert_ptr_null(bytes);
    ck_assert_uint_eq(size_bytes, 7);
    close(descriptor);
}

START_TEST(a_stream_that_is_empty_or_too_long_is_refused)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    struct tl_error err;

    check_stream("", 10, TL_BAD_INPUT, "nothing came");
    check_stream("abcd", 3, TL_BAD_INPUT, "more than 3 bytes");
    tl_memory_fail_at(1);
    check_stream("abcd", 10, TL_NO_MEMORY, "no memory for what comes in (1048576 bytes)");
    tl_memory_fail_at(0);
    ck_assert_int_eq(tl_system_read_stream(&bytes, &size_bytes, -1, 10, &err), TL_IO);
}
END_TEST

static void check_weights_path(const char *expected)
{
    char *path = NULL;

    ck_assert_int_eq(tl_system_weights_path(&path, "net.h5", NULL), TL_OK);
    ck_assert_str_eq(path, expected);
    tl_memory_free(path);
}

START_TEST(weights_lie_in_the_data_folder)
{
    setenv("HOME", "/people/ann", 1);
    setenv("XDG_DATA_HOME", "/data//", 1);
    check_weights_path("/data/tl/weights/net.h5");
    setenv("XDG_DATA_HOME", "", 1);
    check_weights_path("/people/ann/.local/share/tl/weights/net.h5");
    unsetenv("XDG_DATA_HOME");
    check_weights_path("/people/ann/.local/share/tl/weights/net.h5");
    setenv("XDG_DATA_HOME", "/data", 1);
    unsetenv("HOME");
    check_weights_path("/data/tl/weights/net.h5");
}
END_TEST

START_TEST(without_a_home_there_is_no_path_for_weights)
{
    char *path = (char *)&path;
    struct tl_error err;

    unsetenv("XDG_DATA_HOME");
    setenv("HOME", "", 1);
    ck_assert_int_eq(tl_system_weights_path(&path, "net.h5", &err), TL_NOT_FOUND);
    ck_assert_ptr_null(path);
    ck_assert_str_eq(err.message, "no folder for weights: neither XDG_DATA_HOME nor HOME is set");
}
END_TEST

START_TEST(no_memory_for_a_path_is_told)
{
    for (size_t n = 1; n <= 2; n++) {
        char *path = (char *)&path;

        setenv("XDG_DATA_HOME", "/data", 1);
        tl_memory_fail_at(n);
        ck_assert_int_eq(tl_system_weights_path(&path, "net.h5", NULL), TL_NO_MEMORY);
        ck_assert_ptr_null(path);
    }
    ck_assert_uint_eq(tl_memory_fail_at(1), 2);
    ck_assert_ptr_null(tl_system_join_path("a", "b"));
}
END_TEST

struct join_case {
    const char *directory, *name, *expected;
};

static const struct join_case JOINS[] = {
    {"a", "b", "a/b"},   {"a/", "b", "a/b"}, {"a//", "//b", "a/b"}, {"/", "b", "/b"},
    {"//", "b", "/b"},   {"", "b", "b"},     {"a", "", "a/"},       {"a//b", "c/d", "a//b/c/d"},
    {".", "..", "./.."},
};

START_TEST(paths_are_joined_with_one_slash)
{
    char *path = tl_system_join_path(JOINS[_i].directory, JOINS[_i].name);

    ck_assert_ptr_nonnull(path);
    ck_assert_str_eq(path, JOINS[_i].expected);
    tl_memory_free(path);
}
END_TEST

START_TEST(clocks_go_forward_and_there_is_a_core)
{
    double seconds = tl_system_seconds();

    ck_assert_uint_ge(tl_system_core_count(), 1);
    ck_assert(tl_system_seconds() >= seconds);
    ck_assert_int_gt(tl_system_time_ms(), 1600000000000); /* after 2020 */
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/system");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, a_file_is_read_whole);
    tcase_add_test(core, a_link_is_followed);
    tcase_add_test(core, weights_lie_in_the_data_folder);
    tcase_add_loop_test(core, paths_are_joined_with_one_slash, 0, (int)(sizeof JOINS / sizeof JOINS[0]));
    tcase_add_test(core, clocks_go_forward_and_there_is_a_core);
    tcase_add_test(limits, a_file_of_the_limit_is_read_and_one_byte_more_is_not);
    tcase_add_test(limits, an_empty_file_is_refused);
    tcase_add_test(faults, what_is_not_there_is_not_found);
    tcase_add_test(faults, a_loop_of_links_is_an_io_error);
    tcase_add_test(faults, folders_fifos_sockets_and_devices_are_refused_at_once);
    tcase_add_test(faults, an_unreadable_file_is_an_io_error);
    tcase_add_test(faults, a_file_that_ends_before_its_size_is_an_io_error);
    tcase_add_test(core, a_stream_is_read_to_its_end);
    tcase_add_test(faults, a_stream_that_is_empty_or_too_long_is_refused);
    tcase_add_test(faults, no_memory_for_a_file_is_told);
    tcase_add_test(faults, without_a_home_there_is_no_path_for_weights);
    tcase_add_test(faults, no_memory_for_a_path_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
