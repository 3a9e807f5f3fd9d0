/* course_json.c - see course_json.h. */
#include "train/experiment/course_json.h"

#include <stdio.h>
#include <string.h>

#include "common/base/flat_json.h"
#include "common/base/memory.h"
#include "train/experiment/class_weights.h"
#include "train/experiment/setting.h"

static const char CLASS_WEIGHTS[] = "class-weights";

/* The setting whose name comes next after `last`, NULL: the first. NULL at the end. */
static const struct tl_setting *find_next(const struct tl_setting *last)
{
    const struct tl_setting *next = NULL;

    for (size_t i = 0; i < TL_SETTING_COUNT; i++) {
        const struct tl_setting *setting = &tl_settings[i];

        if ((!last || strcmp(setting->name, last->name) > 0) && (!next || strcmp(setting->name, next->name) < 0))
            next = setting;
    }
    return next;
}

static bool is_given_weights(const struct tl_setting *setting, const struct tl_course *course)
{
    return strcmp(setting->name, CLASS_WEIGHTS) == 0 && course->weighting == TL_COURSE_GIVEN && course->class_weights_text;
}

static void append_key(struct tl_text *text, const char *name)
{
    tl_text_append(text, "\"");
    for (; *name != '\0'; name++)
        tl_text_append_bytes(text, *name == '-' ? "_" : name, 1);
    tl_text_append(text, "\":");
}

void tl_course_json_append(struct tl_text *text, const struct tl_course *course)
{
    char words[TL_SETTING_WORDS_BYTES];
    bool is_first = true;

    for (const struct tl_setting *setting = find_next(NULL); setting; setting = find_next(setting)) {
        tl_text_append(text, is_first ? "{" : ",");
        is_first = false;
        append_key(text, setting->name);
        tl_setting_write(words, setting, tl_setting_get(setting, course));
        if (is_given_weights(setting, course))
            tl_text_append_json_string(text, course->class_weights_text);
        else if (setting->kind == TL_SETTING_WORD)
            tl_text_append_json_string(text, words);
        else
            tl_text_append(text, words);
    }
    tl_text_append(text, "}");
}

void tl_course_get(char out[TL_COURSE_VALUE_BYTES], const struct tl_course *course, size_t setting_index)
{
    const struct tl_setting *setting = &tl_settings[setting_index];
    char words[TL_SETTING_WORDS_BYTES];

    tl_setting_write(words, setting, tl_setting_get(setting, course));
    (void)snprintf(out, TL_COURSE_VALUE_BYTES, "%s", is_given_weights(setting, course) ? course->class_weights_text : words);
}

enum tl_status tl_course_set(struct tl_course *course, const char *name, const char *text, struct tl_error *err)
{
    const struct tl_setting *setting = tl_setting_find(name);
    double value;
    enum tl_status status;

    if (!setting)
        return tl_error_set(err, TL_BAD_INPUT, "there is no choice '%s' of a course", name);
    if (strcmp(setting->name, CLASS_WEIGHTS) == 0 && strcmp(text, tl_course_weighting_names[TL_COURSE_EQUAL]) != 0 &&
        strcmp(text, tl_course_weighting_names[TL_COURSE_BALANCED]) != 0) {
        status = tl_class_weights_check(text, err);
        if (status != TL_OK)
            return status;
        course->weighting = TL_COURSE_GIVEN;
        course->class_weights_text = text;
        course->class_weights = NULL;
        return TL_OK;
    }
    status = tl_setting_read(&value, setting, text, err);
    if (status == TL_OK)
        tl_setting_set(setting, course, value);
    return status;
}

enum tl_status tl_course_json_read(struct tl_course *course, char **out_words, const char *json, struct tl_error *err)
{
    struct tl_flat_json reader;
    struct tl_flat_json_pair pair;
    enum tl_status status;

    *out_words = NULL;
    tl_flat_json_init(&reader, json);
    while ((status = tl_flat_json_next(&reader, &pair, err)) == TL_OK) {
        status = tl_course_set(course, pair.key, pair.text, err);
        if (status == TL_OK && course->class_weights_text == pair.text) {
            tl_memory_free(*out_words);
            *out_words = tl_memory_copy_string(pair.text);
            course->class_weights_text = *out_words;
            if (!*out_words)
                status = tl_error_set_no_memory(err, "the class weights", strlen(pair.text) + 1);
        }
        if (status != TL_OK)
            break;
    }
    tl_flat_json_release(&reader);
    if (status == TL_NOT_FOUND)
        return TL_OK;
    tl_memory_free(*out_words);
    *out_words = NULL;
    return status;
}
