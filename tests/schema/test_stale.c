/* test_stale.c - the view `stale`: which features it has, and why.
 */
#include "common/image/augmentation.h"
#include "common/image/recipe.h"
#include "tests/common/store/small_store.h"

static const char WHY[] =
    "SELECT path, augmentation, variant_index, reason FROM stale ORDER BY path, augmentation_id, variant_index";

static tl_store *store;
static struct small_store small;
static const char *path;

static void open_small(void)
{
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
}

static void close_small(void)
{
    close_store(store);
}

static void change_photo(int64_t photo_id, const char *assignment)
{
    char sql[256];
    snprintf(sql, sizeof sql, "UPDATE photo SET %s WHERE photo_id = %lld", assignment, (long long)photo_id);
    run_beside(path, sql);
}

/* ---- Core ---- */

START_TEST(a_photo_that_is_gone_makes_its_features_stale)
{
    must_give(store, WHY, "");
    change_photo(small.photo_ids[2], "missing_since_ms = 5");
    must_give(store, WHY, "train/clear/2.jpg|none|0|missing;train/clear/2.jpg|mild|1|missing;train/clear/2.jpg|mild|2|missing;");
    must_give(store, "SELECT feature_set_id, source, sum(stored_bytes) FROM stale", "1|sky|9;");
}
END_TEST

START_TEST(a_content_at_another_place_is_not_stale)
{
    change_photo(small.photo_ids[1], "missing_since_ms = 5");
    must_give(store, WHY, "");
    change_photo(small.photo_ids[7], "missing_since_ms = 5");
    must_give(store, "SELECT count(*), min(path), min(reason) FROM stale", "3|train/clear/1.jpg|missing;");
}
END_TEST

START_TEST(a_photo_of_other_bytes_makes_those_of_its_old_ones_stale)
{
    change_photo(small.photo_ids[4], "content_id = NULL");
    must_give(store, WHY, "-|none|0|changed;");
    change_photo(small.photo_ids[4], "content_id = (SELECT content_id FROM photo WHERE path = 'test/cloudy/5.jpg')");
    must_give(store, WHY, "-|none|0|changed;");
}
END_TEST

START_TEST(an_older_recipe_makes_all_its_features_stale)
{
    run_beside(path, "UPDATE input SET json = json_set(json, '$.compat', 0)");
    must_give(store, "SELECT count(*), min(reason), max(reason) FROM stale", "12|recipe|recipe;");
    change_photo(small.photo_ids[2], "missing_since_ms = 5"); /* each feature once */
    must_give(store, "SELECT reason, count(*) FROM stale GROUP BY reason", "missing|3;recipe|9;");
}
END_TEST

START_TEST(an_older_draw_makes_the_augmented_features_stale)
{
    run_beside(path, "UPDATE augmentation SET json = json_set(json, '$.draw', 0) WHERE augmentation_id <> 0");
    must_give(store, "SELECT count(*), min(variant_index), min(reason), max(reason) FROM stale", "6|1|draw|draw;");
    run_beside(path, "UPDATE input SET json = json_set(json, '$.compat', 0)");
    must_give(store, "SELECT reason, count(*) FROM stale GROUP BY reason", "recipe|12;");
}
END_TEST

/* A store's views are made by its migration: raise the schema's version with either of these, by a file that changes no table. */
START_TEST(the_current_versions_are_the_programs)
{
    char expected[64];
    snprintf(expected, sizeof expected, "%d|%d;", TL_RECIPE_COMPAT_VERSION, TL_AUGMENTATION_DRAW_VERSION);
    must_give(store, "SELECT compat, draw FROM current_versions", expected);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("stale");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_test(core, a_photo_that_is_gone_makes_its_features_stale);
    tcase_add_test(core, a_content_at_another_place_is_not_stale);
    tcase_add_test(core, a_photo_of_other_bytes_makes_those_of_its_old_ones_stale);
    tcase_add_test(core, an_older_recipe_makes_all_its_features_stale);
    tcase_add_test(core, an_older_draw_makes_the_augmented_features_stale);
    tcase_add_test(core, the_current_versions_are_the_programs);
    suite_add_tcase(suite, core);
    return suite;
}
