/* bench_train_fit.c - verbs of bench_train: one fit, and a hundred. */
#include <stdlib.h>

#include "bench_train.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "train/fit/fit.h"

enum { EPOCHS = 5, SETTINGS = 25, SEEDS = 4 };

static enum tl_status fit(double *loss, const struct tl_samples *samples, const struct tl_course *course, tl_team *team,
                          struct tl_error *err)
{
    const struct tl_fit_aid aid = {.team = team};
    struct tl_store_epoch history[EPOCHS];
    struct tl_head *head = NULL;
    enum tl_status status = tl_bench_make_head(&head, samples, err);

    if (status == TL_OK)
        status = tl_fit_head(NULL, head, history, samples, course, &aid, err);
    if (status == TL_OK)
        *loss = history[EPOCHS - 1].loss;
    tl_head_free(head);
    return status;
}

static void init_course(struct tl_course *course)
{
    tl_course_init(course);
    course->variants = TL_FIT_PLAIN;
    course->epochs = EPOCHS;
}

/* `argument`: threads; without it one. Answers seconds and the last epoch's loss. */
static enum tl_status run_adam(struct tl_text *answer, const struct bench_train *bench, const char *argument, struct tl_error *err)
{
    const size_t thread_count = argument[0] ? strtoul(argument, NULL, 10) : 1;
    struct tl_course course;
    tl_team *team = NULL;
    double loss = 0, start;
    enum tl_status status = tl_team_create(&team, thread_count > 0 ? thread_count : 1, err);

    init_course(&course);
    start = tl_system_seconds();
    if (status == TL_OK)
        status = fit(&loss, bench->samples, &course, team, err);
    if (status == TL_OK)
        tl_text_append_format(answer, "%.6f %.9f", tl_system_seconds() - start, loss);
    tl_team_free(team);
    return status;
}

struct runs {
    const struct bench_train *bench;
    double losses[SETTINGS * SEEDS];
    enum tl_status statuses[SETTINGS * SEEDS];
};

/* Run i: a learning rate, a penalty and a seed. */
static void do_run(void *context, size_t i, size_t thread_index)
{
    static const double rates[] = {0.0001, 0.0003, 0.001, 0.003, 0.01}, penalties[] = {0, 0.00001, 0.0001, 0.001, 0.01};
    struct runs *runs = context;
    struct tl_course course;

    (void)thread_index;
    init_course(&course);
    course.learning_rate = rates[i / SEEDS % 5];
    course.l2 = penalties[i / SEEDS / 5];
    course.seed = i % SEEDS;
    runs->statuses[i] = fit(&runs->losses[i], runs->bench->samples, &course, NULL, NULL);
}

/* 25 settings x 4 seeds, one run a thread. Answers seconds and the mean of the last losses. */
static enum tl_status run_hundred(struct tl_text *answer, const struct bench_train *bench, const char *argument,
                                  struct tl_error *err)
{
    struct runs runs = {.bench = bench};
    tl_team *team = NULL;
    const double start = tl_system_seconds();
    double sum = 0;
    enum tl_status status = tl_team_create(&team, bench->thread_count, err);

    (void)argument;
    if (status != TL_OK)
        return status;
    tl_team_run(team, SETTINGS * SEEDS, do_run, &runs);
    tl_team_free(team);
    for (size_t i = 0; i < SETTINGS * SEEDS; i++) {
        if (runs.statuses[i] != TL_OK)
            return tl_error_set(err, runs.statuses[i], "run %zu failed", i);
        sum += runs.losses[i];
    }
    tl_text_append_format(answer, "%.6f %.9f", tl_system_seconds() - start, sum / (SETTINGS * SEEDS));
    return TL_OK;
}

const struct bench_verb tl_bench_adam = {"adam", "a fit, 5 epochs of Adam, one thread", run_adam};
const struct bench_verb tl_bench_runs = {"runs", "100 fits, 25 settings x 4 seeds, all threads", run_hundred};
