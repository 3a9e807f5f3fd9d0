/* test_store_verify.c - damage of every kind is found and named, each feature once, by any number of threads.
 */
#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store_integrity.h"
#include "common/store/store_verify.h"
#include "tests/common/store/small_store.h"

enum { VALUES = 4, TOLD_BYTES = 8192 };

static tl_store *store;
static struct small_store small;
static const char *path;
static char told[TOLD_BYTES];

/* The fixture's features with blobs that are some. */
static void fill_blobs(void)
{
    struct tl_error err;
    tl_codec *codec = NULL;
    must(tl_codec_create(&codec, &err), &err);
    must(tl_store_begin(store, &err), &err);
    for (unsigned n = 1; n <= 6; n++)
        for (unsigned index = 0; index <= (n <= 3 ? 2u : 0u); index++) {
            const float values[VALUES] = {(float)n, 0, (float)index, -0.0F};
            struct tl_codec_info info;
            struct tl_store_feature feature;
            struct tl_digest digest;
            must(tl_codec_encode(codec, &feature.blob, &feature.blob_bytes, &info, values, VALUES, &err), &err);
            feature.nonzero_count = info.nonzero_count;
            fill_sha256(feature.pixels_digest, n);
            tl_digest_init(&digest);
            tl_digest_update_floats(&digest, values, VALUES);
            tl_digest_finish(&digest, feature.values_digest);
            must(tl_store_put_feature(store, small.feature_set_id,
                                      put_variant(store, small.content_ids[n], index == 0 ? 0 : small.mild_id, index), &feature,
                                      &err),
                 &err);
        }
    must(tl_store_commit(store, &err), &err);
    tl_codec_free(codec);
}

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
    fill_blobs();
    told[0] = '\0';
}

static void close_small(void)
{
    close_store(store);
}

/* "path variant: message;" */
static enum tl_status tell(void *context, const struct tl_store_feature_name *name, const struct tl_error *failure,
                           struct tl_error *err)
{
    const size_t used = strlen(told);
    (void)context;
    (void)err;
    if (name->is_orphan)
        snprintf(told + used, sizeof told - used, "orphan %lld: %s;", (long long)name->feature_id, failure->message);
    else
        snprintf(told + used, sizeof told - used, "%s%s/%s %s %u: %s;", name->is_present ? "" : "absent ", name->source, name->path,
             name->augmentation, name->variant_index, failure->message);
    return TL_OK;
}

static enum tl_status refuse(void *context, const struct tl_store_feature_name *name, const struct tl_error *failure,
                             struct tl_error *err)
{
    (void)context;
    (void)name;
    (void)failure;
    return tl_error_set(err, TL_IO, "cannot be told");
}

static bool stop_at_once(void *context, int64_t features)
{
    *(int64_t *)context = features;
    return false;
}

static struct tl_store_verified verify(size_t thread_count)
{
    const struct tl_store_verify_watch watch = {tell, NULL, NULL};
    struct tl_store_verified verified;
    struct tl_error err;
    told[0] = '\0';
    must(tl_store_verify(store, &verified, thread_count, &watch, &err), &err);
    return verified;
}

static void must_tell(const char *sql, int64_t damaged, const char *words)
{
    run_beside(path, sql);
    const struct tl_store_verified verified = verify(1);
    ck_assert_int_eq(verified.features, 12);
    ck_assert_msg(verified.damaged == damaged, "%lld damaged: %s", (long long)verified.damaged, told);
    ck_assert_msg(strstr(told, words) != NULL, "'%s' is not in '%s'", words, told);
}

/* ---- Core ---- */

START_TEST(what_was_stored_is_verified)
{
    const struct tl_store_verified verified = verify((size_t)_i);
    ck_assert_int_eq(verified.features, 12);
    ck_assert_int_eq(verified.damaged, 0);
    ck_assert_str_eq(told, "");
}
END_TEST

static const struct {
    const char *change, *words;
} damages[] = {
    {"UPDATE feature_blob SET blob = zeroblob(length(blob))", "of version 0"},
    {"UPDATE feature_blob SET blob = CAST(substr(blob, 1, length(blob) - 1) || x'00' AS BLOB)", "checksum"},
    {"UPDATE feature_blob SET blob = CAST(blob || x'00' AS BLOB)", "bytes, not "},
    {"DELETE FROM feature_blob WHERE 1", "its values are lost"},
    {"UPDATE feature SET values_digest = zeroblob(32)", "another digest"},
    {"UPDATE feature SET nonzero_count = nonzero_count + 1", "of its values are not zero, not "},
    {"UPDATE feature SET stored_bytes = 1", "bytes, not 1"},
};

START_TEST(each_damage_is_named)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "%s %s feature_id IN (SELECT feature_id FROM variants WHERE path LIKE '%%3.jpg' AND variant_index = 2)",
             damages[_i].change, strncmp(damages[_i].change, "DELETE", 6) == 0 ? "AND" : "WHERE");
    must_tell(sql, 1, "sky/train/cloudy/3.jpg mild 2: ");
    ck_assert_msg(strstr(told, damages[_i].words) != NULL, "'%s' is not in '%s'", damages[_i].words, told);
    char first[TOLD_BYTES];
    snprintf(first, sizeof first, "%s", told);
    ck_assert_int_eq(verify(3).damaged, 1);
    ck_assert_str_eq(told, first);
}
END_TEST

START_TEST(damage_of_a_photo_that_is_gone_is_told_as_such)
{
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path LIKE '%/4.jpg'; UPDATE photo SET content_id = NULL WHERE "
                     "path LIKE '%/5.jpg'");
    must_tell("DELETE FROM feature_blob", 12, "absent sky/test/clear/4.jpg none 0: ");
    ck_assert_ptr_nonnull(strstr(told, "absent / none 0: "));
    ck_assert_ptr_nonnull(strstr(told, ";sky/train/clear/1.jpg none 0: "));
}
END_TEST

START_TEST(a_damaged_feature_whose_other_rows_are_lost_is_told_by_its_number)
{
    static const char *const losses[] = {
        "DELETE FROM variant WHERE variant_id = (SELECT variant_id FROM feature WHERE feature_id = 3)",
        "DELETE FROM content WHERE content_id = (SELECT content_id FROM variant JOIN feature"
        " USING (variant_id) WHERE feature_id = 3)"};
    char sql[400];
    snprintf(sql, sizeof sql, "DELETE FROM feature_blob WHERE feature_id = 3; PRAGMA foreign_keys = OFF; %s", losses[_i]);
    must_tell(sql, 1, "orphan 3: its values are lost;");
}
END_TEST

static void keep_fault(void *context, const char *fault)
{
    (void)context;
    const size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s\n", fault);
}

START_TEST(each_fault_of_the_file_is_a_line_of_its_own)
{
    struct tl_error err;
    const int64_t page_bytes = 65536;
    char page[2000];
    size_t fault_count = 0, line_count = 0;
    must(tl_store_close(&store, &err), &err);
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    memset(page, 0xa5, sizeof page);
    ck_assert_int_eq(fseek(file, 3 * page_bytes - (long)sizeof page, SEEK_SET), 0); /* the last rows of page 3 */
    ck_assert_uint_eq(fwrite(page, 1, sizeof page, file), sizeof page);
    fclose(file);
    store = open_store(path, TL_STORE_READ);
    told[0] = '\0';
    must(tl_store_check_integrity(store, &fault_count, keep_fault, NULL, NULL, &err), &err);
    ck_assert_uint_gt(fault_count, 0);
    ck_assert_ptr_null(strstr(told, "***"));
    for (const char *line = told; *line != '\0'; line = strchr(line, '\n') + 1, line_count++)
        ck_assert_msg(strncmp(line, path, strlen(path)) == 0 && strncmp(line + strlen(path), ": the file is damaged: ", 23) == 0,
                      "%s", line);
    ck_assert_uint_eq(line_count, fault_count);
}
END_TEST

static void count_fault(void *context, const char *fault)
{
    (void)fault;
    ++*(size_t *)context;
}

START_TEST(a_sound_file_has_no_faults_and_a_lost_row_is_one)
{
    struct tl_error err;
    size_t told_count = 0, count = 9;
    must(tl_store_check_integrity(store, &count, count_fault, &told_count, NULL, &err), &err);
    ck_assert_uint_eq(count, 0);
    run_beside(path, "DELETE FROM content WHERE content_id = 1");
    must(tl_store_check_integrity(store, &count, count_fault, &told_count, NULL, &err), &err);
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_eq(told_count, count);
}
END_TEST

/* ---- Limits ---- */

START_TEST(more_features_than_a_batch_are_each_verified_once)
{
    run_beside(path, "WITH RECURSIVE i(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM i WHERE n < 700)"
                     " INSERT INTO variant SELECT NULL, 1, 1, n, 0, 1, 1, 0, 0, 0, 0 FROM i;"
                     "INSERT INTO feature SELECT NULL, f.feature_set_id, v.variant_id, f.nonzero_count, f.stored_bytes, "
                     "f.pixels_digest, f.values_digest"
                     " FROM variant v JOIN feature f ON f.feature_id = 1 WHERE v.variant_index >= 3;"
                     "INSERT INTO feature_blob SELECT feature_id, (SELECT blob FROM feature_blob WHERE feature_id = 1) FROM feature"
                     " WHERE feature_id NOT IN (SELECT feature_id FROM feature_blob)");
    const struct tl_store_verified verified = verify(2);
    ck_assert_int_eq(verified.features, 12 + 698);
    ck_assert_int_eq(verified.damaged, 0);
}
END_TEST

START_TEST(a_shape_that_no_network_has_is_damage)
{
    must_tell("UPDATE feature_set SET height = 1000000, width = 1000000", 12, "a feature set that no network has");
}
END_TEST

START_TEST(an_empty_store_is_whole)
{
    run_beside(path, "DELETE FROM feature_blob; DELETE FROM feature");
    const struct tl_store_verified verified = verify(1);
    ck_assert_int_eq(verified.features, 0);
}
END_TEST

/* ---- Faults ---- */

START_TEST(it_stops_when_told)
{
    int64_t seen = 0;
    const struct tl_store_verify_watch watch = {tell, stop_at_once, &seen};
    struct tl_store_verified verified;
    struct tl_error err;
    must_fail(tl_store_verify(store, &verified, 1, &watch, &err), TL_STOPPED, &err, "stopped");
    ck_assert_int_eq(seen, 12);
    ck_assert_int_eq(verified.features, 12);
}
END_TEST

static bool is_stopping(void)
{
    return true;
}

START_TEST(the_check_of_the_file_stops_when_told)
{
    struct tl_error err;
    size_t count, told_count = 0;
    run_beside(
        path,
        "CREATE TABLE long AS WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100000) SELECT n FROM i;"
        "CREATE INDEX longer ON long (n)");
    must_fail(tl_store_check_integrity(store, &count, count_fault, &told_count, is_stopping, &err), TL_STOPPED, &err, "stopped");
}
END_TEST

START_TEST(what_the_callback_fails_with_ends_it)
{
    const struct tl_store_verify_watch watch = {refuse, NULL, NULL};
    struct tl_store_verified verified;
    struct tl_error err;
    run_beside(path, "DELETE FROM feature_blob");
    must_fail(tl_store_verify(store, &verified, 1, &watch, &err), TL_IO, &err, "cannot be told");
    ck_assert_int_eq(verified.damaged, 1);
}
END_TEST

START_TEST(every_failed_allocation_is_survived)
{
    const struct tl_store_verify_watch watch = {tell, NULL, NULL};
    struct tl_store_verified verified;
    struct tl_error err;
    size_t n = 0;
    enum tl_status status;
    run_beside(path, "DELETE FROM feature_blob WHERE feature_id = 2");
    do {
        tl_memory_fail_at(++n);
        told[0] = '\0';
        status = tl_store_verify(store, &verified, 1, &watch, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 5);
    ck_assert_int_eq(verified.damaged, 1);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_verify");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_loop_test(core, what_was_stored_is_verified, 1, 4);
    tcase_add_loop_test(core, each_damage_is_named, 0, sizeof damages / sizeof damages[0]);
    tcase_add_test(core, damage_of_a_photo_that_is_gone_is_told_as_such);
    tcase_add_loop_test(core, a_damaged_feature_whose_other_rows_are_lost_is_told_by_its_number, 0, 2);
    tcase_add_test(core, each_fault_of_the_file_is_a_line_of_its_own);
    tcase_add_test(core, a_sound_file_has_no_faults_and_a_lost_row_is_one);
    tcase_add_test(limits, more_features_than_a_batch_are_each_verified_once);
    tcase_add_test(limits, a_shape_that_no_network_has_is_damage);
    tcase_add_test(limits, an_empty_store_is_whole);
    tcase_add_test(faults, it_stops_when_told);
    tcase_add_test(faults, the_check_of_the_file_stops_when_told);
    tcase_add_test(faults, what_the_callback_fails_with_ends_it);
    tcase_add_test(faults, every_failed_allocation_is_survived);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
