/* test_plot.c - each plot shows its data, whatever the run and however its classes are called; what cannot be drawn says why. */
#include "tests/train/report/made_findings.h"
#include "train/report/plot.h"
#include "train/report/sweep_choice.h"

static const size_t CEILING_BYTES = (size_t)1 << 24;

static struct made_findings made;

static void draw(struct tl_text *svg, enum tl_plot plot, bool is_file)
{
    struct tl_error err;
    const char *lack = tl_plot_why_not(plot, &made.findings);

    ck_assert_msg(lack == NULL, "%s", lack);
    tl_text_init(svg, CEILING_BYTES);
    ck_assert_msg(tl_plot_draw(svg, plot, &made.findings, is_file, &err) == TL_OK, "%s", err.message);
}

static void expect(const struct tl_text *svg, const char *words)
{
    ck_assert_msg(strstr(svg->bytes, words) != NULL, "'%s' is not in the drawing", words);
}

static size_t count(const char *text, const char *words)
{
    size_t found = 0;

    for (; (text = strstr(text, words)) != NULL; text += strlen(words))
        found++;
    return found;
}

/* Every element that opens closes, in order, and no raw markup stands in a text. */
static void expect_well_formed(const char *xml)
{
    char open[64][32];
    size_t depth = 0;

    for (const char *at = strchr(xml, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        const size_t name_bytes = strcspn(at + 1, " \n/>");
        ck_assert_ptr_nonnull(end);
        if (at[1] == '?')
            continue;
        if (at[1] == '/') {
            ck_assert(depth > 0);
            depth--;
            ck_assert(strncmp(at + 2, open[depth], strlen(open[depth])) == 0);
        } else if (end[-1] != '/') {
            ck_assert(depth < 64 && name_bytes < 32);
            snprintf(open[depth], sizeof open[depth], "%.*s", (int)name_bytes, at + 1);
            depth++;
        }
    }
    ck_assert_uint_eq(depth, 0);
}

START_TEST(curves_show_both_losses_and_accuracies)
{
    struct tl_text svg;

    make_findings(&made, 3);
    draw(&svg, TL_PLOT_CURVES, true);
    expect(&svg, "<?xml");
    expect(&svg, ">training<");
    expect(&svg, ">validation<");
    expect(&svg, ">Loss<");
    expect(&svg, ">Accuracy<");
    expect(&svg, ">80%<");
    expect(&svg, "over 20 epochs");
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_confusion_has_the_numbers_of_its_cells)
{
    struct tl_text svg;
    char number[32];

    make_findings(&made, 4);
    draw(&svg, TL_PLOT_CONFUSION, false);
    for (size_t i = 0; i < 16; i++) {
        snprintf(number, sizeof number, ">%lld<", (long long)made.findings.roles[TL_STORE_TOLD_TEST].confusion[i]);
        if (strcmp(number, ">0<") != 0)
            expect(&svg, number);
    }
    expect(&svg, ">class 3<");
    expect(&svg, "40 test photos");
    ck_assert_ptr_null(strstr(svg.bytes, "<?xml"));
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_calibration_has_its_error_and_the_diagonal)
{
    struct tl_text svg;
    char words[64];

    make_findings(&made, 2);
    draw(&svg, TL_PLOT_CALIBRATION, false);
    snprintf(words, sizeof words, "calibration error %.3f", made.findings.roles[TL_STORE_TOLD_TEST].metrics->ece);
    expect(&svg, words);
    expect(&svg, "Photos (test)");
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_sweep_has_a_panel_for_each_option_that_varies)
{
    struct tl_text svg;

    make_findings(&made, 2);
    draw(&svg, TL_PLOT_SWEEP, false);
    expect(&svg, ">learning-rate<");
    expect(&svg, ">transform<");
    expect(&svg, ">l2<");
    expect(&svg, ">sqrt<");
    expect(&svg, ">0.001<");
    ck_assert_uint_eq(count(svg.bytes, ">Validation loss"), 3);
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(choices_stand_in_order_the_most_varied_first)
{
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];

    make_findings(&made, 2);
    ck_assert_uint_eq(tl_sweep_find_choices(choices, &made.findings.sweep), 3);
    ck_assert_str_eq(choices[0].name, "l2");
    ck_assert(choices[0].is_number && choices[0].is_logarithmic && choices[0].value_count > TL_SWEEP_VALUES_MAX);
    ck_assert_str_eq(choices[1].name, "learning-rate");
    ck_assert_uint_eq(choices[1].value_count, 3);
    ck_assert_str_eq(choices[1].values[0], "0.0001");
    ck_assert_str_eq(choices[1].values[2], "0.01");
    ck_assert(!choices[2].is_number);
    ck_assert_double_eq(tl_sweep_get_place(&choices[1], &made.findings.sweep, 2), 2);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(two_and_forty_and_sixty_classes_are_drawn)
{
    static const size_t counts[] = {2, 16, 17, 40, TL_PLOT_MATRIX_CLASSES};
    struct tl_text svg;

    make_findings(&made, counts[_i]);
    draw(&svg, TL_PLOT_CONFUSION, true);
    ck_assert_uint_eq(count(svg.bytes, ">class 1<"), 2);
    ck_assert_uint_lt(svg.length_bytes, 400000);
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(hostile_names_are_words_and_no_markup)
{
    static const char *const names[] = {"<script>alert(1)</script>",
                                        "a#b\"&'",
                                        "\xff\xfe broken",
                                        "gr\xC3\xBCn \xE6\x97\xA5\xE6\x9C\xAC",
                                        "#(210)#u",
                                        "a name of more characters than any label can have, and more of them"};
    struct tl_text svg;

    make_findings(&made, 6);
    for (size_t l = 0; l < 6; l++)
        made.findings.account.class_names[l] = names[l];
    draw(&svg, TL_PLOT_CONFUSION, false);
    ck_assert_ptr_null(strstr(svg.bytes, "<script"));
    expect(&svg, "&lt;script&gt;alert(1)");
    expect(&svg, "a#b&quot;&amp;&#39;");
    expect(&svg, "gr\xC3\xBCn \xE6\x97\xA5\xE6\x9C\xAC");
    expect(&svg, ">#(210)#u<");
    expect(&svg, "a name of more c\xE2\x80\xA6");
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(one_epoch_no_validation_and_losses_without_bounds_are_drawn)
{
    struct tl_text svg;

    make_findings(&made, 2);
    for (int i = 0; i < MADE_EPOCHS; i++)
        made.findings.account.epochs[i].val_loss = made.findings.account.epochs[i].val_accuracy = (double)NAN;
    made.findings.account.epochs[0].loss = _i == 1 ? (double)INFINITY : 3;
    made.findings.account.epoch_count = _i == 0 ? 1 : MADE_EPOCHS;
    draw(&svg, TL_PLOT_CURVES, false);
    ck_assert_ptr_null(strstr(svg.bytes, ">validation<"));
    ck_assert_ptr_null(strstr(svg.bytes, "points=\"nan"));
    expect_well_formed(svg.bytes);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(of_very_many_epochs_some_are_drawn)
{
    struct tl_text svg;
    struct tl_store_epoch *epochs = tl_memory_alloc(100000, sizeof *epochs);

    ck_assert_ptr_nonnull(epochs);
    make_findings(&made, 2);
    for (size_t i = 0; i < 100000; i++)
        epochs[i] = (struct tl_store_epoch){1.0 / (double)(i + 1), 0.5, 1, 0.5};
    tl_memory_free(made.findings.account.epochs);
    made.findings.account.epochs = epochs;
    made.findings.account.epoch_count = 100000;
    draw(&svg, TL_PLOT_CURVES, false);
    ck_assert_uint_lt(svg.length_bytes, 100000);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_step_is_a_round_number)
{
    static const struct {
        double span;
        unsigned count_max;
        double step;
    } cases[] = {{1, 5, 0.2}, {1, 4, 0.5}, {20, 6, 5}, {0.03, 5, 0.01}, {7, 7, 1}, {1000, 3, 500}, {9, 1, 10}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_double_eq_tol(tl_plotter_step(cases[i].span, cases[i].count_max), cases[i].step, 1e-9);
}
END_TEST

START_TEST(what_a_run_lacks_is_said)
{
    make_findings(&made, 2);
    made.findings.account.sweep_id = 0;
    ck_assert_str_eq(tl_plot_why_not(TL_PLOT_SWEEP, &made.findings), "it is of no sweep");
    made.findings.account.epoch_count = 0;
    ck_assert_str_eq(tl_plot_why_not(TL_PLOT_CURVES, &made.findings), "it has no epochs");
    made.findings.shown = TL_STORE_TOLD_ROLES;
    ck_assert_str_eq(tl_plot_why_not(TL_PLOT_CONFUSION, &made.findings), "it had neither validation nor test photos");
    ck_assert_str_eq(tl_plot_why_not(TL_PLOT_CALIBRATION, &made.findings), "it had neither validation nor test photos");
    made.findings.account.sweep_id = 1;
    made.findings.sweep.run_count = 1;
    ck_assert_str_eq(tl_plot_why_not(TL_PLOT_SWEEP, &made.findings), "in its sweep no two validated runs differ in an option");
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(without_memory_the_drawing_fails)
{
    struct tl_error err;
    struct tl_text svg;
    enum tl_status status = TL_NO_MEMORY;

    make_findings(&made, 3);
    for (size_t n = 1; status == TL_NO_MEMORY; n++) {
        ck_assert_uint_lt(n, 1000);
        tl_text_init(&svg, CEILING_BYTES);
        tl_memory_fail_at(n);
        status = tl_plot_draw(&svg, (enum tl_plot)_i, &made.findings, false, &err);
        tl_memory_fail_at(0);
        tl_text_free(&svg);
    }
    ck_assert_msg(status == TL_OK, "%s", err.message);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_text_that_is_too_long_fails)
{
    struct tl_text svg;
    struct tl_error err;

    make_findings(&made, 3);
    tl_text_init(&svg, 1000);
    ck_assert_int_eq(tl_plot_draw(&svg, TL_PLOT_CURVES, &made.findings, false, &err), TL_NO_MEMORY);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

START_TEST(a_library_without_its_driver_is_told_in_one_line)
{
    struct tl_text svg;
    struct tl_error err;

    setenv("PLPLOT_DRV_DIR", tl_test_make_folder(), 1);
    make_findings(&made, 3);
    tl_text_init(&svg, CEILING_BYTES);
    ck_assert_int_eq(tl_plot_draw(&svg, TL_PLOT_CURVES, &made.findings, false, &err), TL_NOT_FOUND);
    ck_assert_msg(strstr(err.message, "no driver for SVG") != NULL, "%s", err.message);
    tl_text_free(&svg);
    tl_findings_free(&made.findings);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("plot");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, curves_show_both_losses_and_accuracies);
    tcase_add_test(core, a_confusion_has_the_numbers_of_its_cells);
    tcase_add_test(core, a_calibration_has_its_error_and_the_diagonal);
    tcase_add_test(core, a_sweep_has_a_panel_for_each_option_that_varies);
    tcase_add_test(core, choices_stand_in_order_the_most_varied_first);
    tcase_add_loop_test(limits, two_and_forty_and_sixty_classes_are_drawn, 0, 5);
    tcase_add_test(limits, hostile_names_are_words_and_no_markup);
    tcase_add_loop_test(limits, one_epoch_no_validation_and_losses_without_bounds_are_drawn, 0, 3);
    tcase_add_test(limits, of_very_many_epochs_some_are_drawn);
    tcase_add_test(limits, a_step_is_a_round_number);
    tcase_add_test(faults, what_a_run_lacks_is_said);
    tcase_add_loop_test(faults, without_memory_the_drawing_fails, 0, TL_PLOT_COUNT);
    tcase_add_test(faults, a_text_that_is_too_long_fails);
    tcase_add_test(faults, a_library_without_its_driver_is_told_in_one_line);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
