/* flat_json.c - see flat_json.h. */
#include "common/base/flat_json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t TEXT_CEILING_BYTES = (size_t)1 << 24;

void tl_flat_json_init(struct tl_flat_json *reader, const char *json)
{
    reader->rest = json;
    reader->has_begun = false;
    tl_text_init(&reader->key, TEXT_CEILING_BYTES);
    tl_text_init(&reader->text, TEXT_CEILING_BYTES);
}

void tl_flat_json_release(struct tl_flat_json *reader)
{
    tl_text_free(&reader->key);
    tl_text_free(&reader->text);
}

static void skip_blanks(struct tl_flat_json *reader)
{
    reader->rest += strspn(reader->rest, " \t\r\n");
}

static bool take(struct tl_flat_json *reader, char wanted)
{
    skip_blanks(reader);
    if (*reader->rest != wanted)
        return false;
    reader->rest++;
    return true;
}

static const char DIGITS[] = "0123456789abcdef";

static bool read_hex(uint32_t *out, const char *digits)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const char c = digits[i];
        const char *digit = c != '\0' ? strchr(DIGITS, c | 0x20) : NULL; /* a digit has the bit of small letters */

        if (!digit)
            return false; /* also at the end of the text */
        *out = *out << 4 | (uint32_t)(digit - DIGITS);
    }
    return true;
}

static void append_utf8(struct tl_text *text, uint32_t code)
{
    char bytes[4];
    size_t count = 0;

    if (code < 0x80) {
        bytes[count++] = (char)code;
    } else if (code < 0x800) {
        bytes[count++] = (char)(0xc0 | code >> 6);
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[count++] = (char)(0xe0 | code >> 12);
        bytes[count++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[count++] = (char)(0xf0 | code >> 18);
        bytes[count++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[count++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    }
    tl_text_append_bytes(text, bytes, count);
}

/* Behind "\u"; two halves of a pair make one character. */
static bool read_unicode(struct tl_flat_json *reader, struct tl_text *text)
{
    uint32_t code, low;

    if (!read_hex(&code, reader->rest) || code == 0)
        return false;
    reader->rest += 4;
    if (code >= 0xd800 && code < 0xdc00) {
        if (reader->rest[0] != '\\' || reader->rest[1] != 'u' || !read_hex(&low, reader->rest + 2) || low < 0xdc00 || low > 0xdfff)
            return false;
        reader->rest += 6;
        code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    append_utf8(text, code);
    return true;
}

static bool read_escape(struct tl_flat_json *reader, struct tl_text *text)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (*reader->rest == 'u') {
        reader->rest++;
        return read_unicode(reader, text);
    }
    letter = *reader->rest != '\0' ? strchr(letters, *reader->rest) : NULL;
    if (!letter)
        return false;
    tl_text_append_bytes(text, &meant[letter - letters], 1);
    reader->rest++;
    return true;
}

/* A string into `text`. */
static bool read_string(struct tl_flat_json *reader, struct tl_text *text)
{
    tl_text_clear(text);
    if (!take(reader, '"'))
        return false;
    for (;;) {
        const size_t plain_bytes = strcspn(reader->rest, "\"\\");

        tl_text_append_bytes(text, reader->rest, plain_bytes);
        reader->rest += plain_bytes;
        if (*reader->rest == '"') {
            reader->rest++;
            return true;
        }
        if (*reader->rest == '\0')
            return false;
        reader->rest++;
        if (!read_escape(reader, text))
            return false;
    }
}

/* A number or a word. */
static bool read_bare(struct tl_flat_json *reader, struct tl_flat_json_pair *out)
{
    const size_t size_bytes = strspn(reader->rest, "0123456789+-.eEtrufalsn");
    char *end;

    tl_text_clear(&reader->text);
    tl_text_append_bytes(&reader->text, reader->rest, size_bytes);
    if (size_bytes == 0 || tl_text_check(&reader->text, NULL) != TL_OK)
        return size_bytes > 0;
    reader->rest += size_bytes;
    if (strcmp(reader->text.bytes, "true") == 0 || strcmp(reader->text.bytes, "false") == 0 ||
        strcmp(reader->text.bytes, "null") == 0)
        return true;
    if (strspn(reader->text.bytes, "0123456789+-.eE") != size_bytes)
        return false;
    out->number = strtod(reader->text.bytes, &end);
    out->is_number = *end == '\0';
    return out->is_number;
}

static bool read_pair(struct tl_flat_json *reader, struct tl_flat_json_pair *out)
{
    if (!read_string(reader, &reader->key) || !take(reader, ':'))
        return false;
    skip_blanks(reader);
    return *reader->rest == '"' ? read_string(reader, &reader->text) : read_bare(reader, out);
}

enum tl_status tl_flat_json_next(struct tl_flat_json *reader, struct tl_flat_json_pair *out, struct tl_error *err)
{
    const char *from = reader->rest;
    bool is_well = reader->has_begun || take(reader, '{');

    *out = (struct tl_flat_json_pair){.number = (double)NAN};
    if (is_well && take(reader, '}')) {
        reader->rest = "}"; /* asked again, it is still at the end */
        reader->has_begun = true;
        return TL_NOT_FOUND;
    }
    if (is_well && reader->has_begun)
        is_well = take(reader, ',');
    reader->has_begun = true;
    if (!is_well || !read_pair(reader, out))
        return tl_error_set(err, TL_CORRUPT, "no object of texts and numbers in JSON: '%.40s'", from);
    if (tl_text_check(&reader->key, err) != TL_OK || tl_text_check(&reader->text, err) != TL_OK)
        return TL_NO_MEMORY;
    out->key = reader->key.bytes;
    out->text = reader->text.bytes;
    return TL_OK;
}
