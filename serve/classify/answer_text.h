/* answer_text.h - an answer as a line: for people, as JSON, as CSV.
 *
 * Each line is made from its answer alone, so that lines can be printed as answers come. The JSON object is the one
 * that other programs read: photo, class, probability, classes in falling order, run; or photo and error.
 * JSON numbers are the shortest that read back as the same double; CSV's are the same.
 */
#ifndef TL_SERVE_CLASSIFY_ANSWER_TEXT_H
#define TL_SERVE_CLASSIFY_ANSWER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "serve/classify/classifier.h"

enum tl_answer_format { TL_ANSWER_TABLE, TL_ANSWER_JSON, TL_ANSWER_CSV };
enum { TL_ANSWER_LINE_BYTES = 64 << 20 }; /* ceiling for one line: 65,536 classes with long names */

struct tl_answer_style {
    enum tl_answer_format format;
    const char *const *class_names; /* L, in the head's order */
    size_t class_count;
    size_t top_count;     /* classes shown: of a table 1 to L; of JSON `classes` likewise; CSV has a column for each */
    int64_t run_id;       /* 0 for a head without a run, which goes by its name */
    const char *run_name; /* may be NULL when there is a run */
};

/* What stands before the first answer; nothing for JSON. */
void tl_answer_text_append_head(struct tl_text *text, const struct tl_answer_style *style);

/* One line with its newline; of a photo that failed only JSON says something. */
void tl_answer_text_append_line(struct tl_text *text, const struct tl_answer_style *style, const struct tl_answer *answer);

#endif
