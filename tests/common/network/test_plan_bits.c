/* test_plan_bits.c - the same bits however photos come: alone, in batches, in turns, by teams, by threads side by side.
 */
#include <math.h>
#include <pthread.h>

#include "tests/common/network/plan_fixture.h"

START_TEST(a_photo_in_a_batch_has_the_bits_of_the_photo_alone)
{
    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, get_kernel(_i), NULL, TL_CONV_BATCHES);
    const size_t input_floats = count_floats(tl_plan_input_shape(plan)), floats = count_floats(tl_plan_feature_shape(plan));
    float *inputs = make_values(PHOTO_COUNT * input_floats, 11), *batch = run(plan, inputs, PHOTO_COUNT);

    for (size_t i = 0; i < PHOTO_COUNT; i++) {
        float *alone = run(plan, inputs + i * input_floats, 1);
        ck_assert_msg(memcmp(alone, batch + i * floats, floats * sizeof *alone) == 0, "photo %zu of the batch differs", i);
        tl_memory_free(alone);
    }
    tl_memory_free(inputs);
    tl_memory_free(batch);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

/* A plan for one photo after another may use the weights as they are. */
START_TEST(a_plan_for_photos_alone_gives_the_bits_of_one_for_groups)
{
    static const struct tl_shape sizes[] = {{13, 20, 3}, {64, 61, 3}};

    if (get_kernel(_i) == NULL)
        return;
    for (size_t i = 0; i < 2 * (sizeof sizes / sizeof *sizes); i++) {
        const size_t s = i / 2;
        tl_backbone *backbone = make_backbone();
        tl_plan *grouped = make_plan(backbone, get_kernel(_i), &sizes[s], TL_CONV_BATCHES);
        tl_plan *single = make_plan(backbone, get_kernel(_i), &sizes[s], i % 2 == 0 ? TL_CONV_FEW : TL_CONV_SINGLES);
        const size_t floats = 3 * count_floats(tl_plan_feature_shape(grouped));
        float *inputs = make_values(3 * count_floats(sizes[s]), 16), *expected = run(grouped, inputs, 3);

        for (size_t n = 1; n <= 4; n++) {
            float *found = run_by_team(single, inputs, 3, n);
            ck_assert_mem_eq(found, expected, floats * sizeof *found);
            tl_memory_free(found);
        }
        tl_memory_free(inputs);
        tl_memory_free(expected);
        tl_plan_free(grouped);
        tl_plan_free(single);
        tl_backbone_free(backbone);
    }
}
END_TEST

START_TEST(what_ran_before_leaves_no_trace)
{
    struct tl_error err;
    tl_workspace *workspace;

    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, get_kernel(_i), NULL, TL_CONV_BATCHES);
    const size_t input_floats = count_floats(tl_plan_input_shape(plan)), floats = count_floats(tl_plan_feature_shape(plan));
    float *inputs = make_values(2 * input_floats, 12), *first = make_values(floats, 1), *again = make_values(floats, 2);

    for (size_t i = 0; i < input_floats; i++)
        inputs[input_floats + i] = NAN;
    ck_assert_msg(tl_workspace_create(&workspace, plan, 1, &err) == TL_OK, "%s", err.message);
    tl_plan_run(plan, workspace, first, inputs, 1);
    tl_plan_run(plan, workspace, again, inputs + input_floats, 1);
    ck_assert_msg(isnan(again[0]), "NaN did not come through");
    tl_plan_run(plan, workspace, again, inputs, 1);
    ck_assert_mem_eq(first, again, floats * sizeof *first);
    tl_workspace_free(workspace);
    tl_memory_free(inputs);
    tl_memory_free(first);
    tl_memory_free(again);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

START_TEST(a_team_of_any_size_gives_the_bits_of_one_thread)
{
    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, get_kernel(_i), NULL, TL_CONV_BATCHES);
    const size_t input_floats = count_floats(tl_plan_input_shape(plan)), floats = count_floats(tl_plan_feature_shape(plan));
    float *inputs = make_values(PHOTO_COUNT * input_floats, 14), *one = run(plan, inputs, PHOTO_COUNT);

    for (size_t n = 2; n <= 5; n++) {
        float *team = run_by_team(plan, inputs, PHOTO_COUNT, n), *alone = run_by_team(plan, inputs, 1, n);
        ck_assert_mem_eq(team, one, PHOTO_COUNT * floats * sizeof *one);
        ck_assert_mem_eq(alone, one, floats * sizeof *one);
        tl_memory_free(team);
        tl_memory_free(alone);
    }
    tl_memory_free(inputs);
    tl_memory_free(one);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

/* Photos so large that they go through the first layers one by one, and through the last ones together. */
START_TEST(photos_that_go_in_turns_have_the_bits_of_photos_alone)
{
    static const struct tl_shape large = {400, 412, 3};
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, tl_conv_kernel_default(), &large, TL_CONV_BATCHES);
    const size_t input_floats = count_floats(large), floats = count_floats(tl_plan_feature_shape(plan));
    float *inputs = make_values(PHOTO_COUNT * input_floats, 15), *batch = run_by_team(plan, inputs, PHOTO_COUNT, 2);

    for (size_t i = 0; i < PHOTO_COUNT; i += 3) {
        float *alone = run(plan, inputs + i * input_floats, 1);
        ck_assert_msg(memcmp(alone, batch + i * floats, floats * sizeof *alone) == 0, "photo %zu of the batch differs", i);
        tl_memory_free(alone);
    }
    tl_memory_free(inputs);
    tl_memory_free(batch);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

struct job {
    const tl_plan *plan;
    const float *inputs;
    float *features;
    size_t count;
    enum tl_status status;
};

static void *run_job(void *argument)
{
    struct job *job = argument;
    struct tl_error err;
    tl_workspace *workspace;

    job->status = tl_workspace_create(&workspace, job->plan, 1, &err);
    if (job->status == TL_OK)
        tl_plan_run(job->plan, workspace, job->features, job->inputs, job->count);
    tl_workspace_free(workspace);
    return NULL;
}

START_TEST(two_threads_give_the_bits_of_one)
{
    if (get_kernel(_i) == NULL)
        return;
    tl_backbone *backbone = make_backbone();
    tl_plan *plan = make_plan(backbone, get_kernel(_i), NULL, TL_CONV_BATCHES);
    const size_t input_floats = count_floats(tl_plan_input_shape(plan)), floats = count_floats(tl_plan_feature_shape(plan));
    float *inputs = make_values(PHOTO_COUNT * input_floats, 13), *one = run(plan, inputs, PHOTO_COUNT);
    float *two = make_values(PHOTO_COUNT * floats, 1);
    struct job jobs[] = {{plan, inputs, two, 4, TL_STOPPED},
                         {plan, inputs + 4 * input_floats, two + 4 * floats, PHOTO_COUNT - 4, TL_STOPPED}};
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(jobs[i].status, TL_OK);
    }
    ck_assert_mem_eq(one, two, PHOTO_COUNT * floats * sizeof *one);
    tl_memory_free(inputs);
    tl_memory_free(one);
    tl_memory_free(two);
    tl_plan_free(plan);
    tl_backbone_free(backbone);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("plan_bits");
    TCase *core = tcase_create("Core");
    const int kernel_count = (int)tl_conv_kernel_count;

    tcase_set_timeout(core, 120);
    tcase_add_loop_test(core, a_photo_in_a_batch_has_the_bits_of_the_photo_alone, 0, kernel_count);
    tcase_add_loop_test(core, a_plan_for_photos_alone_gives_the_bits_of_one_for_groups, 0, kernel_count);
    tcase_add_loop_test(core, what_ran_before_leaves_no_trace, 0, kernel_count);
    tcase_add_loop_test(core, a_team_of_any_size_gives_the_bits_of_one_thread, 0, kernel_count);
    tcase_add_test(core, photos_that_go_in_turns_have_the_bits_of_photos_alone);
    tcase_add_loop_test(core, two_threads_give_the_bits_of_one, 0, kernel_count);
    suite_add_tcase(suite, core);
    return suite;
}
