/* text.c - see text.h. */
#include "common/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/utf8.h"

enum { FIRST_CAPACITY_BYTES = 256 };

void tl_text_init(struct tl_text *text, size_t ceiling_bytes)
{
    memset(text, 0, sizeof *text);
    text->ceiling_bytes = ceiling_bytes;
}

void tl_text_free(struct tl_text *text)
{
    tl_memory_free(text->bytes);
    tl_text_init(text, text->ceiling_bytes);
}

void tl_text_clear(struct tl_text *text)
{
    text->length_bytes = 0;
    text->has_failed = false;
    if (text->bytes)
        text->bytes[0] = '\0';
}

/* Makes room for `size_bytes` more and the NUL; false, and the text marked, when that cannot be. */
static bool make_room(struct tl_text *text, size_t size_bytes)
{
    size_t needed_bytes, capacity_bytes;
    char *bytes;

    if (text->has_failed)
        return false;
    if (size_bytes > text->ceiling_bytes - text->length_bytes || size_bytes >= SIZE_MAX - text->length_bytes)
        goto failed;
    needed_bytes = text->length_bytes + size_bytes + 1;
    if (needed_bytes <= text->capacity_bytes)
        return true;
    capacity_bytes = text->capacity_bytes < FIRST_CAPACITY_BYTES ? FIRST_CAPACITY_BYTES : text->capacity_bytes;
    while (capacity_bytes < needed_bytes && capacity_bytes <= SIZE_MAX / 2)
        capacity_bytes *= 2;
    if (capacity_bytes > text->ceiling_bytes)
        capacity_bytes = text->ceiling_bytes + 1;
    bytes = tl_memory_resize(text->bytes, capacity_bytes, 1);
    if (!bytes)
        goto failed;
    text->bytes = bytes;
    text->capacity_bytes = capacity_bytes;
    return true;

failed:
    text->has_failed = true;
    return false;
}

void tl_text_append_bytes(struct tl_text *text, const char *bytes, size_t size_bytes)
{
    if (!make_room(text, size_bytes))
        return;
    if (size_bytes > 0)
        memcpy(text->bytes + text->length_bytes, bytes, size_bytes);
    text->length_bytes += size_bytes;
    text->bytes[text->length_bytes] = '\0';
}

void tl_text_cut(struct tl_text *text, size_t length_bytes)
{
    if (length_bytes >= text->length_bytes)
        return;
    text->length_bytes = length_bytes;
    text->bytes[length_bytes] = '\0';
}

void tl_text_append(struct tl_text *text, const char *string)
{
    tl_text_append_bytes(text, string, strlen(string));
}

void tl_text_append_format(struct tl_text *text, const char *format, ...)
{
    char piece[256];
    va_list arguments, again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(piece, sizeof piece, format, arguments);
    if (length < 0) {
        text->has_failed = true;
    } else if ((size_t)length < sizeof piece) {
        tl_text_append_bytes(text, piece, (size_t)length);
    } else if (make_room(text, (size_t)length)) {
        vsnprintf(text->bytes + text->length_bytes, (size_t)length + 1, format, again);
        text->length_bytes += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void tl_text_append_json_string(struct tl_text *text, const char *string)
{
    size_t left;

    if (!string) {
        tl_text_append(text, "null");
        return;
    }
    left = strlen(string);
    tl_text_append(text, "\"");
    while (left > 0) {
        const unsigned char *b = (const unsigned char *)string;
        size_t length = tl_utf8_character_bytes(string, left);

        if (length == 0) {
            tl_text_append_format(text, "\\\\x%02x", (unsigned)b[0]);
            length = 1;
        } else if (b[0] == '"' || b[0] == '\\') {
            tl_text_append_format(text, "\\%c", b[0]);
        } else if (b[0] == '\n') {
            tl_text_append(text, "\\n");
        } else if (b[0] == '\t') {
            tl_text_append(text, "\\t");
        } else if (tl_utf8_visible_bytes(string, left) == 0) {
            /* U+0080-U+009F may stand in JSON, but a terminal would obey them. */
            tl_text_append_format(text, "\\u%04x", (unsigned)b[length - 1]);
        } else {
            tl_text_append_bytes(text, string, length);
        }
        string += length;
        left -= length;
    }
    tl_text_append(text, "\"");
}

void tl_text_append_json_number(struct tl_text *text, double value)
{
    char number[TL_TEXT_NUMBER_BYTES];

    if (!isfinite(value)) {
        tl_text_append(text, "null");
        return;
    }
    if (value > -1e15 && value < 1e15 && floor(value) == value) {
        tl_text_append_format(text, "%.0f", value); /* 20, where %.1g would say 2e+01 */
        return;
    }
    tl_text_shortest_number(number, value);
    tl_text_append(text, number);
}

void tl_text_shortest_number(char out[TL_TEXT_NUMBER_BYTES], double value)
{
    char *comma;

    for (int digit_count = 1; digit_count <= 17; digit_count++) {
        snprintf(out, TL_TEXT_NUMBER_BYTES, "%.*g", digit_count, value);
        if (strtod(out, NULL) == value)
            break;
    }
    comma = strchr(out, ','); /* should a library have set a locale that writes one */
    if (comma)
        *comma = '.';
}

void tl_text_append_csv_field(struct tl_text *text, const char *string)
{
    if (string[strcspn(string, "\",\r\n")] == '\0') {
        tl_text_append(text, string);
        return;
    }
    tl_text_append(text, "\"");
    for (;;) {
        size_t length = strcspn(string, "\"");

        tl_text_append_bytes(text, string, length);
        if (string[length] == '\0')
            break;
        tl_text_append(text, "\"\"");
        string += length + 1;
    }
    tl_text_append(text, "\"");
}

void tl_text_append_visible(struct tl_text *text, const char *bytes, size_t size_bytes)
{
    size_t left = size_bytes;

    while (left > 0) {
        size_t length = tl_utf8_visible_bytes(bytes, left);

        if (length == 0 || (left >= 2 && bytes[0] == '\\' && bytes[1] == 'x')) {
            tl_text_append_format(text, "\\x%02x", (unsigned)(unsigned char)bytes[0]);
            length = 1;
        } else {
            tl_text_append_bytes(text, bytes, length);
        }
        bytes += length;
        left -= length;
    }
}

char *tl_text_copy_visible(const char *string)
{
    size_t length_bytes = strlen(string);
    struct tl_text text;

    tl_text_init(&text, length_bytes * (sizeof "\\xNN" - 1));
    tl_text_append_visible(&text, string, length_bytes);
    if (tl_text_check(&text, NULL) != TL_OK)
        tl_text_free(&text);
    return text.bytes;
}

enum tl_status tl_text_check(struct tl_text *text, struct tl_error *err)
{
    tl_text_append_bytes(text, "", 0); /* an empty text has bytes too from here on */
    if (text->has_failed)
        return tl_error_set(err, TL_NO_MEMORY, "no memory for a text after %zu bytes (at most %zu)", text->length_bytes,
                            text->ceiling_bytes);
    return TL_OK;
}

bool tl_text_is_plain(const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        size_t length = tl_utf8_visible_bytes(bytes, size_bytes);

        if (length == 0)
            return false;
        bytes += length;
        size_bytes -= length;
    }
    return true;
}
