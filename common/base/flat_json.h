/* flat_json.h - the pairs of a JSON object whose values are texts and numbers, one after the other.
 *
 *     struct tl_flat_json reader;
 *     tl_flat_json_init(&reader, "{\"l2\":0.5,\"solver\":\"adam\"}");
 *     while ((status = tl_flat_json_next(&reader, &pair, err)) == TL_OK) ... pair.key, pair.text, pair.number ...
 *     ... ends with TL_NOT_FOUND ...
 *     tl_flat_json_release(&reader);
 *
 * For what this program writes itself: courses, probabilities by class. Whoever wrote it, nothing is read beyond its end. Numbers
 * are read as strtod() does, to the last bit; `true`, `false` and `null` count as texts. Nested values are refused.
 */
#ifndef TL_BASE_FLAT_JSON_H
#define TL_BASE_FLAT_JSON_H

#include <stdbool.h>

#include "common/base/text.h"

struct tl_flat_json {
    const char *rest;
    struct tl_text key, text; /* of the present pair */
    bool has_begun;
};

/* Borrowed until the next call. */
struct tl_flat_json_pair {
    const char *key;
    const char *text; /* of a number as it stands there */
    double number;    /* NaN unless is_number */
    bool is_number;
};

/* `json` is borrowed. */
void tl_flat_json_init(struct tl_flat_json *reader, const char *json);
/* Fails with: TL_NOT_FOUND (the end; *err is left alone), TL_CORRUPT (no such object), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_flat_json_next(struct tl_flat_json *reader, struct tl_flat_json_pair *out, struct tl_error *err);
void tl_flat_json_release(struct tl_flat_json *reader);

#endif
