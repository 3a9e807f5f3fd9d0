/* options.h - a tool's command line as a table: parsed, checked and explained from the same rows.
 *
 *     struct settings { long epochs; bool keras; const char *name; };
 *     const struct tl_option options[] = {
 *         {.name = "epochs", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &s.epochs, .minimum = 1, .maximum = 10000,
 *          .help = "passes over the training samples (20)"},
 *         {.name = "keras", .kind = TL_OPTION_FLAG, .target = &s.keras, .help = "the tutorial's own course"},
 *         ...
 *     };
 *     const struct tl_command command = {"tl-train", "tl-train [options] STORE", "Fits a softmax head ...", options, count, NULL};
 *     tl_options_parse(&operands, &command, argc, argv, err)
 *
 * Options may stand before, between and after operands; `--` ends them; `--name=value` and `--name value` are the
 * same. (getopt_long underneath, so a unique beginning of a name is enough.) A target keeps its default when its option
 * is not given; of an option given twice the last counts, but lists gather them. Values are checked against the row's
 * range or choices; the message names the option, the value and what is allowed. --help and --version need no row:
 * parse() stops at the first and reports it in `operands->request`. Not for use from several threads.
 */
#ifndef TL_BASE_OPTIONS_H
#define TL_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/error.h"

enum tl_option_kind {
    TL_OPTION_FLAG,    /* bool *, set to true */
    TL_OPTION_INTEGER, /* long * in [minimum, maximum] */
    TL_OPTION_NUMBER,  /* double *, finite, in [minimum, maximum] */
    TL_OPTION_RANGE,   /* double[2] *, "MIN,MAX", both in [minimum, maximum], MIN <= MAX */
    TL_OPTION_STRING,  /* const char **, borrowed from argv; not empty */
    TL_OPTION_CHOICE,  /* int *, the index of the word in choices */
    TL_OPTION_LIST     /* struct tl_option_list *; may be given several times, each adds its text, which is not empty */
};

enum { TL_OPTION_LIST_MAX = 32 };
struct tl_option_list {
    const char *items[TL_OPTION_LIST_MAX]; /* borrowed from argv */
    size_t count;
};

struct tl_option {
    const char *name;     /* without dashes */
    const char *argument; /* how help names the value; NULL for a flag */
    const char *help;     /* one line, with the default in parentheses */
    enum tl_option_kind kind;
    void *target;
    double minimum, maximum;    /* INTEGER, NUMBER, RANGE: minimum < maximum; -HUGE_VAL, HUGE_VAL for no bound */
    const char *const *choices; /* CHOICE: NULL-terminated words */
    bool *is_given;             /* set to true when the option was given; may be NULL */
    const char *heading;        /* --help begins a section with this line before the row; NULL: the section goes on */
};

struct tl_command {
    const char *program;  /* "tl-train" */
    const char *synopsis; /* "tl-train [options] STORE" */
    const char *summary;  /* one or more lines on what it does */
    const struct tl_option *options;
    size_t option_count;
    const char *notes; /* printed after the options in --help: exit codes, examples; may be NULL */
};

enum tl_options_request { TL_OPTIONS_RUN, TL_OPTIONS_HELP, TL_OPTIONS_VERSION };

struct tl_operands {
    enum tl_options_request request;
    char **items; /* borrowed from argv, in order */
    size_t count;
};

/* Parses argv[1..]; reorders argv. Fails with: TL_BAD_INPUT (unknown option, missing or wrong value, with a hint
 * at --help), TL_NO_MEMORY; options before the wrong one have then set their targets. */
TL_MUST_USE enum tl_status tl_options_parse(struct tl_operands *out, const struct tl_command *command, int argc,
                                            char **argv, struct tl_error *err);
/* The text of --help. */
void tl_options_write_help(const struct tl_command *command, FILE *file);
/* The text of --version: "tl-train (tl) 0.1.0". A line a library in use is the tool's own affair. */
void tl_options_write_version(const struct tl_command *command, FILE *file);

#endif
