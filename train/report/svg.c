/* svg.c - see svg.h. */
#include "train/report/svg.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "train/report/html.h"

/* Attributes that say what is so without them. */
static const char *const idle[] = {" stroke-opacity=\"1.000000\"", " fill-opacity=\"1.000000\"", " stroke=\"none\"",
                                   " dominant-baseline=\"no-change\"", " xml:space=\"preserve\"", " font-style=\"normal\"",
                                   " font-weight=\"normal\"", " x=\"0.000000\"", " x=\"-0.000000\"", NULL};

static void append_character(struct tl_text *out, unsigned long code)
{
    char bytes[5] = {0};

    if (code < 0x80) {
        bytes[0] = (char)code;
        tl_html_append_text(out, bytes);
        return;
    }
    if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
    } else {
        bytes[0] = (char)(0xF0 | (code >> 18 & 7));
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
    }
    tl_text_append(out, bytes);
}

/* The length of what can be left away at `at`, which begins with a space; 0: nothing. */
static size_t measure_idle(const char *at)
{
    for (size_t i = 0; idle[i]; i++)
        if (strncmp(at, idle[i], strlen(idle[i])) == 0)
            return strlen(idle[i]);
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n';
}

/* PLplot writes each character of a text as &#xH;, so that white space is never content. */
static void append_compact(struct tl_text *out, const char *at, char before)
{
    char one[2] = {0};

    while (*at != '\0') {
        if (is_space(*at)) {
            while (is_space(at[1]))
                at++;
            const size_t idle_bytes = *at == ' ' ? measure_idle(at) : 0;
            if (idle_bytes == 0 && before != '>' && at[1] != '<' && at[1] != '>' && at[1] != '/' && at[1] != '\0')
                tl_text_append(out, " ");
            at += idle_bytes > 0 ? idle_bytes : 1;
        } else if (strncmp(at, "&#x", 3) == 0) {
            char *end;
            append_character(out, strtoul(at + 3, &end, 16));
            before = ';';
            at = *end == ';' ? end + 1 : end;
        } else {
            one[0] = before = *at++;
            tl_text_append(out, one);
        }
    }
}

enum tl_status tl_svg_append(struct tl_text *out, const char *raw, const struct tl_plotter_page *page, struct tl_error *err)
{
    const char *head = strstr(raw, "<svg"), *body = head ? strchr(head, '>') : NULL;

    if (!body)
        return tl_error_set(err, TL_IO, "PLplot has written no SVG");
    if (page->is_file)
        tl_text_append_format(out,
                              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
                              "height=\"%u\"",
                              page->width_px, page->height_px);
    else
        tl_text_append(out, "<svg class=\"plot\"");
    tl_text_append_format(out, " viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"", page->width_px, page->height_px);
    tl_html_append_text(out, page->title);
    tl_text_append(out, "\">");
    append_compact(out, body + 1, '>');
    tl_text_append(out, "\n");
    return tl_text_check(out, err);
}
