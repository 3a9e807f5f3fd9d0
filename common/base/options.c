/* options.c - see options.h. The text of --help is in options_help.c.
 *
 * getopt_long finds the options; it is asked to give operands in their place ("-" before the short options), because
 * its own reordering is switched off by POSIXLY_CORRECT. It keeps state between calls; optind = 0 resets it.
 */
#include "common/base/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"

/* getopt_long's answers; rows follow from FIRST_ROW, beyond any character. */
enum { ANSWER_END = -1, ANSWER_OPERAND = 1, ANSWER_HELP = 256, ANSWER_VERSION, FIRST_ROW };

enum { ALLOWED_BYTES = 400 };

static bool has_bounds(enum tl_option_kind kind)
{
    return kind == TL_OPTION_INTEGER || kind == TL_OPTION_NUMBER || kind == TL_OPTION_RANGE;
}

/* "from 1 to 10", "of at least 1", "of at most 10" or "". */
static void format_bounds(char *out, size_t out_bytes, const struct tl_option *row)
{
    static const double ENDLESS = 9.2e18; /* a long's own end says nothing to a person */
    bool has_low = row->minimum > -ENDLESS, has_high = row->maximum < ENDLESS;

    if (has_low && has_high)
        snprintf(out, out_bytes, " from %.15g to %.15g", row->minimum, row->maximum);
    else if (has_low)
        snprintf(out, out_bytes, " of at least %.15g", row->minimum);
    else if (has_high)
        snprintf(out, out_bytes, " of at most %.15g", row->maximum);
    else
        out[0] = '\0';
}

/* What a row's value may be, for messages. */
static void format_allowed(char out[ALLOWED_BYTES], const struct tl_option *row)
{
    char bounds[100] = "";

    if (has_bounds(row->kind))
        format_bounds(bounds, sizeof bounds, row);
    switch (row->kind) {
    case TL_OPTION_FLAG:
        snprintf(out, ALLOWED_BYTES, "no value");
        break;
    case TL_OPTION_INTEGER:
        snprintf(out, ALLOWED_BYTES, "a whole number%s", bounds);
        break;
    case TL_OPTION_NUMBER:
        snprintf(out, ALLOWED_BYTES, "a number%s", bounds);
        break;
    case TL_OPTION_RANGE:
        snprintf(out, ALLOWED_BYTES, "MIN,MAX, two numbers%s", bounds);
        break;
    case TL_OPTION_STRING:
        snprintf(out, ALLOWED_BYTES, "a text that is not empty");
        break;
    case TL_OPTION_LIST:
        snprintf(out, ALLOWED_BYTES, "a text that is not empty, at most %d times", TL_OPTION_LIST_MAX);
        break;
    case TL_OPTION_CHOICE: {
        size_t used = (size_t)snprintf(out, ALLOWED_BYTES, "one of");

        for (size_t i = 0; row->choices[i] && used < ALLOWED_BYTES; i++)
            used += (size_t)snprintf(out + used, ALLOWED_BYTES - used, "%s %s", i ? "," : "", row->choices[i]);
        break;
    }
    }
}

/* Reads a decimal number that takes the whole of `text`; strtod alone would take blanks, hexadecimal, inf and nan. */
static bool read_number(double *out, const char *text)
{
    char *end;

    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static bool is_within(double value, const struct tl_option *row)
{
    return value >= row->minimum && value <= row->maximum;
}

static bool store_integer(const struct tl_option *row, const char *text)
{
    char *end;
    long value;

    if (*text == '\0' || text[strspn(text, "0123456789+-")] != '\0')
        return false;
    errno = 0;
    value = strtol(text, &end, 10);
    if (*end != '\0' || errno != 0 || !is_within((double)value, row))
        return false;
    *(long *)row->target = value;
    return true;
}

static bool store_number(const struct tl_option *row, const char *text)
{
    double value;

    if (!read_number(&value, text) || !is_within(value, row))
        return false;
    *(double *)row->target = value;
    return true;
}

static bool store_range(const struct tl_option *row, const char *text)
{
    const char *comma = strchr(text, ',');
    double *target = row->target;
    double low, high;
    char first[64];

    if (!comma || (size_t)(comma - text) >= sizeof first)
        return false;
    memcpy(first, text, (size_t)(comma - text));
    first[comma - text] = '\0';
    if (!read_number(&low, first) || !read_number(&high, comma + 1))
        return false;
    if (!is_within(low, row) || !is_within(high, row) || low > high)
        return false;
    target[0] = low;
    target[1] = high;
    return true;
}

static bool store_string(const struct tl_option *row, const char *text)
{
    if (*text == '\0')
        return false;
    *(const char **)row->target = text;
    return true;
}

static bool store_list(const struct tl_option *row, const char *text)
{
    struct tl_option_list *list = row->target;

    if (*text == '\0' || list->count == TL_OPTION_LIST_MAX)
        return false;
    list->items[list->count++] = text;
    return true;
}

static bool store_choice(const struct tl_option *row, const char *text)
{
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *(int *)row->target = i;
            return true;
        }
    }
    return false;
}

static bool store_value(const struct tl_option *row, const char *text)
{
    switch (row->kind) {
    case TL_OPTION_FLAG:
        *(bool *)row->target = true;
        return true;
    case TL_OPTION_INTEGER:
        return store_integer(row, text);
    case TL_OPTION_NUMBER:
        return store_number(row, text);
    case TL_OPTION_RANGE:
        return store_range(row, text);
    case TL_OPTION_STRING:
        return store_string(row, text);
    case TL_OPTION_CHOICE:
        return store_choice(row, text);
    case TL_OPTION_LIST:
        return store_list(row, text);
    }
    return false;
}

static enum tl_status take_row(const struct tl_option *row, const char *text, struct tl_error *err)
{
    if (!store_value(row, text)) {
        char allowed[ALLOWED_BYTES];

        format_allowed(allowed, row);
        return tl_error_set(err, TL_BAD_INPUT, "--%s takes %s, not '%s' (see --help)", row->name, allowed, text);
    }
    if (row->is_given)
        *row->is_given = true;
    return TL_OK;
}

/* getopt's table for our rows, --help and --version; the caller frees. NULL when out of memory. */
static struct option *make_getopt_table(const struct tl_command *command)
{
    struct option *table = tl_memory_alloc(command->option_count + 3, sizeof *table);

    if (!table)
        return NULL;
    for (size_t i = 0; i < command->option_count; i++) {
        const struct tl_option *row = &command->options[i];

        assert(!has_bounds(row->kind) || row->minimum < row->maximum);
        assert((row->kind == TL_OPTION_CHOICE) == (row->choices != NULL));
        table[i].name = row->name;
        table[i].has_arg = row->kind == TL_OPTION_FLAG ? no_argument : required_argument;
        table[i].val = FIRST_ROW + (int)i;
    }
    table[command->option_count] = (struct option){"help", no_argument, NULL, ANSWER_HELP};
    table[command->option_count + 1] = (struct option){"version", no_argument, NULL, ANSWER_VERSION};
    return table;
}

/* What getopt_long means by '?' or ':' about `word`. */
static enum tl_status tell_refused(const struct option *table, int answer, const char *word, struct tl_error *err)
{
    size_t name_bytes = strcspn(word + 2 * (strncmp(word, "--", 2) == 0), "=");
    char candidates[ALLOWED_BYTES] = "";
    size_t used = 0, candidate_count = 0;

    for (const struct option *row = table; row->name; row++)
        if (optopt == row->val)
            return tl_error_set(err, TL_BAD_INPUT, answer == ':' ? "--%s needs a value (see --help)"
                                                                 : "--%s takes no value (see --help)", row->name);
    for (const struct option *row = table; row->name && strncmp(word, "--", 2) == 0; row++) {
        if (strncmp(row->name, word + 2, name_bytes) != 0)
            continue;
        if (used < sizeof candidates)
            used += (size_t)snprintf(candidates + used, sizeof candidates - used, "%s--%s", used ? ", " : "", row->name);
        candidate_count++;
    }
    if (candidate_count > 1)
        return tl_error_set(err, TL_BAD_INPUT, "%s may mean %s (see --help)", word, candidates);
    if (strncmp(word, "--", 2) != 0)
        return tl_error_set(err, TL_BAD_INPUT, "there is no option %s (see --help; behind -- it is an operand)", word);
    return tl_error_set(err, TL_BAD_INPUT, "there is no option %s (see --help)", word);
}

/* Moves argv[from] to argv[to], to <= from; what was between moves up. */
static void move_down(char **argv, int from, int to)
{
    char *word = argv[from];

    memmove(argv + to + 1, argv + to, (size_t)(from - to) * sizeof *argv);
    argv[to] = word;
}

enum tl_status tl_options_parse(struct tl_operands *out, const struct tl_command *command, int argc, char **argv,
                                struct tl_error *err)
{
    struct option *table = NULL;
    enum tl_options_request request = TL_OPTIONS_RUN;
    enum tl_status status = TL_OK;
    int operand_count = 0, answer = 0;

    *out = (struct tl_operands){TL_OPTIONS_RUN, NULL, 0};
    table = make_getopt_table(command);
    if (!table)
        return tl_error_set_no_memory(err, "the options", command->option_count * sizeof *table);
    optind = 0;
    opterr = 0;
    while (argc > 0 && status == TL_OK && request == TL_OPTIONS_RUN && answer != ANSWER_END) {
        int word_index = optind > 0 ? optind : 1;

        answer = getopt_long(argc, argv, "-:", table, NULL);
        if (answer == ANSWER_OPERAND)
            move_down(argv, word_index, ++operand_count);
        else if (answer == ANSWER_HELP)
            request = TL_OPTIONS_HELP;
        else if (answer == ANSWER_VERSION)
            request = TL_OPTIONS_VERSION;
        else if (answer >= FIRST_ROW)
            status = take_row(&command->options[answer - FIRST_ROW], optarg, err);
        else if (answer != ANSWER_END)
            status = tell_refused(table, answer, argv[word_index], err);
    }
    if (argc > 0 && status == TL_OK && request == TL_OPTIONS_RUN) {
        while (optind < argc) /* what stands behind "--" */
            move_down(argv, optind++, ++operand_count);
        out->items = argv + 1;
        out->count = (size_t)operand_count;
    }
    out->request = request;
    tl_memory_free(table);
    return status;
}
