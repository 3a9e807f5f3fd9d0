/* text.h - text that grows to a ceiling, with the escapes of JSON, CSV and terminals.
 *
 *     struct tl_text line;
 *     tl_text_init(&line, 1 << 20);
 *     tl_text_append(&line, "{\"photo\":");
 *     tl_text_append_json_string(&line, path);
 *     tl_text_append_format(&line, ",\"probability\":%.6f}\n", p);
 *     if (tl_text_check(&line, err) != TL_OK) ...
 *     fputs(line.bytes, stdout);
 *     tl_text_free(&line);
 *
 * Appends never fail in themselves: the first that finds no memory or passes the ceiling marks the text, later
 * ones do nothing, and tl_text_check() tells once at the end.
 */
#ifndef TL_BASE_TEXT_H
#define TL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

struct tl_text {
    char *bytes; /* NUL-terminated once anything was appended or tl_text_check() passed; owned */
    size_t length_bytes, capacity_bytes, ceiling_bytes;
    bool has_failed;
};

/* `ceiling_bytes` without the NUL. */
void tl_text_init(struct tl_text *text, size_t ceiling_bytes);
void tl_text_free(struct tl_text *text);
/* Empty again, memory kept, failure forgotten. */
void tl_text_clear(struct tl_text *text);

/* Takes back what was appended beyond `length_bytes`. */
void tl_text_cut(struct tl_text *text, size_t length_bytes);

void tl_text_append(struct tl_text *text, const char *string);
void tl_text_append_bytes(struct tl_text *text, const char *bytes, size_t size_bytes);
void tl_text_append_format(struct tl_text *text, const char *format, ...) TL_PRINTF(2, 3);
/* A quoted JSON string (RFC 8259). UTF-8 reads back as itself, control characters and backslashes too; only bytes that
 * are not UTF-8 appear as `\\xNN`. NULL is `null`. */
void tl_text_append_json_string(struct tl_text *text, const char *string);
/* As tl_text_shortest_number(), but whole numbers below 1e15 in full; `null` for NaN and infinities. */
void tl_text_append_json_number(struct tl_text *text, double value);
/* A CSV field (RFC 4180), quoted only where needed. */
void tl_text_append_csv_field(struct tl_text *text, const char *string);
/* For people and for TEXT columns: control bytes, backslashes that start `\x`, and bytes that are not UTF-8 appear as `\xNN`. */
void tl_text_append_visible(struct tl_text *text, const char *bytes, size_t size_bytes);

/* The visible form of a string by itself, as append_visible() has it; the caller frees. NULL when out of memory. */
char *tl_text_copy_visible(const char *string);

/* The shortest decimal that reads back as the same finite double, whatever the locale: "0.1", "2e+01". */
enum { TL_TEXT_NUMBER_BYTES = 32 };
void tl_text_shortest_number(char out[TL_TEXT_NUMBER_BYTES], double value);

/* TL_OK and text->bytes valid (at least ""), or Fails with: TL_NO_MEMORY (no memory, or the ceiling passed). */
TL_MUST_USE enum tl_status tl_text_check(struct tl_text *text, struct tl_error *err);

/* True when the bytes are well-formed UTF-8 without control characters (so that they show as themselves). */
bool tl_text_is_plain(const char *bytes, size_t size_bytes);

#endif
