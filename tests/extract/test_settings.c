/* test_settings.c - the command line of tl-extract: what it means, and what it refuses. */
#include <string.h>

#include "extract/settings.h"
#include "tests/support/suite.h"

enum { WORDS_MAX = 16 };

/* Reads a command line of words parted by blanks; what is refused is told on standard error. */
static bool read_line(struct tl_settings *out, const char *line)
{
    static char text[512]; /* the settings borrow from it */
    static char *words[WORDS_MAX];
    int count = 0;
    enum tl_exit exit_code = TL_EXIT_OK;
    bool is_read;

    ck_assert_uint_lt(strlen(line), sizeof text);
    strcpy(text, line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        ck_assert_int_lt(count, WORDS_MAX - 1);
        words[count++] = word;
    }
    words[count] = NULL;
    is_read = tl_settings_read(out, &exit_code, count, words);
    if (!is_read)
        ck_assert_int_eq(exit_code, TL_EXIT_NOTHING);
    return is_read;
}

START_TEST(defaults_are_keras_and_no_variants)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos more"));
    ck_assert_str_eq(settings.store_path, "s.db");
    ck_assert_uint_eq(settings.directory_count, 2);
    ck_assert_str_eq(settings.directories[1], "more");
    ck_assert_int_eq(settings.recipe.resize, TL_RESIZE_NEAREST);
    ck_assert_int_eq(settings.recipe.exif, TL_EXIF_IGNORE);
    ck_assert_int_eq(settings.recipe.preprocess, TL_PREPROCESS_CAFFE);
    ck_assert(!settings.recipe.crop);
    ck_assert_uint_eq(settings.variant_count, 0);
    ck_assert_str_eq(settings.label_set, "default");
    ck_assert_ptr_null(settings.split);
    ck_assert_ptr_null(settings.arithmetic);
    ck_assert(!settings.has_precision);
    ck_assert_uint_ge(settings.thread_count, 1);
}
END_TEST

START_TEST(named_sets_keep_their_names)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 5 --seed 7"));
    ck_assert_uint_eq(settings.variant_count, 5);
    ck_assert_str_eq(settings.augmentation_name, "mild");
    ck_assert_uint_eq(settings.augmentation.seed, 7);
    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 5 --augment keras"));
    ck_assert_str_eq(settings.augmentation_name, "keras");
    ck_assert(settings.augmentation.zoom == 0.7 && settings.augmentation.flip_vertical);
}
END_TEST

START_TEST(a_name_tells_what_is_drawn_not_how_it_was_asked_for)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 1 --flip-horizontal"));
    ck_assert_str_eq(settings.augmentation_name, "mild");
    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 1 --seed 3 --shear 0.5 --zoom 0.7 --flip-vertical"));
    ck_assert_str_eq(settings.augmentation_name, "keras");
    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 1 --augment keras --no-flip-vertical"));
    ck_assert_str_eq(settings.augmentation_name, "custom");
}
END_TEST

START_TEST(a_parameter_by_itself_replaces_the_sets)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 2 --zoom 0.2 --flip-vertical --no-flip-horizontal"));
    ck_assert_str_eq(settings.augmentation_name, "custom");
    ck_assert(settings.augmentation.zoom == 0.2);
    ck_assert(settings.augmentation.zoom_both[0] == 1.0 && settings.augmentation.zoom_both[1] == 1.0);
    ck_assert(settings.augmentation.flip_vertical && !settings.augmentation.flip_horizontal);
    ck_assert(read_line(&settings, "tl-extract s.db photos --variants 2 --augment keras --zoom-both 0.5,1 --shear 3"));
    ck_assert(settings.augmentation.zoom == 0.0 && settings.augmentation.zoom_both[0] == 0.5);
    ck_assert(settings.augmentation.shear_degrees == 3.0 && settings.augmentation.flip_vertical);
}
END_TEST

START_TEST(a_night_has_limits_and_a_log)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos"));
    ck_assert(settings.stop_after_seconds <= 0 && settings.max_size_bytes == 0 && !settings.log_path);
    ck_assert(!settings.is_plan && !settings.is_waiting && !settings.is_retrying);
    ck_assert(
        read_line(&settings, "tl-extract s.db photos --stop-after 1.5h --max-size 50G --log x.log --plan --wait --retry-failed"));
    ck_assert_double_eq_tol(settings.stop_after_seconds, 5400, 1e-6);
    ck_assert_str_eq(settings.stop_after, "1.5h");
    ck_assert_int_eq(settings.max_size_bytes, 50000000000);
    ck_assert_str_eq(settings.max_size, "50G");
    ck_assert_str_eq(settings.log_path, "x.log");
    ck_assert(settings.is_plan && settings.is_waiting && settings.is_retrying);
}
END_TEST

START_TEST(a_crop_is_antialiased_unless_nearest_is_named)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos --crop"));
    ck_assert(settings.recipe.crop && settings.recipe.resize == TL_RESIZE_BILINEAR);
    ck_assert(!settings.recipe.shrink_on_load);
    ck_assert(read_line(&settings, "tl-extract s.db photos --crop --shrink-on-load"));
    ck_assert(settings.recipe.shrink_on_load && settings.recipe.resize == TL_RESIZE_BILINEAR);
    ck_assert(read_line(&settings, "tl-extract s.db photos --crop --resize nearest"));
    ck_assert(settings.recipe.crop && settings.recipe.resize == TL_RESIZE_NEAREST);
    ck_assert(read_line(&settings, "tl-extract s.db photos"));
    ck_assert(!settings.recipe.crop && settings.recipe.resize == TL_RESIZE_NEAREST);
}
END_TEST

START_TEST(exact_precision_is_this_machines_own)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos --precision exact --split val --crop --resize area"));
    ck_assert_ptr_null(settings.arithmetic);
    ck_assert(settings.has_precision);
    ck_assert_str_eq(settings.split, "val");
    ck_assert(settings.recipe.crop && settings.recipe.resize == TL_RESIZE_AREA);
    ck_assert(read_line(&settings, "tl-extract s.db photos --precision openblas-im2col"));
    ck_assert_str_eq(settings.arithmetic, "openblas-im2col");
}
END_TEST

START_TEST(kernels_are_any_that_this_machine_has)
{
    struct tl_settings settings;

    ck_assert(read_line(&settings, "tl-extract s.db photos"));
    ck_assert_ptr_null(settings.kernels);
    ck_assert(read_line(&settings, "tl-extract s.db photos --kernels openblas --precision openblas-wino6"));
    ck_assert_str_eq(settings.kernels, "openblas");
    ck_assert_str_eq(settings.arithmetic, "openblas-wino6");
    ck_assert(read_line(&settings, "tl-extract s.db photos --kernels winograd-scalar"));
    ck_assert(!settings.has_precision);
}
END_TEST

static const char *const REFUSED[] = {
    "tl-extract s.db photos --shrink-on-load",
    "tl-extract s.db photos --crop --resize nearest --shrink-on-load",
    "tl-extract",
    "tl-extract s.db",
    "tl-extract s.db photos --augment mild",
    "tl-extract s.db photos --seed 1",
    "tl-extract s.db photos --flip-vertical",
    "tl-extract s.db photos --variants 0",
    "tl-extract s.db photos --variants 2 --zoom 0.1 --zoom-both 0.5,1",
    "tl-extract s.db photos --variants 2 --zoom 1",
    "tl-extract s.db photos --variants 2 --shear -1",
    "tl-extract s.db photos --variants 2 --flip-vertical --no-flip-vertical",
    "tl-extract s.db photos more --source name",
    "tl-extract s.db photos --split dev",
    "tl-extract s.db photos --threads 0",
    "tl-extract s.db photos --unknown",
    "tl-extract s.db photos --kernels abacus",
    "tl-extract s.db photos --kernels openblas --precision exact",
};

START_TEST(a_line_that_makes_no_sense_is_refused)
{
    struct tl_settings settings;

    ck_assert_msg(!read_line(&settings, REFUSED[_i]), "taken: %s", REFUSED[_i]);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *core = tcase_create("core"), *faults = tcase_create("faults");

    tcase_add_test(core, defaults_are_keras_and_no_variants);
    tcase_add_test(core, named_sets_keep_their_names);
    tcase_add_test(core, a_name_tells_what_is_drawn_not_how_it_was_asked_for);
    tcase_add_test(core, a_parameter_by_itself_replaces_the_sets);
    tcase_add_test(core, a_night_has_limits_and_a_log);
    tcase_add_test(core, a_crop_is_antialiased_unless_nearest_is_named);
    tcase_add_test(core, exact_precision_is_this_machines_own);
    tcase_add_test(core, kernels_are_any_that_this_machine_has);
    suite_add_tcase(suite, core);
    tcase_add_loop_test(faults, a_line_that_makes_no_sense_is_refused, 0, (int)(sizeof REFUSED / sizeof REFUSED[0]));
    suite_add_tcase(suite, faults);
    return suite;
}
