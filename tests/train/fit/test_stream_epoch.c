/* test_stream_epoch.c - training on a stream of windows against training on the same vectors in memory. */
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "train/data/stream_load.h"
#include "train/fit/evaluate.h"
#include "train/fit/fit.h"

enum { PHOTO_COUNT = 150, VARIANTS = 2, EPOCHS = 3, BATCH = 16, CLASSES = 2 };
static const size_t AMPLE = (size_t)1 << 26, SCANT = 30000;

struct opened {
    tl_store *store;
    struct tl_store_label *labels;
    struct tl_selection *selection;
    struct tl_samples_source source;
};

/* Two thirds train, the rest is half validation, half test. The store is filled in another order than it is read in. */
static const char *fill_store(void)
{
    static struct made_photo photos[PHOTO_COUNT];
    static char paths[PHOTO_COUNT][32];
    static const char *const splits[] = {"train", "train", "train", "train", "val", "test"};
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");

    for (unsigned i = 0; i < PHOTO_COUNT; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/%u.jpg", i % 2 ? "b" : "a", i);
        photos[i] = (struct made_photo){paths[i], i % 2 ? "b" : "a", splits[i % 6], i + 1, i % 2, VARIANTS};
    }
    made_write(path, photos, PHOTO_COUNT, 7, 11);
    return path;
}

static void open_store(struct opened *opened, const char *path)
{
    const struct tl_select_wish wish = {.validation = TL_SELECT_AUTO, .fraction = 0.2};
    size_t label_count;
    struct tl_error err;

    ck_assert_msg(tl_store_open(&opened->store, path, TL_STORE_WRITE, &err) == TL_OK, "%s", err.message);
    opened->source = (struct tl_samples_source){
        .feature_set_id = 1, .augmentation_id = 1, .feature_count = MADE_FEATURES, .transform = TL_HEAD_TRANSFORM_NONE};
    ck_assert_msg(tl_store_list_labels(opened->store, &opened->labels, &label_count, "default", 1, &err) == TL_OK, "%s",
                  err.message);
    ck_assert_msg(tl_select_samples(&opened->selection, opened->labels, label_count, NULL, &wish, &err) == TL_OK, "%s",
                  err.message);
}

static void close_store(struct opened *opened)
{
    tl_selection_free(opened->selection);
    tl_store_free_labels(opened->labels);
    ck_assert_int_eq(tl_store_close(&opened->store, NULL), TL_OK);
}

static struct tl_samples *stream(const struct opened *opened, size_t memory_bytes, size_t thread_count, enum tl_head_pool pool)
{
    const struct tl_stream_wish wish = {
        .channel_count = MADE_CHANNELS, .pool = pool, .memory_bytes = memory_bytes, .thread_count = thread_count};
    struct tl_samples *samples = NULL;
    struct tl_error err;

    ck_assert_msg(tl_stream_load(&samples, opened->store, opened->selection, &opened->source, &wish, &err) == TL_OK, "%s",
                  err.message);
    return samples;
}

/* All in memory, as the head reads it. */
static struct tl_samples *load(const struct opened *opened, enum tl_head_pool pool)
{
    struct tl_samples_source source = opened->source;
    struct tl_store_damages damages = {.count = 0};
    struct tl_samples *samples = NULL;
    struct tl_matrix *derived = NULL;
    struct tl_error err;

    source.transform = TL_HEAD_TRANSFORM_NONE;
    ck_assert_msg(tl_samples_load(&samples, &damages, opened->store, opened->selection, &source, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_matrix_derive(&derived, samples->matrix, pool, MADE_CHANNELS, opened->source.transform, &err), TL_OK);
    tl_matrix_free(samples->matrix);
    samples->matrix = derived;
    tl_store_free_damages(&damages);
    return samples;
}

static struct tl_course make_course(enum tl_fit_variants variants)
{
    struct tl_course course;

    tl_course_init(&course);
    course.variants = variants;
    course.epochs = EPOCHS;
    course.batch_size = BATCH;
    return course;
}

static struct tl_head *fit(struct tl_store_epoch *history, const struct tl_samples *samples, const struct tl_course *course)
{
    static const char *const names[] = {"a", "b"};
    const struct tl_head_shape shape = {.feature_count = samples->matrix->feature_count, .class_count = CLASSES};
    struct tl_head *head = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_head_create(&head, &shape, names, NULL), TL_OK);
    ck_assert_msg(tl_fit_find_scale(&head->scale, samples, course->variants, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_fit_head(NULL, head, history, samples, course, NULL, &err) == TL_OK, "%s", err.message);
    return head;
}

static void expect_equal(const struct tl_head *a, const struct tl_head *b)
{
    ck_assert_double_eq(a->scale, b->scale);
    ck_assert_int_eq(memcmp(a->kernel, b->kernel, a->feature_count * CLASSES * sizeof *a->kernel), 0);
    ck_assert_int_eq(memcmp(a->bias, b->bias, CLASSES * sizeof *a->bias), 0);
}

static const struct {
    enum tl_fit_variants variants;
    enum tl_head_pool pool;
    enum tl_head_transform transform;
    bool keeps_order;
} ways[] = {{TL_FIT_ALL, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, false},
            {TL_FIT_PLAIN, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_SQRT, false},
            {TL_FIT_CYCLE, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, false},
            {TL_FIT_ALL, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_SQRT, false},
            {TL_FIT_ALL, TL_HEAD_POOL_NONE, TL_HEAD_TRANSFORM_NONE, true}};

START_TEST(a_window_that_holds_everything_gives_the_bits_of_training_in_memory)
{
    struct opened opened;
    struct tl_store_epoch kept[EPOCHS], streamed_history[EPOCHS];
    struct tl_course course = make_course(ways[_i].variants);
    struct tl_samples *in_memory, *streamed;
    struct tl_head *a, *b;

    open_store(&opened, fill_store());
    opened.source.transform = ways[_i].transform;
    course.keeps_order = ways[_i].keeps_order;
    in_memory = load(&opened, ways[_i].pool);
    streamed = stream(&opened, AMPLE, 2, ways[_i].pool);
    ck_assert_uint_eq(tl_stream_window_size(streamed->stream), tl_stream_row_count(streamed->stream));
    a = fit(kept, in_memory, &course);
    b = fit(streamed_history, streamed, &course);
    expect_equal(a, b);
    for (size_t e = 0; e < EPOCHS; e++) {
        ck_assert_double_eq(kept[e].loss, streamed_history[e].loss);
        ck_assert_double_eq(kept[e].val_loss, streamed_history[e].val_loss);
        ck_assert_double_eq(kept[e].val_accuracy, streamed_history[e].val_accuracy);
    }
    ck_assert_double_gt(kept[EPOCHS - 1].val_accuracy, 0.9);
    tl_head_free(a);
    tl_head_free(b);
    tl_samples_free(in_memory);
    tl_samples_free(streamed);
    close_store(&opened);
}
END_TEST

START_TEST(small_windows_give_the_same_bits_for_any_number_of_threads)
{
    struct opened opened;
    struct tl_store_epoch history[EPOCHS];
    const struct tl_course course = make_course(ways[_i].variants);
    struct tl_head *heads[3];

    open_store(&opened, fill_store());
    for (size_t k = 0; k < 3; k++) {
        struct tl_samples *streamed = stream(&opened, SCANT, k + 1, ways[_i].pool);

        ck_assert_uint_lt(tl_stream_window_size(streamed->stream), tl_stream_row_count(streamed->stream) / 3);
        heads[k] = fit(history, streamed, &course);
        tl_samples_free(streamed);
    }
    expect_equal(heads[0], heads[1]);
    expect_equal(heads[0], heads[2]);
    ck_assert_double_gt(history[EPOCHS - 1].val_accuracy, 0.9);
    for (size_t k = 0; k < 3; k++)
        tl_head_free(heads[k]);
    close_store(&opened);
}
END_TEST

START_TEST(evaluation_does_not_depend_on_the_windows)
{
    static double kept[PHOTO_COUNT * CLASSES], streamed_probabilities[PHOTO_COUNT * CLASSES];
    struct opened opened;
    struct tl_store_epoch history[EPOCHS];
    const struct tl_course course = make_course(TL_FIT_ALL);
    struct tl_samples *in_memory, *streamed;
    struct tl_evaluation a, b;
    struct tl_head *head;
    struct tl_error err;

    open_store(&opened, fill_store());
    in_memory = load(&opened, TL_HEAD_POOL_NONE);
    streamed = stream(&opened, SCANT / 4, 2, TL_HEAD_POOL_NONE);
    head = fit(history, in_memory, &course);
    ck_assert_int_eq(tl_evaluate_role(&a, NULL, kept, head, in_memory, TL_ROLE_TEST, &err), TL_OK);
    ck_assert_int_eq(tl_evaluate_role(&b, NULL, streamed_probabilities, head, streamed, TL_ROLE_TEST, &err), TL_OK);
    ck_assert_uint_eq(a.photo_count, PHOTO_COUNT / 6);
    ck_assert_uint_eq(b.photo_count, a.photo_count);
    ck_assert_double_eq(a.loss, b.loss);
    ck_assert_int_eq(memcmp(kept, streamed_probabilities, a.photo_count * CLASSES * sizeof *kept), 0);
    tl_head_free(head);
    tl_samples_free(in_memory);
    tl_samples_free(streamed);
    close_store(&opened);
}
END_TEST

START_TEST(another_way_of_reading_can_be_taken_later)
{
    struct opened opened;
    struct tl_store_epoch history[EPOCHS];
    const struct tl_course course = make_course(TL_FIT_ALL);
    struct tl_samples *pooled, *turned;
    struct tl_head *a, *b;
    struct tl_error err;

    open_store(&opened, fill_store());
    pooled = stream(&opened, AMPLE, 2, TL_HEAD_POOL_AVG);
    turned = stream(&opened, AMPLE, 2, TL_HEAD_POOL_NONE);
    ck_assert_int_eq(tl_stream_read_as(turned->stream, TL_HEAD_POOL_AVG, TL_HEAD_TRANSFORM_NONE, &err), TL_OK);
    turned->matrix->feature_count = MADE_CHANNELS;
    a = fit(history, pooled, &course);
    b = fit(history, turned, &course);
    expect_equal(a, b);
    tl_head_free(a);
    tl_head_free(b);
    tl_samples_free(pooled);
    tl_samples_free(turned);
    close_store(&opened);
}
END_TEST

/* As long as a window holds a batch; below that, one clear line. */
START_TEST(memory_for_less_than_two_batches_is_refused)
{
    struct opened opened;
    struct tl_store_epoch history[EPOCHS];
    struct tl_course course = make_course(TL_FIT_ALL);
    struct tl_samples *streamed;
    struct tl_head *head;
    struct tl_error err;

    open_store(&opened, fill_store());
    streamed = stream(&opened, SCANT / 4, 2, TL_HEAD_POOL_NONE);
    head = fit(history, streamed, &course);
    course.batch_size = 100;
    ck_assert_int_eq(tl_fit_head(NULL, head, history, streamed, &course, NULL, &err), TL_BAD_INPUT);
    ck_assert_str_eq(err.message, "7500 bytes of memory do not suffice for two windows of 100 feature vectors");
    tl_head_free(head);
    tl_samples_free(streamed);
    close_store(&opened);
}
END_TEST

/* The first pass over it tells; a later one can still be made over others. */
START_TEST(a_damaged_feature_names_its_photo)
{
    const struct made_photo photos[] = {{"a/1.jpg", "a", "train", 1, 0, 1}, {"b/2.jpg", "b", "train", 2, 1, 1}};
    const char *path = tl_test_path(tl_test_make_folder(), "s.tl");
    float values[MADE_FEATURES] = {0};
    struct made_store made = {0};
    struct opened opened;
    struct tl_samples *streamed;
    double scale;
    struct tl_error err;

    made_open(&made, path);
    values[5] = __builtin_nanf("");
    (void)made_put_photo(&made, &photos[0]);
    made_put_feature(&made, made_put_photo(&made, &photos[1]), 1, values);
    made_close(&made);
    open_store(&opened, path);
    streamed = stream(&opened, AMPLE, 2, TL_HEAD_POOL_NONE);
    ck_assert_int_eq(tl_fit_find_scale(&scale, streamed, TL_FIT_ALL, &err), TL_CORRUPT);
    ck_assert_str_eq(err.message,
                     "the stored feature of b/2.jpg, variant 1, is damaged (tl-store verify finds all such): feature 5 is nan");
    ck_assert_int_eq(tl_fit_find_scale(&scale, streamed, TL_FIT_PLAIN, &err), TL_OK);
    tl_samples_free(streamed);
    close_store(&opened);
}
END_TEST

START_TEST(a_feature_that_goes_meanwhile_is_told)
{
    struct opened opened;
    struct tl_samples *streamed;
    struct made_store made = {0};
    double scale;
    const char *path = fill_store();
    float values[MADE_FEATURES];
    struct tl_error err;

    open_store(&opened, path);
    streamed = stream(&opened, AMPLE, 2, TL_HEAD_POOL_NONE);
    for (size_t f = 0; f < MADE_FEATURES; f++)
        values[f] = 1;
    ck_assert_int_eq(tl_codec_create(&made.codec, NULL), TL_OK);
    made.store = opened.store;
    made.feature_set_id = made.augmentation_id = 1;
    ck_assert_int_eq(tl_store_begin(made.store, &err), TL_OK);
    made_put_feature(&made, 1, 1, values);
    ck_assert_int_eq(tl_store_commit(made.store, &err), TL_OK);
    ck_assert_int_eq(tl_fit_find_scale(&scale, streamed, TL_FIT_ALL, &err), TL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, ": 128 features are not zero, where "));
    tl_codec_free(made.codec);
    tl_samples_free(streamed);
    close_store(&opened);
}
END_TEST

START_TEST(running_out_of_memory_leaves_nothing_behind)
{
    struct opened opened;
    enum tl_status status = TL_NO_MEMORY;
    size_t n;

    open_store(&opened, fill_store());
    for (n = 1; status != TL_OK; n++) {
        const struct tl_stream_wish wish = {
            .channel_count = MADE_CHANNELS, .pool = TL_HEAD_POOL_AVG, .memory_bytes = SCANT, .thread_count = 1};
        struct tl_samples *samples = NULL;
        struct tl_error err;
        double scale;

        (void)tl_memory_fail_at(n);
        status = tl_stream_load(&samples, opened.store, opened.selection, &opened.source, &wish, &err);
        if (status == TL_OK)
            status = tl_fit_find_scale(&scale, samples, TL_FIT_ALL, &err);
        (void)tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        tl_samples_free(samples);
    }
    ck_assert_uint_gt(n, 20);
    close_store(&opened);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("stream_epoch");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_loop_test(core, a_window_that_holds_everything_gives_the_bits_of_training_in_memory, 0, sizeof ways / sizeof *ways);
    tcase_add_loop_test(core, small_windows_give_the_same_bits_for_any_number_of_threads, 0, sizeof ways / sizeof *ways);
    tcase_add_test(core, evaluation_does_not_depend_on_the_windows);
    tcase_add_test(core, another_way_of_reading_can_be_taken_later);
    tcase_add_test(faults, memory_for_less_than_two_batches_is_refused);
    tcase_add_test(faults, a_damaged_feature_names_its_photo);
    tcase_add_test(faults, a_feature_that_goes_meanwhile_is_told);
    tcase_add_test(faults, running_out_of_memory_leaves_nothing_behind);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
