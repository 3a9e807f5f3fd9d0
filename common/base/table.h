/* table.h - rows and columns for people: aligned text.
 *
 *     tl_table *table = NULL;
 *     tl_table_create(&table, 3, err);
 *     tl_table_add(table, "photo"); tl_table_add(table, "class"); tl_table_add(table, "probability");   first row: titles
 *     ...
 *     tl_table_write(table, stdout, err);
 *
 * A cell that is a number (digits, sign, point, percent) is aligned right, everything else left; a title stands right
 * over a column of numbers. Cells are copied. A cell's width is its count of characters (code points): East Asian wide
 * characters, which take two columns, and combining ones, which take none, leave a row uneven.
 * Control bytes and bytes that are not UTF-8 appear as in tl_text_append_visible().
 */
#ifndef TL_BASE_TABLE_H
#define TL_BASE_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "common/base/error.h"

typedef struct tl_table tl_table;

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_table_create(tl_table **out, size_t column_count, struct tl_error *err);
void tl_table_free(tl_table *table);

/* Adds the next cell, left to right, top to bottom; the formatted one is cut at 511 bytes. A failed allocation is
 * remembered and told by tl_table_write(). */
void tl_table_add(tl_table *table, const char *cell);
void tl_table_add_format(tl_table *table, const char *format, ...) TL_PRINTF(2, 3);

/* Writes the table, titles underlined. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_table_write(const tl_table *table, FILE *file, struct tl_error *err);

#endif
