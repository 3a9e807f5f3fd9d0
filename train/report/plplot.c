/* plplot.c - see plplot.h. */
#include "train/report/plplot.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static const char LIBRARY[] = "libplplot.so.17";

struct symbol {
    const char *name;
    size_t offset; /* in struct tl_plplot */
};
static const struct symbol symbols[] = {
    {"c_plsdev", offsetof(struct tl_plplot, sdev)},
    {"plsfile", offsetof(struct tl_plplot, sfile)},
    {"c_plsetopt", offsetof(struct tl_plplot, setopt)},
    {"c_plspage", offsetof(struct tl_plplot, spage)},
    {"c_plscmap0", offsetof(struct tl_plplot, scmap0)},
    {"c_plscol0a", offsetof(struct tl_plplot, scol0a)},
    {"c_plfontld", offsetof(struct tl_plplot, fontld)},
    {"c_plsfci", offsetof(struct tl_plplot, sfci)},
    {"c_plinit", offsetof(struct tl_plplot, init)},
    {"c_pladv", offsetof(struct tl_plplot, adv)},
    {"c_plschr", offsetof(struct tl_plplot, schr)},
    {"c_plsmaj", offsetof(struct tl_plplot, smaj)},
    {"c_plsmin", offsetof(struct tl_plplot, smin)},
    {"c_plvpor", offsetof(struct tl_plplot, vpor)},
    {"c_plwind", offsetof(struct tl_plplot, wind)},
    {"c_plbox", offsetof(struct tl_plplot, box)},
    {"c_plslabelfunc", offsetof(struct tl_plplot, slabelfunc)},
    {"c_plcol0", offsetof(struct tl_plplot, col0)},
    {"c_plwidth", offsetof(struct tl_plplot, width)},
    {"c_plstyl", offsetof(struct tl_plplot, styl)},
    {"c_plline", offsetof(struct tl_plplot, line)},
    {"c_plfill", offsetof(struct tl_plplot, fill)},
    {"c_plptex", offsetof(struct tl_plplot, ptex)},
    {"c_plmtex", offsetof(struct tl_plplot, mtex)},
    {"c_plend", offsetof(struct tl_plplot, end)},
    {"plsexit", offsetof(struct tl_plplot, sexit)},
    {"plsabort", offsetof(struct tl_plplot, sabort)},
    {"plsError", offsetof(struct tl_plplot, error)},
    {"plgDevs", offsetof(struct tl_plplot, devices)},
};

/* The process's, as the library is. */
static struct {
    pthread_once_t once;
    const char *missing; /* NULL: all is there */
    struct tl_plplot functions;
} loaded = {.once = PTHREAD_ONCE_INIT};

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!library) {
        loaded.missing = LIBRARY;
        return;
    }
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        /* POSIX's way; ISO C knows none from an object's address to a function's. */
        void **function = (void **)(void *)((char *)&loaded.functions + symbols[i].offset);
        *function = dlsym(library, symbols[i].name);
        if (!*function)
            loaded.missing = symbols[i].name;
    }
}

enum tl_status tl_plplot_load(const struct tl_plplot **out, struct tl_error *err)
{
    pthread_once(&loaded.once, load);
    *out = loaded.missing ? NULL : &loaded.functions;
    if (loaded.missing)
        return tl_error_set(err, TL_NOT_FOUND, "plots are drawn by PLplot, and %s is not there: install it (Debian: libplplot17)",
                            loaded.missing);
    return TL_OK;
}
