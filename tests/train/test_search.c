/* test_search.c - tl-train's sweeps, folds and --auto as a person runs them: the rows they leave, and how they end. */
#include <unistd.h>

#include "common/base/memory.h"
#include "common/store/store_query.h"
#include "tests/support/suite.h"
#include "tests/train/made_store.h"
#include "tests/train/tool_output.h"

enum { PHOTO_COUNT = 60, CLASSES = 3 };

static const char *write_photos(const char *folder, unsigned photo_count, unsigned class_count, unsigned variant_count)
{
    struct made_photo *photos = tl_memory_alloc(photo_count, sizeof *photos);
    char(*names)[64] = tl_memory_alloc(photo_count, 2 * sizeof *names);
    static char path[PATH_MAX]; /* the tests' paths are soon written over */

    ck_assert(photos && names);
    snprintf(path, sizeof path, "%s", tl_test_path(folder, "store.db"));
    for (unsigned i = 0; i < photo_count; i++) {
        snprintf(names[2 * i], sizeof *names, "%02u/%u.jpg", i % class_count, i);
        snprintf(names[2 * i + 1], sizeof *names, "class %02u", i % class_count);
        photos[i] = (struct made_photo){names[2 * i], names[2 * i + 1], NULL, i, i % class_count, variant_count};
    }
    made_write(path, photos, photo_count, 0, 1);
    tl_memory_free(photos);
    tl_memory_free(names);
    return path;
}

static void run_as(const char *tool, const char *folder, const char *arguments, int exit_code)
{
    struct output output = run_tool(tool, folder, arguments);

    ck_assert_msg(output.exit_code == exit_code, "%s: exit %d, %s", arguments, output.exit_code, output.err);
    free_output(&output);
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

START_TEST(rows_of_a_sweep_are_those_of_single_runs)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 1);
    run_as(tool, folder,
           "store.db --epochs 3 --group-by none --sweep solver=adam,lbfgs --sweep transform=none,sqrt --name best", 0);
    run_as(tool, folder, "store.db --epochs 3 --group-by none", 0);
    run_as(tool, folder, "store.db --epochs 3 --group-by none --transform sqrt", 0);
    run_as(tool, folder, "store.db --epochs 3 --group-by none --solver lbfgs", 0);
    run_as(tool, folder, "store.db --epochs 3 --group-by none --solver lbfgs --transform sqrt", 0);
    expect_sql(path, "SELECT count(*) FROM run WHERE sweep_id = 1", "4");
    expect_sql(path,
               "SELECT count(*) FROM run a JOIN run b ON b.run_id = a.run_id + 4 AND b.sweep_id IS NULL "
               "WHERE a.sweep_id = 1 AND a.val_loss = b.val_loss AND a.val_accuracy = b.val_accuracy "
               "AND a.solver = b.solver AND a.transform = b.transform AND a.options = b.options",
               "4");
    expect_sql(path,
               "SELECT count(*) FROM epoch a JOIN epoch b ON b.run_id = a.run_id + 4 AND b.epoch = a.epoch "
               "AND b.loss = a.loss AND b.val_loss = a.val_loss WHERE a.run_id <= 4",
               "12");
    expect_sql(path, "SELECT count(*) FROM head WHERE run_id <= 4", "1");
    expect_sql(path,
               "SELECT run_id = (SELECT run_id FROM run WHERE sweep_id = 1 ORDER BY val_loss, run_id LIMIT 1) FROM run "
               "JOIN head USING (run_id) WHERE run.name = 'best'",
               "1");
    expect_sql(path,
               "SELECT count(*) FROM head_tensor t JOIN head h USING (head_id) JOIN run r USING (run_id) "
               "JOIN head g ON g.run_id = r.run_id + 4 JOIN head_tensor u ON u.head_id = g.head_id AND u.name = t.name "
               "AND u.tensor_values = t.tensor_values WHERE r.sweep_id = 1",
               "2");
    expect_sql(path, "SELECT kind || planned_runs || (ended_ms IS NOT NULL) FROM sweep", "grid41");
    expect_sql(path, "SELECT count(*) FROM dataset", "1");
}
END_TEST

START_TEST(drawn_courses_keep_all_heads_when_asked)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 0);
    run_as(tool, folder,
           "store.db --epochs 2 --sweep l2=1e-5..1e-1 --sweep seed=0,1 --trials 5 --keep-heads all --threads 2", 0);
    expect_sql(path, "SELECT count(DISTINCT l2) FROM run", "5");
    expect_sql(path, "SELECT count(*) FROM head", "5");
    expect_sql(path, "SELECT kind FROM sweep", "random");
}
END_TEST

START_TEST(folds_are_kept_with_what_they_said_of_each_photo)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 1);
    run_as(tool, folder,
           _i ? "store.db --epochs 60 --solver lbfgs --l2 1e-3 --folds 4 --group-by none --calibrate"
              : "store.db --epochs 3 --folds 4 --group-by none",
           0);
    expect_sql(path, "SELECT count(*) || ',' || sum(photos) FROM fold", "4,60");
    expect_sql(path, "SELECT count(*) || ',' || count(DISTINCT fold) FROM prediction WHERE origin = 'fold'", "60,4");
    expect_sql(path,
               "SELECT count(*) FROM prediction p JOIN dataset_sample s ON s.content_id = p.content_id AND s.fold = p.fold",
               "60");
    expect_sql(
        path,
        "SELECT abs(val_loss + (SELECT avg(ln(true_class_probability)) FROM predictions WHERE origin = 'fold')) < 1e-9 "
        "FROM run",
        "1");
    expect_sql(path, "SELECT abs(val_loss - (SELECT sum(loss * photos) / sum(photos) FROM fold)) < 1e-9 FROM run", "1");
    expect_sql(path, "SELECT abs(val_accuracy - (SELECT sum(accuracy * photos) / sum(photos) FROM fold)) < 1e-9 FROM run",
               "1");
    expect_sql(path, "SELECT fold_count || (temperature <> 1) FROM run", _i ? "41" : "40");
    expect_sql(path, "SELECT sum(photos) FROM confusion WHERE role = 'fold'", "60");
    expect_sql(path, "SELECT count(*) FROM head", "1");
    expect_sql(path, "SELECT count(*) FROM dataset_sample WHERE role <> 'train'", "0");
}
END_TEST

START_TEST(a_sweep_may_be_measured_in_folds)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 0);
    run_as(tool, folder, "store.db --solver lbfgs --folds 3 --sweep l2=1e-1,1e-2,1e-3", 0);
    expect_sql(path, "SELECT count(*) FROM fold", "9");
    expect_sql(path, "SELECT count(*) FROM run WHERE fold_count = 3 AND sweep_id = 1", "3");
    expect_sql(path, "SELECT count(*) FROM prediction", "60");
}
END_TEST

/* Few photos, many classes, variants or none: the head that --auto keeps is no worse out of fold than the one of tl-train
 * alone. */
START_TEST(auto_keeps_a_head_that_does_not_lose_to_the_default)
{
    static const unsigned photo_counts[] = {20, 120, 60}, class_counts[] = {2, 40, 3}, variant_counts[] = {0, 0, 2};
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;

    if (!tool)
        return;
    path = write_photos(folder, photo_counts[_i], class_counts[_i], variant_counts[_i]);
    run_as(tool, folder, _i == 1 ? "store.db --auto --budget 1s --folds 3" : "store.db --auto --budget 1s", 0);
    expect_sql(path, "SELECT kind FROM sweep", "auto");
    expect_sql(path, "SELECT count(*) FROM head", "1");
    expect_sql(path, "SELECT count(*) FROM run WHERE solver = 'adam' AND transform = 'none' AND variants <> 'cycle'", "1");
    expect_sql(path,
               "SELECT (SELECT val_loss FROM run JOIN head USING (run_id)) <= "
               "(SELECT val_loss FROM run WHERE solver = 'adam' AND transform = 'none') * 1.000001",
               "1");
    expect_sql(path, "SELECT count(*) > 0 FROM prediction WHERE origin = 'fold'", "1");
}
END_TEST

START_TEST(json_is_a_line_a_run_and_a_summary)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;
    size_t lines = 0;

    if (!tool)
        return;
    write_photos(folder, PHOTO_COUNT, CLASSES, 0);
    output = run_tool(tool, folder, "store.db --epochs 2 --sweep learning-rate=1e-3,1e-2 --json");
    ck_assert_msg(output.exit_code == 0, "%s", output.err);
    for (const char *c = output.out; *c; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, 3);
    expect_contains(output.out, "{\"run\": 1, \"uuid\": \"");
    expect_contains(output.out, "\"sweep\": 1, \"learning_rate\": 0.001, \"val_loss\": ");
    expect_contains(output.out, "\n{\"sweep\": 1, \"planned\": 2, \"tried\": 2, \"failed\": 0, ");
    expect_contains(output.out, "\"best\": {\"run\": ");
    free_output(&output);
}
END_TEST

START_TEST(interrupted_it_keeps_what_was_finished)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    char command[2 * PATH_MAX];
    int status;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 0);
    snprintf(command, sizeof command,
             "cd '%s' && timeout --foreground --preserve-status -s INT 2 '%s' store.db --epochs 500 --sweep l2=1e-9..1e-1 "
             "--trials "
             "10000 --quiet "
             ">out.txt 2>err.txt",
             folder, tool);
    status = system(command);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 3);
    expect_sql(path, "SELECT count(*) > 0 AND count(*) < 10000 FROM run", "1");
    expect_sql(path, "SELECT count(*) FROM head", "1");
    expect_sql(path, "SELECT ended_ms IS NULL FROM sweep", "1");
}
END_TEST

START_TEST(a_course_that_diverges_is_told_and_leaves_no_row)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder(), *path;
    struct output output;

    if (!tool)
        return;
    path = write_photos(folder, PHOTO_COUNT, CLASSES, 0);
    output = run_tool(tool, folder, "store.db --solver sgd --epochs 30 --learning-rate 1 --sweep l2=0,1e6");
    ck_assert_msg(output.exit_code == 0, "%s", output.err);
    expect_contains(output.out, "diverged");
    expect_contains(output.out, "2 tried, 1 failed, best first:");
    free_output(&output);
    expect_sql(path, "SELECT count(*) FROM run", "1");
}
END_TEST

static const struct {
    const char *arguments, *message;
} WRONG[] = {{"--trials 3", "--trials draws from what --sweep gives"},
             {"--keep-heads all", "--keep-heads is of the runs of a --sweep"},
             {"--budget 3s", "--budget is the time of --auto"},
             {"--auto --sweep l2=0,1", "--auto chooses by itself what it tries, --sweep has no meaning beside it"},
             {"--auto --validation 0.2", "--auto measures all photos in folds, --validation has no meaning beside it"},
             {"--folds 3 --no-refit", "--folds keeps a head of all photos, --no-refit has no meaning beside it"},
             {"--folds 3 --monitor val_loss", "--folds measures whole fits, --monitor has no meaning beside it"},
             {"--sweep l3=0", "'l3' is no option that a sweep can vary"},
             {"--sweep l2=0,1 --validation 0", "there are no validation photos to choose by"},
             {"--use 1 --folds 3", "--use trains nothing, --folds has no meaning beside it"}};

START_TEST(what_means_nothing_is_refused)
{
    const char *tool = find_tool(), *folder = tl_test_make_folder();
    struct output output;
    char arguments[256];

    if (!tool)
        return;
    write_photos(folder, 12, 2, 0);
    snprintf(arguments, sizeof arguments, "store.db %s", WRONG[_i].arguments);
    output = run_tool(tool, folder, arguments);
    ck_assert_int_eq(output.exit_code, 2);
    expect_contains(output.err, WRONG[_i].message);
    free_output(&output);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("train/search");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_set_timeout(core, 300);
    tcase_add_test(core, rows_of_a_sweep_are_those_of_single_runs);
    tcase_add_test(core, drawn_courses_keep_all_heads_when_asked);
    tcase_add_loop_test(core, folds_are_kept_with_what_they_said_of_each_photo, 0, 2);
    tcase_add_test(core, a_sweep_may_be_measured_in_folds);
    tcase_add_loop_test(core, auto_keeps_a_head_that_does_not_lose_to_the_default, 0, 3);
    tcase_add_test(core, json_is_a_line_a_run_and_a_summary);
    tcase_add_test(core, interrupted_it_keeps_what_was_finished);
    tcase_add_test(faults, a_course_that_diverges_is_told_and_leaves_no_row);
    tcase_add_loop_test(faults, what_means_nothing_is_refused, 0, (int)(sizeof WRONG / sizeof WRONG[0]));
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
