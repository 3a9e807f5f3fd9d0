/* verb_query.c - tl-store query: one SELECT, answered as a table, JSON or CSV. */
#include <errno.h>
#include <stdio.h>

#include "common/base/table.h"
#include "common/base/text.h"
#include "common/store/store.h"
#include "serve/store/verbs.h"

enum { LINE_BYTES = 256 << 20 };

struct settings {
    bool json, csv;
};

struct answer {
    const struct settings *settings;
    tl_table *table; /* made with the first row, whose names are its titles */
    struct tl_text line;
    struct tl_error err;
    enum tl_status status;
    bool has_titles;
};

static void append_json_row(struct tl_text *line, size_t count, const char *const *names, const char *const *values)
{
    tl_text_append(line, "{");
    for (size_t i = 0; i < count; i++) {
        tl_text_append(line, i == 0 ? "" : ", ");
        tl_text_append_json_string(line, names[i]);
        tl_text_append(line, ": ");
        if (values[i])
            tl_text_append_json_string(line, values[i]);
        else
            tl_text_append(line, "null");
    }
    tl_text_append(line, "}\n");
}

static void append_csv_row(struct tl_text *line, size_t count, const char *const *cells)
{
    for (size_t i = 0; i < count; i++) {
        tl_text_append(line, i == 0 ? "" : ",");
        if (cells[i])
            tl_text_append_csv_field(line, cells[i]);
    }
    tl_text_append(line, "\n");
}

static void add_table_row(tl_table *table, size_t count, const char *const *cells)
{
    for (size_t i = 0; i < count; i++)
        tl_table_add(table, cells[i] ? cells[i] : "");
}

/* One row, printed at once but for a table, whose widths need all rows. */
static bool take_row(void *context, size_t count, const char *const *names, const char *const *values)
{
    struct answer *answer = context;

    if (!answer->settings->json && !answer->settings->csv) {
        if (!answer->table) {
            answer->status = tl_table_create(&answer->table, count, &answer->err);
            if (answer->status != TL_OK)
                return false;
            add_table_row(answer->table, count, names);
        }
        add_table_row(answer->table, count, values);
        return true;
    }
    tl_text_clear(&answer->line);
    if (answer->settings->json) {
        append_json_row(&answer->line, count, names, values);
    } else {
        if (!answer->has_titles)
            append_csv_row(&answer->line, count, names);
        answer->has_titles = true;
        append_csv_row(&answer->line, count, values);
    }
    answer->status = tl_text_check(&answer->line, &answer->err);
    if (answer->status != TL_OK)
        return false;
    return fwrite(answer->line.bytes, 1, answer->line.length_bytes, stdout) == answer->line.length_bytes;
}

static enum tl_status answer_query(const struct settings *settings, const char *path, const char *sql, struct tl_error *err)
{
    struct answer answer = {.settings = settings, .status = TL_OK};
    tl_store *store = NULL;
    enum tl_status status;

    tl_text_init(&answer.line, LINE_BYTES);
    status = tl_store_open(&store, path, TL_STORE_READ, err);
    if (status != TL_OK)
        goto done;
    status = tl_store_query(store, sql, take_row, &answer, err);
    if (status == TL_OK && answer.status != TL_OK)
        status = tl_error_set(err, answer.status, "%s", answer.err.message);
    if (status == TL_OK && answer.table)
        status = tl_table_write(answer.table, stdout, err);
    if (status == TL_IO && ferror(stdout))
        status = TL_OK; /* tl_tool_end() tells */
done:
    tl_table_free(answer.table);
    tl_text_free(&answer.line);
    return tl_store_close_after(&store, status, err);
}

enum tl_exit tl_verb_query_run(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "one JSON object a row; values are strings or null"},
        {.name = "csv", .kind = TL_OPTION_FLAG, .target = &settings.csv, .help = "CSV with a line of titles"},
    };
    const struct tl_command command = {
        "tl-store query",
        "tl-store query [options] STORE SQL",
        "Answers one SELECT. The store is opened for reading; the views that are worth asking are photos, variants,\n"
        "feature_sets, leaderboard, history, predictions, misclassified, failures and class_balance.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 answered; 2 not.",
    };
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return exit_code;
    if (operands.count != 2 || (settings.json && settings.csv)) {
        tl_tool_say(&command, operands.count != 2 ? "a store and one SELECT are needed (see --help)"
                                                  : "--json and --csv exclude each other");
        return TL_EXIT_NOTHING;
    }
    errno = 0;
    if (answer_query(&settings, operands.items[0], operands.items[1], &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return tl_tool_end(&command, TL_EXIT_NOTHING);
    }
    return tl_tool_end(&command, TL_EXIT_OK);
}
