/* made_findings.h - the findings of a run that is in no store: as many classes as wanted, 20 epochs, a sweep of 40 runs. */
#ifndef TL_TESTS_MADE_FINDINGS_H
#define TL_TESTS_MADE_FINDINGS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"
#include "train/report/findings.h"

enum { MADE_EPOCHS = 20, MADE_RUNS = 40, MADE_COLUMNS = 4, MADE_PHOTOS_A_CLASS = 10 };

struct made_findings {
    struct tl_findings findings;
    char names[64][40];
    char values[MADE_RUNS][MADE_COLUMNS][32];
};

static inline void make_epochs(struct tl_store_account *account)
{
    account->epochs = tl_memory_alloc(MADE_EPOCHS, sizeof *account->epochs);
    ck_assert_ptr_nonnull(account->epochs);
    for (int i = 0; i < MADE_EPOCHS; i++)
        account->epochs[i] =
            (struct tl_store_epoch){1.2 / (i + 1), 1 - 0.3 / (i + 1), 1.3 / (i + 1) + 0.1, 1 - 0.3 / (i + 1) - 0.03};
    account->epoch_count = MADE_EPOCHS;
}

/* Every seventh photo is taken for the next class. */
static inline void make_told(struct tl_findings *findings, size_t label_count)
{
    const size_t photo_count = label_count * MADE_PHOTOS_A_CLASS;
    struct tl_findings_role *role = &findings->roles[TL_STORE_TOLD_TEST];
    double *probabilities = tl_memory_alloc(photo_count * label_count, sizeof *probabilities);
    uint32_t *classes = tl_memory_alloc(photo_count, sizeof *classes);

    ck_assert(probabilities && classes);
    for (size_t i = 0; i < photo_count; i++) {
        const size_t called = i % 7 == 0 ? (i + 1) % label_count : i % label_count;
        classes[i] = (uint32_t)(i % label_count);
        for (size_t l = 0; l < label_count; l++)
            probabilities[i * label_count + l] = (l == called ? 0.5 : 0) + 0.5 / (double)label_count;
    }
    const struct tl_metrics_photos photos = {
        .probabilities = probabilities, .true_classes = classes, .photo_count = photo_count, .class_count = label_count};
    ck_assert_int_eq(tl_metrics_measure(&role->metrics, &photos, NULL), TL_OK);
    role->confusion = role->metrics->confusion;
    role->photo_count = photo_count;
    role->confused_count = (int64_t)photo_count;
    findings->shown = TL_STORE_TOLD_TEST;
    tl_memory_free(probabilities);
    tl_memory_free(classes);
}

static inline void make_sweep(struct made_findings *made)
{
    static const char *const columns[MADE_COLUMNS] = {"learning_rate", "transform", "l2", "val_loss"};
    static const char *const rates[] = {"0.0001", "0.001", "0.01"}, *const transforms[] = {"none", "sqrt"};
    struct tl_store_run_rows *rows = &made->findings.sweep;

    made->findings.account.sweep_id = 1;
    rows->facts = tl_memory_alloc(MADE_RUNS * MADE_COLUMNS, sizeof *rows->facts);
    ck_assert_ptr_nonnull(rows->facts);
    rows->run_count = MADE_RUNS;
    rows->fact_count = MADE_COLUMNS;
    for (size_t r = 0; r < MADE_RUNS; r++) {
        snprintf(made->values[r][0], 32, "%s", rates[r % 3]);
        snprintf(made->values[r][1], 32, "%s", transforms[r % 2]);
        snprintf(made->values[r][2], 32, "%g", pow(10, -6 + 0.1 * (double)r));
        snprintf(made->values[r][3], 32, "%g", 0.1 + 0.05 * (double)(r % 3) + 0.001 * (double)r);
        for (size_t c = 0; c < MADE_COLUMNS; c++)
            rows->facts[r * MADE_COLUMNS + c] = (struct tl_store_fact){columns[c], made->values[r][c]};
    }
}

static inline void make_findings(struct made_findings *made, size_t label_count)
{
    struct tl_store_account *account = &made->findings.account;

    *made = (struct made_findings){.findings.shown = TL_STORE_TOLD_ROLES};
    account->run_id = 3;
    account->class_count = label_count;
    account->class_names = tl_memory_alloc(label_count, sizeof *account->class_names);
    ck_assert_ptr_nonnull(account->class_names);
    for (size_t l = 0; l < label_count; l++) {
        snprintf(made->names[l], sizeof made->names[l], "class %zu", l);
        account->class_names[l] = made->names[l];
    }
    make_epochs(account);
    make_told(&made->findings, label_count);
    make_sweep(made);
}

#endif
