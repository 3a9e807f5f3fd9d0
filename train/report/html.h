/* html.h - words and bytes made safe to stand in HTML and SVG: escaped text, links that carry their data.
 */
#ifndef TL_TRAIN_HTML_H
#define TL_TRAIN_HTML_H

#include <stdint.h>

#include "common/base/text.h"

/* Any bytes, in a text or between double quotes: control characters and what is not UTF-8 appear as `\xNN`. NULL is nothing. */
void tl_html_append_text(struct tl_text *out, const char *text);

/* "data:image/jpeg;base64,..." */
void tl_html_append_data(struct tl_text *out, const char *media_type, const uint8_t *bytes, size_t size_bytes);

#endif
