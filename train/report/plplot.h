/* plplot.h - the library PLplot, loaded where plots are wanted: what plotter.c calls of it.
 *
 * It is not linked, and its headers are not needed: Debian's package of these brings compilers and window systems, that of
 * the library alone is 7 MB with all it needs. The types are those of its documented C interface, the same since version
 * 5.11: PLFLT is double, PLINT int32_t.
 */
#ifndef TL_TRAIN_PLPLOT_H
#define TL_TRAIN_PLPLOT_H

#include <stdint.h>
#include <stdio.h>

#include "common/base/error.h"

typedef void tl_plplot_labeller(int32_t axis, double value, char *label, int32_t label_bytes, void *context);

/* Functions by PLplot's own names, without their prefix pl. */
struct tl_plplot {
    void (*sdev)(const char *device);
    void (*sfile)(FILE *file);
    int (*setopt)(const char *option, const char *value);
    void (*spage)(double x_dpi, double y_dpi, int32_t width, int32_t height, int32_t x_offset, int32_t y_offset);
    void (*scmap0)(const int32_t *red, const int32_t *green, const int32_t *blue, int32_t count);
    void (*scol0a)(int32_t index, int32_t red, int32_t green, int32_t blue, double alpha);
    void (*fontld)(int32_t set);
    void (*sfci)(uint32_t characters);
    void (*init)(void);
    void (*adv)(int32_t page);
    void (*schr)(double default_mm, double scale);
    void (*smaj)(double default_mm, double scale);
    void (*smin)(double default_mm, double scale);
    void (*vpor)(double x_min, double x_max, double y_min, double y_max);
    void (*wind)(double x_min, double x_max, double y_min, double y_max);
    void (*box)(const char *x_options, double x_tick, int32_t x_minor, const char *y_options, double y_tick, int32_t y_minor);
    void (*slabelfunc)(tl_plplot_labeller *labeller, void *context);
    void (*col0)(int32_t index);
    void (*width)(double width);
    void (*styl)(int32_t count, const int32_t *marks_um, const int32_t *spaces_um);
    void (*line)(int32_t count, const double *x, const double *y);
    void (*fill)(int32_t count, const double *x, const double *y);
    void (*ptex)(double x, double y, double dx, double dy, double justify, const char *text);
    void (*mtex)(const char *side, double distance, double position, double justify, const char *text);
    void (*end)(void);
    void (*sexit)(int (*handler)(const char *message));
    void (*sabort)(void (*handler)(const char *message));
    void (*error)(int32_t *code, char *message);
    void (*devices)(const char ***menu, const char ***names, int *count);
};

/* The library, loaded once and kept. Fails with: TL_NOT_FOUND (it is not installed, or lacks a function: what to do). */
TL_MUST_USE enum tl_status tl_plplot_load(const struct tl_plplot **out, struct tl_error *err);

#endif
