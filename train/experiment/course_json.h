/* course_json.h - a course as canonical JSON, what a run's row keeps, and back.
 *
 *     {"batch_size":32,"calibrate":"no","class_weights":"equal",...}
 *
 * Keys are the names of tl-train's options with `_` for `-`, sorted; no spaces. `class_weights` is the text given where weights
 * are. What a key says is what tl_course_set() takes.
 */
#ifndef TL_TRAIN_COURSE_JSON_H
#define TL_TRAIN_COURSE_JSON_H

#include "common/base/text.h"
#include "train/fit/course.h"

/* tl_text_check() tells whether it fitted. */
void tl_course_json_append(struct tl_text *text, const struct tl_course *course);

/* Sets one choice by its option's name, `-` and `_` the same, and a text as the option takes it; class weights are borrowed.
 * Fails with: TL_BAD_INPUT (no such choice, a value it does not take). */
TL_MUST_USE enum tl_status tl_course_set(struct tl_course *course, const char *name, const char *text, struct tl_error *err);

/* What the JSON says, over what *course was; strings are copied into *out_words, which the course then borrows and the caller
 * frees. Fails with: TL_CORRUPT (no such JSON), TL_BAD_INPUT (a choice or value that this program does not know), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_course_json_read(struct tl_course *course, char **out_words, const char *json, struct tl_error *err);

/* A choice as tl_course_set() takes it, for people and for comparing courses. */
enum { TL_COURSE_VALUE_BYTES = 256 };
void tl_course_get(char out[TL_COURSE_VALUE_BYTES], const struct tl_course *course, size_t setting_index);

#endif
