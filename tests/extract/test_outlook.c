/* test_outlook.c - what a run would find in a store, without the weights and without changing anything. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/store/store_feature.h"
#include "common/store/store_source.h"
#include "extract/outlook.h"
#include "tests/support/suite.h"

static const char *root;
static char store_path[4096];
static struct tl_settings settings;
static struct tl_sources sources;
static char *folders[1], folder_path[4096];

static void set_up(void)
{
    struct tl_error err;

    root = tl_test_make_folder();
    snprintf(store_path, sizeof store_path, "%s", tl_test_path(root, "s.tl"));
    snprintf(folder_path, sizeof folder_path, "%s", tl_test_path(root, "photos"));
    ck_assert_int_eq(mkdir(folder_path, 0777), 0);
    ck_assert_int_eq(mkdir(tl_test_path(root, "photos/a"), 0777), 0);
    tl_test_write_file(tl_test_path(root, "photos/a/1.jpg"), "x", 1);
    folders[0] = folder_path;
    settings = (struct tl_settings){.store_path = store_path,
                                    .directories = folders,
                                    .directory_count = 1,
                                    .label_set = "default",
                                    .augmentation_name = "mild",
                                    .is_quiet = true};
    tl_recipe_init(&settings.recipe);
    tl_augmentation_init_mild(&settings.augmentation);
    ck_assert_msg(tl_sources_read(&sources, &settings, &err) == TL_OK, "%s", err.message);
}

static void tear_down(void)
{
    tl_sources_free(&sources);
}

/* One more feature set of the recipe, in the store. */
static void put_set(uint8_t network, const char *arithmetic, const char *stored_type)
{
    char json[TL_RECIPE_JSON_BYTES], drawn[TL_AUGMENTATION_JSON_BYTES];
    struct tl_store_feature_set set = {.input_json = json, .network = "vgg16", .layer = "block5_pool", .arithmetic = arithmetic,
                                       .stored_type = stored_type, .height = 7, .width = 7, .channels = 512};
    struct tl_store_augmentation mild = {.name = "mild", .json = drawn};
    int64_t source_id = 0;
    tl_store *store = NULL;
    struct tl_error err;

    tl_recipe_to_json(json, &settings.recipe);
    tl_recipe_digest(set.input_digest, &settings.recipe);
    memset(set.tensors_sha256, network, sizeof set.tensors_sha256);
    tl_augmentation_to_json(drawn, &settings.augmentation);
    tl_augmentation_digest(mild.digest, &settings.augmentation);
    ck_assert_int_eq(tl_store_open(&store, store_path, TL_STORE_CREATE, &err), TL_OK);
    ck_assert_int_eq(tl_store_begin(store, &err), TL_OK);
    ck_assert_int_eq(tl_store_put_source(store, &source_id, sources.scans[0]->name, sources.scans[0]->root, &err), TL_OK);
    ck_assert_msg(tl_store_put_feature_set(store, &set, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_store_put_augmentation(store, &mild, &err), TL_OK);
    ck_assert_int_eq(tl_store_commit(store, &err), TL_OK);
    ck_assert_int_eq(tl_store_close(&store, &err), TL_OK);
}

static struct tl_outlook open_well(void)
{
    struct tl_outlook outlook;
    struct tl_error err;

    ck_assert_msg(tl_outlook_open(&outlook, &settings, &sources, &err) == TL_OK, "%s", err.message);
    return outlook;
}

static void refuse(const char *words)
{
    struct tl_outlook outlook;
    struct tl_error err;

    ck_assert_int_eq(tl_outlook_open(&outlook, &settings, &sources, &err), TL_BAD_INPUT);
    ck_assert_msg(strstr(err.message, words) != NULL, "'%s' is not in '%s'", words, err.message);
    tl_outlook_close(&outlook);
}

START_TEST(without_a_store_nothing_is_known_and_none_is_made)
{
    struct tl_outlook outlook = open_well();

    ck_assert_ptr_null(outlook.store);
    ck_assert_int_eq(outlook.wish.feature_set_id, -1);
    ck_assert_int_eq(outlook.source_ids[0], -1);
    tl_outlook_close(&outlook);
    ck_assert_int_ne(access(store_path, F_OK), 0);
}
END_TEST

START_TEST(the_only_feature_set_source_and_augmentation_are_found)
{
    struct tl_outlook outlook;

    put_set(1, "f32-wino6-fma", "float32");
    settings.variant_count = 2;
    outlook = open_well();
    ck_assert_int_gt(outlook.wish.feature_set_id, 0);
    ck_assert_int_gt(outlook.wish.augmentation_id, 0);
    ck_assert_int_gt(outlook.source_ids[0], 0);
    ck_assert_uint_eq(outlook.network_count, 1);
    ck_assert_str_eq(outlook.arithmetic, "f32-wino6-fma");
    tl_outlook_close(&outlook);
    settings.augmentation.seed = 7;
    settings.recipe.exif = TL_EXIF_APPLY;
    outlook = open_well();
    ck_assert_int_eq(outlook.wish.feature_set_id, -1);
    ck_assert_int_eq(outlook.wish.augmentation_id, -1);
    tl_outlook_close(&outlook);
}
END_TEST

START_TEST(of_two_networks_the_weights_tell)
{
    struct tl_outlook outlook;
    uint8_t digest[TL_DIGEST_BYTES];
    struct tl_error err;
    bool is_other = false;
    int64_t second;

    put_set(1, "f32-wino6-fma", "float32");
    put_set(2, "f32-wino6-fma", "float32");
    outlook = open_well();
    ck_assert_uint_eq(outlook.network_count, 2);
    memset(digest, 2, sizeof digest);
    ck_assert_int_eq(tl_outlook_confirm(&outlook, &is_other, &settings, digest, &err), TL_OK);
    ck_assert_uint_eq(outlook.network_count, 1);
    second = outlook.wish.feature_set_id;
    ck_assert_int_gt(second, 0);
    ck_assert_int_eq(tl_outlook_confirm(&outlook, &is_other, &settings, digest, &err), TL_OK);
    ck_assert(!is_other && outlook.wish.feature_set_id == second);
    memset(digest, 3, sizeof digest);
    ck_assert_int_eq(tl_outlook_confirm(&outlook, &is_other, &settings, digest, &err), TL_OK);
    ck_assert(is_other && outlook.wish.feature_set_id == -1);
    tl_outlook_close(&outlook);
}
END_TEST

START_TEST(what_a_run_would_refuse_is_refused)
{
    struct tl_outlook outlook;

    put_set(1, "f32-wino6-fma", "float32");
    put_set(1, "f32-wino6-fma", "float16");
    refuse("--store-precision");
    settings.stored_type = "float16";
    outlook = open_well();
    ck_assert_str_eq(outlook.stored_type, "float16");
    tl_outlook_close(&outlook);
    put_set(1, "openblas-im2col", "float16");
    refuse("--precision");
    settings.shard.index = 1;
    settings.shard.count = 2;
    refuse("part");
    settings.shard.count = settings.shard.index = 0;
    tl_memory_free(sources.scans[0]->root);
    sources.scans[0]->root = tl_memory_copy_string("/elsewhere");
    refuse("tl-store relocate");
}
END_TEST

START_TEST(without_memory_nothing_is_found_and_nothing_leaks)
{
    struct tl_outlook outlook;
    struct tl_error err;
    enum tl_status status = TL_NO_MEMORY;

    put_set(1, "f32-wino6-fma", "float32");
    settings.variant_count = 2;
    for (size_t n = 1; status == TL_NO_MEMORY && n < 200; n++) {
        tl_memory_fail_at(n);
        status = tl_outlook_open(&outlook, &settings, &sources, &err);
        tl_memory_fail_at(0);
        ck_assert(n > 1 || status == TL_NO_MEMORY);
        tl_outlook_close(&outlook);
    }
    ck_assert_msg(status == TL_OK, "%s", err.message);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("outlook");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_add_test(core, without_a_store_nothing_is_known_and_none_is_made);
    tcase_add_test(core, the_only_feature_set_source_and_augmentation_are_found);
    tcase_add_test(core, of_two_networks_the_weights_tell);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, what_a_run_would_refuse_is_refused);
    tcase_add_test(faults, without_memory_nothing_is_found_and_nothing_leaks);
    suite_add_tcase(suite, faults);
    return suite;
}
