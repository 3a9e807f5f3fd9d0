/* test_options_help.c - the texts of --help and --version: aligned, wrapped, whole. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/options.h"
#include "tests/support/suite.h"

static char *write_to_string(void (*write)(const struct tl_command *, FILE *), const struct tl_command *command)
{
    char *text = NULL;
    size_t text_bytes;
    FILE *file = open_memstream(&text, &text_bytes);

    ck_assert_ptr_nonnull(file);
    write(command, file);
    fclose(file);
    return text;
}

START_TEST(help_is_aligned_and_wrapped)
{
    static const struct tl_option rows[] = {
        {.name = "epochs", .argument = "N", .kind = TL_OPTION_INTEGER, .help = "passes over the training samples (20)"},
        {.name = "a-name-that-is-rather-long",
         .argument = "WITH-A-LONG-ARGUMENT",
         .kind = TL_OPTION_STRING,
         .help = "stands alone"},
        {.name = "keras",
         .kind = TL_OPTION_FLAG,
         .help = "the tutorial's own course: raw features, Glorot uniform, five epochs, and whatever else the tutorial does "
                 "without saying why it does so"},
    };
    const struct tl_command command = {"tl-try", "tl-try [options] STORE", "Tries things.", rows, 3, "Exit codes: 0, 1, 2."};
    char *text = write_to_string(tl_options_write_help, &command);

    ck_assert_str_eq(text, "Usage: tl-try [options] STORE\n"
                           "\n"
                           "Tries things.\n"
                           "\n"
                           "Options:\n"
                           "  --epochs N  passes over the training samples (20)\n"
                           "  --a-name-that-is-rather-long WITH-A-LONG-ARGUMENT\n"
                           "              stands alone\n"
                           "  --keras     the tutorial's own course: raw features, Glorot uniform, five epochs, and whatever\n"
                           "              else the tutorial does without saying why it does so\n"
                           "  --help      this text\n"
                           "  --version   the version\n"
                           "\n"
                           "Exit codes: 0, 1, 2.\n");
    free(text);
}
END_TEST

START_TEST(lines_of_options_are_up_to_100_columns_wide)
{
    char help[400];
    const struct tl_option row = {.name = "x", .kind = TL_OPTION_FLAG, .help = help};
    const struct tl_command command = {"tl-try", "tl-try", "Tries.", &row, 1, NULL};
    size_t widest = 0;

    for (size_t word_bytes = 1; word_bytes < 60; word_bytes++) {
        char *text;

        for (size_t i = 0; i < sizeof help - 1; i++)
            help[i] = i % (word_bytes + 1) == word_bytes ? ' ' : 'w';
        help[sizeof help - 1] = '\0';
        text = write_to_string(tl_options_write_help, &command);
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
            size_t columns = strcspn(line, "\n");

            widest = columns > widest ? columns : widest;
            ck_assert(columns == 0 || line[columns - 1] != ' ');
        }
        free(text);
    }
    ck_assert_uint_eq(widest, 100);
}
END_TEST

START_TEST(version_is_one_line)
{
    const struct tl_command command = {"tl-try", "tl-try", "Tries.", NULL, 0, NULL};
    char *text = write_to_string(tl_options_write_version, &command);

    ck_assert_str_eq(text, "tl-try (tl) " TL_VERSION "\n");
    free(text);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/options_help");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits");

    tcase_add_test(core, help_is_aligned_and_wrapped);
    tcase_add_test(core, version_is_one_line);
    tcase_add_test(limits, lines_of_options_are_up_to_100_columns_wide);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    return suite;
}
