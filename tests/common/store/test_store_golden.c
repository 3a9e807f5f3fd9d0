/* test_store_golden.c - yesterday's stores are read for ever: tests/golden/store holds one of each schema version.
 *
 * TL_GOLDEN_STORE=FILE makes this program write such a store to FILE, for when the schema's version is raised.
 */
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/codec/codec.h"
#include "tests/common/store/small_store.h"

enum { VALUES = 4 };

static void fill_values(float out[VALUES], unsigned n, unsigned index)
{
    out[0] = (float)n;
    out[1] = 0;
    out[2] = (float)index / 3;
    out[3] = -0.0F;
}

static void digest_values(uint8_t out[TL_DIGEST_BYTES], const float values[VALUES])
{
    struct tl_digest digest;
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, values, VALUES);
    tl_digest_finish(&digest, out);
}

/* The small store with real blobs instead of the fixture's, damage, and two runs. */
static void fill_golden(tl_store *store)
{
    struct tl_error err;
    tl_codec *codec = NULL;
    char uuid[TL_STORE_UUID_BYTES];
    const struct small_store small = fill_small_store(store);
    put_small_run(store, &small, "good", 0.25, 1, uuid);
    put_small_run(store, &small, "better", 0.125, 2, uuid);
    must(tl_codec_create(&codec, &err), &err);
    must(tl_store_begin(store, &err), &err);
    for (unsigned n = 1; n <= 6; n++)
        for (unsigned index = 0; index <= (n <= 3 ? 2u : 0u); index++) {
            struct tl_codec_info info;
            struct tl_store_feature feature;
            float values[VALUES];
            fill_values(values, n, index);
            must(tl_codec_encode(codec, &feature.blob, &feature.blob_bytes, &info, values, VALUES, &err), &err);
            feature.nonzero_count = info.nonzero_count;
            fill_sha256(feature.pixels_digest, n);
            digest_values(feature.values_digest, values);
            must(tl_store_put_feature(store, small.feature_set_id,
                                      put_variant(store, small.content_ids[n], index == 0 ? 0 : small.mild_id, index), &feature,
                                      &err),
                 &err);
        }
    must(tl_store_commit(store, &err), &err);
    put_damage(store, small.feature_set_digest, 6);
    tl_codec_free(codec);
}

static void must_read_as_golden(const char *path, enum tl_store_mode mode)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    struct tl_store_feature_row row;
    tl_store_features *features = NULL;
    tl_codec *codec = NULL;
    size_t set_count, augmentation_count, row_count = 0;
    enum tl_status status;
    tl_store *store = open_store(path, mode);
    must(tl_store_list_feature_sets(store, &sets, &set_count, &err), &err);
    ck_assert_uint_eq(set_count, 1);
    must(tl_store_list_augmentations(store, sets[0].feature_set_id, &augmentations, &augmentation_count, &err), &err);
    ck_assert_uint_eq(augmentation_count, 1);
    must(tl_codec_create(&codec, &err), &err);
    must(tl_store_open_features(&features, store, sets[0].feature_set_id, augmentations[0].augmentation_id, &err), &err);
    while ((status = tl_store_next_feature(features, &row, &err)) == TL_OK) {
        float values[VALUES], expected[VALUES];
        must(tl_codec_decode(codec, values, VALUES, row.blob, row.blob_bytes, &err), &err);
        fill_values(expected, row.sha256[0], row.variant_index);
        ck_assert_mem_eq(values, expected, sizeof values);
        row_count++;
    }
    ck_assert_int_eq(status, TL_NOT_FOUND);
    ck_assert_uint_eq(row_count, 12);
    tl_store_close_features(features);
    tl_codec_free(codec);
    tl_store_free_augmentations(augmentations, augmentation_count);
    tl_store_free_feature_sets(sets, set_count);
    must(tl_store_get_head(store, &head, NULL, &err), &err);
    ck_assert_str_eq(head.name, "better");
    ck_assert_str_eq(head.class_names[1], "cloudy");
    ck_assert(head.kernel[1] == -2.0F && head.bias[1] == -8.0F);
    tl_store_free_head(&head);
    must_give(store, "SELECT split, class, photos, unreadable FROM class_balance",
              "test|clear|1|0;test|cloudy|1|0;train|clear|3|0;train|cloudy|2|1;");
    must_give(store, "SELECT name, photo FROM misclassified ORDER BY run_id", "good|test/cloudy/5.jpg;better|test/cloudy/5.jpg;");
    must_give(store, "SELECT path, stage, feature_set_id, cause FROM failures",
              "loose/6.jpg|verify|1|corrupt;train/cloudy/broken.jpg|read|-|bad input;");
    close_store(store);
}

static const char *const golden_paths[] = {"tests/golden/store/version-1.tl", "tests/golden/store/version-2.tl",
                                           "tests/golden/store/version-3.tl"};

/* ---- Core ---- */

START_TEST(a_store_of_each_schema_version_is_read)
{
    struct stat before, after;
    ck_assert_int_eq(stat(golden_paths[_i], &before), 0);
    /* A newer program's readers do not migrate: they say who does. */
    if ((size_t)_i + 1 == TL_STORE_SCHEMA_VERSION)
        must_read_as_golden(golden_paths[_i], TL_STORE_READ);
    ck_assert_int_eq(stat(golden_paths[_i], &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
}
END_TEST

START_TEST(a_store_of_each_schema_version_is_brought_up_and_written)
{
    struct tl_error err;
    uint8_t *bytes = NULL, expected[TL_DIGEST_BYTES], found[TL_DIGEST_BYTES];
    size_t size_bytes;
    const char *folder = tl_test_make_folder(), *copy = tl_test_path(folder, "copy.tl");
    must(tl_system_read_file(&bytes, &size_bytes, golden_paths[_i], 1 << 24, &err), &err);
    tl_test_write_file(copy, bytes, size_bytes);
    tl_memory_free(bytes);
    must_read_as_golden(copy, TL_STORE_WRITE);

    /* The digest's recipe, too, is for ever: today's program makes the same of the same rows. */
    tl_store *old = open_store(copy, TL_STORE_READ), *fresh = open_store(tl_test_path(folder, "fresh.tl"), TL_STORE_CREATE);
    fill_golden(fresh);
    must(tl_store_compute_digest(old, expected, &err), &err);
    must(tl_store_compute_digest(fresh, found, &err), &err);
    ck_assert_mem_eq(expected, found, sizeof found);
    close_store(old);
    close_store(fresh);
}
END_TEST

START_TEST(a_golden_store_is_made)
{
    const char *path = getenv("TL_GOLDEN_STORE");
    if (path == NULL) {
        printf("skipped: TL_GOLDEN_STORE names no file to make a golden store in\n");
        return;
    }
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_golden(store);
    close_store(store);
    run_beside(path, "PRAGMA page_size = 4096; VACUUM"); /* small, as it is to be committed */
}
END_TEST

Suite *tl_test_suite(void)
{
    const int version_count = (int)(sizeof golden_paths / sizeof golden_paths[0]);
    Suite *suite = suite_create("store_golden");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, a_golden_store_is_made);
    tcase_add_loop_test(core, a_store_of_each_schema_version_is_read, 0, version_count);
    tcase_add_loop_test(core, a_store_of_each_schema_version_is_brought_up_and_written, 0, version_count);
    suite_add_tcase(suite, core);
    return suite;
}
