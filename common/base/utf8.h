/* utf8.h - where the characters of a byte string are, and which of them may be shown as they are.
 *
 * Well-formed is what Unicode's table 3-7 allows: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Control characters are U+0000-U+001F, U+007F and U+0080-U+009F (terminals obey the last ones too).
 */
#ifndef TL_BASE_UTF8_H
#define TL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes (1 to 4) of the well-formed character that starts `bytes`; 0 when there is none. */
size_t tl_utf8_character_bytes(const char *bytes, size_t size_bytes);

/* As tl_utf8_character_bytes(), but 0 for control characters as well. */
size_t tl_utf8_visible_bytes(const char *bytes, size_t size_bytes);

/* Copies `raw` into `out` with control characters and bytes that are no UTF-8 as `\xNN`, cut between characters where
 * out_bytes (at least 1) are not enough. Backslashes stay, so that what came through here once does not change again. */
void tl_utf8_write_visible(char *out, size_t out_bytes, const char *raw);

/* Characters (code points) in `string`; a byte that is part of none counts as one. */
size_t tl_utf8_count(const char *string);

#endif
