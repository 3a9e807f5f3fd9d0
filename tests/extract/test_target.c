/* test_target.c - store and network of a run: nothing is made before all is known to be well. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/store/store_feature.h"
#include "extract/target.h"
#include "tests/support/suite.h"

static const char *root;
static struct tl_scan *scan;
static struct tl_settings settings;
static struct tl_stop stop;

static void set_up(void)
{
    struct tl_error err;

    root = tl_test_make_folder();
    ck_assert_int_eq(mkdir(tl_test_path(root, "photos"), 0777), 0);
    ck_assert_int_eq(mkdir(tl_test_path(root, "photos/a"), 0777), 0);
    tl_test_write_file(tl_test_path(root, "photos/a/1.jpg"), "x", 1);
    ck_assert_int_eq(tl_scan_read(&scan, tl_test_path(root, "photos"), NULL, NULL, &err), TL_OK);
    settings = (struct tl_settings){.label_set = "default", .augmentation_name = "mild", .variant_count = 2};
    tl_recipe_init(&settings.recipe);
    tl_augmentation_init_mild(&settings.augmentation);
    tl_stop_init(&stop, &settings);
}

static void tear_down(void)
{
    tl_scan_free(scan);
}

static enum tl_status open_target(struct tl_target *target, struct tl_scan *one, struct tl_error *err)
{
    enum tl_status status = tl_target_hold(target, &settings, &stop, err);

    return status == TL_OK ? tl_target_open(target, &settings, &one, 1, err) : status;
}

static void refuse(enum tl_status wanted, const char *store_name, const char *part)
{
    char store_path[4096];
    struct tl_target target;
    struct tl_error err;

    (void)snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, store_name));
    settings.store_path = store_path;
    ck_assert_int_eq(open_target(&target, scan, &err), wanted);
    ck_assert_msg(strstr(err.message, part) != NULL, "'%s' is not in '%s'", part, err.message);
    ck_assert_ptr_null(target.store);
    ck_assert_ptr_null(target.features);
}

START_TEST(without_weights_no_store_is_made)
{
    char weights_path[4096];

    (void)snprintf(weights_path, sizeof weights_path, "%s", tl_test_path(root, "none.h5"));
    settings.weights_path = weights_path;
    refuse(TL_NOT_FOUND, "s.db", "make weights");
    ck_assert_int_ne(access(tl_test_path(root, "s.db"), F_OK), 0);
    tl_test_write_file(weights_path, "these are no weights", 20);
    refuse(TL_BAD_INPUT, "s.db", "none.h5");
    ck_assert_int_ne(access(tl_test_path(root, "s.db"), F_OK), 0);
}
END_TEST

START_TEST(a_file_that_is_no_store_is_left_alone)
{
    static const char TEXT[] = "a letter, not a store; long enough to be taken for one by mistake";
    char weights_path[4096];
    struct stat info;

    (void)snprintf(weights_path, sizeof weights_path, "%s", tl_test_path(root, "weights.h5"));
    settings.weights_path = weights_path;
    tl_test_write_file(weights_path, "x", 1);
    tl_test_write_file(tl_test_path(root, "letter.txt"), TEXT, sizeof TEXT);
    refuse(TL_BAD_INPUT, "letter.txt", "letter.txt");
    ck_assert_int_eq(stat(tl_test_path(root, "letter.txt"), &info), 0);
    ck_assert_int_eq(info.st_size, sizeof TEXT);
}
END_TEST

START_TEST(a_store_goes_on_in_its_own_arithmetic)
{
    const char *weights_path = tl_test_weights_path();
    char store_path[4096];
    struct tl_target target;
    struct tl_error err;
    struct tl_store_feature_set *sets = NULL;
    size_t set_count = 0;

    if (!weights_path)
        return;
    (void)snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, "s.db"));
    settings.store_path = store_path;
    settings.weights_path = weights_path;
    settings.arithmetic = "f64-direct";
    settings.has_precision = true;
    ck_assert_msg(open_target(&target, scan, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_target_close(&target, &err), TL_OK);

    settings.arithmetic = NULL;
    settings.has_precision = false;
    ck_assert_msg(open_target(&target, scan, &err) == TL_OK, "%s", err.message);
    ck_assert_str_eq(tl_features_identify(target.features).arithmetic, "f64-direct");
    ck_assert_int_eq(tl_target_close(&target, &err), TL_OK);

    settings.has_precision = true; /* exact: this machine's own, beside the other */
    ck_assert_msg(open_target(&target, scan, &err) == TL_OK, "%s", err.message);
    ck_assert_str_ne(tl_features_identify(target.features).arithmetic, "f64-direct");
    ck_assert_int_eq(tl_store_list_feature_sets(target.store, &sets, &set_count, &err), TL_OK);
    ck_assert_uint_eq(set_count, 2);
    tl_store_free_feature_sets(sets, set_count);
    ck_assert_int_eq(tl_target_close(&target, &err), TL_OK);

    settings.has_precision = false;
    refuse(TL_BAD_INPUT, "s.db", "more than one arithmetic");
    settings.arithmetic = "abacus";
    settings.has_precision = true;
    refuse(TL_BAD_INPUT, "s.db", "abacus");
}
END_TEST

/* A child that holds a store not made yet, says so, makes it in another arithmetic and ends. */
static pid_t start_another(void)
{
    int ends[2];
    char word;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct tl_target target;
        struct tl_error err;
        const struct timespec moment = {.tv_nsec = 300000000};

        settings.arithmetic = "f64-direct";
        settings.has_precision = true;
        if (tl_target_hold(&target, &settings, &stop, &err) != TL_OK || write(ends[1], "x", 1) != 1)
            _exit(1);
        (void)nanosleep(&moment, NULL);
        if (tl_target_open(&target, &settings, &scan, 1, &err) != TL_OK || tl_target_close(&target, &err) != TL_OK)
            _exit(1);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &word, 1), 1);
    close(ends[0]);
    return child;
}

START_TEST(who_waited_for_a_new_store_follows_it)
{
    const char *weights_path = tl_test_weights_path();
    char store_path[4096];
    struct tl_target target;
    struct tl_error err;
    int state = 1;
    pid_t child;

    if (!weights_path)
        return;
    (void)snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, "s.db"));
    settings.store_path = store_path;
    settings.weights_path = weights_path;
    child = start_another();
    settings.is_waiting = settings.is_quiet = true;
    ck_assert_msg(open_target(&target, scan, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_int_eq(state, 0);
    ck_assert_str_eq(tl_features_identify(target.features).arithmetic, "f64-direct");
    ck_assert_int_eq(tl_target_close(&target, &err), TL_OK);
}
END_TEST

START_TEST(a_source_at_another_root_is_refused)
{
    const char *weights_path = tl_test_weights_path();
    char store_path[4096];
    struct tl_target target;
    struct tl_scan *other = NULL;
    struct tl_error err;

    if (!weights_path)
        return;
    (void)snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, "s.db"));
    settings.store_path = store_path;
    settings.weights_path = weights_path;
    ck_assert_msg(open_target(&target, scan, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_target_close(&target, &err), TL_OK);
    ck_assert_int_eq(rename(tl_test_path(root, "photos"), tl_test_path(root, "moved")), 0);
    ck_assert_int_eq(tl_scan_read(&other, tl_test_path(root, "moved"), "photos", NULL, &err), TL_OK);
    ck_assert_int_eq(open_target(&target, other, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, "--source"), "%s", err.message);
    tl_scan_free(other);
}
END_TEST

START_TEST(a_store_that_another_holds_is_refused_or_waited_for)
{
    char store_path[4096], weights_path[4096];
    struct tl_target target;
    tl_store_hold *hold = NULL;
    struct tl_error err;
    tl_store *store = NULL;

    (void)snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, "s.db"));
    (void)snprintf(weights_path, sizeof weights_path, "%s", tl_test_path(root, "weights.h5"));
    tl_test_write_file(weights_path, "x", 1);
    ck_assert_int_eq(tl_store_open(&store, store_path, TL_STORE_CREATE, &err), TL_OK);
    ck_assert_int_eq(tl_store_close(&store, &err), TL_OK);
    ck_assert_int_eq(tl_store_hold_take(&hold, store_path, &err), TL_OK);
    settings.weights_path = weights_path;
    refuse(TL_BAD_INPUT, "s.db", "--wait waits for it");
    settings.is_waiting = settings.is_quiet = true;
    settings.stop_after_seconds = 0.3;
    tl_stop_init(&stop, &settings);
    settings.store_path = store_path;
    ck_assert_int_eq(open_target(&target, scan, &err), TL_STOPPED);
    ck_assert_ptr_nonnull(strstr(err.message, "stopped while waiting for another process"));
    ck_assert_ptr_null(target.hold);
    tl_store_hold_free(hold);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("target");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_set_timeout(core, 60);
    tcase_add_test(core, a_store_goes_on_in_its_own_arithmetic);
    tcase_add_test(core, who_waited_for_a_new_store_follows_it);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_set_timeout(faults, 60);
    tcase_add_test(faults, without_weights_no_store_is_made);
    tcase_add_test(faults, a_file_that_is_no_store_is_left_alone);
    tcase_add_test(faults, a_store_that_another_holds_is_refused_or_waited_for);
    tcase_add_test(faults, a_source_at_another_root_is_refused);
    suite_add_tcase(suite, faults);
    return suite;
}
