/* test_options.c - each kind of option, and each way to get it wrong. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/options.h"
#include "tests/support/suite.h"

enum { WORD_LIMIT = 16 };
static const char *const COLOURS[] = {"red", "green", "blue", NULL};

/* A command with a row of each kind, and what parsing gave. */
struct parsed {
    bool is_verbose;
    long epochs, seed;
    double rate;
    double zoom[2];
    const char *name;
    int colour;
    struct tl_option_list tags;
    bool is_rate_given, is_verbose_given;
    struct tl_operands operands;
    char words[WORD_LIMIT][64];
    char *argv[WORD_LIMIT + 1];
    int argc;
    struct tl_error err;
};

enum { ROW_COUNT = 9 };

static void init_rows(struct tl_option rows[ROW_COUNT], struct parsed *p)
{
    rows[0] = (struct tl_option){.name = "verbose", .kind = TL_OPTION_FLAG, .target = &p->is_verbose,
                                 .help = "tell more", .is_given = &p->is_verbose_given};
    rows[1] = (struct tl_option){.name = "epochs", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &p->epochs,
                                 .minimum = -10, .maximum = 1000, .help = "passes over the samples (20)"};
    rows[2] = (struct tl_option){.name = "rate", .argument = "X", .kind = TL_OPTION_NUMBER, .target = &p->rate,
                                 .minimum = -1.5, .maximum = HUGE_VAL, .help = "the step (0.001)",
                                 .is_given = &p->is_rate_given};
    rows[3] = (struct tl_option){.name = "zoom", .argument = "MIN,MAX", .kind = TL_OPTION_RANGE, .target = p->zoom,
                                 .minimum = -4, .maximum = 4, .help = "factors (1,1)"};
    rows[4] = (struct tl_option){.name = "name", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &p->name,
                                 .help = "what to call it"};
    rows[5] = (struct tl_option){.name = "colour", .argument = "red|green|blue", .kind = TL_OPTION_CHOICE,
                                 .target = &p->colour, .choices = COLOURS, .help = "of the sky (blue)"};
    rows[6] = (struct tl_option){.name = "verbatim", .kind = TL_OPTION_FLAG, .target = &p->is_verbose, .help = "as is"};
    rows[7] = (struct tl_option){.name = "seed", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &p->seed,
                                 .minimum = 0, .maximum = (double)LONG_MAX, .help = "of the draws (0)"};
    rows[8] = (struct tl_option){.name = "tag", .argument = "TAG", .kind = TL_OPTION_LIST, .target = &p->tags, .help = "one more"};
}

/* Parses `line`, split at blanks ("''" is an empty word). */
static enum tl_status parse(struct parsed *p, const char *line)
{
    struct tl_option rows[ROW_COUNT];
    const struct tl_command command = {"tl-try", "tl-try [options] FILE...", "Tries.", rows, ROW_COUNT, NULL};

    memset(p, 0, sizeof *p);
    p->epochs = 20;
    p->colour = 2;
    strcpy(p->words[0], "tl-try");
    p->argc = 1;
    while (*line != '\0') {
        size_t length = strcspn(line, " ");

        ck_assert(p->argc < WORD_LIMIT && length < sizeof p->words[0]);
        if (strncmp(line, "''", 2) != 0)
            memcpy(p->words[p->argc], line, length);
        p->argc++;
        line += length;
        line += strspn(line, " ");
    }
    for (int i = 0; i < p->argc; i++)
        p->argv[i] = p->words[i];
    init_rows(rows, p);
    return tl_options_parse(&p->operands, &command, p->argc, p->argv, &p->err);
}

static void check_operands(const struct parsed *p, const char *expected)
{
    char joined[256] = "";

    for (size_t i = 0; i < p->operands.count; i++) {
        strcat(joined, i ? " " : "");
        strcat(joined, p->operands.items[i]);
    }
    ck_assert_str_eq(joined, expected);
}

START_TEST(each_kind_of_value_reaches_its_target)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--verbose --epochs 30 --rate 2.5e-3 --zoom 0.5,2 --name sky --colour green a b"), TL_OK);
    ck_assert_int_eq(p.operands.request, TL_OPTIONS_RUN);
    ck_assert(p.is_verbose);
    ck_assert_int_eq(p.epochs, 30);
    ck_assert_double_eq(p.rate, 2.5e-3);
    ck_assert_double_eq(p.zoom[0], 0.5);
    ck_assert_double_eq(p.zoom[1], 2.0);
    ck_assert_str_eq(p.name, "sky");
    ck_assert_int_eq(p.colour, 1);
    ck_assert(p.is_rate_given && p.is_verbose_given);
    check_operands(&p, "a b");
}
END_TEST

START_TEST(an_equals_sign_does_the_same)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--epochs=30 --name=a=b --zoom=1,1 --colour=red"), TL_OK);
    ck_assert_int_eq(p.epochs, 30);
    ck_assert_str_eq(p.name, "a=b");
    ck_assert_int_eq(p.colour, 0);
    check_operands(&p, "");
}
END_TEST

START_TEST(targets_keep_their_defaults)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, ""), TL_OK);
    ck_assert(!p.is_verbose && !p.is_rate_given && !p.is_verbose_given);
    ck_assert_int_eq(p.epochs, 20);
    ck_assert_int_eq(p.colour, 2);
    ck_assert_ptr_null(p.name);
    ck_assert_uint_eq(p.operands.count, 0);
}
END_TEST

START_TEST(the_last_of_two_counts)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--epochs 1 --epochs 2"), TL_OK);
    ck_assert_int_eq(p.epochs, 2);
}
END_TEST

START_TEST(a_list_gathers_in_order)
{
    struct parsed p;

    ck_assert_msg(parse(&p, "--tag a=1,2 x --tag=b") == TL_OK, "%s", p.err.message);
    ck_assert_uint_eq(p.tags.count, 2);
    ck_assert_str_eq(p.tags.items[0], "a=1,2");
    ck_assert_str_eq(p.tags.items[1], "b");
}
END_TEST

START_TEST(a_full_list_takes_no_more)
{
    struct parsed p = {.tags = {.count = TL_OPTION_LIST_MAX}};
    const struct tl_option row = {.name = "tag", .argument = "TAG", .kind = TL_OPTION_LIST, .target = &p.tags, .help = "one more"};
    const struct tl_command command = {"tl-try", "tl-try", "Tries.", &row, 1, NULL};
    char words[2][8] = {"tl-try", "--tag=x"};
    char *argv[] = {words[0], words[1], NULL};

    ck_assert_int_eq(tl_options_parse(&p.operands, &command, 2, argv, &p.err), TL_BAD_INPUT);
    ck_assert_str_eq(p.err.message, "--tag takes a text that is not empty, at most 32 times, not 'x' (see --help)");
    ck_assert_uint_eq(p.tags.count, TL_OPTION_LIST_MAX);
}
END_TEST

START_TEST(negative_values_are_values)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--epochs -5 --rate -.5 --zoom -2,-1 a"), TL_OK);
    ck_assert_int_eq(p.epochs, -5);
    ck_assert_double_eq(p.rate, -0.5);
    ck_assert_double_eq(p.zoom[0], -2.0);
    ck_assert_double_eq(p.zoom[1], -1.0);
    check_operands(&p, "a");
}
END_TEST

START_TEST(operands_may_stand_anywhere_and_keep_their_order)
{
    static const char *const lines[] = {
        "a b - c --epochs 3 --name n", "--epochs 3 --name n a b - c", "a --epochs 3 b - --name=n c",
        "--epochs 3 a --name n b -- - c", "a b --epochs 3 - --name n -- c",
    };
    struct parsed p;

    if (_i)
        setenv("POSIXLY_CORRECT", "1", 1); /* getopt's own reordering is off then */
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_int_eq(parse(&p, lines[i]), TL_OK);
        ck_assert_int_eq(p.epochs, 3);
        ck_assert_str_eq(p.name, "n");
        check_operands(&p, "a b - c");
    }
}
END_TEST

START_TEST(parsing_reorders_argv_and_loses_no_word)
{
    struct parsed p;
    int found[WORD_LIMIT] = {0};

    ck_assert_int_eq(parse(&p, "a --epochs 3 b --verbose c -- --name d"), TL_OK);
    check_operands(&p, "a b c --name d");
    for (int i = 0; i < p.argc; i++)
        for (int word = 0; word < p.argc; word++)
            found[word] += p.argv[i] == p.words[word];
    for (int word = 0; word < p.argc; word++)
        ck_assert_int_eq(found[word], 1);
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "-- --epochs -x --"), TL_OK);
    ck_assert_int_eq(p.epochs, 20);
    check_operands(&p, "--epochs -x --");
    ck_assert_int_eq(parse(&p, "a --"), TL_OK);
    check_operands(&p, "a");
}
END_TEST

START_TEST(a_unique_beginning_is_enough)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--ep 3 --col=red"), TL_OK);
    ck_assert_int_eq(p.epochs, 3);
    ck_assert_int_eq(p.colour, 0);
    ck_assert_int_eq(parse(&p, "--ver"), TL_BAD_INPUT);
    ck_assert_str_eq(p.err.message, "--ver may mean --verbose, --verbatim, --version (see --help)");
}
END_TEST

START_TEST(help_and_version_are_requests)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "a --help --nonsense"), TL_OK);
    ck_assert_int_eq(p.operands.request, TL_OPTIONS_HELP);
    ck_assert_uint_eq(p.operands.count, 0);
    ck_assert_int_eq(parse(&p, "--version"), TL_OK);
    ck_assert_int_eq(p.operands.request, TL_OPTIONS_VERSION);
}
END_TEST

START_TEST(the_ends_of_a_range_belong_to_it)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, "--epochs -10 --rate -1.5 --zoom -4,4"), TL_OK);
    ck_assert_int_eq(p.epochs, -10);
    ck_assert_int_eq(parse(&p, "--epochs 1000 --rate 1.7e308 --zoom 4,4 --seed 9223372036854775807"), TL_OK);
    ck_assert_int_eq(p.epochs, 1000);
    ck_assert_int_eq(p.seed, 9223372036854775807);
}
END_TEST

START_TEST(a_command_without_words_parses)
{
    const struct tl_command command = {"tl-try", "tl-try", "Tries.", NULL, 0, NULL};
    struct tl_operands operands;
    char *argv[] = {NULL};

    ck_assert_int_eq(tl_options_parse(&operands, &command, 0, argv, NULL), TL_OK);
    ck_assert_uint_eq(operands.count, 0);
}
END_TEST

struct wrong_case {
    const char *line, *message;
};

static const struct wrong_case WRONG[] = {
    {"--epochs x", "--epochs takes a whole number from -10 to 1000, not 'x' (see --help)"},
    {"--epochs ''", "--epochs takes a whole number from -10 to 1000, not '' (see --help)"},
    {"--epochs=", "--epochs takes a whole number from -10 to 1000, not '' (see --help)"},
    {"--epochs 3.5", "--epochs takes a whole number from -10 to 1000, not '3.5' (see --help)"},
    {"--epochs 1001", "--epochs takes a whole number from -10 to 1000, not '1001' (see --help)"},
    {"--epochs -11", "--epochs takes a whole number from -10 to 1000, not '-11' (see --help)"},
    {"--epochs 99999999999999999999", "--epochs takes a whole number from -10 to 1000, not '99999999999999999999' (see --help)"},
    {"--epochs 0x10", "--epochs takes a whole number from -10 to 1000, not '0x10' (see --help)"},
    {"--epochs -", "--epochs takes a whole number from -10 to 1000, not '-' (see --help)"},
    {"--epochs +-3", "--epochs takes a whole number from -10 to 1000, not '+-3' (see --help)"},
    {"--seed 9223372036854775808", "--seed takes a whole number of at least 0, not '9223372036854775808' (see --help)"},
    {"--seed -1", "--seed takes a whole number of at least 0, not '-1' (see --help)"},
    {"--rate nan", "--rate takes a number of at least -1.5, not 'nan' (see --help)"},
    {"--rate inf", "--rate takes a number of at least -1.5, not 'inf' (see --help)"},
    {"--rate 1e999", "--rate takes a number of at least -1.5, not '1e999' (see --help)"},
    {"--rate 1e", "--rate takes a number of at least -1.5, not '1e' (see --help)"},
    {"--rate -1.6", "--rate takes a number of at least -1.5, not '-1.6' (see --help)"},
    {"--rate 0,5", "--rate takes a number of at least -1.5, not '0,5' (see --help)"},
    {"--zoom 1", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '1' (see --help)"},
    {"--zoom 1,", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '1,' (see --help)"},
    {"--zoom ,1", "--zoom takes MIN,MAX, two numbers from -4 to 4, not ',1' (see --help)"},
    {"--zoom 2,1", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '2,1' (see --help)"},
    {"--zoom 1,5", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '1,5' (see --help)"},
    {"--zoom -5,1", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '-5,1' (see --help)"},
    {"--zoom 1,2,3", "--zoom takes MIN,MAX, two numbers from -4 to 4, not '1,2,3' (see --help)"},
    {"--name ''", "--name takes a text that is not empty, not '' (see --help)"},
    {"--colour pink", "--colour takes one of red, green, blue, not 'pink' (see --help)"},
    {"--colour r", "--colour takes one of red, green, blue, not 'r' (see --help)"},
    {"--epochs", "--epochs needs a value (see --help)"},
    {"--ep", "--epochs needs a value (see --help)"},
    {"--verbose=yes", "--verbose takes no value (see --help)"},
    {"--help=me", "--help takes no value (see --help)"},
    {"--nonsense", "there is no option --nonsense (see --help)"},
    {"a b --nonsense=3 c", "there is no option --nonsense=3 (see --help)"},
    {"a --epochs 3 b -x", "there is no option -x (see --help; behind -- it is an operand)"},
    {"-xyz", "there is no option -xyz (see --help; behind -- it is an operand)"},
    {"-5", "there is no option -5 (see --help; behind -- it is an operand)"},
    {"-\xc3\xa9", "there is no option -\xc3\xa9 (see --help; behind -- it is an operand)"},
    {"--=3", "--=3 may mean --verbose, --epochs, --rate, --zoom, --name, --colour, --verbatim, --seed, --tag, --help, --version "
             "(see --help)"},
};

START_TEST(a_wrong_word_is_named_with_what_is_allowed)
{
    struct parsed p;

    ck_assert_int_eq(parse(&p, WRONG[_i].line), TL_BAD_INPUT);
    ck_assert_str_eq(p.err.message, WRONG[_i].message);
    ck_assert_ptr_null(p.operands.items);
    ck_assert_uint_eq(p.operands.count, 0);
    ck_assert_int_eq(p.epochs == 20 || p.epochs == 3, 1);
}
END_TEST

START_TEST(a_failed_parse_does_not_disturb_the_next)
{
    struct parsed first, p;

    ck_assert_int_eq(parse(&first, "a -xyz b"), TL_BAD_INPUT); /* stops inside a word */
    ck_assert_int_eq(parse(&p, "a b --epochs 4"), TL_OK);
    ck_assert_int_eq(p.epochs, 4);
    check_operands(&p, "a b");
}
END_TEST

START_TEST(no_memory_is_told)
{
    struct parsed p;

    tl_memory_fail_at(1);
    ck_assert_int_eq(parse(&p, "--epochs 3 a"), TL_NO_MEMORY);
    ck_assert_int_eq(p.epochs, 20);
    ck_assert_ptr_null(p.operands.items);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/options");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, each_kind_of_value_reaches_its_target);
    tcase_add_test(core, an_equals_sign_does_the_same);
    tcase_add_test(core, targets_keep_their_defaults);
    tcase_add_test(core, the_last_of_two_counts);
    tcase_add_test(core, a_list_gathers_in_order);
    tcase_add_test(core, negative_values_are_values);
    tcase_add_loop_test(core, operands_may_stand_anywhere_and_keep_their_order, 0, 2);
    tcase_add_test(core, parsing_reorders_argv_and_loses_no_word);
    tcase_add_test(core, two_dashes_end_the_options);
    tcase_add_test(core, a_unique_beginning_is_enough);
    tcase_add_test(core, help_and_version_are_requests);
    tcase_add_test(limits, the_ends_of_a_range_belong_to_it);
    tcase_add_test(limits, a_command_without_words_parses);
    tcase_add_loop_test(faults, a_wrong_word_is_named_with_what_is_allowed, 0, (int)(sizeof WRONG / sizeof WRONG[0]));
    tcase_add_test(faults, a_failed_parse_does_not_disturb_the_next);
    tcase_add_test(limits, a_full_list_takes_no_more);
    tcase_add_test(faults, no_memory_is_told);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
