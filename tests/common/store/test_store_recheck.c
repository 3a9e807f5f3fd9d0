/* test_store_recheck.c - what is chosen, asked for and compared when features are computed again, by a computer that is made up.
 */
#include <stdarg.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store_recheck.h"
#include "tests/common/store/small_store.h"

enum { VALUES = 4, TOLD_BYTES = 4096 };

static tl_store *store;
static struct small_store small;
static const char *path;
static char told[TOLD_BYTES], asked[TOLD_BYTES];

/* What the made-up network gives for content n. */
static void compute(float out[VALUES], unsigned n, unsigned index)
{
    out[0] = (float)n;
    out[1] = 0;
    out[2] = (float)index / 3;
    out[3] = -0.0F;
}

static void open_small(void)
{
    struct tl_error err;
    tl_codec *codec = NULL;
    path = tl_test_path(tl_test_make_folder(), "a.tl");
    store = open_store(path, TL_STORE_CREATE);
    small = fill_small_store(store);
    must(tl_codec_create(&codec, &err), &err);
    must(tl_store_begin(store, &err), &err);
    for (unsigned n = 1; n <= 6; n++)
        for (unsigned index = 0; index <= (n <= 3 ? 2u : 0u); index++) {
            float values[VALUES];
            struct tl_codec_info info;
            struct tl_store_feature feature;
            compute(values, n, index);
            must(tl_codec_encode(codec, &feature.blob, &feature.blob_bytes, &info, values, VALUES, &err), &err);
            feature.nonzero_count = info.nonzero_count;
            fill_sha256(feature.pixels_digest, n);
            fill_sha256(feature.values_digest, n);
            must(tl_store_put_feature(store, small.feature_set_id,
                                      put_variant(store, small.content_ids[n], index == 0 ? 0 : small.mild_id, index), &feature,
                                      &err),
                 &err);
        }
    must(tl_store_commit(store, &err), &err);
    tl_codec_free(codec);
    told[0] = asked[0] = '\0';
}

static void close_small(void)
{
    close_store(store);
}

static TL_PRINTF(2, 3) void append(char out[TOLD_BYTES], const char *format, ...)
{
    const size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, TOLD_BYTES - used, format, arguments);
    va_end(arguments);
}

/* Content n comes out as `what` says; no content is 0. */
struct oddity {
    unsigned n;
    enum { SAME, OTHER_VALUES, OTHER_PIXELS, GONE, CHANGED, UNABLE } what;
};

static enum tl_status recompute(void *context, struct tl_store_recomputed *out, const struct tl_store_recheck_item *item,
                                struct tl_error *err)
{
    const struct oddity *oddity = context;
    const unsigned n = item->sha256[0];
    const int what = oddity->n == n ? (int)oddity->what : SAME;
    (void)err;
    append(asked, "%s %u;", item->path, item->variant.index);
    ck_assert_str_eq(item->set->arithmetic, "openblas-im2col");
    ck_assert(item->variant.flip_horizontal == (item->variant.index % 2 == 1));
    ck_assert(item->variant.shift_x_px == item->variant.index);
    compute(out->values, n, item->variant.index);
    fill_sha256(out->pixels_digest, what == OTHER_PIXELS ? 99 : n);
    if (what == OTHER_VALUES)
        out->values[3] = 0; /* not -0 */
    out->outcome = what == GONE      ? TL_STORE_RECHECK_GONE
                   : what == CHANGED ? TL_STORE_RECHECK_CHANGED
                   : what == UNABLE  ? TL_STORE_RECHECK_UNABLE
                                     : TL_STORE_RECHECK_COMPUTED;
    if (out->outcome != TL_STORE_RECHECK_COMPUTED)
        (void)tl_error_set(&out->why, TL_BAD_INPUT, "for a reason");
    return TL_OK;
}

static void tell_skipped(void *context, const char *photo_path, const struct tl_store_recomputed *recomputed)
{
    (void)context;
    append(told, "%s skipped %u;", photo_path, (unsigned)recomputed->outcome);
}

static void tell_other_pixels(void *context, const char *photo_path)
{
    (void)context;
    append(told, "%s other pixels;", photo_path);
}

static enum tl_status take_damage(void *context, const struct tl_store_feature_name *name, const struct tl_error *failure,
                                  struct tl_error *err)
{
    (void)context;
    (void)err;
    append(told, "%s %u: %s;", name->path, name->variant_index, failure->message);
    return TL_OK;
}

static bool keep_going(void *context, int64_t done)
{
    (void)done;
    return context == NULL;
}

static enum tl_status run(struct tl_store_rechecked *out, size_t count, uint64_t seed, struct oddity oddity, void *stop,
                          struct tl_error *err)
{
    const struct tl_store_verify_watch watch = {take_damage, keep_going, stop};
    const struct tl_store_recheck recheck = {count, seed, recompute, &oddity, tell_skipped, &watch, tell_other_pixels};
    told[0] = asked[0] = '\0';
    return tl_store_recheck(store, out, &recheck, err);
}

static struct tl_store_rechecked recheck(size_t count, uint64_t seed, struct oddity oddity)
{
    struct tl_store_rechecked rechecked;
    struct tl_error err;
    must(run(&rechecked, count, seed, oddity, NULL, &err), &err);
    return rechecked;
}

/* ---- Core ---- */

START_TEST(the_same_bits_are_equal)
{
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){0, SAME});
    ck_assert_int_eq(rechecked.equal, 12);
    ck_assert_int_eq(rechecked.different + rechecked.other_pixels + rechecked.gone + rechecked.changed + rechecked.unable, 0);
    ck_assert_str_eq(told, "");
    ck_assert_ptr_nonnull(strstr(asked, "/photos/sky/train/clear/2.jpg 0;"));
    ck_assert_ptr_nonnull(strstr(asked, "/photos/sky/train/clear/2.jpg 2;"));
}
END_TEST

START_TEST(one_bit_is_a_difference)
{
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){4, OTHER_VALUES});
    ck_assert_int_eq(rechecked.equal, 11);
    ck_assert_int_eq(rechecked.different, 1);
    ck_assert_str_eq(told, "test/clear/4.jpg 0: computed again from the same pixels, 1 of its 4 values differ, by at most 0;");
}
END_TEST

START_TEST(other_pixels_are_told_apart)
{
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){4, OTHER_PIXELS});
    ck_assert_int_eq(rechecked.other_pixels, 1);
    ck_assert_int_eq(rechecked.different, 0);
    ck_assert_str_eq(told, "/photos/sky/test/clear/4.jpg other pixels;");
}
END_TEST

START_TEST(photos_that_are_gone_or_changed_are_no_difference)
{
    ck_assert_int_eq(recheck(100, 0, (struct oddity){5, GONE}).gone, 1);
    ck_assert_str_eq(told, "/photos/sky/test/cloudy/5.jpg skipped 1;");
    ck_assert_int_eq(recheck(100, 0, (struct oddity){5, CHANGED}).changed, 1);
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){5, CHANGED});
    ck_assert_int_eq(rechecked.equal, 11);
    ck_assert_int_eq(rechecked.different, 0);
}
END_TEST

START_TEST(a_set_that_cannot_be_computed_is_asked_for_once)
{
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){6, UNABLE}); /* put first, so asked first */
    ck_assert_int_eq(rechecked.unable, 12);
    ck_assert_str_eq(asked, "/photos/sky/loose/6.jpg 0;");
}
END_TEST

START_TEST(some_are_chosen_by_the_seed)
{
    char first[TOLD_BYTES];
    bool has_differed = false;
    ck_assert_int_eq(recheck(3, 1, (struct oddity){0, SAME}).equal, 3);
    snprintf(first, sizeof first, "%s", asked);
    ck_assert_int_eq(recheck(3, 1, (struct oddity){0, SAME}).equal, 3);
    ck_assert_str_eq(asked, first);
    for (uint64_t seed = 2; seed < 8; seed++) {
        ck_assert_int_eq(recheck(3, seed, (struct oddity){0, SAME}).equal, 3);
        has_differed = has_differed || strcmp(asked, first) != 0;
    }
    ck_assert(has_differed);
}
END_TEST

/* ---- Limits ---- */

START_TEST(photos_known_to_be_gone_are_not_chosen)
{
    run_beside(path, "UPDATE photo SET missing_since_ms = 5 WHERE path <> 'loose/6.jpg'");
    ck_assert_int_eq(recheck(100, 0, (struct oddity){0, SAME}).equal, 1);
    ck_assert_str_eq(asked, "/photos/sky/loose/6.jpg 0;");
    ck_assert_int_eq(recheck(0, 0, (struct oddity){0, SAME}).equal, 0);
}
END_TEST

START_TEST(raw_bytes_of_paths_are_handed_on)
{
    run_beside(path, "UPDATE photo SET path = 'loose/\\xFF.jpg', path_bytes = x'6c6f6f73652fff2e6a7067' WHERE path = 'loose/6.jpg';"
                     "UPDATE photo SET missing_since_ms = 5 WHERE path_bytes IS NULL");
    ck_assert_int_eq(recheck(100, 0, (struct oddity){0, SAME}).equal, 1);
    ck_assert_str_eq(asked, "/photos/sky/loose/\xff.jpg 0;");
}
END_TEST

/* ---- Faults ---- */

START_TEST(what_does_not_decode_is_not_compared)
{
    run_beside(path, "UPDATE feature_blob SET blob = x'00'");
    const struct tl_store_rechecked rechecked = recheck(100, 0, (struct oddity){0, SAME});
    ck_assert_int_eq(rechecked.damaged, 12);
    ck_assert_str_eq(asked, "");
}
END_TEST

START_TEST(it_stops_when_told)
{
    struct tl_store_rechecked rechecked;
    struct tl_error err;
    must_fail(run(&rechecked, 100, 0, (struct oddity){0, SAME}, &err, &err), TL_STOPPED, &err, "stopped");
    ck_assert_int_eq(rechecked.equal, 1);
}
END_TEST

START_TEST(every_failed_allocation_is_survived)
{
    struct tl_store_rechecked rechecked;
    struct tl_error err;
    size_t n = 0;
    enum tl_status status;
    do {
        tl_memory_fail_at(++n);
        status = run(&rechecked, 2, 0, (struct oddity){0, SAME}, NULL, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 8);
    ck_assert_int_eq(rechecked.equal, 2);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_recheck");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, the_same_bits_are_equal);
    tcase_add_test(core, one_bit_is_a_difference);
    tcase_add_test(core, other_pixels_are_told_apart);
    tcase_add_test(core, photos_that_are_gone_or_changed_are_no_difference);
    tcase_add_test(core, a_set_that_cannot_be_computed_is_asked_for_once);
    tcase_add_test(core, some_are_chosen_by_the_seed);
    tcase_add_test(limits, photos_known_to_be_gone_are_not_chosen);
    tcase_add_test(limits, raw_bytes_of_paths_are_handed_on);
    tcase_add_test(faults, what_does_not_decode_is_not_compared);
    tcase_add_test(faults, it_stops_when_told);
    tcase_add_test(faults, every_failed_allocation_is_survived);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
