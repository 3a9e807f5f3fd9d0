/* table.c - see table.h. */
#include "common/base/table.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

enum { CELL_LIMIT_BYTES = 1 << 20, GAP_COLUMNS = 2 };

struct tl_table {
    size_t column_count, cell_count, cell_capacity;
    char **cells; /* row by row */
    bool has_failed;
};

enum tl_status tl_table_create(tl_table **out, size_t column_count, struct tl_error *err)
{
    assert(column_count >= 1);
    *out = tl_memory_alloc(1, sizeof **out);
    if (!*out)
        return tl_error_set_no_memory(err, "a table", sizeof **out);
    (*out)->column_count = column_count;
    return TL_OK;
}

void tl_table_free(tl_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->cell_count; i++)
        tl_memory_free(table->cells[i]);
    tl_memory_free(table->cells);
    tl_memory_free(table);
}

/* Takes `cell`, whose allocation may have failed. */
static void add_owned(tl_table *table, char *cell)
{
    if (cell && table->cell_count == table->cell_capacity) {
        size_t capacity = table->cell_capacity ? 2 * table->cell_capacity : 8 * table->column_count;
        char **cells = tl_memory_resize(table->cells, capacity, sizeof *cells);

        if (cells) {
            table->cells = cells;
            table->cell_capacity = capacity;
        }
    }
    if (!cell || table->cell_count == table->cell_capacity) {
        tl_memory_free(cell);
        table->has_failed = true;
        return;
    }
    table->cells[table->cell_count++] = cell;
}

void tl_table_add(tl_table *table, const char *cell)
{
    struct tl_text visible;

    if (table->has_failed)
        return;
    if (tl_text_is_plain(cell, strlen(cell))) {
        add_owned(table, tl_memory_copy_string(cell));
        return;
    }
    tl_text_init(&visible, CELL_LIMIT_BYTES);
    tl_text_append_visible(&visible, cell, strlen(cell));
    if (tl_text_check(&visible, NULL) != TL_OK)
        tl_text_free(&visible); /* its bytes are NULL now */
    add_owned(table, visible.bytes);
}

void tl_table_add_format(tl_table *table, const char *format, ...)
{
    char cell[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    if (length < 0)
        cell[0] = '\0';
    tl_table_add(table, cell);
}

static bool is_number(const char *cell)
{
    return cell[strspn(cell, "0123456789+-.%")] == '\0' && strpbrk(cell, "0123456789");
}

/* The cell at a row and column; "" behind the last. */
static const char *cell_at(const tl_table *table, size_t row, size_t column)
{
    size_t index = row * table->column_count + column;

    return index < table->cell_count ? table->cells[index] : "";
}

static size_t row_count_of(const tl_table *table)
{
    return (table->cell_count + table->column_count - 1) / table->column_count;
}

static size_t width_of(const tl_table *table, size_t column)
{
    size_t width = 0, row_count = row_count_of(table);

    for (size_t row = 0; row < row_count; row++) {
        size_t count = tl_utf8_count(cell_at(table, row, column));

        width = count > width ? count : width;
    }
    return width;
}

/* A title stands over numbers as they do: right. (Alone, it fills its column and stands both ways.) */
static bool is_title_of_numbers(const tl_table *table, size_t column)
{
    size_t row_count = row_count_of(table);

    for (size_t row = 1; row < row_count; row++)
        if (!is_number(cell_at(table, row, column)))
            return false;
    return true;
}

static void write_repeated(FILE *file, char character, size_t count)
{
    while (count-- > 0)
        fputc(character, file);
}

/* Blanks wait in *pending until something follows them, so that no line ends in blanks. */
static void write_cell(FILE *file, const char *cell, size_t width, bool is_right, size_t *pending)
{
    size_t fill = width - tl_utf8_count(cell);

    if (is_right)
        *pending += fill;
    if (*cell != '\0') {
        write_repeated(file, ' ', *pending);
        fputs(cell, file);
        *pending = 0;
    }
    if (!is_right)
        *pending += fill;
    *pending += GAP_COLUMNS;
}

enum tl_status tl_table_write(const tl_table *table, FILE *file, struct tl_error *err)
{
    size_t row_count = row_count_of(table);
    size_t *widths = NULL;
    enum tl_status status = TL_OK;

    if (table->has_failed)
        return tl_error_set(err, TL_NO_MEMORY, "no memory for a table after %zu cells", table->cell_count);
    widths = tl_memory_alloc(table->column_count, sizeof *widths);
    if (!widths)
        return tl_error_set_no_memory(err, "a table's widths", table->column_count * sizeof *widths);
    for (size_t column = 0; column < table->column_count; column++)
        widths[column] = width_of(table, column);

    for (size_t row = 0; row < row_count; row++) {
        size_t pending = 0;

        for (size_t column = 0; column < table->column_count; column++) {
            const char *cell = cell_at(table, row, column);
            bool is_right = row == 0 ? is_title_of_numbers(table, column) : is_number(cell);

            write_cell(file, cell, widths[column], is_right, &pending);
        }
        fputc('\n', file);
        for (size_t column = 0; row == 0 && column < table->column_count; column++) {
            write_repeated(file, ' ', column == 0 ? 0 : GAP_COLUMNS);
            write_repeated(file, '-', widths[column]);
        }
        if (row == 0)
            fputc('\n', file);
    }
    if (fflush(file) != 0 || ferror(file))
        status = tl_error_set(err, TL_IO, "cannot write a table: %s", strerror(errno));
    tl_memory_free(widths);
    return status;
}
