/* test_photo_walk.c - operands in their order, folders by the bytes of their paths, nothing hidden, nothing endless. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "serve/classify/photo_walk.h"
#include "tests/support/suite.h"

enum { ITEMS_MAX = 64 };

struct seen {
    char *paths[ITEMS_MAX];
    enum tl_status problems[ITEMS_MAX];
    size_t count;
};

static void make_file(const char *folder, const char *name)
{
    tl_test_write_file(tl_test_path(folder, name), "x", 1);
}

static void make_folder(const char *folder, const char *name)
{
    ck_assert_int_eq(mkdir(tl_test_path(folder, name), 0755), 0);
}

static struct seen walk_all(char *const *operands, size_t count)
{
    struct seen seen = {.count = 0};
    struct tl_photo_walk_item item;
    struct tl_error err;
    tl_photo_walk *walk = NULL;
    enum tl_status status;

    ck_assert_int_eq(tl_photo_walk_create(&walk, operands, count, &err), TL_OK);
    while ((status = tl_photo_walk_next(walk, &item, &err)) == TL_OK) {
        ck_assert_uint_lt(seen.count, ITEMS_MAX);
        seen.paths[seen.count] = item.path;
        seen.problems[seen.count++] = item.problem.status;
    }
    ck_assert_int_eq(status, TL_NOT_FOUND);
    ck_assert_ptr_null(item.path);
    ck_assert_int_eq(tl_photo_walk_next(walk, &item, &err), TL_NOT_FOUND);
    tl_photo_walk_free(walk);
    return seen;
}

/* The paths seen are `expected`, each below `folder`; frees them. */
static void check_seen(struct seen *seen, const char *folder, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < seen->count && i < count; i++)
        ck_assert_str_eq(seen->paths[i], *expected[i] ? tl_test_path(folder, expected[i]) : folder);
    ck_assert_uint_eq(seen->count, count);
    for (size_t i = 0; i < seen->count; i++)
        tl_memory_free(seen->paths[i]);
}

START_TEST(a_folder_gives_its_photos_by_the_bytes_of_their_paths)
{
    static const char *const EXPECTED[] = {"B.png", "a.jpg", "a/x.jpg", "a/y/z.JPEG", "a0.jpg", "\xff.jpg"};
    char *folder = strdup(tl_test_make_folder());
    struct seen seen;

    make_folder(folder, "a");
    make_folder(folder, "a/y");
    make_folder(folder, "empty");
    for (size_t i = sizeof EXPECTED / sizeof EXPECTED[0]; i-- > 0;)
        make_file(folder, EXPECTED[i]);
    make_file(folder, "notes.txt");
    seen = walk_all(&folder, 1);
    check_seen(&seen, folder, EXPECTED, sizeof EXPECTED / sizeof EXPECTED[0]);
    free(folder);
}
END_TEST

START_TEST(operands_keep_their_order_and_need_no_photo_name)
{
    static const char *const EXPECTED[] = {"z.txt", "sub/a.jpg", "missing.jpg", "z.txt"};
    char *folder = strdup(tl_test_make_folder());
    char *operands[4];
    struct seen seen;

    make_folder(folder, "sub");
    make_file(folder, "sub/a.jpg");
    make_file(folder, "z.txt");
    operands[0] = operands[3] = strdup(tl_test_path(folder, "z.txt"));
    operands[1] = strdup(tl_test_path(folder, "sub"));
    operands[2] = strdup(tl_test_path(folder, "missing.jpg"));
    seen = walk_all(operands, 4);
    for (size_t i = 0; i < seen.count; i++)
        ck_assert_int_eq(seen.problems[i], TL_OK);
    check_seen(&seen, folder, EXPECTED, 4);
    for (size_t i = 0; i < 3; i++)
        free(operands[i]);
    free(folder);
}
END_TEST

START_TEST(what_is_hidden_is_left_out_unless_it_was_named)
{
    static const char *const EXPECTED[] = {"seen.jpg", ".hidden.jpg"};
    char *folder = strdup(tl_test_make_folder());
    char *operands[2];
    struct seen seen;

    make_folder(folder, ".thumbnails");
    make_file(folder, ".thumbnails/a.jpg");
    make_file(folder, ".hidden.jpg");
    make_file(folder, "seen.jpg");
    operands[0] = folder;
    operands[1] = strdup(tl_test_path(folder, ".hidden.jpg"));
    seen = walk_all(operands, 2);
    check_seen(&seen, folder, EXPECTED, 2);
    free(operands[1]);
    free(folder);
}
END_TEST

START_TEST(a_slash_behind_a_folder_is_not_doubled)
{
    static const char *const EXPECTED[] = {"a.jpg"};
    char *folder = strdup(tl_test_make_folder()), *slashed;
    struct seen seen;

    make_file(folder, "a.jpg");
    slashed = strdup(tl_test_path(folder, ""));
    seen = walk_all(&slashed, 1);
    check_seen(&seen, folder, EXPECTED, 1);
    free(slashed);
    free(folder);
}
END_TEST

START_TEST(links_count_as_files_but_no_link_is_followed_into_a_folder)
{
    static const char *const EXPECTED[] = {"dangling.jpg", "loop.jpg", "real.jpg", "to-file.jpg"};
    char *folder = strdup(tl_test_make_folder());
    struct seen seen;

    make_file(folder, "real.jpg");
    ck_assert_int_eq(symlink("real.jpg", tl_test_path(folder, "to-file.jpg")), 0);
    ck_assert_int_eq(symlink("nowhere", tl_test_path(folder, "dangling.jpg")), 0);
    ck_assert_int_eq(symlink(".", tl_test_path(folder, "loop")), 0);
    ck_assert_int_eq(symlink(".", tl_test_path(folder, "loop.jpg")), 0);
    seen = walk_all(&folder, 1);
    check_seen(&seen, folder, EXPECTED, 4);
    free(folder);
}
END_TEST

START_TEST(a_folder_named_as_a_photo_is_given_out_and_not_walked)
{
    static const char *const EXPECTED[] = {"jpg/a.jpg", "x.jpg"};
    char *folder = strdup(tl_test_make_folder());
    struct seen seen;

    make_folder(folder, "jpg");
    make_file(folder, "jpg/a.jpg");
    make_folder(folder, "x.jpg");
    make_file(folder, "x.jpg/b.jpg");
    seen = walk_all(&folder, 1);
    check_seen(&seen, folder, EXPECTED, 2);
    free(folder);
}
END_TEST

START_TEST(no_operands_give_nothing)
{
    struct seen seen = walk_all(NULL, 0);

    ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(a_folder_without_photos_is_one_problem)
{
    static const char *const EXPECTED[] = {""};
    char *folder = strdup(tl_test_make_folder());
    struct seen seen;

    make_folder(folder, "inner");
    make_file(folder, "inner/notes.txt");
    seen = walk_all(&folder, 1);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_int_eq(seen.problems[0], TL_NOT_FOUND);
    check_seen(&seen, folder, EXPECTED, 1);
    free(folder);
}
END_TEST

START_TEST(a_folder_that_cannot_be_listed_is_a_problem_and_the_walk_goes_on)
{
    static const char *const EXPECTED[] = {"a.jpg", "locked", "z.jpg"};
    char *folder = strdup(tl_test_make_folder());
    struct seen seen;

    if (geteuid() == 0) {
        printf("skipped: root may list every folder\n");
        free(folder);
        return;
    }
    make_file(folder, "a.jpg");
    make_file(folder, "z.jpg");
    make_folder(folder, "locked");
    ck_assert_int_eq(chmod(tl_test_path(folder, "locked"), 0), 0);
    seen = walk_all(&folder, 1);
    ck_assert_int_eq(chmod(tl_test_path(folder, "locked"), 0755), 0);
    ck_assert_uint_eq(seen.count, 3);
    ck_assert_int_eq(seen.problems[1], TL_IO);
    check_seen(&seen, folder, EXPECTED, 3);
    free(folder);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_is_lost)
{
    char *folder = strdup(tl_test_make_folder());
    bool has_finished = false;
    size_t n = 0;

    make_folder(folder, "sub");
    make_file(folder, "sub/a.jpg");
    make_file(folder, "b.jpg");
    while (!has_finished) {
        struct tl_photo_walk_item item = {0};
        struct tl_error err;
        tl_photo_walk *walk = NULL;
        enum tl_status status;

        (void)tl_memory_fail_at(++n);
        status = tl_photo_walk_create(&walk, &folder, 1, &err);
        while (status == TL_OK && (status = tl_photo_walk_next(walk, &item, &err)) == TL_OK)
            tl_memory_free(item.path);
        (void)tl_memory_fail_at(0);
        tl_photo_walk_free(walk);
        ck_assert(status == TL_NO_MEMORY || status == TL_NOT_FOUND);
        ck_assert(status == TL_NOT_FOUND || err.message[0] != '\0');
        has_finished = status == TL_NOT_FOUND;
    }
    ck_assert_uint_gt(n, 6);
    free(folder);
}
END_TEST

static size_t estimate(char *const *operands, size_t count)
{
    struct tl_error err;
    tl_photo_walk *walk = NULL;
    size_t photo_count;

    ck_assert_int_eq(tl_photo_walk_create(&walk, operands, count, &err), TL_OK);
    photo_count = tl_photo_walk_estimate(walk);
    tl_photo_walk_free(walk);
    return photo_count;
}

START_TEST(files_are_as_many_as_named_and_a_folder_is_any_number)
{
    const char *folder = tl_test_make_folder();
    char *operands[] = {(char[]){"-"}, (char[]){"/nowhere/a.jpg"}, (char[]){"/dev/null"}, tl_memory_copy_string(folder)};

    ck_assert_uint_eq(estimate(operands, 1), 1);
    ck_assert_uint_eq(estimate(operands, 3), 3);
    ck_assert_uint_eq(estimate(operands, 4), SIZE_MAX);
    tl_memory_free(operands[3]);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("photo_walk");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, a_folder_gives_its_photos_by_the_bytes_of_their_paths);
    tcase_add_test(core, operands_keep_their_order_and_need_no_photo_name);
    tcase_add_test(core, what_is_hidden_is_left_out_unless_it_was_named);
    tcase_add_test(core, files_are_as_many_as_named_and_a_folder_is_any_number);
    tcase_add_test(limits, a_slash_behind_a_folder_is_not_doubled);
    tcase_add_test(limits, links_count_as_files_but_no_link_is_followed_into_a_folder);
    tcase_add_test(limits, a_folder_named_as_a_photo_is_given_out_and_not_walked);
    tcase_add_test(limits, no_operands_give_nothing);
    tcase_add_test(faults, a_folder_without_photos_is_one_problem);
    tcase_add_test(faults, a_folder_that_cannot_be_listed_is_a_problem_and_the_walk_goes_on);
    tcase_add_test(faults, every_failed_allocation_is_reported_and_nothing_is_lost);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
