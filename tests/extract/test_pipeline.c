/* test_pipeline.c - agenda, pipeline and writer together, with an engine that computes numbers instead of a network.
 *
 * The engine makes "pixels" from a file's digest and "features" from pixels and variant, so that the store's digest tells whether
 * every variant was computed from the right photo. Texts that begin with "bad" cannot be read, paths that hold "locked" cannot either while
 * engine_state.is_locked, and of texts that begin with "odd" variant 2 cannot be made.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "extract/pipeline.h"
#include "extract/writer.h"
#include "tests/support/suite.h"

enum { INPUT_COUNT = 12, VECTOR_COUNT = 32 };

static struct {
    bool is_locked, refuses_sessions;
    atomic_size_t run_count; /* vectors computed */
} engine_state;

static enum tl_status read_text(const void *context, struct tl_photo *out, const char *path, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    (void)context;
    memset(out, 0, sizeof *out);
    if (engine_state.is_locked && strstr(path, "locked"))
        return tl_error_set(err, TL_IO, "locked");
    status = tl_system_read_file(&bytes, &size_bytes, path, 1000, err);
    if (status != TL_OK)
        return status;
    tl_digest_bytes(out->sha256, bytes, size_bytes);
    out->width_px = out->height_px = 1;
    out->exif_orientation = 6;
    (void)snprintf(out->format, sizeof out->format, "text");
    memcpy(out->pixels, out->sha256, TL_DIGEST_BYTES);
    out->pixels[TL_DIGEST_BYTES] = size_bytes >= 3 && memcmp(bytes, "odd", 3) == 0;
    if (size_bytes >= 3 && memcmp(bytes, "bad", 3) == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "not a photo");
    tl_memory_free(bytes);
    return status;
}

static void end_thread(void)
{
}

static enum tl_status prepare(const void *context, float *input, const uint8_t *pixels, const struct tl_variant *variant, struct tl_error *err)
{
    (void)context;
    if (pixels[TL_DIGEST_BYTES] && variant->index == 2)
        return tl_error_set(err, TL_IO, "odd");
    for (size_t i = 0; i < INPUT_COUNT; i++)
        input[i] = (float)pixels[i] * (float)variant->zoom_x + (float)variant->index;
    return TL_OK;
}

static enum tl_status open_session(void **out, const void *context, struct tl_error *err)
{
    (void)context;
    *out = engine_state.refuses_sessions ? NULL : &engine_state;
    return *out ? TL_OK : tl_error_set(err, TL_NO_MEMORY, "no session");
}

/* The wait lets threads overtake each other. */
static void run(void *session, float *vectors, const float *inputs, size_t count)
{
    (void)session;
    usleep((useconds_t)((unsigned)inputs[0] % 4 * 100));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < VECTOR_COUNT; j++)
            vectors[i * VECTOR_COUNT + j] = j % 3 ? 0.0F : inputs[i * INPUT_COUNT + j % INPUT_COUNT] + (float)j;
    engine_state.run_count += count;
}

static void close_session(void *session)
{
    (void)session;
}

static const struct tl_engine ENGINE = {NULL, INPUT_COUNT, VECTOR_COUNT, read_text, end_thread, prepare, open_session, run, close_session};

/* ---- one extraction ---- */

static const char *root;

static void make_root(void)
{
    root = tl_test_make_folder();
    ck_assert_int_eq(mkdir(tl_test_path(root, "photos"), 0777), 0);
}

static void add_photo(const char *path, const char *text)
{
    char folder[256] = "photos";

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "photos/%.*s", (int)(slash - path), path);
        (void)mkdir(tl_test_path(root, folder), 0777);
    }
    (void)snprintf(folder, sizeof folder, "photos/%s", path);
    tl_test_write_file(tl_test_path(root, folder), text, strlen(text));
}

/* What to do, and what came of it. */
struct course {
    const char *store_name;
    unsigned thread_count;
    uint32_t variant_count;
    size_t stop_after, fail_after; /* works taken; 0: never */
    bool skips_flush;              /* as if the process were killed */

    tl_writer *writer;
    size_t taken_count, reported_count, computed_count;
    struct tl_writer_totals totals;
    int64_t missing_count;
};

static void note_failure(void *context, const struct tl_agenda_photo *photo, const struct tl_error *failure)
{
    struct course *course = context;

    ck_assert_str_ne(photo->entry->path, "");
    ck_assert_int_ne(failure->status, TL_OK);
    course->reported_count++;
}

static enum tl_status take(void *context, struct tl_work *work, struct tl_error *err)
{
    struct course *course = context;

    course->taken_count++;
    if (course->fail_after && course->taken_count >= course->fail_after) {
        tl_work_free(work);
        return tl_error_set(err, TL_IO, "disk full");
    }
    return tl_writer_take(course->writer, work, err);
}

static enum tl_status tick(void *context, struct tl_error *err)
{
    return tl_writer_tick(((struct course *)context)->writer, err);
}

static bool should_stop(void *context)
{
    const struct course *course = context;

    return course->stop_after && course->taken_count >= course->stop_after;
}

static enum tl_status put_rows(tl_store *store, const struct tl_scan *scan, const struct tl_augmentation *augmentation, int64_t *out_source_id,
                               struct tl_agenda_wish *wish, struct tl_error *err)
{
    char input_json[TL_RECIPE_JSON_BYTES];
    struct tl_recipe recipe;
    struct tl_store_feature_set set = {.input_json = input_json, .network = "numbers", .layer = "last", .arithmetic = "exact",
                                       .stored_type = "float32", .height = 1, .width = 1, .channels = VECTOR_COUNT};
    char json[TL_AUGMENTATION_JSON_BYTES];
    struct tl_store_augmentation row = {.name = "mild", .json = json};
    enum tl_status status = tl_store_begin(store, err);

    tl_recipe_init(&recipe);
    tl_recipe_to_json(input_json, &recipe);
    tl_recipe_digest(set.input_digest, &recipe);
    tl_augmentation_to_json(json, augmentation);
    tl_augmentation_digest(row.digest, augmentation);
    if (status == TL_OK)
        status = tl_store_put_source(store, out_source_id, scan->name, scan->root, err);
    if (status == TL_OK)
        status = tl_store_put_feature_set(store, &set, err);
    if (status == TL_OK)
        status = tl_store_put_augmentation(store, &row, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    wish->label_set = "default";
    wish->feature_set_id = set.feature_set_id;
    wish->augmentation_id = row.augmentation_id;
    return status;
}

static enum tl_status extract(struct course *course, struct tl_error *err)
{
    const struct tl_pipeline_sink sink = {course, take, tick, should_stop};
    struct tl_agenda_wish wish = {.variant_count = course->variant_count};
    struct tl_augmentation augmentation;
    struct tl_scan *scan = NULL;
    tl_store *store = NULL;
    tl_agenda *agenda = NULL;
    int64_t source_id = 0;
    size_t before = engine_state.run_count;
    enum tl_status status = tl_scan_read(&scan, tl_test_path(root, "photos"), NULL, NULL, err);

    course->writer = NULL;
    tl_augmentation_init_mild(&augmentation);
    if (status == TL_OK)
        status = tl_store_open(&store, tl_test_path(root, course->store_name), TL_STORE_CREATE, err);
    if (status == TL_OK)
        status = put_rows(store, scan, &augmentation, &source_id, &wish, err);
    if (status == TL_OK)
        status = tl_agenda_create(&agenda, store, &wish, &scan, &source_id, 1, err);
    if (status == TL_OK)
        status = tl_writer_create(&course->writer, store, agenda, note_failure, course, err);
    if (status == TL_OK)
        status = tl_writer_put_known(course->writer, err);
    if (status == TL_OK)
        status = tl_pipeline_run(agenda, &augmentation, &ENGINE, course->thread_count, &sink, err);
    if ((status == TL_OK || status == TL_STOPPED) && !course->skips_flush) {
        enum tl_status flushed = tl_writer_flush(course->writer, err);

        status = flushed != TL_OK ? flushed : status;
    }
    if (status == TL_OK)
        status = tl_writer_mark_missing(course->writer, source_id, &course->missing_count, err);
    if (course->writer)
        course->totals = tl_writer_totals(course->writer);
    course->computed_count = engine_state.run_count - before;
    tl_writer_free(course->writer);
    tl_agenda_free(agenda);
    if (store) {
        tl_store_rollback(store);
        ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
    }
    tl_scan_free(scan);
    return status;
}

static struct course extract_well(const char *store_name, unsigned thread_count, uint32_t variant_count)
{
    struct course course = {.store_name = store_name, .thread_count = thread_count, .variant_count = variant_count};
    struct tl_error err;

    ck_assert_msg(extract(&course, &err) == TL_OK, "extraction failed: %s", err.message);
    return course;
}

static bool keep_value(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)names;
    ck_assert_uint_eq(column_count, 1);
    (void)snprintf(context, 100, "%s", values[0] ? values[0] : "NULL");
    return true;
}

/* The one value that a query gives, static. */
static const char *ask(const char *store_name, const char *sql)
{
    static char value[100];
    tl_store *store = NULL;
    struct tl_error err;

    value[0] = '\0';
    ck_assert_int_eq(tl_store_open(&store, tl_test_path(root, store_name), TL_STORE_READ, &err), TL_OK);
    ck_assert_msg(tl_store_query(store, sql, keep_value, value, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_store_close(&store, &err), TL_OK);
    return value;
}

static void expect_equal_stores(const char *first_name, const char *second_name)
{
    const char *names[] = {first_name, second_name};
    uint8_t digests[2][TL_DIGEST_BYTES];

    for (size_t i = 0; i < 2; i++) {
        tl_store *store = NULL;
        struct tl_error err;

        ck_assert_int_eq(tl_store_open(&store, tl_test_path(root, names[i]), TL_STORE_READ, &err), TL_OK);
        ck_assert_int_eq(tl_store_compute_digest(store, digests[i], &err), TL_OK);
        ck_assert_int_eq(tl_store_close(&store, &err), TL_OK);
    }
    ck_assert_msg(memcmp(digests[0], digests[1], TL_DIGEST_BYTES) == 0, "%s and %s differ", first_name, second_name);
}

/* `count` photos in two classes and two splits, a few of them copies. */
static void add_many(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64], text[64];

        (void)snprintf(path, sizeof path, "%s/%s/%zu.jpg", i % 4 ? "train" : "test", i % 2 ? "a" : "b", i);
        (void)snprintf(text, sizeof text, "photo %zu", i % 10 == 9 ? i - 1 : i);
        add_photo(path, text);
    }
}

/* ---- cases ---- */

START_TEST(every_photo_and_variant_is_computed_once)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    add_photo("b/3.jpg", "three");
    course = extract_well("s.db", 1, 3);
    ck_assert_uint_eq(course.totals.feature_count, 12);
    ck_assert_uint_eq(course.computed_count, 12);
    ck_assert_uint_eq(course.totals.done_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo JOIN content USING (content_id) WHERE exif_orientation = 6"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT group_concat(class) FROM (SELECT class FROM label ORDER BY class)"), "a,a,b");
    course = extract_well("s.db", 1, 3);
    ck_assert_uint_eq(course.taken_count, 0);
    ck_assert_uint_eq(course.computed_count, 0);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_store)
{
    static const char *const NAMES[] = {"1.db", "2.db", "4.db"};

    add_many(60);
    for (unsigned i = 0; i < 3; i++)
        (void)extract_well(NAMES[i], 1U << i, 11); /* 12 variants are two works */
    expect_equal_stores("1.db", "2.db");
    expect_equal_stores("1.db", "4.db");
    ck_assert_str_eq(ask("4.db", "SELECT count(*) FROM variant JOIN photo USING (content_id) JOIN label USING (photo_id)"
                                 " WHERE split = 'test' AND variant_index > 0"), "0");
}
END_TEST

START_TEST(equal_bytes_are_computed_once_and_have_two_places)
{
    struct course course;

    add_photo("a/1.jpg", "same");
    add_photo("a/2.jpg", "same");
    add_photo("b/3.jpg", "same");
    course = extract_well("s.db", 4, 2);
    ck_assert_uint_eq(course.computed_count, 3);
    ck_assert_uint_eq(course.totals.done_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE content_id IS NOT NULL"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM content"), "1");
}
END_TEST

START_TEST(a_training_photo_with_a_twin_in_test_gets_no_variants)
{
    add_photo("train/a/1.jpg", "same");
    add_photo("train/a/2.jpg", "other");
    add_photo("test/a/3.jpg", "same");
    ck_assert_uint_eq(extract_well("s.db", 2, 2).computed_count, 4);
    ck_assert_uint_eq(extract_well("s.db", 2, 2).taken_count, 0);
}
END_TEST

START_TEST(variants_wanted_later_are_all_that_is_computed)
{
    add_many(12);
    (void)extract_well("at_once.db", 2, 9);
    (void)extract_well("later.db", 2, 0);
    ck_assert_str_eq(ask("later.db", "SELECT count(*) FROM variant WHERE variant_index > 0"), "0");
    (void)extract_well("later.db", 2, 4);
    (void)extract_well("later.db", 2, 9);
    expect_equal_stores("at_once.db", "later.db");
    ck_assert_uint_eq(extract_well("later.db", 2, 3).computed_count, 0);
}
END_TEST

START_TEST(a_stopped_run_goes_on_to_the_same_store)
{
    size_t stop_count = 0, computed_count = 0;
    enum tl_status status = TL_STOPPED;

    add_many(40);
    computed_count = extract_well("whole.db", 2, 3).computed_count;
    while (status == TL_STOPPED) {
        struct course course = {.store_name = "parts.db", .thread_count = 2, .variant_count = 3, .stop_after = 3};
        struct tl_error err;

        status = extract(&course, &err);
        computed_count -= course.computed_count;
        stop_count++;
        ck_assert_uint_lt(stop_count, 100);
    }
    ck_assert_int_eq(status, TL_OK);
    ck_assert_uint_gt(stop_count, 1);
    ck_assert_uint_eq(computed_count, 0); /* what was computed before a stop was kept */
    expect_equal_stores("whole.db", "parts.db");
}
END_TEST

START_TEST(what_a_killed_run_had_gathered_is_computed_again)
{
    struct course course = {.store_name = "killed.db", .thread_count = 2, .variant_count = 3, .stop_after = 20, .skips_flush = true};
    struct tl_error err;

    add_many(40);
    (void)extract_well("whole.db", 2, 3);
    ck_assert_int_eq(extract(&course, &err), TL_STOPPED);
    (void)extract_well("killed.db", 1, 3);
    expect_equal_stores("whole.db", "killed.db");
}
END_TEST

START_TEST(changed_and_vanished_photos_are_noticed)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "two");
    add_photo("a/3.jpg", "three");
    (void)extract_well("s.db", 1, 0);
    add_photo("a/1.jpg", "another one");
    ck_assert_int_eq(unlink(tl_test_path(root, "photos/a/3.jpg")), 0);
    course = extract_well("s.db", 1, 0);
    ck_assert_uint_eq(course.computed_count, 1);
    ck_assert_int_eq(course.missing_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM content"), "4");
    ck_assert_str_eq(ask("s.db", "SELECT path FROM photo WHERE missing_since_ms IS NOT NULL"), "a/3.jpg");
    add_photo("a/3.jpg", "three");
    course = extract_well("s.db", 1, 0);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE missing_since_ms IS NOT NULL"), "0");
}
END_TEST

START_TEST(a_photo_that_cannot_be_read_is_recorded_and_the_rest_goes_on)
{
    struct course course;

    add_photo("a/1.jpg", "one");
    add_photo("a/2.jpg", "bad");
    add_photo("a/3.jpg", "bad");
    ck_assert_int_eq(symlink("nowhere", tl_test_path(root, "photos/a/4.jpg")), 0);
    course = extract_well("s.db", 2, 1);
    ck_assert_uint_eq(course.computed_count, 2);
    ck_assert_uint_eq(course.reported_count, 3);
    ck_assert_uint_eq(course.totals.failed_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure WHERE stage = 'read' AND tries = 1"), "3");
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM photo WHERE content_id IS NULL"), "3");
    ck_assert_uint_eq(extract_well("s.db", 2, 1).reported_count, 3);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure WHERE tries = 2"), "3");
    add_photo("a/2.jpg", "good");
    ck_assert_uint_eq(extract_well("s.db", 2, 1).computed_count, 2);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "2");
}
END_TEST

START_TEST(a_copy_of_a_photo_that_cannot_be_read_is_computed)
{
    struct course course;

    add_photo("a/1 locked.jpg", "same");
    add_photo("a/2.jpg", "same");
    engine_state.is_locked = true;
    course = extract_well("s.db", 1, 2);
    ck_assert_uint_eq(course.computed_count, 3);
    ck_assert_uint_eq(course.totals.failed_count, 1);
    engine_state.is_locked = false;
    course = extract_well("s.db", 1, 2);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_uint_eq(course.totals.failed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT count(*) FROM failure"), "0");
}
END_TEST

START_TEST(a_variant_that_cannot_be_made_leaves_the_others)
{
    struct course course;

    add_photo("a/1.jpg", "odd");
    course = extract_well("s.db", 2, 9);
    ck_assert_uint_eq(course.computed_count, 9);
    ck_assert_uint_eq(course.totals.failed_count, 1);
    ck_assert_str_eq(ask("s.db", "SELECT message FROM failure WHERE stage = 'augment'"), "variant 2: odd");
    course = extract_well("s.db", 2, 9);
    ck_assert_uint_eq(course.computed_count, 0);
    ck_assert_str_eq(ask("s.db", "SELECT tries FROM failure"), "2");
}
END_TEST

START_TEST(a_failing_writer_ends_the_run)
{
    add_many(60);
    for (unsigned thread_count = 1; thread_count <= 4; thread_count++) {
        struct course course = {.store_name = "s.db", .thread_count = thread_count, .variant_count = 11, .fail_after = 2};
        struct tl_error err;

        ck_assert_int_eq(extract(&course, &err), TL_IO);
        ck_assert_str_eq(err.message, "disk full");
        ck_assert_uint_eq(course.taken_count, 2);
    }
}
END_TEST

START_TEST(a_thread_that_cannot_start_its_network_ends_the_run)
{
    struct course course = {.store_name = "s.db", .thread_count = 3};
    struct tl_error err;

    add_many(60);
    engine_state.refuses_sessions = true;
    ck_assert_int_eq(extract(&course, &err), TL_NO_MEMORY);
    ck_assert_str_eq(err.message, "no session");
}
END_TEST

START_TEST(every_failed_allocation_ends_cleanly)
{
    bool has_failed = true;
    struct tl_error err;

    add_photo("train/a/1.jpg", "one");
    add_photo("train/a/2.jpg", "two");
    add_photo("test/a/3.jpg", "one");
    (void)extract_well("whole.db", 1, 9);
    for (size_t n = 1; has_failed; n++) {
        struct course course = {.store_name = "memory.db", .thread_count = 1, .variant_count = 9};
        enum tl_status status;

        (void)unlink(tl_test_path(root, "memory.db"));
        (void)tl_memory_fail_at(n);
        status = extract(&course, &err);
        has_failed = tl_memory_fail_at(0) >= n;
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "call %zu: %s", n, err.message);
        if (status == TL_OK && course.totals.failed_count == 0)
            expect_equal_stores("whole.db", "memory.db");
        ck_assert_uint_lt(n, 2000);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits"), *faults = tcase_create("faults");
    TCase *cases[] = {core, limits, faults};

    tcase_add_test(core, every_photo_and_variant_is_computed_once);
    tcase_add_test(core, any_number_of_threads_gives_the_same_store);
    tcase_add_test(core, equal_bytes_are_computed_once_and_have_two_places);
    tcase_add_test(core, a_training_photo_with_a_twin_in_test_gets_no_variants);
    tcase_add_test(limits, variants_wanted_later_are_all_that_is_computed);
    tcase_add_test(limits, a_stopped_run_goes_on_to_the_same_store);
    tcase_add_test(limits, what_a_killed_run_had_gathered_is_computed_again);
    tcase_add_test(limits, changed_and_vanished_photos_are_noticed);
    tcase_add_test(faults, a_photo_that_cannot_be_read_is_recorded_and_the_rest_goes_on);
    tcase_add_test(faults, a_copy_of_a_photo_that_cannot_be_read_is_computed);
    tcase_add_test(faults, a_variant_that_cannot_be_made_leaves_the_others);
    tcase_add_test(faults, a_failing_writer_ends_the_run);
    tcase_add_test(faults, a_thread_that_cannot_start_its_network_ends_the_run);
    tcase_add_test(faults, every_failed_allocation_ends_cleanly);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcase_add_checked_fixture(cases[i], make_root, NULL);
        tcase_set_timeout(cases[i], 120);
        suite_add_tcase(suite, cases[i]);
    }
    return suite;
}
