/* test_store_run.c - runs with all that belongs to them, heads read back, predictions. */
#include <math.h>

#include "common/base/memory.h"
#include "tests/common/store/small_store.h"

static tl_store *store;
static struct small_store small;
static const char *path;
static char uuid[TL_STORE_UUID_BYTES];

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

/* ---- Core ---- */

START_TEST(a_run_puts_all_its_rows)
{
    const int64_t run_id = put_small_run(store, &small, "first", 0.25, 7, uuid);
    ck_assert_int_eq(run_id, 1);
    must_give(store, "SELECT class_index, class FROM dataset_class ORDER BY 1", "0|clear;1|cloudy;");
    must_give(store, "SELECT role, count(*), group_concat(class_index, ',') FROM dataset_sample GROUP BY role ORDER BY role",
              "test|2|1,0;train|2|0,0;validation|1|1;");
    must_give(store,
              "SELECT name, variants, transform, scale, initial, epochs, batch_size, seed, train_samples, val_loss FROM run",
              "first|all|none|1.5|zero|2|32|7|6|0.25;");
    must_give(store, "SELECT epoch, loss, val_loss FROM epoch ORDER BY epoch", "1|0.7|0.8;2|0.3|0.25;");
    must_give(store, "SELECT role, class, predicted_class, photos FROM confusion ORDER BY 1, 2, 3",
              "test|clear|clear|1;test|cloudy|clear|1;validation|cloudy|cloudy|1;");
    must_give(store, "SELECT class_names, transform, scale, is_pinned FROM head", "[\"clear\",\"cloudy\"]|none|1.5|0;");
    must_give(store, "SELECT name, shape, hex(substr(tensor_values, 1, 8)) FROM head_tensor ORDER BY 1",
              "bias|[2]|0000003E000000C1;kernel|[4,2]|0000803F000000C0;");
    must_give(store, "SELECT origin, class, probability FROM prediction ORDER BY content_id DESC",
              "validation|cloudy|0.9;test|clear|0.8;test|clear|0.75;");
    must_give(store, "SELECT uuid GLOB '[0-9a-f]*-*-4*-[89ab]*-*' AND length(uuid) = 36 FROM run", "1;");
}
END_TEST

START_TEST(a_head_comes_back_bit_for_bit)
{
    struct tl_error err;
    struct tl_store_chosen_head head;
    const float kernel[8] = {1, -2, 3, -4, 0.5F, -0.25F, 1e-30F, -0.0F}, bias[2] = {0.125F, -8};
    put_small_run(store, &small, "first", 0.25, 7, uuid);
    must(tl_store_get_head(store, &head, NULL, &err), &err);
    ck_assert_int_eq(head.run_id, 1);
    ck_assert_str_eq(head.name, "first");
    ck_assert_uint_eq(head.class_count, 2);
    ck_assert_str_eq(head.class_names[0], "clear");
    ck_assert_str_eq(head.class_names[1], "cloudy");
    ck_assert_uint_eq(head.feature_count, 4);
    ck_assert_str_eq(head.transform, "none");
    ck_assert_double_eq(head.scale, 1.5);
    ck_assert_mem_eq(head.kernel, kernel, sizeof kernel);
    ck_assert_mem_eq(head.bias, bias, sizeof bias);
    ck_assert_str_eq(head.input_json, INPUT_JSON);
    ck_assert_str_eq(head.network, "vgg16");
    ck_assert_str_eq(head.layer, "block5_pool");
    ck_assert_str_eq(head.arithmetic, "openblas-im2col");
    ck_assert_int_eq(head.feature_set_id, small.feature_set_id);
    ck_assert_uint_eq(head.tensors_sha256[5], 0x22);
    tl_store_free_head(&head);
    tl_store_free_head(&head);
}
END_TEST

START_TEST(runs_over_the_same_samples_share_a_data_set)
{
    put_small_run(store, &small, NULL, 0.25, 1, uuid);
    put_small_run(store, &small, NULL, 0.2, 2, uuid);
    must_give(store, "SELECT count(DISTINCT dataset_id), count(DISTINCT uuid), count(*) FROM run", "1|2|2;");
    must_give(store, "SELECT count(*) FROM dataset_sample", "5;");
}
END_TEST

START_TEST(predictions_of_one_head_photo_and_origin_are_renewed)
{
    struct tl_error err;
    struct tl_store_prediction prediction = {
        small.content_ids[6], "classify", "/tmp/6.jpg", "clear", 0.5, "{\"clear\":0.5,\"cloudy\":0.5}", 0};
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    for (int i = 0; i < 2; i++) {
        must(tl_store_begin(store, &err), &err);
        must(tl_store_put_predictions(store, 1, &prediction, 1, &err), &err);
        must(tl_store_commit(store, &err), &err);
        prediction.class_name = "cloudy";
    }
    must_give(store, "SELECT photo, class FROM prediction WHERE origin = 'classify'", "/tmp/6.jpg|cloudy;");
}
END_TEST

/* ---- Limits ---- */

START_TEST(any_class_name_comes_back_as_it_was)
{
    static const char *const odd[] = {"a\"b", "a.b\\c", "caf\xc3\xa9 \xf0\x9f\x8c\x85", "[1,2]"};
    struct tl_error err;
    int64_t head_id;
    struct tl_store_chosen_head chosen;
    const float kernel[16] = {0}, bias[4] = {0};
    const struct tl_store_head head = {.class_names = odd,
                                       .class_count = 4,
                                       .feature_count = 4,
                                       .transform = "sqrt",
                                       .scale = 1,
                                       .kernel = kernel,
                                       .bias = bias};
    must(tl_store_begin(store, &err), &err);
    must(tl_store_put_head(store, &head_id, 0, "odd", small.feature_set_id, &head, &err), &err);
    must(tl_store_commit(store, &err), &err);
    must(tl_store_get_head(store, &chosen, "odd", &err), &err);
    ck_assert_uint_eq(chosen.class_count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(chosen.class_names[i], odd[i]);
    tl_store_free_head(&chosen);
}
END_TEST

START_TEST(losses_that_are_not_there_are_null)
{
    put_small_run(store, &small, NULL, (double)NAN, 1, uuid);
    must_give(store, "SELECT val_loss, test_loss FROM run", "-|0.6;");
    must_give(store, "SELECT val_loss FROM epoch ORDER BY epoch", "0.8;-;");
}
END_TEST

/* ---- Faults ---- */

static enum tl_status put_altered_run(const char *name, double loss, unsigned second_class, int second_n, struct tl_error *err)
{
    int64_t run_id;
    struct tl_store_sample samples[2] = {{.content_id = small.content_ids[1], .role = "train"},
                                         {.content_id = small.content_ids[2], .class_index = second_class, .role = "train"}};
    const struct tl_store_dataset dataset = {"default", FIXTURE_CLASSES, 2, samples, 2, NULL};
    const struct tl_store_epoch history = {loss, 1, (double)NAN, (double)NAN};
    const float kernel[8] = {0}, bias[2] = {0};
    const struct tl_store_head head = {.class_names = FIXTURE_CLASSES,
                                       .class_count = 2,
                                       .feature_count = 4,
                                       .transform = "none",
                                       .scale = 1,
                                       .kernel = kernel,
                                       .bias = bias};
    const struct tl_store_run run = {.name = name,
                                     .feature_set_id = small.feature_set_id,
                                     .course = {.variants = "plain", .initial = "zero", .epochs = 1, .batch_size = 32,
                                                .learning_rate = 0.001, .momentum = (double)NAN, .tolerance = (double)NAN},
                                     .scale = 1,
                                     .gradient_norm = (double)NAN,
                                     .train_samples = 2,
                                     .val_loss = (double)NAN,
                                     .val_accuracy = (double)NAN,
                                     .test_loss = (double)NAN,
                                     .test_accuracy = (double)NAN,
                                     .dataset = &dataset,
                                     .history = &history,
                                     .epoch_count = 1,
                                     .head = &head};
    fill_sha256(samples[0].sha256, 1);
    fill_sha256(samples[1].sha256, (unsigned)second_n);
    return tl_store_put_run(store, &run_id, uuid, &run, err);
}

START_TEST(a_run_that_cannot_be_kept_leaves_no_row)
{
    struct tl_error err;
    put_small_run(store, &small, "taken", 0.25, 1, uuid);
    put_imported_head(store, &small, "taken-too");
    must_fail(put_altered_run("taken", 1, 1, 2, &err), TL_BAD_INPUT, &err, "'taken' is taken");
    must_fail(put_altered_run("taken-too", 1, 1, 2, &err), TL_BAD_INPUT, &err, "is taken");
    must_fail(put_altered_run("17", 1, 1, 2, &err), TL_BAD_INPUT, &err, "number");
    must_fail(put_altered_run("", 1, 1, 2, &err), TL_BAD_INPUT, &err, "no letter");
    must_fail(put_altered_run("a", (double)NAN, 1, 2, &err), TL_BAD_INPUT, &err, "epoch 1 is not a number");
    must_fail(put_altered_run("a", 1, 2, 2, &err), TL_BAD_INPUT, &err, "class 2");
    must_fail(put_altered_run("a", 1, 1, 1, &err), TL_BAD_INPUT, &err, "by sha256");
    must_give(store, "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM dataset), (SELECT count(*) FROM epoch)", "1|1|2;");
    must(put_altered_run("a", 1, 1, 2, &err), &err);
}
END_TEST

START_TEST(a_run_survives_every_failed_allocation)
{
    struct tl_error err;
    for (size_t n = 1;; n++) {
        struct tl_store_chosen_head head;
        tl_memory_fail_at(n);
        enum tl_status status = put_altered_run("a", 1, 1, 2, &err);
        if (status == TL_OK)
            status = tl_store_get_head(store, &head, "a", &err);
        tl_memory_fail_at(0);
        if (status == TL_OK) {
            tl_store_free_head(&head);
            return;
        }
        ck_assert_int_eq(status, TL_NO_MEMORY);
        run_beside(path, "PRAGMA foreign_keys = ON; DELETE FROM run");
        ck_assert_uint_lt(n, 1000);
    }
}
END_TEST

/* What a hostile or broken file may hold, put there by another program without checks. */
START_TEST(a_head_that_contradicts_itself_is_corrupt)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE head_tensor SET tensor_values = substr(tensor_values, 2)", "shape"},
        {"UPDATE head_tensor SET tensor_values = zeroblob(0)", "shape"},
        {"UPDATE head_tensor SET shape = '[2,4]' WHERE name = 'kernel'", "its feature set and classes make [4,2]"},
        {"UPDATE head_tensor SET shape = '{\"a\":1}'", "shape"},
        {"PRAGMA ignore_check_constraints = 1; UPDATE head_tensor SET shape = 'x'", "malformed JSON"},
        {"DELETE FROM head_tensor WHERE name = 'bias'", "no bias"},
        {"UPDATE head SET class_names = '[]'", "classes is 0"},
        {"UPDATE head SET class_names = '{\"a\":1,\"b\":2}'", "classes is 0"},
        {"UPDATE head SET class_names = '\"a\"'", "classes is 0"},
        {"UPDATE head SET class_names = '[1,2]'", "integer"},
        {"UPDATE head SET class_names = '[\"a\",\"\"]'", "class names"},
        {"UPDATE head SET class_names = '[\"a\",\"b\",\"c\"]'", "shape"},
        {"PRAGMA ignore_check_constraints = 1; UPDATE head SET class_names = 'nothing'", "malformed JSON"},
        {"UPDATE feature_set SET channels = 9223372036854775807", "channels"},
        {"UPDATE feature_set SET height = 32767, width = 32767, channels = 2147483647", "at most"},
        {"PRAGMA ignore_check_constraints = 1; UPDATE feature_set SET width = -2, channels = -2", "width"},
        {"PRAGMA ignore_check_constraints = 1; UPDATE backbone SET tensors_sha256 = x'00'", "1 bytes"},
    };
    struct tl_error err;
    struct tl_store_chosen_head head;
    put_small_run(store, &small, "b", 0.25, 2, uuid);
    run_beside(path, cases[_i].sql);
    must_fail(tl_store_get_head(store, &head, NULL, &err), TL_CORRUPT, &err, cases[_i].words);
    ck_assert_ptr_null(head.kernel);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_run");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");
    tcase_add_checked_fixture(core, open_small, close_small);
    tcase_add_checked_fixture(limits, open_small, close_small);
    tcase_add_checked_fixture(faults, open_small, close_small);
    tcase_add_test(core, a_run_puts_all_its_rows);
    tcase_add_test(core, a_head_comes_back_bit_for_bit);
    tcase_add_test(core, runs_over_the_same_samples_share_a_data_set);
    tcase_add_test(core, predictions_of_one_head_photo_and_origin_are_renewed);
    tcase_add_test(limits, any_class_name_comes_back_as_it_was);
    tcase_add_test(limits, losses_that_are_not_there_are_null);
    tcase_add_test(faults, a_run_that_cannot_be_kept_leaves_no_row);
    tcase_add_test(faults, a_run_survives_every_failed_allocation);
    tcase_add_loop_test(faults, a_head_that_contradicts_itself_is_corrupt, 0, 17);
    tcase_set_timeout(faults, 30);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
