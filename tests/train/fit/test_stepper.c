/* test_stepper.c - the same bits however a fit is computed, and hidden layers against their definition in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "tests/support/suite.h"
#include "tests/train/data/made_samples.h"
#include "train/fit/loss.h"
#include "train/fit/stepper.h"

/* Three blocks of columns, the last one narrower. */
enum { COLUMNS = 2 * TL_MATRIX_BLOCK + 700, ROWS = 45, BATCH = 7, ROUNDS = 2 };

static struct tl_matrix *make_rows(size_t column_count, uint64_t seed)
{
    static uint32_t indices[COLUMNS];
    static float values[COLUMNS];
    struct tl_matrix *matrix = NULL;
    struct tl_random random;

    tl_random_init(&random, seed, "rows");
    ck_assert_int_eq(tl_matrix_create(&matrix, column_count, TL_HEAD_TRANSFORM_NONE, NULL), TL_OK);
    for (size_t r = 0; r < ROWS; r++) {
        size_t count = 0;

        for (uint32_t f = 0; f < column_count; f++) {
            if (tl_random_uniform(&random) >= 0.07)
                continue;
            indices[count] = f;
            values[count++] = (float)(tl_random_uniform(&random) * 3 - 0.5);
        }
        ck_assert_int_eq(tl_matrix_add(matrix, indices, values, count, NULL), TL_OK);
    }
    return matrix;
}

static void list_picks(struct tl_pick picks[ROWS], size_t class_count)
{
    for (size_t i = 0; i < ROWS; i++)
        picks[i] = (struct tl_pick){i * 19 % ROWS, (uint32_t)(i * 7 % class_count)};
}

static void draw(float *values, size_t count, float size, struct tl_random *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = size * (float)(2 * tl_random_uniform(random) - 1);
}

static struct tl_head *make_drawn_head(size_t column_count, size_t hidden_count, size_t class_count)
{
    static const char *names[64];
    const struct tl_head_shape shape = {.feature_count = column_count, .hidden_count = hidden_count, .class_count = class_count};
    struct tl_head *head = NULL;
    struct tl_random random;

    for (size_t l = 0; l < class_count; l++)
        names[l] = "name";
    tl_random_init(&random, 3, "head");
    ck_assert_int_eq(tl_head_create(&head, &shape, names, NULL), TL_OK);
    head->scale = 1.7;
    draw(head->kernel, tl_head_kernel_rows(head) * class_count, 0.2F, &random);
    draw(head->bias, class_count, 0.1F, &random);
    if (hidden_count > 0) {
        draw(head->hidden_kernel, column_count * hidden_count, 0.2F, &random);
        draw(head->hidden_bias, hidden_count, 0.1F, &random);
    }
    return head;
}

static bool are_same_bytes(const struct tl_head *a, const struct tl_head *b)
{
    return memcmp(a->kernel, b->kernel, tl_head_kernel_rows(a) * a->class_count * sizeof(float)) == 0 &&
           memcmp(a->bias, b->bias, a->class_count * sizeof(float)) == 0 &&
           (a->hidden_count == 0 ||
            (memcmp(a->hidden_kernel, b->hidden_kernel, a->input_count * a->hidden_count * sizeof(float)) == 0 &&
             memcmp(a->hidden_bias, b->hidden_bias, a->hidden_count * sizeof(float)) == 0));
}

/* Classes and hidden units below, at and beyond the widths of panels. */
static const struct shape {
    size_t hidden_count, class_count;
    enum tl_course_solver solver;
} SHAPES[] = {{0, 2, TL_COURSE_ADAM}, {0, 4, TL_COURSE_SGD},  {0, 5, TL_COURSE_ADAM},  {0, 8, TL_COURSE_ADAM},
              {0, 9, TL_COURSE_ADAM}, {0, 16, TL_COURSE_SGD}, {0, 37, TL_COURSE_ADAM}, {20, 3, TL_COURSE_ADAM}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

struct fitted {
    struct tl_head *head;
    struct tl_stepper_sums sums;
};

/* ROUNDS times through all rows, cut into runs of `run_size` vectors. */
static struct fitted fit(const struct shape *shape, tl_team *team, const struct tl_fit_kernels *kernels, size_t run_size)
{
    struct tl_matrix *matrix = make_rows(COLUMNS, 1);
    struct fitted fitted = {make_drawn_head(COLUMNS, shape->hidden_count, shape->class_count), {0, 0}};
    const struct tl_course course = {.solver = shape->solver, .batch_size = BATCH, .learning_rate = 0.01, .momentum = 0.9,
                                     .l2 = 0.001, .dropout = 0.3};
    const struct tl_stepper_setup setup = {.head = fitted.head, .course = &course, .team = team, .kernels = kernels};
    struct tl_pick picks[ROWS];
    tl_stepper *stepper = NULL;

    list_picks(picks, shape->class_count);
    ck_assert_int_eq(tl_stepper_create(&stepper, &setup, NULL), TL_OK);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t start = 0; start < ROWS; start += run_size)
            ck_assert_int_eq(tl_stepper_run(stepper, matrix, picks + start, ROWS - start < run_size ? ROWS - start : run_size,
                                            &fitted.sums, NULL), TL_OK);
    tl_stepper_give(stepper, fitted.head);
    tl_stepper_free(stepper);
    tl_matrix_free(matrix);
    return fitted;
}

static void expect_same(struct fitted *other, const struct fitted *expected, const char *what)
{
    ck_assert_msg(are_same_bytes(other->head, expected->head), "%s", what);
    ck_assert_msg(memcmp(&other->sums.loss, &expected->sums.loss, sizeof other->sums.loss) == 0, "%s: the loss", what);
    ck_assert_uint_eq(other->sums.right_count, expected->sums.right_count);
    tl_head_free(other->head);
}

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    static const size_t thread_counts[] = {1, 2, 3, 5};
    const struct fitted expected = fit(&SHAPES[_i], NULL, NULL, ROWS);

    for (size_t t = 0; t < 4; t++) {
        tl_team *team = NULL;
        struct fitted other;

        ck_assert_int_eq(tl_team_create(&team, thread_counts[t], NULL), TL_OK);
        other = fit(&SHAPES[_i], team, NULL, ROWS);
        expect_same(&other, &expected, "threads");
        tl_team_free(team);
    }
    tl_head_free(expected.head);
}
END_TEST

START_TEST(every_instruction_set_gives_the_same_bits)
{
    const struct fitted expected = fit(&SHAPES[_i], NULL, &tl_fit_kernels_plain, ROWS);
    size_t kernel_count = 0;

    for (size_t k = 0; tl_fit_kernels_all[k]; k++) {
        struct fitted other;

        if (!tl_fit_kernels_all[k]->is_supported()) {
            printf("skipped: this CPU has no %s\n", tl_fit_kernels_all[k]->name);
            continue;
        }
        other = fit(&SHAPES[_i], NULL, tl_fit_kernels_all[k], ROWS);
        expect_same(&other, &expected, tl_fit_kernels_all[k]->name);
        kernel_count++;
    }
    ck_assert_uint_gt(kernel_count, 0);
    tl_head_free(expected.head);
}
END_TEST

START_TEST(whole_batches_may_be_cut_into_runs_anywhere)
{
    const struct fitted expected = fit(&SHAPES[_i], NULL, NULL, ROWS);
    struct fitted other = fit(&SHAPES[_i], NULL, NULL, BATCH), another = fit(&SHAPES[_i], NULL, NULL, (size_t)3 * BATCH);
    struct fitted cut = fit(&SHAPES[_i], NULL, NULL, BATCH + 1);

    ck_assert(!are_same_bytes(cut.head, expected.head)); /* a batch cut in two is two steps */
    expect_same(&other, &expected, "one batch a run");
    expect_same(&another, &expected, "three batches a run");
    tl_head_free(cut.head);
    tl_head_free(expected.head);
}
END_TEST

/* ---- hidden layers ---- */

enum { FEW = 40, UNITS = 18, CLASSES = 3 };

/* The definition, in double: the mean cross-entropy of the picks, `kept` (count, UNITS) the factor of each unit. */
static double mean_loss(const struct tl_head *head, const struct tl_matrix *matrix, const struct tl_pick *picks, size_t count,
                        const double *kept)
{
    double loss = 0;

    for (size_t n = 0; n < count; n++) {
        uint32_t indices[FEW];
        const size_t entry_count = tl_matrix_read_row(matrix, picks[n].row, indices);
        double logits[CLASSES];

        for (size_t l = 0; l < CLASSES; l++)
            logits[l] = (double)head->bias[l];
        for (size_t u = 0; u < UNITS; u++) {
            double sum = (double)head->hidden_bias[u];

            for (size_t i = 0; i < entry_count; i++)
                sum += (double)tl_matrix_values(matrix, picks[n].row)[i] * (double)head->hidden_kernel[indices[i] * UNITS + u] /
                       head->scale;
            sum = sum > 0 ? sum * kept[n * UNITS + u] : 0;
            for (size_t l = 0; l < CLASSES; l++)
                logits[l] += sum * (double)head->kernel[u * CLASSES + l];
        }
        loss += tl_loss_of_logits(logits, CLASSES, picks[n].class_index);
    }
    return loss / (double)count;
}

/* As the stepper draws: vectors, then units. */
static void draw_kept(double *kept, size_t count, double dropout, uint64_t seed)
{
    struct tl_random random;

    tl_random_init(&random, seed, "dropout");
    for (size_t i = 0; i < count; i++)
        kept[i] = dropout > 0 && tl_random_uniform(&random) < dropout ? 0 : 1 / (1 - dropout);
}

/* Each weight's gradient, known from a step of plain descent with rate 1, against the loss's slope measured on both sides. */
static double compare_slopes(float *now, const float *moved, size_t count, const struct tl_head *head,
                             const struct tl_matrix *matrix, const struct tl_pick *picks, const double *kept)
{
    static const float STEP = 1e-3F;
    double largest = 0;

    for (size_t i = 0; i < count; i++) {
        const float before = now[i];
        double above, below;

        now[i] = before + STEP;
        above = mean_loss(head, matrix, picks, BATCH, kept);
        now[i] = before - STEP;
        below = mean_loss(head, matrix, picks, BATCH, kept);
        now[i] = before;
        largest = fmax(largest, fabs((above - below) / (2 * (double)STEP) - ((double)before - (double)moved[i])));
    }
    return largest;
}

START_TEST(gradients_are_the_slopes_of_the_loss)
{
    const struct tl_course course = {.solver = TL_COURSE_SGD, .batch_size = BATCH, .learning_rate = 1,
                                     .dropout = _i == 0 ? 0 : 0.4, .seed = 11};
    struct tl_matrix *matrix = make_rows(FEW, 2);
    struct tl_head *head = make_drawn_head(FEW, UNITS, CLASSES), *moved = make_drawn_head(FEW, UNITS, CLASSES);
    const struct tl_stepper_setup setup = {.head = head, .course = &course};
    struct tl_stepper_sums sums = {0, 0};
    struct tl_pick picks[ROWS];
    double kept[BATCH * UNITS];
    tl_stepper *stepper = NULL;

    list_picks(picks, CLASSES);
    draw_kept(kept, (size_t)BATCH * UNITS, course.dropout, course.seed);
    ck_assert_int_eq(tl_stepper_create(&stepper, &setup, NULL), TL_OK);
    ck_assert_int_eq(tl_stepper_run(stepper, matrix, picks, BATCH, &sums, NULL), TL_OK);
    tl_stepper_give(stepper, moved);
    ck_assert_double_eq_tol(sums.loss / BATCH, mean_loss(head, matrix, picks, BATCH, kept), 1e-5);
    ck_assert_double_lt(compare_slopes(head->kernel, moved->kernel, (size_t)UNITS * CLASSES, head, matrix, picks, kept), 1e-5);
    ck_assert_double_lt(compare_slopes(head->bias, moved->bias, CLASSES, head, matrix, picks, kept), 1e-5);
    ck_assert_double_lt(compare_slopes(head->hidden_kernel, moved->hidden_kernel, (size_t)FEW * UNITS, head, matrix, picks, kept),
                        1e-5);
    ck_assert_double_lt(compare_slopes(head->hidden_bias, moved->hidden_bias, UNITS, head, matrix, picks, kept), 1e-5);
    tl_stepper_free(stepper);
    tl_matrix_free(matrix);
    tl_head_free(head);
    tl_head_free(moved);
}
END_TEST

/* ---- Limits ---- */

START_TEST(no_vectors_change_nothing)
{
    struct tl_matrix *matrix = make_rows(FEW, 2);
    struct tl_head *head = make_drawn_head(FEW, 0, CLASSES), *same = make_drawn_head(FEW, 0, CLASSES);
    const struct tl_course course = {.batch_size = BATCH, .learning_rate = 1};
    const struct tl_stepper_setup setup = {.head = head, .course = &course};
    struct tl_stepper_sums sums = {5, 5};
    tl_stepper *stepper = NULL;

    ck_assert_int_eq(tl_stepper_create(&stepper, &setup, NULL), TL_OK);
    ck_assert_int_eq(tl_stepper_run(stepper, matrix, NULL, 0, &sums, NULL), TL_OK);
    tl_stepper_give(stepper, head);
    ck_assert(are_same_bytes(head, same));
    ck_assert(sums.loss == 5 && sums.right_count == 5);
    tl_stepper_free(stepper);
    tl_stepper_free(NULL);
    tl_matrix_free(matrix);
    tl_head_free(head);
    tl_head_free(same);
}
END_TEST

/* ---- Faults ---- */

START_TEST(every_allocation_may_fail)
{
    static const double class_weights[CLASSES] = {1, 2, 3};
    struct tl_matrix *matrix = make_rows(FEW, 2);
    struct tl_head *head = make_drawn_head(FEW, UNITS, CLASSES);
    const struct tl_course course = {.batch_size = BATCH, .learning_rate = 0.001};
    const struct tl_stepper_setup setup = {.head = head, .course = &course, .class_weights = class_weights};
    struct tl_stepper_sums sums = {0, 0};
    struct tl_pick picks[ROWS];
    enum tl_status status;
    size_t n = 0;

    list_picks(picks, CLASSES);
    do {
        tl_stepper *stepper = NULL;

        tl_memory_fail_at(++n);
        status = tl_stepper_create(&stepper, &setup, NULL);
        ck_assert((status == TL_OK) == (stepper != NULL));
        if (status == TL_OK)
            status = tl_stepper_run(stepper, matrix, picks, ROWS, &sums, NULL);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || status == TL_NO_MEMORY);
        tl_stepper_free(stepper);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 20);
    tl_matrix_free(matrix);
    tl_head_free(head);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("stepper");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, any_number_of_threads_gives_the_same_bits, 0, SHAPE_COUNT);
    tcase_add_loop_test(core, every_instruction_set_gives_the_same_bits, 0, SHAPE_COUNT);
    tcase_add_loop_test(core, whole_batches_may_be_cut_into_runs_anywhere, 0, SHAPE_COUNT);
    tcase_add_loop_test(core, gradients_are_the_slopes_of_the_loss, 0, 2);
    tcase_add_test(limits, no_vectors_change_nothing);
    tcase_add_test(faults, every_allocation_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
