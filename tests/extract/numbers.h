/* numbers.h - a whole extraction, with an engine that computes numbers instead of a network.
 *
 *     make_root(); add_photo("train/a/1.jpg", "text"); course = extract_well("s.db", threads, variants); ask("s.db", "SELECT ...");
 *
 * The engine makes "pixels" from a file's digest and "features" from pixels and variant, so that the store's digest tells
 * whether every variant was computed from the right photo. Texts that begin with "bad" cannot be read, "crash" crash, nor can paths
 * that hold "locked" while engine_state.is_locked; of texts that begin with "odd" variant 2 cannot be made but while is_even. Test
 * photos are read slowly, paths that hold "endless" until somebody interrupts. While engine_state.is_over nothing can be
 * read. All functions are static, because a test program is one file and what all of them share knows only the ground floor.
 */
#ifndef TL_TESTS_EXTRACT_NUMBERS_H
#define TL_TESTS_EXTRACT_NUMBERS_H

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
#include "common/store/store_source.h"
#include "extract/pipeline.h"
#include "extract/tally.h"
#include "extract/writer.h"
#include "tests/support/suite.h"

enum { INPUT_COUNT = 12, VECTOR_COUNT = 32 };

static struct {
    bool is_locked, is_even, refuses_sessions, is_over;
    atomic_bool is_interrupted;
    atomic_size_t run_count; /* vectors computed */
} engine_state;

static inline enum tl_status read_text(const struct tl_engine_reader *reader, struct tl_photo *out, const char *path,
                                       struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status;

    (void)reader;
    memset(out, 0, sizeof *out);
    if (engine_state.is_locked && strstr(path, "locked"))
        return tl_error_set(err, TL_IO, "locked");
    if (engine_state.is_over)
        return tl_error_set(err, TL_IO, "over");
    if (strstr(path, "/test/"))
        usleep(3000);
    while (strstr(path, "endless") && !engine_state.is_interrupted)
        usleep(1000);
    if (strstr(path, "endless"))
        return tl_error_set(err, TL_STOPPED, "interrupted");
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
    if (size_bytes >= 5 && memcmp(bytes, "crash", 5) == 0)
        status = tl_error_set(err, TL_CRASHED, "crashed");
    tl_memory_free(bytes);
    return status;
}

static inline void end_thread(void)
{
}

static inline enum tl_status check_reading(const struct tl_engine_reader *reader, struct tl_error *err)
{
    (void)reader;
    return engine_state.is_over ? tl_error_set(err, TL_IO, "nothing can be read") : TL_OK;
}

static inline void interrupt_reading(const struct tl_engine_reader *reader)
{
    (void)reader;
    engine_state.is_interrupted = true;
}

/* A minute in other processes each time somebody asks. */
static inline double measure_reading(const struct tl_engine_reader *reader)
{
    static double seconds;

    (void)reader;
    return seconds += 60;
}

static inline enum tl_status prepare(const void *context, float *input, const uint8_t *pixels, const struct tl_variant *variant,
                                     struct tl_error *err)
{
    (void)context;
    if (pixels[TL_DIGEST_BYTES] && variant->index == 2 && !engine_state.is_even)
        return tl_error_set(err, TL_IO, "odd");
    for (size_t i = 0; i < INPUT_COUNT; i++)
        input[i] = (float)pixels[i] * (float)variant->zoom_x + (float)variant->index;
    return TL_OK;
}

static inline enum tl_status open_session(void **out, const void *context, size_t thread_count, struct tl_error *err)
{
    (void)thread_count;
    (void)context;
    *out = engine_state.refuses_sessions ? NULL : &engine_state;
    return *out ? TL_OK : tl_error_set(err, TL_NO_MEMORY, "no session");
}

/* The wait lets threads overtake each other. */
static inline void run(void *session, float *vectors, const float *inputs, size_t count)
{
    (void)session;
    usleep((useconds_t)((unsigned)inputs[0] % 4 * 100));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < VECTOR_COUNT; j++)
            vectors[i * VECTOR_COUNT + j] = j % 3 ? 0.0F : inputs[i * INPUT_COUNT + j % INPUT_COUNT] + (float)j;
    engine_state.run_count += count;
}

static inline void close_session(void *session)
{
    (void)session;
}

static const struct tl_engine ENGINE = {{NULL, NULL, read_text, end_thread, check_reading, interrupt_reading, measure_reading},
                                        NULL,
                                        INPUT_COUNT,
                                        VECTOR_COUNT,
                                        false,
                                        prepare,
                                        open_session,
                                        run,
                                        close_session};

/* ---- one extraction ---- */

static const char *root;

static inline void make_root(void)
{
    root = tl_test_make_folder();
    ck_assert_int_eq(mkdir(tl_test_path(root, "photos"), 0777), 0);
}

static inline void add_photo(const char *path, const char *text)
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
    bool skips_known;              /* failures that last are not tried again */
    bool wants_summary;

    tl_writer *writer;
    size_t taken_count, reported_count, computed_count, agenda_count;
    struct tl_writer_totals totals;
    struct tl_effort effort;
    int64_t missing_count;
    char text[4096], json[4096]; /* the summary */
};

static inline void note_failure(void *context, const struct tl_agenda_photo *photo, const struct tl_error *failure)
{
    struct course *course = context;

    ck_assert_str_ne(photo->entry->path, "");
    ck_assert_int_ne(failure->status, TL_OK);
    course->reported_count++;
}

static inline enum tl_status take(void *context, struct tl_work *work, struct tl_error *err)
{
    struct course *course = context;

    course->taken_count++;
    if (course->fail_after && course->taken_count >= course->fail_after) {
        tl_work_free(work);
        return tl_error_set(err, TL_IO, "disk full");
    }
    return tl_writer_take(course->writer, work, err);
}

static inline enum tl_status tick(void *context, struct tl_error *err)
{
    return tl_writer_tick(((struct course *)context)->writer, err);
}

static inline bool should_stop(void *context)
{
    const struct course *course = context;

    return course->stop_after && course->taken_count >= course->stop_after;
}

static inline enum tl_status put_rows(tl_store *store, const struct tl_scan *scan, const struct tl_augmentation *augmentation,
                                      int64_t *out_source_id, struct tl_agenda_wish *wish, struct tl_error *err)
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

static inline void write_summary(struct course *course, tl_agenda *agenda, tl_store *store, struct tl_scan *scan, int64_t source_id)
{
    const struct tl_settings settings = {.store_path = course->store_name, .label_set = "default", .augmentation_name = "mild",
                                         .variant_count = course->variant_count};
    const struct tl_tally_facts facts = {.settings = &settings, .arithmetic = "exact", .written = course->totals, .scans = &scan,
                                         .scan_count = 1, .missing_count = course->missing_count, .seconds = 2.0,
                                         .effort = course->effort};
    FILE *text = fmemopen(course->text, sizeof course->text, "w"), *json = fmemopen(course->json, sizeof course->json, "w");
    struct tl_tally tally;
    struct tl_error err;

    ck_assert(text && json);
    ck_assert_int_eq(tl_tally_count(&tally, agenda, store, &scan, &source_id, 1, &err), TL_OK);
    ck_assert_int_eq(tl_tally_write_text(&tally, &facts, text, &err), TL_OK);
    ck_assert_int_eq(tl_tally_write_json(&tally, &facts, json, &err), TL_OK);
    tl_tally_free(&tally);
    ck_assert(fclose(text) == 0 && fclose(json) == 0);
}

static inline enum tl_status extract(struct course *course, struct tl_error *err)
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
        wish.is_retrying = !course->skips_known;
    if (status == TL_OK)
        status = tl_agenda_create(&agenda, store, &wish, &scan, &source_id, 1, err);
    if (status == TL_OK) {
        course->agenda_count = tl_agenda_photo_count(agenda);
        tl_scan_forget_entries(scan);
    }
    if (status == TL_OK)
        status = tl_writer_create(&course->writer, store, agenda, note_failure, course, err);
    if (status == TL_OK)
        status = tl_writer_put_known(course->writer, err);
    if (status == TL_OK)
        status = tl_pipeline_run(&course->effort, agenda, &augmentation, &ENGINE, course->thread_count, &sink, err);
    if ((status == TL_OK || status == TL_STOPPED) && !course->skips_flush) {
        enum tl_status flushed = tl_writer_flush(course->writer, err);

        status = flushed != TL_OK ? flushed : status;
    }
    if (status == TL_OK)
        status = tl_writer_mark_missing(course->writer, source_id, &course->missing_count, err);
    if (course->writer)
        course->totals = tl_writer_totals(course->writer);
    course->computed_count = engine_state.run_count - before;
    if (status == TL_OK && course->wants_summary)
        write_summary(course, agenda, store, scan, source_id);
    tl_writer_free(course->writer);
    tl_agenda_free(agenda);
    status = tl_store_close_after(&store, status, err);
    tl_scan_free(scan);
    return status;
}

static inline struct course extract_well(const char *store_name, unsigned thread_count, uint32_t variant_count)
{
    struct course course = {.store_name = store_name, .thread_count = thread_count, .variant_count = variant_count,
                            .wants_summary = true};
    struct tl_error err;

    ck_assert_msg(extract(&course, &err) == TL_OK, "extraction failed: %s", err.message);
    return course;
}

static inline bool keep_value(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)names;
    ck_assert_uint_eq(column_count, 1);
    (void)snprintf(context, 100, "%s", values[0] ? values[0] : "NULL");
    return true;
}

/* The one value that a query gives, static. */
static inline const char *ask(const char *store_name, const char *sql)
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

static inline void expect_equal_stores(const char *first_name, const char *second_name)
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
static inline void add_many(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64], text[64];

        (void)snprintf(path, sizeof path, "%s/%s/%zu.jpg", i % 4 ? "train" : "test", i % 2 ? "a" : "b", i);
        (void)snprintf(text, sizeof text, "photo %zu", i % 10 == 9 ? i - 1 : i);
        add_photo(path, text);
    }
}

#endif
