/* setting.h - the choices of a course by name, as numbers: what a sweep varies, and what its rows show.
 *
 *     const struct tl_setting *setting = tl_setting_find("learning-rate");
 *     tl_setting_set(setting, &course, 1e-3);
 *     value = tl_setting_get(setting, &course);
 *     tl_setting_write(setting, value, words);
 *
 * Names are those of tl-train's options. A word ("sqrt") is the number of its place among the choice's words. The table is
 * constant.
 */
#ifndef TL_TRAIN_SETTING_H
#define TL_TRAIN_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "train/fit/course.h"

enum tl_setting_kind { TL_SETTING_WORD, TL_SETTING_WHOLE, TL_SETTING_NUMBER };

struct tl_setting {
    const char *name;
    enum tl_setting_kind kind;
    const char *const *words; /* WORD: NULL-terminated */
    double minimum, maximum;  /* WHOLE, NUMBER */
    size_t offset;            /* the module's own, as `width` */
    unsigned width;
};

enum { TL_SETTING_COUNT = 19 };
extern const struct tl_setting tl_settings[TL_SETTING_COUNT];

/* The choice of this name, NULL when there is none; `-` and `_` are the same. */
const struct tl_setting *tl_setting_find(const char *name);

/* Reads a value as an option would. Fails with: TL_BAD_INPUT (naming the option, the text and what is allowed). */
TL_MUST_USE enum tl_status tl_setting_read(double *out, const struct tl_setting *setting, const char *text, struct tl_error *err);

/* `value` is one that tl_setting_read() gives. */
void tl_setting_set(const struct tl_setting *setting, struct tl_course *course, double value);
double tl_setting_get(const struct tl_setting *setting, const struct tl_course *course);

/* The value as it is given on the command line. */
enum { TL_SETTING_WORDS_BYTES = TL_TEXT_NUMBER_BYTES };
void tl_setting_write(char out[TL_SETTING_WORDS_BYTES], const struct tl_setting *setting, double value);

#endif
