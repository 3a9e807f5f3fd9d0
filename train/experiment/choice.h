/* choice.h - the choices of a course by name, as numbers: what a sweep varies, and what its rows show.
 *
 *     const struct tl_choice *choice = tl_choice_find("learning-rate");
 *     tl_choice_set(choice, &course, 1e-3);
 *     value = tl_choice_get(choice, &course);
 *     tl_choice_write(choice, value, words);
 *
 * Names are those of tl-train's options. A word ("sqrt") is the number of its place among the choice's words. The table is
 * constant.
 */
#ifndef TL_TRAIN_CHOICE_H
#define TL_TRAIN_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "train/fit/course.h"

enum tl_choice_kind { TL_CHOICE_WORD, TL_CHOICE_WHOLE, TL_CHOICE_NUMBER };

struct tl_choice {
    const char *name;
    enum tl_choice_kind kind;
    const char *const *words; /* WORD: NULL-terminated */
    double minimum, maximum;  /* WHOLE, NUMBER */
    size_t offset;            /* the module's own, as `width` */
    unsigned width;
};

enum { TL_CHOICE_COUNT = 17 };
extern const struct tl_choice tl_choices[TL_CHOICE_COUNT];

/* The choice of this name, NULL when there is none; `-` and `_` are the same. */
const struct tl_choice *tl_choice_find(const char *name);

/* Reads a value as an option would. Fails with: TL_BAD_INPUT (naming the option, the text and what is allowed). */
TL_MUST_USE enum tl_status tl_choice_read(double *out, const struct tl_choice *choice, const char *text, struct tl_error *err);

/* `value` is one that tl_choice_read() gives. */
void tl_choice_set(const struct tl_choice *choice, struct tl_course *course, double value);
double tl_choice_get(const struct tl_choice *choice, const struct tl_course *course);

/* The value as it is given on the command line. */
enum { TL_CHOICE_WORDS_BYTES = TL_TEXT_NUMBER_BYTES };
void tl_choice_write(char out[TL_CHOICE_WORDS_BYTES], const struct tl_choice *choice, double value);

#endif
