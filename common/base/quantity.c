/* quantity.c - see quantity.h. */
#include "common/base/quantity.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const double SECONDS_MAX = 100.0 * 366 * 86400, BYTES_MAX = 4611686018427387904.0;

/* Digits with one point among them at most; strtod() would take signs, exponents, "inf" and the locale's point. */
static bool read_decimal(double *out, const char **text)
{
    double value = 0.0, scale = 1.0;
    bool has_digit = false, is_fraction = false;
    const char *p = *text;

    for (; (*p >= '0' && *p <= '9') || (*p == '.' && !is_fraction); p++) {
        if (*p == '.') {
            is_fraction = true;
            continue;
        }
        has_digit = true;
        if (is_fraction)
            scale /= 10.0;
        value = is_fraction ? value + scale * (*p - '0') : value * 10.0 + (*p - '0');
    }
    *out = value;
    *text = p;
    return has_digit;
}

/* The number times its unit's factor; NaN where it is none. */
static double read_with_unit(const char *text, const char *units, const double *factors)
{
    const char *rest = text, *unit;
    double value;

    if (!read_decimal(&value, &rest) || rest[0] == '\0' || rest[1] != '\0')
        return (double)NAN;
    unit = strchr(units, rest[0]);
    return unit ? value * factors[unit - units] : (double)NAN;
}

enum tl_status tl_quantity_read_seconds(double *out, const char *name, const char *text, struct tl_error *err)
{
    static const double FACTORS[] = {1.0, 60.0, 3600.0, 86400.0};
    double seconds = read_with_unit(text, "smhd", FACTORS);

    *out = 0.0;
    if (!(seconds > 0.0 && seconds <= SECONDS_MAX))
        return tl_error_set(err, TL_BAD_INPUT, "--%s takes a time with its unit, as 90s, 45m, 8h or 2d, not '%s'", name, text);
    *out = seconds;
    return TL_OK;
}

enum tl_status tl_quantity_read_bytes(int64_t *out, const char *name, const char *text, struct tl_error *err)
{
    static const double FACTORS[] = {1e3, 1e6, 1e9, 1e12};
    double bytes = read_with_unit(text, "KMGT", FACTORS);

    *out = 0;
    if (!(bytes >= 1.0 && bytes <= BYTES_MAX))
        return tl_error_set(err, TL_BAD_INPUT, "--%s takes a size with its unit, as 500M, 50G or 1.5T, not '%s'", name, text);
    *out = (int64_t)bytes;
    return TL_OK;
}

void tl_quantity_format_bytes(char out[TL_QUANTITY_BYTES_WORDS], int64_t bytes)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB"};
    double value = (double)bytes / 1e3;
    size_t unit = 0;

    if (bytes > -1000 && bytes < 1000) {
        snprintf(out, TL_QUANTITY_BYTES_WORDS, "%d bytes", (int)bytes);
        return;
    }
    for (; (value >= 999.95 || value <= -999.95) && unit + 1 < sizeof UNITS / sizeof UNITS[0]; unit++)
        value /= 1e3;
    snprintf(out, TL_QUANTITY_BYTES_WORDS, "%.1f %s", value, UNITS[unit]);
}
