/* setting.c - see setting.h. Members of a course are reached by offset and width, whatever their type. */
#include "train/experiment/setting.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum width { WIDTH_FLAG, WIDTH_WORD, WIDTH_LONG, WIDTH_UINT64, WIDTH_DOUBLE };

static const char *const INITIAL_NAMES[] = {"zero", "glorot", NULL};
static const char *const ANSWERS[] = {"no", "yes", NULL};

const struct tl_setting tl_settings[TL_SETTING_COUNT] = {
    {"pool", TL_SETTING_WORD, tl_head_pool_names, 0, 0, offsetof(struct tl_course, pool), WIDTH_WORD},
    {"transform", TL_SETTING_WORD, tl_head_transform_names, 0, 0, offsetof(struct tl_course, transform), WIDTH_WORD},
    {"variants", TL_SETTING_WORD, tl_fit_variants_names, 0, 0, offsetof(struct tl_course, variants), WIDTH_WORD},
    {"initial", TL_SETTING_WORD, INITIAL_NAMES, 0, 0, offsetof(struct tl_course, is_glorot), WIDTH_FLAG},
    {"solver", TL_SETTING_WORD, tl_course_solver_names, 0, 0, offsetof(struct tl_course, solver), WIDTH_WORD},
    {"l2", TL_SETTING_NUMBER, NULL, 0, 1e6, offsetof(struct tl_course, l2), WIDTH_DOUBLE},
    {"learning-rate", TL_SETTING_NUMBER, NULL, 1e-9, 1000, offsetof(struct tl_course, learning_rate), WIDTH_DOUBLE},
    {"epochs", TL_SETTING_WHOLE, NULL, 1, 100000, offsetof(struct tl_course, epochs), WIDTH_LONG},
    {"batch-size", TL_SETTING_WHOLE, NULL, 1, 1e6, offsetof(struct tl_course, batch_size), WIDTH_LONG},
    {"momentum", TL_SETTING_NUMBER, NULL, 0, 0.9999, offsetof(struct tl_course, momentum), WIDTH_DOUBLE},
    {"tolerance", TL_SETTING_NUMBER, NULL, 1e-12, 1, offsetof(struct tl_course, tolerance), WIDTH_DOUBLE},
    {"hidden", TL_SETTING_WHOLE, NULL, 0, TL_HEAD_CLASSES_MAX, offsetof(struct tl_course, hidden_count), WIDTH_LONG},
    {"dropout", TL_SETTING_NUMBER, NULL, 0, 0.99, offsetof(struct tl_course, dropout), WIDTH_DOUBLE},
    {"class-weights", TL_SETTING_WORD, tl_course_weighting_names, 0, 0, offsetof(struct tl_course, weighting), WIDTH_WORD},
    {"monitor", TL_SETTING_WORD, tl_course_monitor_names, 0, 0, offsetof(struct tl_course, monitor), WIDTH_WORD},
    {"patience", TL_SETTING_WHOLE, NULL, 0, 100000, offsetof(struct tl_course, patience), WIDTH_LONG},
    {"refit", TL_SETTING_WORD, ANSWERS, 0, 0, offsetof(struct tl_course, has_refit), WIDTH_FLAG},
    {"calibrate", TL_SETTING_WORD, ANSWERS, 0, 0, offsetof(struct tl_course, has_calibration), WIDTH_FLAG},
    {"seed", TL_SETTING_WHOLE, NULL, 0, 9007199254740991.0, offsetof(struct tl_course, seed), WIDTH_UINT64}};

_Static_assert(sizeof(enum tl_fit_variants) == sizeof(int) && sizeof(enum tl_head_pool) == sizeof(int), "words are ints");

static bool are_same_names(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

const struct tl_setting *tl_setting_find(const char *name)
{
    for (size_t i = 0; i < TL_SETTING_COUNT; i++)
        if (are_same_names(name, tl_settings[i].name))
            return &tl_settings[i];
    return NULL;
}

static enum tl_status read_word(double *out, const struct tl_setting *setting, const char *text, struct tl_error *err)
{
    struct tl_text words;
    enum tl_status status;

    for (size_t i = 0; setting->words[i]; i++) {
        if (strcmp(setting->words[i], text) == 0) {
            *out = (double)i;
            return TL_OK;
        }
    }
    tl_text_init(&words, TL_ERROR_MESSAGE_BYTES);
    for (size_t i = 0; setting->words[i]; i++)
        tl_text_append_format(&words, "%s%s", i > 0 ? ", " : "", setting->words[i]);
    status = tl_text_check(&words, err);
    if (status == TL_OK)
        status = tl_error_set(err, TL_BAD_INPUT, "%s takes one of %s, not '%s'", setting->name, words.bytes, text);
    tl_text_free(&words);
    return status;
}

enum tl_status tl_setting_read(double *out, const struct tl_setting *setting, const char *text, struct tl_error *err)
{
    double value;
    char *end;

    if (setting->kind == TL_SETTING_WORD)
        return read_word(out, setting, text, err);
    value = strtod(text, &end);
    if (*text != '\0' && text[strspn(text, "0123456789+-.eE")] == '\0' && *end == '\0' && value >= setting->minimum &&
        value <= setting->maximum && (setting->kind == TL_SETTING_NUMBER || value == floor(value))) {
        *out = value;
        return TL_OK;
    }
    return tl_error_set(err, TL_BAD_INPUT, "%s takes a %s from %.15g to %.15g, not '%s'", setting->name,
                        setting->kind == TL_SETTING_WHOLE ? "whole number" : "number", setting->minimum, setting->maximum, text);
}

void tl_setting_set(const struct tl_setting *setting, struct tl_course *course, double value)
{
    char *member = (char *)course + setting->offset;

    switch ((enum width)setting->width) {
    case WIDTH_FLAG:
        memcpy(member, &(bool){value != 0}, sizeof(bool));
        break;
    case WIDTH_WORD:
        memcpy(member, &(int){(int)value}, sizeof(int));
        break;
    case WIDTH_LONG:
        memcpy(member, &(long){(long)value}, sizeof(long));
        break;
    case WIDTH_UINT64:
        memcpy(member, &(uint64_t){(uint64_t)value}, sizeof(uint64_t));
        break;
    case WIDTH_DOUBLE:
        memcpy(member, &value, sizeof value);
        break;
    }
}

double tl_setting_get(const struct tl_setting *setting, const struct tl_course *course)
{
    const char *member = (const char *)course + setting->offset;
    bool flag = false;
    int word = 0;
    long whole = 0;
    uint64_t natural = 0;
    double number = 0;

    switch ((enum width)setting->width) {
    case WIDTH_FLAG:
        memcpy(&flag, member, sizeof flag);
        return flag;
    case WIDTH_WORD:
        memcpy(&word, member, sizeof word);
        return word;
    case WIDTH_LONG:
        memcpy(&whole, member, sizeof whole);
        return (double)whole;
    case WIDTH_UINT64:
        memcpy(&natural, member, sizeof natural);
        return (double)natural;
    case WIDTH_DOUBLE:
        memcpy(&number, member, sizeof number);
        return number;
    }
    return 0;
}

void tl_setting_write(char out[TL_SETTING_WORDS_BYTES], const struct tl_setting *setting, double value)
{
    if (setting->kind == TL_SETTING_WORD)
        (void)snprintf(out, TL_SETTING_WORDS_BYTES, "%s", setting->words[(size_t)value]);
    else if (value == floor(value) && value < 1e15)
        (void)snprintf(out, TL_SETTING_WORDS_BYTES, "%.0f", value);
    else
        tl_text_shortest_number(out, value);
}
