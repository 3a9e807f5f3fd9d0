/* test_probe.c - a few photos through the pipeline, to tell what all of them will take. */
#include "extract/probe.h"
#include "tests/extract/numbers.h"

static struct tl_scan *scan;
static tl_agenda *agenda;
static struct tl_settings settings;

/* An agenda of a store that is not there: everything is to be done. */
static void set_up_agenda(size_t photo_count, uint32_t variant_count)
{
    const struct tl_agenda_wish wish = {
        .label_set = "default", .feature_set_id = -1, .augmentation_id = -1, .variant_count = variant_count};
    const int64_t source_id = -1;
    struct tl_error err;
    char name[32], text[32];

    make_root();
    for (size_t i = 0; i < photo_count; i++) {
        snprintf(name, sizeof name, "a/%zu.jpg", i);
        snprintf(text, sizeof text, i % 10 == 9 ? "bad %zu" : "photo %zu", i);
        add_photo(name, text);
    }
    settings = (struct tl_settings){.label_set = "default", .variant_count = variant_count, .thread_count = 2};
    tl_augmentation_init_mild(&settings.augmentation);
    ck_assert_int_eq(tl_scan_read(&scan, tl_test_path(root, "photos"), NULL, NULL, &err), TL_OK);
    ck_assert_msg(tl_agenda_create(&agenda, NULL, &wish, &scan, &source_id, 1, &err) == TL_OK, "%s", err.message);
}

static void tear_down(void)
{
    tl_agenda_free(agenda);
    tl_scan_free(scan);
}

START_TEST(a_small_plan_goes_through_whole_and_changes_nothing)
{
    struct tl_error err;
    struct tl_probe probe;

    set_up_agenda(20, 5);
    ck_assert_uint_eq(tl_agenda_job_count(agenda), 20);
    ck_assert_msg(tl_probe_run(&probe, agenda, &settings, &ENGINE, &err) == TL_OK, "%s", err.message);
    ck_assert(probe.photo_count > 19.99 && probe.photo_count < 20.01);
    ck_assert_uint_eq(probe.failed_count, 2);
    ck_assert_uint_eq(probe.feature_count, 18 * 6);
    ck_assert_uint_gt(probe.blob_bytes, 0);
    ck_assert(probe.read_seconds > 1.0); /* the minute in other processes */
    ck_assert(tl_probe_estimate_seconds(&probe, 40, 216) > 1.9 * tl_probe_estimate_seconds(&probe, 20, 108));
    ck_assert_uint_eq(tl_agenda_job_count(agenda), 20);
    ck_assert_int_eq(tl_agenda_photo(agenda, 0)->outcome, TL_AGENDA_LEFT);
}
END_TEST

START_TEST(of_a_large_plan_some_are_taken)
{
    struct tl_error err;
    struct tl_probe probe;

    set_up_agenda(400, 20);
    ck_assert_int_eq(tl_probe_run(&probe, agenda, &settings, &ENGINE, &err), TL_OK);
    ck_assert(probe.photo_count > 100 && probe.photo_count < 150);
    ck_assert_uint_gt(probe.failed_count, 3); /* from all over: a tenth of them are bad */
    ck_assert_uint_lt(probe.failed_count, 30);
}
END_TEST

START_TEST(photos_that_are_none_tell_nothing)
{
    struct tl_error err;
    struct tl_probe probe;

    set_up_agenda(1, 0);
    add_photo("a/0.jpg", "bad");
    ck_assert_int_eq(tl_probe_run(&probe, agenda, &settings, &ENGINE, &err), TL_OK);
    ck_assert_uint_eq(probe.feature_count, 0);
    ck_assert_uint_eq(probe.failed_count, 1);
}
END_TEST

START_TEST(without_memory_the_probe_fails)
{
    struct tl_error err;
    struct tl_probe probe;

    set_up_agenda(3, 0);
    for (size_t n = 1; n <= 6; n++) {
        tl_memory_fail_at(n);
        ck_assert_int_eq(tl_probe_run(&probe, agenda, &settings, &ENGINE, &err), TL_NO_MEMORY);
    }
    tl_memory_fail_at(0);
    ck_assert_int_eq(tl_probe_run(&probe, agenda, &settings, &ENGINE, &err), TL_OK);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("probe");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, NULL, tear_down);
    tcase_set_timeout(core, 30);
    tcase_add_test(core, a_small_plan_goes_through_whole_and_changes_nothing);
    tcase_add_test(core, of_a_large_plan_some_are_taken);
    tcase_add_test(core, photos_that_are_none_tell_nothing);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, NULL, tear_down);
    tcase_add_test(faults, without_memory_the_probe_fails);
    suite_add_tcase(suite, faults);
    return suite;
}
