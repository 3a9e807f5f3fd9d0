/* verb_query.c - tl-store query: one SELECT, answered as a table, JSON or CSV. */
#include <errno.h>
#include <stdio.h>

#include "common/base/table.h"
#include "common/base/text.h"
#include "common/store/store_query.h"
#include "serve/store/verbs.h"

enum { LINE_BYTES = 256 << 20 };

struct settings {
    bool json, csv;
};

struct answer {
    const struct settings *settings;
    tl_table *table; /* where neither JSON nor CSV is asked for */
    struct tl_text line;
    struct tl_error err;
    enum tl_status status;
};

static void append_json_value(struct tl_text *line, const struct tl_store_row *row, size_t column)
{
    switch (row->types[column]) {
    case TL_STORE_NULL:
        tl_text_append(line, "null");
        break;
    case TL_STORE_INTEGER:
        tl_text_append(line, row->values[column]);
        break;
    case TL_STORE_REAL:
        tl_text_append_json_number(line, row->reals[column]);
        break;
    case TL_STORE_TEXT:
    case TL_STORE_BLOB:
        tl_text_append_json_string(line, row->values[column]);
        break;
    }
}

static void append_json_row(struct tl_text *line, const struct tl_store_row *row)
{
    tl_text_append(line, "{");
    for (size_t i = 0; i < row->column_count; i++) {
        tl_text_append(line, i == 0 ? "" : ", ");
        tl_text_append_json_string(line, row->names[i]);
        tl_text_append(line, ": ");
        append_json_value(line, row, i);
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

static enum tl_status add_table_row(struct answer *answer, size_t count, const char *const *cells)
{
    enum tl_status status = TL_OK;

    if (!answer->table)
        status = tl_table_create(&answer->table, count, &answer->err);
    for (size_t i = 0; i < count && status == TL_OK; i++)
        tl_table_add(answer->table, cells[i] ? cells[i] : "");
    return status;
}

/* The titles or one row, printed at once but for a table, whose widths need all rows. */
static bool take_row(void *context, const struct tl_store_row *row)
{
    struct answer *answer = context;
    const char *const *cells = row->values ? row->values : row->names;

    if (!answer->settings->json && !answer->settings->csv) {
        answer->status = add_table_row(answer, row->column_count, cells);
        return answer->status == TL_OK;
    }
    tl_text_clear(&answer->line);
    if (answer->settings->csv)
        append_csv_row(&answer->line, row->column_count, cells);
    else if (row->values)
        append_json_row(&answer->line, row);
    else
        return true;
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
    status = tl_store_query_rows(store, sql, take_row, &answer, err);
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
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "one JSON object a row"},
        {.name = "csv", .kind = TL_OPTION_FLAG, .target = &settings.csv, .help = "CSV with a line of titles"},
    };
    const struct tl_command command = {
        "tl-store query",
        "tl-store query [options] STORE SQL",
        "Answers one SELECT. The store is opened for reading; the views that are worth asking are photos, variants,\n"
        "feature_sets, data_sets, photo_groups, leaks, leaderboard, sweeps, history, metrics, folds, predictions,\n"
        "misclassified, failures, class_balance and stale.",
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
