/* options_help.c - the texts of --help and --version, from the rows that options.c parses. */
#include <stdio.h>
#include <string.h>

#include "common/base/options.h"
#include "common/base/utf8.h"

enum { LINE_COLUMNS = 100, INDENT_COLUMNS = 2, GAP_COLUMNS = 2, WIDEST_NAME_COLUMNS = 32 };

static const struct tl_option STANDARD_ROWS[] = {
    {.name = "help", .kind = TL_OPTION_FLAG, .help = "this text"},
    {.name = "version", .kind = TL_OPTION_FLAG, .help = "the version"},
};
enum { STANDARD_COUNT = sizeof STANDARD_ROWS / sizeof STANDARD_ROWS[0] };

/* "--name ARGUMENT" to `file` (or nowhere when it is NULL); the columns it takes. */
static size_t write_name(const struct tl_option *row, FILE *file)
{
    size_t columns = strlen("--") + tl_utf8_count(row->name);

    if (file)
        fprintf(file, "--%s", row->name);
    if (row->argument) {
        columns += strlen(" ") + tl_utf8_count(row->argument);
        if (file)
            fprintf(file, " %s", row->argument);
    }
    return columns;
}

static void write_blanks(size_t count, FILE *file)
{
    fprintf(file, "%*s", (int)count, "");
}

/* Words of `text` from `column` on, wrapped there; ends with a newline. A word longer than a line stays whole. */
static void write_wrapped(const char *text, size_t column, FILE *file)
{
    size_t used = column;

    while (*text != '\0') {
        size_t word_bytes = strcspn(text, " "), word_columns = 0;

        for (size_t i = 0; i < word_bytes; i++)
            word_columns += ((unsigned char)text[i] & 0xc0) != 0x80; /* bytes that start a character */
        if (used > column && used + 1 + word_columns > LINE_COLUMNS) {
            fputc('\n', file);
            write_blanks(column, file);
            used = column;
        } else if (used > column) {
            fputc(' ', file);
            used++;
        }
        fwrite(text, 1, word_bytes, file);
        used += word_columns;
        text += word_bytes;
        text += strspn(text, " ");
    }
    fputc('\n', file);
}

static void write_row(const struct tl_option *row, size_t help_column, FILE *file)
{
    size_t used;

    write_blanks(INDENT_COLUMNS, file);
    used = INDENT_COLUMNS + write_name(row, file);
    if (used + GAP_COLUMNS > help_column) {
        fputc('\n', file);
        used = 0;
    }
    write_blanks(help_column - used, file);
    write_wrapped(row->help ? row->help : "", help_column, file);
}

static bool has_headings(const struct tl_command *command)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].heading)
            return true;
    return false;
}

void tl_options_write_help(const struct tl_command *command, FILE *file)
{
    size_t widest = 0, help_column;

    for (size_t i = 0; i < command->option_count + STANDARD_COUNT; i++) {
        const struct tl_option *row =
            i < command->option_count ? &command->options[i] : &STANDARD_ROWS[i - command->option_count];
        size_t columns = write_name(row, NULL);

        if (columns > widest && columns <= WIDEST_NAME_COLUMNS)
            widest = columns;
    }
    help_column = INDENT_COLUMNS + widest + GAP_COLUMNS;

    fprintf(file, "Usage: %s\n\n%s\n", command->synopsis, command->summary);
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].heading || i == 0)
            fprintf(file, "\n%s\n", command->options[i].heading ? command->options[i].heading : "Options:");
        write_row(&command->options[i], help_column, file);
    }
    if (command->option_count == 0)
        fprintf(file, "\nOptions:\n");
    else if (has_headings(command))
        fputc('\n', file);
    for (size_t i = 0; i < STANDARD_COUNT; i++)
        write_row(&STANDARD_ROWS[i], help_column, file);
    if (command->notes)
        fprintf(file, "\n%s\n", command->notes);
}

void tl_options_write_version(const struct tl_command *command, FILE *file)
{
    fprintf(file, "%s (tl) %s\n", command->program, TL_VERSION);
}
