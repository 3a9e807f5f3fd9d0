/* utf8.c - see utf8.h. */
#include "common/base/utf8.h"

#include <stdio.h>
#include <string.h>

static bool is_in(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

size_t tl_utf8_character_bytes(const char *bytes, size_t size_bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    /* The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF. */
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (size_bytes == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (is_in(b[0], 0xc2, 0xdf)) {
        length = 2;
    } else if (is_in(b[0], 0xe0, 0xef)) {
        length = 3;
        if (b[0] == 0xe0)
            low = 0xa0;
        if (b[0] == 0xed)
            high = 0x9f;
    } else if (is_in(b[0], 0xf0, 0xf4)) {
        length = 4;
        if (b[0] == 0xf0)
            low = 0x90;
        if (b[0] == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }
    if (size_bytes < length || !is_in(b[1], low, high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_in(b[i], 0x80, 0xbf))
            return 0;
    return length;
}

size_t tl_utf8_visible_bytes(const char *bytes, size_t size_bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t length = tl_utf8_character_bytes(bytes, size_bytes);

    if (length == 1 && (b[0] < 0x20 || b[0] == 0x7f))
        return 0;
    if (length == 2 && b[0] == 0xc2 && b[1] < 0xa0)
        return 0;
    return length;
}

void tl_utf8_write_visible(char *out, size_t out_bytes, const char *raw)
{
    size_t left = strlen(raw), used = 0;

    while (left > 0) {
        size_t length = tl_utf8_visible_bytes(raw, left);
        char escape[sizeof "\\xNN"];
        const char *piece = raw;
        size_t piece_bytes = length;

        if (length == 0) {
            piece_bytes = (size_t)snprintf(escape, sizeof escape, "\\x%02x", (unsigned)(unsigned char)*raw);
            piece = escape;
            length = 1;
        }
        if (used + piece_bytes >= out_bytes)
            break;
        memcpy(out + used, piece, piece_bytes);
        used += piece_bytes;
        raw += length;
        left -= length;
    }
    out[used] = '\0';
}

size_t tl_utf8_count(const char *string)
{
    size_t left = strlen(string), count = 0;

    while (left > 0) {
        size_t length = tl_utf8_character_bytes(string, left);

        if (length == 0)
            length = 1;
        string += length;
        left -= length;
        count++;
    }
    return count;
}
