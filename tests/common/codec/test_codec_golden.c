/* test_codec_golden.c - yesterday's blobs are read for ever: tests/golden/codec holds some of each version.
 *
 * Each is a vector as long as VGG16's and as sparse. TL_GOLDEN_CODEC=FOLDER makes this program write those that FOLDER lacks, for
 * when a version is added; what it writes are vectors of its own making, known by the digests below ever after.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/digest.h"
#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/codec/codec.h"
#include "tests/support/suite.h"

enum { COUNT = 25088, BLOB_BYTES_MAX = 1 << 20 };

struct golden {
    const char *path;
    unsigned version;
    size_t nonzero_count;
    const char *values_sha256; /* of the little-endian floats */
};

static const struct golden goldens[] = {
    {"tests/golden/codec/version-1.blob", 1, 1605, "16edc0717cf3fb281713418498303b391c34901236fc62928938628cec394712"},
    {"tests/golden/codec/version-2.blob", 2, 1604, "85e70c253533b3dd0caed2e6e9034e3b6fb8b4197108a062612db76e8a8d1071"},
};
enum { GOLDENS = sizeof goldens / sizeof *goldens };

static void digest_values(char out[TL_DIGEST_HEX_BYTES], const float *values)
{
    uint8_t sha256[TL_DIGEST_BYTES];
    struct tl_digest digest;

    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, values, COUNT);
    tl_digest_finish(&digest, sha256);
    tl_digest_to_hex(out, sha256);
}

/* One value in sixteen is not zero, most of those small; behind some that are special. */
static void fill(float *values)
{
    const float specials[] = {-0.0F, 0x1p-149F, -0x1p-24F, 0x1p-14F, -65504.0F, INFINITY, -INFINITY, NAN, 1e30F, 0.1F};
    struct tl_random random;

    tl_random_init(&random, 1, "golden blob");
    for (size_t i = 0; i < COUNT; i++)
        if (tl_random_below(&random, 16) == 0)
            values[i] = (float)(tl_random_below(&random, 1 << 24) + 1) / (float)(tl_random_below(&random, 1 << 20) + 1);
    memcpy(values, specials, sizeof specials);
}

static void write_blob(const char *folder, const struct golden *golden)
{
    struct tl_error err;
    tl_codec *codec = NULL;
    const uint8_t *blob;
    size_t blob_bytes;
    char path[4096];
    float *values = tl_memory_alloc(COUNT, sizeof *values);

    ck_assert_ptr_nonnull(values);
    snprintf(path, sizeof path, "%s/version-%u.blob", folder, golden->version);
    ck_assert_int_eq(tl_codec_create(&codec, &err), TL_OK);
    fill(values);
    if (golden->version == 2) {
        tl_half_round(values, COUNT);
        ck_assert_int_eq(tl_codec_encode_halves(codec, &blob, &blob_bytes, NULL, values, COUNT, &err), TL_OK);
    } else {
        ck_assert_int_eq(tl_codec_encode(codec, &blob, &blob_bytes, NULL, values, COUNT, &err), TL_OK);
    }
    if (access(path, F_OK) != 0) {
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(blob, 1, blob_bytes, file), blob_bytes);
        ck_assert_int_eq(fclose(file), 0);
        printf("%s is written\n", path);
    }
    tl_codec_free(codec);
    tl_memory_free(values);
}

START_TEST(a_blob_of_each_version_gives_the_floats_it_was_made_of)
{
    const struct golden *golden = &goldens[_i];
    struct tl_error err;
    struct tl_codec_info info;
    tl_codec *codec = NULL;
    uint8_t *blob = NULL;
    size_t blob_bytes = 0;
    char found[TL_DIGEST_HEX_BYTES];
    float *values = tl_memory_alloc(COUNT, sizeof *values);

    ck_assert_ptr_nonnull(values);
    if (getenv("TL_GOLDEN_CODEC") != NULL)
        write_blob(getenv("TL_GOLDEN_CODEC"), golden);
    ck_assert_int_eq(tl_codec_create(&codec, &err), TL_OK);
    ck_assert_msg(tl_system_read_file(&blob, &blob_bytes, golden->path, BLOB_BYTES_MAX, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_codec_inspect(&info, blob, blob_bytes, &err) == TL_OK, "%s: %s", golden->path, err.message);
    ck_assert_msg(tl_codec_decode(codec, values, COUNT, blob, blob_bytes, &err) == TL_OK, "%s: %s", golden->path, err.message);
    digest_values(found, values);
    ck_assert_str_eq(found, golden->values_sha256);
    ck_assert_uint_eq(info.version, golden->version);
    ck_assert_uint_eq(info.count, COUNT);
    ck_assert_uint_eq(info.nonzero_count, golden->nonzero_count);
    tl_codec_free(codec);
    tl_memory_free(blob);
    tl_memory_free(values);
}
END_TEST

START_TEST(the_newest_version_has_a_golden_blob)
{
    unsigned newest = 0;

    for (size_t i = 0; i < GOLDENS; i++)
        newest = goldens[i].version > newest ? goldens[i].version : newest;
    ck_assert_uint_eq(newest, TL_CODEC_VERSION);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("codec_golden");
    TCase *core = tcase_create("Core");

    tcase_add_loop_test(core, a_blob_of_each_version_gives_the_floats_it_was_made_of, 0, GOLDENS);
    tcase_add_test(core, the_newest_version_has_a_golden_blob);
    suite_add_tcase(suite, core);
    return suite;
}
