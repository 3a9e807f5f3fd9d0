/* class_weights.c - see class_weights.h. */
#include "train/experiment/class_weights.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The item at *text, "name=number"; moves behind it. False where it has not that form. */
static bool read_item(const char **text, size_t *name_bytes, double *weight)
{
    const char *end = *text + strcspn(*text, ","), *equals = NULL;
    char *stop;

    for (const char *at = *text; at < end; at++)
        if (*at == '=')
            equals = at;
    if (!equals || equals == *text || equals + 1 == end || strspn(equals + 1, "0123456789.eE+-") != (size_t)(end - equals - 1))
        return false;
    *name_bytes = (size_t)(equals - *text);
    *weight = strtod(equals + 1, &stop);
    if (stop != end || !isfinite(*weight) || *weight <= 0)
        return false;
    *text = *end == ',' ? end + 1 : end;
    return *end != ',' || **text != '\0';
}

static enum tl_status tell_form(const char *text, struct tl_error *err)
{
    return tl_error_set(err, TL_BAD_INPUT,
                        "--class-weights takes equal, balanced or CLASS=WEIGHT,... with weights above 0, not '%s'", text);
}

enum tl_status tl_class_weights_check(const char *text, struct tl_error *err)
{
    const char *rest = text;
    size_t name_bytes;
    double weight;

    do {
        if (!read_item(&rest, &name_bytes, &weight))
            return tell_form(text, err);
    } while (*rest != '\0');
    return TL_OK;
}

static size_t find_class(const char *const *class_names, size_t class_count, const char *name, size_t name_bytes)
{
    size_t l = 0;

    while (l < class_count && (strncmp(class_names[l], name, name_bytes) != 0 || class_names[l][name_bytes] != '\0'))
        l++;
    return l;
}

enum tl_status tl_class_weights_read(double *weights, const char *const *class_names, size_t class_count, const char *text,
                                     struct tl_error *err)
{
    const char *rest = text;

    for (size_t l = 0; l < class_count; l++)
        weights[l] = 0;
    do {
        const char *name = rest;
        size_t name_bytes, l;
        double weight;

        if (!read_item(&rest, &name_bytes, &weight))
            return tell_form(text, err);
        l = find_class(class_names, class_count, name, name_bytes);
        if (l == class_count)
            return tl_error_set(err, TL_BAD_INPUT, "--class-weights %s: there is no class '%.*s' to train on", text,
                                (int)name_bytes, name);
        if (weights[l] > 0)
            return tl_error_set(err, TL_BAD_INPUT, "--class-weights %s names '%s' twice", text, class_names[l]);
        weights[l] = weight;
    } while (*rest != '\0');
    for (size_t l = 0; l < class_count; l++)
        if (weights[l] == 0)
            weights[l] = 1;
    return TL_OK;
}
