/* html.c - see html.h. */
#include "train/report/html.h"

#include <string.h>

static void append_escaped(struct tl_text *out, const char *text)
{
    while (*text != '\0') {
        const size_t plain_bytes = strcspn(text, "<>&\"'");
        const char *entity = NULL;

        tl_text_append_visible(out, text, plain_bytes);
        text += plain_bytes;
        switch (*text) {
        case '<':
            entity = "&lt;";
            break;
        case '>':
            entity = "&gt;";
            break;
        case '&':
            entity = "&amp;";
            break;
        case '"':
            entity = "&quot;";
            break;
        case '\'':
            entity = "&#39;";
            break;
        default:
            return;
        }
        tl_text_append(out, entity);
        text++;
    }
}

void tl_html_append_text(struct tl_text *out, const char *text)
{
    if (text)
        append_escaped(out, text);
}

void tl_html_append_data(struct tl_text *out, const char *media_type, const uint8_t *bytes, size_t size_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    tl_text_append_format(out, "data:%s;base64,", media_type);
    for (size_t i = 0; i < size_bytes; i += 3) {
        const size_t left = size_bytes - i;
        const uint32_t b = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        const char four[4] = {digits[b >> 18], digits[b >> 12 & 63], left > 1 ? digits[b >> 6 & 63] : '=',
                              left > 2 ? digits[b & 63] : '='};
        tl_text_append_bytes(out, four, 4);
    }
}
