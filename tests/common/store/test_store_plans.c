/* test_store_plans.c - every statement the room runs finds its rows through an index, unless it is meant to read all of them. */
#include "common/base/memory.h"
#include "common/store/connection.h"
#include "common/store/statement.h"
#include "common/store/store_gram.h"
#include "common/store/store_inventory.h"
#include "tests/common/store/small_store.h"

/* Loops over whole tables, each by intent: "statement's words" and "the plan's words". */
static const struct {
    const char *sql, *plan;
} allowed_scans[] = {
    {"SELECT s.name, p.path, c.sha256", "SCAN s"},           /* the store's digest reads all */
    {"SELECT fs.digest, c.sha256, a.digest", "SCAN"},        /* the same */
    {"SELECT (SELECT count(*) FROM source)", "SCAN"},        /* totals */
    {"FROM content c CROSS JOIN variant v", "SCAN c USING"}, /* all features, in the order of an index */
    {"SELECT h.head_id, r.val_loss", "SCAN"},                /* the best of all heads */
    {"SELECT run_id, name FROM (SELECT", "SCAN"},            /* the list of all runs */
    {"SELECT name FROM source ORDER BY name", "SCAN"},       /* the list of all sources */
    {"FROM feature_set fs JOIN input i", "SCAN fs"},         /* the list of all feature sets */
    {"SELECT j.value AS class_name", "SCAN j"},              /* one head's class names */
    {"JOIN (SELECT v.augmentation_id, count(*)", "SCAN n"},  /* one set's augmentations */
    {"SELECT c.sha256, v.variant_index FROM variant v", "SCAN v"}, /* an extraction's start: all features */
    {"FROM label l JOIN photo p USING", "SCAN l"},           /* all labels with a split */
    {"GROUP BY content_id HAVING", "SCAN"},                  /* all contents that lie in several places */
    {"SELECT count(*) AS grams", "SCAN gram"},               /* the few Gram matrices */
    {"DELETE FROM gram WHERE gram_id <=", "SCAN gram"},      /* the same, newest first */
    {"FROM current_versions)", "SCAN current_versions"},     /* one row, of constants */
};

static bool is_allowed(const char *sql, const char *plan)
{
    for (size_t i = 0; i < sizeof allowed_scans / sizeof allowed_scans[0]; i++)
        if (strstr(sql, allowed_scans[i].sql) != NULL && strncmp(plan, allowed_scans[i].plan, strlen(allowed_scans[i].plan)) == 0)
            return true;
    return false;
}

/* How many scans the plan of `sql` holds that nobody allowed; the first is named in `found`. */
static int count_scans(sqlite3 *db, const char *sql, char found[512])
{
    sqlite3_stmt *prepared = NULL;
    char explain[4096];
    int count = 0;
    /* An INSERT of one row reads no table; what its plan scans are children of the row, and only while foreign keys are deferred.
     */
    if (strncmp(sql, "INSERT", 6) == 0)
        return 0;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    ck_assert_msg(sqlite3_prepare_v2(db, explain, -1, &prepared, NULL) == SQLITE_OK, "%s: %s", explain, sqlite3_errmsg(db));
    while (sqlite3_step(prepared) == SQLITE_ROW) {
        const char *plan = (const char *)sqlite3_column_text(prepared, 3);
        if (strncmp(plan, "SCAN", 4) != 0 || strcmp(plan, "SCAN CONSTANT ROW") == 0 || is_allowed(sql, plan))
            continue;
        if (count++ == 0)
            snprintf(found, 512, "%s in: %s", plan, sql);
    }
    sqlite3_finalize(prepared);
    return count;
}

static enum tl_status pass_feature(void *context, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t variant_index,
                                   struct tl_error *err)
{
    (void)context, (void)sha256, (void)variant_index, (void)err;
    return TL_OK;
}

static enum tl_status pass_split(void *context, int64_t source_id, bool is_of_folder, const uint8_t *sha256, struct tl_error *err)
{
    (void)context, (void)source_id, (void)is_of_folder, (void)sha256, (void)err;
    return TL_OK;
}

static enum tl_status pass_place(void *context, const uint8_t sha256[TL_DIGEST_BYTES], int64_t photo_id, int64_t source_id,
                                 const char *path, struct tl_error *err)
{
    (void)context, (void)sha256, (void)photo_id, (void)source_id, (void)path, (void)err;
    return TL_OK;
}

/* Uses everything once, so that every statement is in the store's table of them. */
static void use_everything(tl_store *store)
{
    struct tl_error err;
    struct tl_store_counts counts;
    struct tl_store_photo photo;
    struct tl_store_feature_row row;
    struct tl_store_chosen_head head;
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    struct tl_store_label *labels = NULL;
    tl_store_features *features = NULL;
    char uuid[TL_STORE_UUID_BYTES];
    uint8_t digest[TL_DIGEST_BYTES];
    float *products = NULL;
    int64_t gram_count, gram_bytes;
    size_t count;
    const struct small_store small = fill_small_store(store);
    put_small_run(store, &small, "a", 0.5, 1, uuid);
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    must(tl_store_compute_digest(store, digest, &err), &err);
    must(tl_store_put_gram(store, &(struct tl_store_gram){small.feature_set_id, {1}, 1, &(float){2}}, &err), &err);
    must(tl_store_get_gram(store, &products, (const uint8_t[TL_DIGEST_BYTES]){1}, 1, &err), &err);
    tl_memory_free(products);
    must(tl_store_measure_grams(store, &gram_count, &gram_bytes, &err), &err);
    must(tl_store_count(store, &counts, &err), &err);
    must(tl_store_get_photo(store, &photo, small.source_id, "loose/6.jpg", &err), &err);
    must(tl_store_list_feature_sets(store, &sets, &count, &err), &err);
    tl_store_free_feature_sets(sets, count);
    must(tl_store_list_augmentations(store, small.feature_set_id, &augmentations, &count, &err), &err);
    tl_store_free_augmentations(augmentations, count);
    must(tl_store_list_labels(store, &labels, &count, "default", small.feature_set_id, &err), &err);
    tl_store_free_labels(labels);
    must(tl_store_open_features(&features, store, small.feature_set_id, small.mild_id, &err), &err);
    must(tl_store_next_feature(features, &row, &err), &err);
    tl_store_close_features(features);
    must(tl_store_get_head(store, &head, NULL, &err), &err);
    tl_store_free_head(&head);
    must(tl_store_get_head(store, &head, uuid, &err), &err);
    tl_store_free_head(&head);
    must_fail(tl_store_get_head(store, &head, "none", &err), TL_NOT_FOUND, &err, "none");
    must(tl_store_pin_head(store, "2", &err), &err);
    must(tl_store_each_feature(store, small.feature_set_id, small.mild_id, pass_feature, NULL, &err), &err);
    must(tl_store_each_split(store, "default", pass_split, NULL, &err), &err);
    must(tl_store_each_copy(store, pass_place, NULL, &err), &err);
    put_damage(store, small.feature_set_digest, 1);
    must(tl_store_begin(store, &err), &err);
    must(tl_store_clear_failures(store, small.photo_ids[1], &err), &err);
    must(tl_store_clear_damage(store, small.content_ids[1], small.feature_set_id, &err), &err);
    must(tl_store_mark_missing(store, small.source_id, NULL, 0, NULL, &err), &err);
    must_fail(tl_store_relocate_source(store, "none", "/b", &err), TL_NOT_FOUND, &err, "none");
    must(tl_store_commit(store, &err), &err);
}

START_TEST(no_statement_reads_a_table_it_need_not)
{
    char found[512] = "";
    int count = 0;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    use_everything(store);
    ck_assert_uint_gt(store->slot_count, 40);
    for (size_t i = 0; i < store->slot_count; i++)
        count += count_scans(store->db, store->slots[i].sql, found);
    ck_assert_msg(count == 0, "%d, first: %s", count, found);
    close_store(store);
}
END_TEST

START_TEST(a_scan_is_reported)
{
    char found[512];
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    ck_assert_int_eq(count_scans(store->db, "SELECT 1 FROM photo WHERE size_bytes = 7", found), 1);
    ck_assert_int_eq(count_scans(store->db, "SELECT 1 FROM photo WHERE photo_id = 7", found), 0);
    close_store(store);
}
END_TEST

/* The blobs of a whole store must not go through a sorter: only the variants of one content may. */
START_TEST(features_are_not_sorted_as_a_whole)
{
    sqlite3_stmt *prepared = NULL;
    char explain[4096] = "";
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    use_everything(store);
    for (size_t i = 0; i < store->slot_count; i++)
        if (strstr(store->slots[i].sql, "FROM content c CROSS JOIN variant v") != NULL)
            snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", store->slots[i].sql);
    ck_assert_int_eq(sqlite3_prepare_v2(store->db, explain, -1, &prepared, NULL), SQLITE_OK);
    int row_count = 0;
    for (; sqlite3_step(prepared) == SQLITE_ROW; row_count++)
        ck_assert_str_ne((const char *)sqlite3_column_text(prepared, 3), "USE TEMP B-TREE FOR ORDER BY");
    sqlite3_finalize(prepared);
    ck_assert_int_ge(row_count, 4);
    close_store(store);
}
END_TEST

START_TEST(a_statement_is_prepared_once)
{
    struct tl_error err;
    tl_store *store = open_store(tl_test_path(tl_test_make_folder(), "a.tl"), TL_STORE_CREATE);
    struct tl_store_counts counts;
    must(tl_store_count(store, &counts, &err), &err);
    const size_t slot_count = store->slot_count;
    const sqlite3_stmt *prepared = store->slots[0].prepared;
    must(tl_store_count(store, &counts, &err), &err);
    ck_assert_uint_eq(store->slot_count, slot_count);
    ck_assert_ptr_eq(store->slots[0].prepared, prepared);
    ck_assert(!store->slots[0].is_taken);
    close_store(store);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_plans");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_add_test(core, no_statement_reads_a_table_it_need_not);
    tcase_add_test(core, features_are_not_sorted_as_a_whole);
    tcase_add_test(core, a_statement_is_prepared_once);
    tcase_add_test(faults, a_scan_is_reported);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
