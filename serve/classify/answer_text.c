/* answer_text.c - see answer_text.h. */
#include "serve/classify/answer_text.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/head/head.h"

enum { CLASS_COLUMNS_MIN = 5, CLASS_COLUMNS_MAX = 32 };

static const char BLANKS[] = "                                "; /* CLASS_COLUMNS_MAX of them */

/* `cell` as it may be shown, then blanks up to `columns`; a longer cell stays whole. */
static void append_cell(struct tl_text *text, const char *cell, size_t columns)
{
    size_t start = text->length_bytes, used;

    tl_text_append_visible(text, cell, strlen(cell));
    if (text->has_failed)
        return;
    used = tl_utf8_count(text->bytes + start);
    if (used < columns)
        tl_text_append_bytes(text, BLANKS, columns - used);
}

static size_t class_columns(const struct tl_answer_style *style)
{
    size_t columns = CLASS_COLUMNS_MIN;

    for (size_t i = 0; i < style->class_count; i++) {
        size_t count = tl_utf8_count(style->class_names[i]);

        columns = count > columns ? count : columns;
    }
    return columns < CLASS_COLUMNS_MAX ? columns : CLASS_COLUMNS_MAX;
}

static size_t shown_count(const struct tl_answer_style *style)
{
    return style->top_count < style->class_count ? style->top_count : style->class_count;
}

/* Paths come last, since nobody knows beforehand how long they will be. */
static void append_table_head(struct tl_text *text, const struct tl_answer_style *style)
{
    for (size_t i = 0; i < shown_count(style); i++) {
        append_cell(text, "class", class_columns(style));
        tl_text_append(text, "  probability  ");
    }
    tl_text_append(text, "photo\n");
}

void tl_answer_text_append_head(struct tl_text *text, const struct tl_answer_style *style)
{
    if (style->format == TL_ANSWER_TABLE) {
        append_table_head(text, style);
    } else if (style->format == TL_ANSWER_CSV) {
        tl_text_append(text, "photo,class,probability");
        for (size_t i = 0; i < style->class_count; i++) {
            tl_text_append(text, ",");
            tl_text_append_csv_field(text, style->class_names[i]);
        }
        tl_text_append(text, "\n");
    }
}

static void append_table_line(struct tl_text *text, const struct tl_answer_style *style, const struct tl_answer *answer)
{
    size_t columns = class_columns(style);

    for (size_t i = 0; i < shown_count(style); i++) {
        size_t index = answer->order[i];

        append_cell(text, style->class_names[index], columns);
        tl_text_append_format(text, "  %11.4f  ", answer->probabilities[index]);
    }
    tl_text_append_visible(text, answer->path, strlen(answer->path));
    tl_text_append(text, "\n");
}

static void append_json_line(struct tl_text *text, const struct tl_answer_style *style, const struct tl_answer *answer)
{
    size_t first;

    tl_text_append(text, "{\"photo\": ");
    tl_text_append_json_string(text, answer->path);
    if (answer->problem.status != TL_OK) {
        tl_text_append(text, ", \"error\": ");
        tl_text_append_json_string(text, answer->problem.message);
        tl_text_append(text, "}\n");
        return;
    }
    first = answer->order[0];
    tl_text_append(text, ", \"class\": ");
    tl_text_append_json_string(text, style->class_names[first]);
    tl_text_append(text, ", \"probability\": ");
    tl_text_append_json_number(text, answer->probabilities[first]);
    tl_text_append(text, ", \"classes\": ");
    tl_head_append_json(text, style->class_names, answer->order, answer->probabilities, shown_count(style));
    tl_text_append(text, ", \"run\": ");
    if (style->run_id != 0)
        tl_text_append_format(text, "%lld", (long long)style->run_id);
    else
        tl_text_append_json_string(text, style->run_name ? style->run_name : "");
    tl_text_append(text, "}\n");
}

static void append_csv_line(struct tl_text *text, const struct tl_answer_style *style, const struct tl_answer *answer)
{
    size_t first = answer->order[0];

    tl_text_append_csv_field(text, answer->path);
    tl_text_append(text, ",");
    tl_text_append_csv_field(text, style->class_names[first]);
    tl_text_append(text, ",");
    tl_text_append_json_number(text, answer->probabilities[first]);
    for (size_t i = 0; i < style->class_count; i++) {
        tl_text_append(text, ",");
        tl_text_append_json_number(text, answer->probabilities[i]);
    }
    tl_text_append(text, "\n");
}

void tl_answer_text_append_line(struct tl_text *text, const struct tl_answer_style *style, const struct tl_answer *answer)
{
    if (style->format == TL_ANSWER_JSON)
        append_json_line(text, style, answer);
    else if (answer->problem.status == TL_OK && style->format == TL_ANSWER_CSV)
        append_csv_line(text, style, answer);
    else if (answer->problem.status == TL_OK)
        append_table_line(text, style, answer);
}
