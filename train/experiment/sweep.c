/* sweep.c - see sweep.h. */
#include "train/experiment/sweep.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"

enum { TRIES_PER_TRIAL = 64 };

static enum tl_status add_value(struct tl_sweep_axis *axis, const char *text, struct tl_error *err)
{
    double value;
    enum tl_status status = tl_setting_read(&value, axis->setting, text, err);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < axis->value_count; i++)
        if (axis->values[i] == value)
            return tl_error_set(err, TL_BAD_INPUT, "%s: the value %s is there twice", axis->setting->name, text);
    axis->values[axis->value_count++] = value;
    return TL_OK;
}

/* "1e-6..1e-1", its ends apart by `dots`. */
static enum tl_status read_range(struct tl_sweep_axis *axis, char *text, char *dots, struct tl_error *err)
{
    enum tl_status status;

    if (axis->setting->kind == TL_SETTING_WORD)
        return tl_error_set(err, TL_BAD_INPUT, "%s=%s: words have no range", axis->setting->name, text);
    *dots = '\0';
    status = add_value(axis, text, err);
    if (status == TL_OK)
        status = add_value(axis, dots + 2, err);
    if (status == TL_OK && !(axis->values[0] > 0 && axis->values[0] < axis->values[1]))
        return tl_error_set(err, TL_BAD_INPUT, "%s=%s..%s: a range goes from a number above 0 to a larger one", axis->setting->name,
                            text, dots + 2);
    axis->is_range = true;
    return status;
}

static size_t count_values(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

/* `text` is what stands behind the name's `=`; its commas become ends. */
static enum tl_status read_values(struct tl_sweep_axis *axis, char *text, struct tl_error *err)
{
    const size_t count = count_values(text);
    char *dots = strstr(text, "..");
    enum tl_status status = TL_OK;

    if (count > TL_SWEEP_VALUES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "%s: more than %d values", axis->setting->name, TL_SWEEP_VALUES_MAX);
    axis->values = tl_memory_alloc(count + 1, sizeof *axis->values);
    if (!axis->values)
        return tl_error_set_no_memory(err, "the sweep", (count + 1) * sizeof *axis->values);
    if (dots && count == 1)
        return read_range(axis, text, dots, err);
    for (char *next = text; next && status == TL_OK;) {
        char *value = next;

        next = strchr(value, ',');
        if (next)
            *next++ = '\0';
        status = add_value(axis, value, err);
    }
    return status;
}

static enum tl_status read_axis(struct tl_sweep *sweep, const char *given, struct tl_error *err)
{
    struct tl_sweep_axis *axis = &sweep->axes[sweep->axis_count];
    char *text = tl_memory_copy_string(given), *equals;
    enum tl_status status;

    if (!text)
        return tl_error_set_no_memory(err, "the sweep", strlen(given));
    equals = strchr(text, '=');
    if (!equals) {
        status = tl_error_set(err, TL_BAD_INPUT, "a sweep is OPTION=VALUE,VALUE..., not '%s'", given);
        goto done;
    }
    *equals = '\0';
    axis->setting = tl_setting_find(text);
    if (!axis->setting) {
        status = tl_error_set(err, TL_BAD_INPUT, "'%s' is no option that a sweep can vary", text);
        goto done;
    }
    for (size_t a = 0; a < sweep->axis_count; a++) {
        if (sweep->axes[a].setting == axis->setting) {
            status = tl_error_set(err, TL_BAD_INPUT, "%s is swept twice; give all its values at once", axis->setting->name);
            goto done;
        }
    }
    sweep->axis_count++;
    status = read_values(axis, equals + 1, err);
done:
    tl_memory_free(text);
    return status;
}

/* How many courses there are at most, no more than the ceiling and one. */
static size_t count_combinations(const struct tl_sweep *sweep)
{
    size_t count = 1;

    for (size_t a = 0; a < sweep->axis_count; a++) {
        if (sweep->axes[a].is_range)
            return TL_SWEEP_COURSES_MAX + 1;
        if (count > TL_SWEEP_COURSES_MAX / sweep->axes[a].value_count)
            count = TL_SWEEP_COURSES_MAX + 1;
        else
            count *= sweep->axes[a].value_count;
    }
    return count;
}

static void fill_grid(struct tl_sweep *sweep, const struct tl_course *base)
{
    for (size_t i = 0; i < sweep->course_count; i++) {
        sweep->courses[i] = *base;
        for (size_t a = sweep->axis_count, rest = i; a-- > 0; rest /= sweep->axes[a].value_count)
            tl_setting_set(sweep->axes[a].setting, &sweep->courses[i], sweep->axes[a].values[rest % sweep->axes[a].value_count]);
    }
}

static double draw_value(const struct tl_sweep_axis *axis, struct tl_random *random)
{
    double value;

    if (!axis->is_range)
        return axis->values[tl_random_below(random, axis->value_count)];
    value = axis->values[0] * exp(tl_random_uniform(random) * log(axis->values[1] / axis->values[0]));
    if (axis->setting->kind == TL_SETTING_WHOLE)
        value = floor(value + 0.5);
    return fmin(value, axis->values[1]);
}

static bool is_known(const struct tl_sweep *sweep, const struct tl_course *course)
{
    for (size_t i = 0; i < sweep->course_count; i++) {
        size_t a = 0;

        while (a < sweep->axis_count &&
               tl_setting_get(sweep->axes[a].setting, course) == tl_setting_get(sweep->axes[a].setting, &sweep->courses[i]))
            a++;
        if (a == sweep->axis_count)
            return true;
    }
    return false;
}

static void draw_trials(struct tl_sweep *sweep, const struct tl_sweep_wish *wish)
{
    struct tl_random random;
    size_t tries = 0;

    tl_random_init(&random, wish->seed, "sweep");
    while (sweep->course_count < wish->trial_count && tries < TRIES_PER_TRIAL * wish->trial_count) {
        struct tl_course course = *wish->base;

        for (size_t a = 0; a < sweep->axis_count; a++)
            tl_setting_set(sweep->axes[a].setting, &course, draw_value(&sweep->axes[a], &random));
        tries++;
        if (!is_known(sweep, &course))
            sweep->courses[sweep->course_count++] = course;
    }
}

static enum tl_status fill_courses(struct tl_sweep *sweep, const struct tl_sweep_wish *wish, struct tl_error *err)
{
    const size_t combinations = count_combinations(sweep);
    const bool is_drawn = wish->trial_count > 0 && wish->trial_count < combinations;
    const size_t count = is_drawn ? wish->trial_count : combinations;

    for (size_t a = 0; a < sweep->axis_count; a++)
        if (sweep->axes[a].is_range && !is_drawn)
            return tl_error_set(err, TL_BAD_INPUT, "%s: a range is drawn from; give --trials N beside it",
                                sweep->axes[a].setting->name);
    if (count > TL_SWEEP_COURSES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "the sweep has more than %d runs; give fewer values, or --trials N",
                            TL_SWEEP_COURSES_MAX);
    sweep->courses = tl_memory_alloc(count, sizeof *sweep->courses);
    if (!sweep->courses)
        return tl_error_set_no_memory(err, "the sweep", count * sizeof *sweep->courses);
    if (is_drawn) {
        draw_trials(sweep, wish);
    } else {
        sweep->course_count = count;
        fill_grid(sweep, wish->base);
    }
    return TL_OK;
}

enum tl_status tl_sweep_create(struct tl_sweep **out, const char *const *axes, size_t axis_count, const struct tl_sweep_wish *wish,
                               struct tl_error *err)
{
    struct tl_sweep *sweep = tl_memory_alloc(1, sizeof *sweep);
    enum tl_status status = TL_OK;

    *out = NULL;
    if (sweep)
        sweep->axes = tl_memory_alloc(axis_count, sizeof *sweep->axes);
    if (!sweep || !sweep->axes)
        status = tl_error_set_no_memory(err, "the sweep", axis_count * sizeof *sweep->axes);
    for (size_t a = 0; a < axis_count && status == TL_OK; a++)
        status = read_axis(sweep, axes[a], err);
    if (status == TL_OK)
        status = fill_courses(sweep, wish, err);
    if (status == TL_OK) {
        *out = sweep;
        sweep = NULL;
    }
    tl_sweep_free(sweep);
    return status;
}

void tl_sweep_free(struct tl_sweep *sweep)
{
    if (!sweep)
        return;
    for (size_t a = 0; sweep->axes && a < sweep->axis_count; a++)
        tl_memory_free(sweep->axes[a].values);
    tl_memory_free(sweep->axes);
    tl_memory_free(sweep->courses);
    tl_memory_free(sweep);
}
