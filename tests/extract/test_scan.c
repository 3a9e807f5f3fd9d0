/* test_scan.c - folders as lists of photos: made-up trees, well and badly laid out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "extract/scan.h"
#include "tests/support/suite.h"

static const char *root;

static void make_root(void)
{
    root = tl_test_make_folder();
}

static void add_folder(const char *name)
{
    ck_assert_msg(mkdir(tl_test_path(root, name), 0777) == 0, "mkdir %s", name);
}

static void add_file(const char *name)
{
    tl_test_write_file(tl_test_path(root, name), name, strlen(name));
}

static struct tl_scan *scan_well(const char *split)
{
    struct tl_scan *scan = NULL;
    struct tl_error err;
    enum tl_status status = tl_scan_read(&scan, root, NULL, split, &err);

    ck_assert_msg(status == TL_OK, "the scan failed: %s", err.message);
    return scan;
}

static void refuse(enum tl_status wanted, const char *split, const char *part)
{
    struct tl_scan *scan = (struct tl_scan *)&root; /* anything but NULL */
    struct tl_error err;

    ck_assert_int_eq(tl_scan_read(&scan, root, NULL, split, &err), wanted);
    ck_assert_ptr_null(scan);
    ck_assert_msg(strstr(err.message, part) != NULL, "'%s' is not in '%s'", part, err.message);
}

/* All entries as "path class split" lines. */
static void expect_entries(const struct tl_scan *scan, const char *wanted)
{
    char found[4096] = "";
    size_t used = 0;

    for (size_t i = 0; i < scan->entry_count; i++) {
        const struct tl_scan_entry *entry = &scan->entries[i];

        used += (size_t)snprintf(found + used, sizeof found - used, "%s %s %s\n", entry->path, entry->class_name,
                                 entry->split ? entry->split : "-");
        ck_assert_uint_lt(used, sizeof found);
    }
    ck_assert_str_eq(found, wanted);
}

static bool has_notice(const struct tl_scan *scan, const char *part)
{
    for (size_t i = 0; i < scan->notice_count; i++)
        if (strstr(scan->notices[i], part))
            return true;
    return false;
}

START_TEST(class_folders_give_classes_in_byte_order)
{
    struct tl_scan *scan;

    add_folder("rain");
    add_folder("10");
    add_folder("2");
    add_folder("Cloudy");
    add_file("rain/b.jpg");
    add_file("rain/a.png");
    add_file("10/x.JPEG");
    add_file("2/x.tif");
    add_file("Cloudy/1.webp");
    scan = scan_well(NULL);
    expect_entries(scan, "10/x.JPEG 10 -\n2/x.tif 2 -\nCloudy/1.webp Cloudy -\nrain/a.png rain -\nrain/b.jpg rain -\n");
    ck_assert_uint_eq(scan->class_count, 4);
    ck_assert_str_eq(scan->class_names[0], "10");
    ck_assert_str_eq(scan->class_names[3], "rain");
    ck_assert(!scan->has_splits);
    ck_assert_uint_eq(scan->notice_count, 0);
    ck_assert_int_eq(scan->entries[0].size_bytes, (int64_t)strlen("10/x.JPEG"));
    ck_assert_int_gt(scan->entries[0].mtime_ns, INT64_C(1000000000000000000));
    ck_assert_str_eq(scan->name, strrchr(root, '/') + 1);
    tl_scan_free(scan);
}
END_TEST

START_TEST(split_folders_are_known_in_any_case)
{
    struct tl_scan *scan;

    add_folder("TRAIN");
    add_folder("TRAIN/a");
    add_folder("test");
    add_folder("test/b");
    add_folder("Validation");
    add_folder("Validation/a");
    add_file("TRAIN/a/1.jpg");
    add_file("test/b/2.jpg");
    add_file("Validation/a/3.jpg");
    scan = scan_well(NULL);
    expect_entries(scan, "TRAIN/a/1.jpg a train\nValidation/a/3.jpg a val\ntest/b/2.jpg b test\n");
    ck_assert_uint_eq(scan->class_count, 2);
    ck_assert(scan->has_splits);
    tl_scan_free(scan);
}
END_TEST

START_TEST(folders_below_a_class_are_walked_in_keras_order)
{
    struct tl_scan *scan;

    add_folder("a");
    add_folder("a/sub");
    add_folder("a/sub-2");
    add_folder("a/sub/deep");
    add_folder("a/jpg"); /* named as Keras's list without a dot, and yet a folder of photos */
    add_file("a/z.jpg");
    add_file("a/sub/1.jpg");
    add_file("a/sub/deep/2.jpg");
    add_file("a/sub-2/3.jpg");
    add_file("a/jpg/4.jpg");
    scan = scan_well(NULL);
    expect_entries(scan, "a/z.jpg a -\na/jpg/4.jpg a -\na/sub/1.jpg a -\na/sub-2/3.jpg a -\na/sub/deep/2.jpg a -\n");
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_split_by_hand_is_given_to_every_photo)
{
    struct tl_scan *scan;

    add_folder("a");
    add_file("a/1.jpg");
    scan = scan_well("test");
    expect_entries(scan, "a/1.jpg a test\n");
    ck_assert(scan->has_splits);
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_class_may_be_called_train)
{
    struct tl_scan *scan;

    add_folder("car");
    add_folder("train");
    add_file("car/1.jpg");
    add_file("train/2.jpg");
    scan = scan_well(NULL);
    expect_entries(scan, "car/1.jpg car -\ntrain/2.jpg train -\n");
    ck_assert(!scan->has_splits);
    tl_scan_free(scan);
}
END_TEST

START_TEST(what_is_skipped_is_counted_and_told)
{
    struct tl_scan *scan;

    add_folder("a");
    add_folder(".ipynb_checkpoints");
    add_folder("a/.thumbs");
    add_folder("elsewhere");
    add_file("a/1.jpg");
    add_file("a/.hidden.jpg");
    add_file("a/notes.txt");
    add_file("outside.jpg");
    add_file("README");
    add_file("elsewhere/2.jpg");
    ck_assert_int_eq(symlink("../elsewhere", tl_test_path(root, "a/link")), 0);
    scan = scan_well(NULL);
    expect_entries(scan, "a/1.jpg a -\nelsewhere/2.jpg elsewhere -\n");
    ck_assert_uint_eq(scan->hidden_count, 3);
    ck_assert_uint_eq(scan->ignored_count, 2);
    ck_assert_uint_eq(scan->outside_count, 1);
    ck_assert_uint_eq(scan->linked_folder_count, 1);
    ck_assert(has_notice(scan, "3 hidden names"));
    ck_assert(has_notice(scan, "2 files are not named as photos"));
    ck_assert(has_notice(scan, "1 photo lies outside"));
    ck_assert(has_notice(scan, "1 link to a folder"));
    tl_scan_free(scan);
}
END_TEST

START_TEST(an_empty_class_is_a_class_and_told)
{
    struct tl_scan *scan;

    add_folder("a");
    add_folder("b");
    add_file("a/1.jpg");
    scan = scan_well(NULL);
    ck_assert_uint_eq(scan->class_count, 2);
    ck_assert_str_eq(scan->class_names[1], "b");
    ck_assert(has_notice(scan, "class folder b has no photos"));
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_link_to_a_photo_and_a_linked_class_are_followed)
{
    struct tl_scan *scan;

    add_folder("a");
    add_file("a/1.jpg");
    ck_assert_int_eq(symlink("1.jpg", tl_test_path(root, "a/2.jpg")), 0);
    ck_assert_int_eq(symlink("a", tl_test_path(root, "b")), 0);
    scan = scan_well(NULL);
    expect_entries(scan, "a/1.jpg a -\na/2.jpg a -\nb/1.jpg b -\nb/2.jpg b -\n");
    tl_scan_free(scan);
}
END_TEST

START_TEST(things_named_as_photos_are_entries)
{
    struct tl_scan *scan;

    add_folder("a");
    add_folder("a/folder.jpg");
    add_file("a/folder.jpg/inside.jpg");
    ck_assert_int_eq(mkfifo(tl_test_path(root, "a/fifo.jpg"), 0600), 0);
    ck_assert_int_eq(symlink("nowhere", tl_test_path(root, "a/dangling.jpg")), 0);
    scan = scan_well(NULL);
    expect_entries(scan, "a/dangling.jpg a -\na/fifo.jpg a -\na/folder.jpg a -\n");
    for (size_t i = 0; i < scan->entry_count; i++)
        ck_assert_int_ge(scan->entries[i].size_bytes, 0);
    tl_scan_free(scan);
}
END_TEST

START_TEST(names_of_any_bytes_are_kept)
{
    struct tl_scan *scan;

    add_folder("cl\xff\n");
    add_folder("leer\xfe");
    add_file("cl\xff\n/new\nline.jpg");
    add_file("cl\xff\n/\xc3.jpg");
    scan = scan_well(NULL);
    expect_entries(scan, "cl\xff\n/new\nline.jpg cl\xff\n -\ncl\xff\n/\xc3.jpg cl\xff\n -\n");
    ck_assert(has_notice(scan, "leer\\xfe"));
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_folder_that_cannot_be_listed_is_told_and_the_rest_goes_on)
{
    struct tl_scan *scan;

    bool is_superuser = geteuid() == 0;

    add_folder("a");
    add_folder("a/closed");
    add_file("a/1.jpg");
    chmod(tl_test_path(root, "a/closed"), 0);
    chmod(root, 0755);
    if (is_superuser) /* whom no folder is closed to */
        ck_assert_int_eq(seteuid(65534), 0);
    scan = scan_well(NULL);
    if (is_superuser)
        ck_assert_int_eq(seteuid(0), 0);
    expect_entries(scan, "a/1.jpg a -\n");
    ck_assert_uint_eq(scan->unlisted_count, 1);
    ck_assert(has_notice(scan, "a/closed"));
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_missing_folder_is_not_found)
{
    const char *before = root;

    root = tl_test_path(root, "nowhere");
    refuse(TL_NOT_FOUND, NULL, "no such folder");
    root = tl_test_path(before, "file");
    tl_test_write_file(root, "x", 1);
    refuse(TL_BAD_INPUT, NULL, "not a folder");
}
END_TEST

START_TEST(photos_without_class_folders_are_refused_with_what_is_needed)
{
    add_file("1.jpg");
    add_file("2.jpg");
    refuse(TL_BAD_INPUT, NULL, "2 photos lie directly in it");
    refuse(TL_BAD_INPUT, NULL, "one folder per class");
}
END_TEST

START_TEST(split_folders_without_classes_are_refused)
{
    add_folder("Train");
    add_folder("Test");
    refuse(TL_BAD_INPUT, NULL, "no class folders");
    add_file("Train/1.jpg");
    refuse(TL_BAD_INPUT, NULL, "1 photo lies directly in it or its split folders");
}
END_TEST

START_TEST(a_mixture_of_split_and_other_folders_is_refused)
{
    struct tl_scan *scan;

    add_folder("Train");
    add_folder("Train/a");
    add_folder("backup");
    add_file("Train/a/1.jpg");
    refuse(TL_BAD_INPUT, NULL, "split folder Train and other folders such as backup");
    scan = scan_well("train");
    expect_entries(scan, "Train/a/1.jpg Train train\n");
    tl_scan_free(scan);
}
END_TEST

START_TEST(a_split_by_hand_is_refused_where_folders_have_one)
{
    add_folder("Train");
    add_folder("Train/a");
    add_file("Train/a/1.jpg");
    refuse(TL_BAD_INPUT, "test", "split folders of its own");
}
END_TEST

START_TEST(every_failed_allocation_is_told)
{
    size_t n = 0;
    enum tl_status status = TL_NO_MEMORY;

    add_folder("Train");
    add_folder("Train/a");
    add_folder("Train/b");
    add_folder("Train/a/sub");
    add_folder(".hid");
    add_file("Train/a/1.jpg");
    add_file("Train/a/sub/2.jpg");
    while (status != TL_OK) {
        struct tl_scan *scan = NULL;
        struct tl_error err;

        (void)tl_memory_fail_at(++n);
        status = tl_scan_read(&scan, root, NULL, NULL, &err);
        (void)tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "call %zu: %s", n, err.message);
        ck_assert((scan != NULL) == (status == TL_OK));
        tl_scan_free(scan);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("scan");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");

    tcase_add_checked_fixture(core, make_root, NULL);
    tcase_add_test(core, class_folders_give_classes_in_byte_order);
    tcase_add_test(core, split_folders_are_known_in_any_case);
    tcase_add_test(core, folders_below_a_class_are_walked_in_keras_order);
    tcase_add_test(core, a_split_by_hand_is_given_to_every_photo);
    tcase_add_test(core, a_class_may_be_called_train);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(limits, make_root, NULL);
    tcase_add_test(limits, what_is_skipped_is_counted_and_told);
    tcase_add_test(limits, an_empty_class_is_a_class_and_told);
    tcase_add_test(limits, a_link_to_a_photo_and_a_linked_class_are_followed);
    tcase_add_test(limits, things_named_as_photos_are_entries);
    tcase_add_test(limits, names_of_any_bytes_are_kept);
    suite_add_tcase(suite, limits);
    tcase_add_checked_fixture(faults, make_root, NULL);
    tcase_add_test(faults, a_folder_that_cannot_be_listed_is_told_and_the_rest_goes_on);
    tcase_add_test(faults, a_missing_folder_is_not_found);
    tcase_add_test(faults, photos_without_class_folders_are_refused_with_what_is_needed);
    tcase_add_test(faults, split_folders_without_classes_are_refused);
    tcase_add_test(faults, a_mixture_of_split_and_other_folders_is_refused);
    tcase_add_test(faults, a_split_by_hand_is_refused_where_folders_have_one);
    tcase_add_test(faults, every_failed_allocation_is_told);
    suite_add_tcase(suite, faults);
    return suite;
}
