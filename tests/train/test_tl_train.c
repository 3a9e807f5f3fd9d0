/* test_tl_train.c - the tool itself, on stores with made-up features: what it prints, keeps, refuses and how it ends. */
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/store_run.h"
#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "tests/train/tool_output.h"

enum { PHOTO_COUNT = 90, VARIANTS = 2 };

/* Three classes of thirty: 24 to train on, 6 for the test. */
static void make_photos(struct made_photo photos[PHOTO_COUNT], char paths[PHOTO_COUNT][32], unsigned variant_count)
{
    static const char *const names[] = {"cloudy", "rain", "sunrise"};

    for (unsigned i = 0; i < PHOTO_COUNT; i++) {
        const bool is_test = i >= 72;
        snprintf(paths[i], 32, "%s/%s/%u.jpg", is_test ? "Test" : "Train", names[i % 3], i);
        photos[i] = (struct made_photo){paths[i], names[i % 3], is_test ? "test" : "train", i, i % 3, is_test ? 0 : variant_count};
    }
}

static const char *write_store(const char *folder, const char *name, unsigned variant_count, size_t first, size_t step)
{
    struct made_photo photos[PHOTO_COUNT];
    char paths[PHOTO_COUNT][32];
    const char *path = tl_test_path(folder, name);

    make_photos(photos, paths, variant_count);
    made_write(path, photos, PHOTO_COUNT, first, step);
    return path;
}

static void read_head(struct tl_store_chosen_head *head, const char *path, const char *wanted)
{
    tl_store *store = NULL;
    struct tl_error err;

    ck_assert_msg(tl_store_open(&store, path, TL_STORE_READ, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_get_head(store, head, wanted, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
}

static bool copy_first(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)names;
    ck_assert_uint_eq(column_count, 1);
    snprintf(context, 64, "%s", values[0] ? values[0] : "NULL");
    return false;
}

static void expect_sql(const char *path, const char *sql, const char *wanted)
{
    tl_store *store = NULL;
    struct tl_error err;
    char value[64] = "no row";

    ck_assert_msg(tl_store_open(&store, path, TL_STORE_READ, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_store_query(store, sql, copy_first, value, &err) == TL_OK, "%s", err.message);
    ck_assert_int_eq(tl_store_close(&store, NULL), TL_OK);
    ck_assert_msg(strcmp(value, wanted) == 0, "%s: %s, expected %s", sql, value, wanted);
}

START_TEST(a_run_is_told_and_kept)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct output output;

    if (!tool)
        return;
    path = write_store(folder, "store.db", VARIANTS, 0, 1);
    output = run_tool(tool, folder, "store.db --name first");
    ck_assert_msg(output.exit_code == 0, "%s", output.err);
    ck_assert_str_eq(output.err, "");
    expect_contains(output.out, "Epoch 1/20 - loss: 0.");
    expect_contains(output.out, "Epoch 20/20 - loss: 0.");
    expect_contains(output.out, " - val_loss: ");
    expect_contains(output.out, "\nValidation - loss: ");
    expect_contains(output.out, "\nTest - loss: ");
    expect_contains(output.out, "Run 1 'first' (");
    expect_contains(output.out, "An epoch goes through 171 vectors of 57 photos, 32 a batch");
    free_output(&output);
    expect_sql(path, "SELECT count(*) FROM epoch", "20");
    expect_sql(path, "SELECT name || variants || transform || initial || train_samples FROM run", "firstallnonezero171");
    expect_sql(path, "SELECT val_loss = (SELECT val_loss FROM epoch WHERE epoch = 20) FROM run", "1");
    expect_sql(path, "SELECT sum(photos) FROM confusion WHERE role = 'test'", "18");
    expect_sql(path, "SELECT sum(photos) FROM confusion WHERE role = 'validation'", "15");
    expect_sql(path, "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM dataset_sample GROUP BY role ORDER BY role)",
               "18,57,15");
    expect_sql(path, "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM prediction GROUP BY origin ORDER BY origin)", "18,15");
    expect_sql(path, "SELECT group_concat(class) FROM (SELECT class FROM dataset_class ORDER BY class_index)",
               "cloudy,rain,sunrise");
    expect_sql(path,
               "SELECT test_accuracy = (SELECT avg(true_class = predicted_class) FROM predictions WHERE origin = 'test') FROM run",
               "1");
    expect_sql(
        path,
        "SELECT abs(test_loss + (SELECT avg(ln(true_class_probability)) FROM predictions WHERE origin = 'test')) < 1e-9 FROM run",
        "1");
}
END_TEST

static void run_well(const char *tool, const char *folder, const char *arguments)
{
    struct output output = run_tool(tool, folder, arguments);

    ck_assert_msg(output.exit_code == 0, "%s: %s", arguments, output.err);
    free_output(&output);
}

static bool have_equal_values(const struct tl_store_chosen_head *a, const struct tl_store_chosen_head *b)
{
    return a->scale == b->scale && memcmp(a->kernel, b->kernel, a->feature_count * a->class_count * sizeof(float)) == 0 &&
           memcmp(a->bias, b->bias, a->class_count * sizeof(float)) == 0;
}

/* What a share of the photos measured is then fitted to all of them: the head of a run without validation, to the bit. */
START_TEST(the_kept_head_learnt_from_the_validation_share_too)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct tl_store_chosen_head refitted = {0}, kept = {0}, unvalidated = {0};

    if (!tool)
        return;
    path = write_store(folder, "store.db", VARIANTS, 0, 1);
    run_well(tool, folder, "store.db --name refitted");
    run_well(tool, folder, "store.db --name kept --no-refit");
    run_well(tool, folder, "store.db --name unvalidated --validation 0");
    read_head(&refitted, path, "refitted");
    read_head(&kept, path, "kept");
    read_head(&unvalidated, path, "unvalidated");
    ck_assert(have_equal_values(&refitted, &unvalidated));
    ck_assert(!have_equal_values(&refitted, &kept));
    expect_sql(path, "SELECT group_concat(is_refitted) FROM (SELECT is_refitted FROM run ORDER BY run_id)", "1,0,0");
    expect_sql(path, "SELECT count(DISTINCT val_loss) || count(val_loss) FROM run", "12");
    tl_store_free_head(&refitted);
    tl_store_free_head(&kept);
    tl_store_free_head(&unvalidated);
}
END_TEST

START_TEST(json_is_one_object_on_one_line)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;

    if (!tool)
        return;
    write_store(folder, "store.db", 0, 0, 1);
    output = run_tool(tool, folder, "--json --epochs 2 --validation 0 --variants all store.db");
    ck_assert_msg(output.exit_code == 0, "%s", output.err);
    ck_assert_int_eq(strncmp(output.out, "{\"run\": 1, \"uuid\": \"", 20), 0);
    ck_assert_ptr_eq(strchr(output.out, '\n'), output.out + strlen(output.out) - 1);
    expect_contains(output.out, "\"augmentation\": null, \"variants\": \"plain\"");
    expect_contains(
        output.out,
        "\"classes\": [\"cloudy\", \"rain\", \"sunrise\"], \"photos\": {\"train\": [24, 24, 24], \"validation\": [0, 0, 0], "
        "\"test\": [6, 6, 6]}, \"vectors\": 72, \"left_out\": []");
    expect_contains(output.out, "\"val_loss\": null");
    expect_contains(output.out, "\"validation\": null, \"test\": {\"photos\": 18, \"loss\": ");
    free_output(&output);
}
END_TEST

/* The head's bytes depend on seed and photos, not on ids: stores filled in different orders. */
START_TEST(the_same_photos_and_seed_give_the_same_head)
{
    static const char *const courses[] = {"", "--keras", "--transform sqrt --variants cycle --l2 0.001",
                                          "--variants plain --seed 5"};
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *paths[2];
    struct tl_store_chosen_head heads[2];
    char arguments[200];

    if (!tool)
        return;
    paths[0] = write_store(folder, "a.db", VARIANTS, 0, 1);
    paths[1] = write_store(folder, "b.db", VARIANTS, 89, 89);
    for (size_t i = 0; i < 2; i++) {
        struct output output;

        snprintf(arguments, sizeof arguments, "%s --name x %s.db", courses[_i], i == 0 ? "a" : "b");
        output = run_tool(tool, folder, arguments);
        ck_assert_msg(output.exit_code == 0, "%s", output.err);
        free_output(&output);
        read_head(&heads[i], paths[i], "x");
    }
    ck_assert_uint_eq(heads[0].feature_count, MADE_FEATURES);
    ck_assert_double_eq(heads[0].scale, heads[1].scale);
    ck_assert_int_eq(memcmp(heads[0].kernel, heads[1].kernel, MADE_FEATURES * 3 * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(heads[0].bias, heads[1].bias, 3 * sizeof(float)), 0);
    tl_store_free_head(&heads[0]);
    tl_store_free_head(&heads[1]);
}
END_TEST

START_TEST(another_seed_gives_another_head_of_the_same_data_set)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct tl_store_chosen_head heads[2];

    if (!tool)
        return;
    path = write_store(folder, "store.db", 0, 0, 1);
    for (size_t i = 0; i < 2; i++) {
        struct output output = run_tool(tool, folder, i == 0 ? "store.db --name s0" : "store.db --name s1 --seed 1");
        ck_assert_msg(output.exit_code == 0, "%s", output.err);
        free_output(&output);
        read_head(&heads[i], path, i == 0 ? "s0" : "s1");
    }
    ck_assert_int_ne(memcmp(heads[0].kernel, heads[1].kernel, MADE_FEATURES * 3 * sizeof(float)), 0);
    expect_sql(path, "SELECT count(*) FROM dataset", "1");
    tl_store_free_head(&heads[0]);
    tl_store_free_head(&heads[1]);
}
END_TEST

START_TEST(use_pins_the_head_that_answers)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct tl_store_chosen_head head;
    struct output output;

    if (!tool)
        return;
    path = write_store(folder, "store.db", 0, 0, 1);
    for (int i = 0; i < 2; i++) {
        output = run_tool(tool, folder, i == 0 ? "store.db --epochs 30" : "store.db --epochs 1 --name worse");
        ck_assert_msg(output.exit_code == 0, "%s", output.err);
        free_output(&output);
    }
    output = run_tool(tool, folder, "store.db --use worse");
    ck_assert_msg(output.exit_code == 0, "%s", output.err);
    ck_assert_str_eq(output.out, "Run 2 'worse' answers from now on.\n");
    free_output(&output);
    read_head(&head, path, NULL);
    ck_assert_int_eq(head.run_id, 2);
    tl_store_free_head(&head);
    output = run_tool(tool, folder, "store.db --use 1 --json");
    ck_assert_str_eq(output.out, "{\"run\": 1, \"name\": null, \"pinned\": true}\n");
    free_output(&output);
    output = run_tool(tool, folder, "store.db --use nobody");
    ck_assert_int_eq(output.exit_code, 2);
    expect_contains(output.err, "tl-train: ");
    expect_contains(output.err, "nobody");
    free_output(&output);
}
END_TEST

/* ---- Faults: one clear line each, exit 2 ---- */

static const struct refusal {
    const char *arguments, *message;
} REFUSALS[] = {
    {"", "give one STORE, not 0"},
    {"store.db other.db", "give one STORE, not 2"},
    {"store.db --epochs 0", "--epochs takes a whole number"},
    {"store.db --seed 9007199254740992", "--seed takes a whole number"}, /* JSON holds one less exactly */
    {"store.db --keras --transform sqrt", "--keras takes raw features"},
    {"store.db --variants plain --augment mild", "--variants plain takes no variants"},
    {"store.db --variants cycle", "the store has no variants of these features"},
    {"store.db --augment mild", "augmentation"},
    {"store.db --features 1234567", "1234567"},
    {"store.db --validation test", "chooses nothing"},
    {"store.db --validation 1", "a share from 0 to below 1"},
    {"store.db --validation nan", "a share from 0 to below 1"},
    {"store.db --validation val", "no photo is in a val split"},
    {"store.db --use x --epochs 3", "--use trains nothing, --epochs has no meaning beside it"},
    {"store.db --name 12", "would be taken for the id"},
    {"store.db --label-set other", "label set 'other': there are no photos that have both a class and features"},
    {"missing.db", "missing.db"},
    {"text.db", "text.db"},
};
enum { REFUSAL_COUNT = sizeof REFUSALS / sizeof REFUSALS[0] };

START_TEST(what_cannot_be_done_is_refused_in_one_line)
{
    const struct refusal *refusal = &REFUSALS[_i];
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;

    if (!tool)
        return;
    write_store(folder, "store.db", 0, 0, 1);
    tl_test_write_file(tl_test_path(folder, "text.db"), "this is not a store, whatever its name says\n", 44);
    output = run_tool(tool, folder, refusal->arguments);
    ck_assert_msg(output.exit_code == 2, "%s exits %d", refusal->arguments, output.exit_code);
    ck_assert_str_eq(output.out, "");
    ck_assert_int_eq(strncmp(output.err, "tl-train: ", 10), 0);
    expect_contains(output.err, refusal->message);
    ck_assert_ptr_eq(strchr(output.err, '\n'), output.err + strlen(output.err) - 1);
    free_output(&output);
    ck_assert_int_ne(access(tl_test_path(folder, "missing.db"), F_OK), 0);
}
END_TEST

START_TEST(a_taken_name_is_refused_before_anything_is_trained)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct output output;

    if (!tool)
        return;
    path = write_store(folder, "store.db", 0, 0, 1);
    for (int i = 0; i < 2; i++) {
        output = run_tool(tool, folder, "store.db --name same");
        ck_assert_int_eq(output.exit_code, i == 0 ? 0 : 2);
        if (i == 1) {
            expect_contains(output.err, "same");
            ck_assert_str_eq(output.out, "");
        }
        free_output(&output);
    }
    expect_sql(path, "SELECT count(*) FROM run", "1");
}
END_TEST

START_TEST(one_class_or_none_to_train_on_is_refused)
{
    const struct made_photo one_class[] = {{"a/1.jpg", "a", NULL, 1, 0, 0}, {"a/2.jpg", "a", NULL, 2, 0, 0}};
    const struct made_photo only_test[] = {{"test/a/1.jpg", "a", "test", 1, 0, 0}, {"test/b/2.jpg", "b", "test", 2, 1, 0}};
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;

    if (!tool)
        return;
    made_write(tl_test_path(folder, "one.db"), one_class, 2, 0, 1);
    made_write(tl_test_path(folder, "test.db"), only_test, 2, 0, 1);
    made_write(tl_test_path(folder, "empty.db"), NULL, 0, 0, 1);
    output = run_tool(tool, folder, "one.db");
    ck_assert_int_eq(output.exit_code, 2);
    expect_contains(output.err, "all 2 photos to train on are of the class 'a'; a head needs at least two classes");
    free_output(&output);
    output = run_tool(tool, folder, "test.db");
    ck_assert_int_eq(output.exit_code, 2);
    expect_contains(output.err, "there is no photo to train on");
    free_output(&output);
    output = run_tool(tool, folder, "empty.db");
    ck_assert_int_eq(output.exit_code, 2);
    expect_contains(output.err, "there are no photos that have both a class and features");
    free_output(&output);
}
END_TEST

START_TEST(photos_left_out_are_named_and_the_exit_says_so)
{
    struct made_photo photos[PHOTO_COUNT + 3];
    char paths[PHOTO_COUNT][32];
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;

    if (!tool)
        return;
    make_photos(photos, paths, 0);
    photos[PHOTO_COUNT] = (struct made_photo){"Train/rain/again.jpg", "rain", "train", 0, 0, 0};        /* bytes of cloudy/0 */
    photos[PHOTO_COUNT + 1] = (struct made_photo){"Test/snow/1.jpg", "snow", "test", 500, 3, 0};
    photos[PHOTO_COUNT + 2] = (struct made_photo){"Test/rain/known.jpg", "rain", "test", 1, 1, 0};      /* bytes of Train/rain/1 */
    made_write(tl_test_path(folder, "store.db"), photos, PHOTO_COUNT + 3, 0, 1);
    output = run_tool(tool, folder, "store.db --epochs 1");
    ck_assert_msg(output.exit_code == 1, "%s", output.err);
    expect_contains(output.err,
                    "tl-train: left out, the same bytes are under two classes: Train/cloudy/0.jpg (cloudy), Train/rain/again.jpg "
                    "(rain)\n");
    expect_contains(output.err, "tl-train: left out, no photo of its class is there to train on: Test/snow/1.jpg (snow)\n");
    expect_contains(output.err, "tl-train: photos left out: 2\n");
    expect_contains(output.out, "Photos in more than one split, kept on the evaluation side: 1.");
    free_output(&output);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("tl_train");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_set_timeout(core, 60);
    tcase_set_timeout(faults, 60);
    tcase_add_test(core, a_run_is_told_and_kept);
    tcase_add_test(core, the_kept_head_learnt_from_the_validation_share_too);
    tcase_add_test(core, json_is_one_object_on_one_line);
    tcase_add_loop_test(core, the_same_photos_and_seed_give_the_same_head, 0, 4);
    tcase_add_test(core, another_seed_gives_another_head_of_the_same_data_set);
    tcase_add_test(core, use_pins_the_head_that_answers);
    tcase_add_loop_test(faults, what_cannot_be_done_is_refused_in_one_line, 0, REFUSAL_COUNT);
    tcase_add_test(faults, a_taken_name_is_refused_before_anything_is_trained);
    tcase_add_test(faults, one_class_or_none_to_train_on_is_refused);
    tcase_add_test(faults, photos_left_out_are_named_and_the_exit_says_so);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
