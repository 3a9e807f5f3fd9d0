/* bench_train.c - how long training takes on 925 made-up samples x 25,088 features, 93% of them zeros.
 *
 *     bench_train [--rounds N]      times every verb and prints a table
 *     bench_train --worker          answers the verbs that come on standard input, one a line, for train_peers.py
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_train.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "train/fit/fit_kernels.h"

static const struct bench_verb *const VERBS[] = {&tl_bench_adam,          &tl_bench_runs,         &tl_bench_lbfgs,
                                                 &tl_bench_lbfgs_at_hand, &tl_bench_lbfgs_primal, &tl_bench_folds,
                                                 &tl_bench_write,         &tl_bench_store};
enum { VERB_COUNT = sizeof VERBS / sizeof VERBS[0], LINE_BYTES = 4096, ROUNDS_MAX = 1000 };

static const struct bench_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(VERBS[i]->name, name) == 0)
            return VERBS[i];
    return NULL;
}

static enum tl_status answer(struct tl_text *text, const struct bench_train *bench, char *line, struct tl_error *err)
{
    char *argument = strchr(line, ' ');
    const struct bench_verb *verb;

    if (argument)
        *argument++ = '\0';
    verb = find_verb(line);
    if (!verb)
        return tl_error_set(err, TL_BAD_INPUT, "no verb %s", line);
    tl_text_clear(text);
    return verb->run(text, bench, argument ? argument : "", err);
}

static enum tl_status work(const struct bench_train *bench, struct tl_error *err)
{
    struct tl_text text;
    char line[LINE_BYTES];
    enum tl_status status = TL_OK;

    tl_text_init(&text, LINE_BYTES);
    puts("ready");
    fflush(stdout);
    while (status == TL_OK && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        status = answer(&text, bench, line, err);
        if (status == TL_OK)
            status = tl_text_check(&text, err);
        if (status == TL_OK)
            puts(text.bytes);
        fflush(stdout);
    }
    tl_text_free(&text);
    return status;
}

static int compare(const void *a, const void *b)
{
    const double first = *(const double *)a, second = *(const double *)b;

    return first < second ? -1 : first > second;
}

static enum tl_status print_table(const struct bench_train *bench, size_t round_count, struct tl_error *err)
{
    static double seconds[VERB_COUNT][ROUNDS_MAX];
    struct tl_text text;
    enum tl_status status = TL_OK;

    tl_text_init(&text, LINE_BYTES);
    for (size_t r = 0; r < round_count && status == TL_OK; r++) {
        for (size_t v = 0; v < VERB_COUNT && status == TL_OK; v++) {
            if (!VERBS[v]->about)
                continue;
            tl_text_clear(&text);
            status = VERBS[v]->run(&text, bench, "", err);
            if (status == TL_OK && (status = tl_text_check(&text, err)) == TL_OK)
                seconds[v][r] = strtod(text.bytes, NULL);
        }
    }
    printf("training, %d x %d, %.1f%% zeros, kernels %s, %zu threads; medians of %zu rounds\n", BENCH_PHOTOS, BENCH_FEATURES,
           100 - 100 * (double)bench->samples->matrix->row_starts[BENCH_PHOTOS] / ((double)BENCH_PHOTOS * BENCH_FEATURES),
           tl_fit_kernels_best()->name, bench->thread_count, round_count);
    for (size_t v = 0; v < VERB_COUNT && status == TL_OK; v++) {
        if (!VERBS[v]->about)
            continue;
        qsort(seconds[v], round_count, sizeof seconds[v][0], compare);
        printf("  %-60s %9.1f ms\n", VERBS[v]->about, 1000 * seconds[v][round_count / 2]);
    }
    tl_text_free(&text);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_train bench = {.thread_count = tl_system_core_count()};
    const bool is_worker = argc == 2 && strcmp(argv[1], "--worker") == 0;
    size_t round_count = 5;
    struct tl_error err;
    enum tl_status status;

    if (argc == 3 && strcmp(argv[1], "--rounds") == 0)
        round_count = strtoul(argv[2], NULL, 10);
    if ((argc != 1 && argc != 3 && !is_worker) || round_count < 1 || round_count > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_train [--rounds N] | bench_train --worker\n");
        return 2;
    }
    status = tl_bench_make_samples(&bench.samples, &err);
    if (status == TL_OK)
        status = is_worker ? work(&bench, &err) : print_table(&bench, round_count, &err);
    tl_samples_free(bench.samples);
    if (status == TL_OK)
        return 0;
    fprintf(stderr, "bench_train: %s\n", err.message);
    return 2;
}
