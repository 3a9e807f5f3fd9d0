/* modules.c - see modules.h. */
#include "common/image/modules.h"

#include <dlfcn.h>
#include <gmodule.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

static const char HOME[] = "VIPSHOME";

bool tl_modules_hold_back(void)
{
    /* Nothing can be below a file. */
    return getenv(HOME) == NULL && setenv(HOME, "/dev/null", 1) == 0;
}

void tl_modules_let_go(bool is_held_back)
{
    if (is_held_back)
        (void)unsetenv(HOME);
}

/* Modules lie in a folder beside the library. */
static bool find_heif(char out[PATH_MAX])
{
    Dl_info info;
    const char *slash;
    int length;

    if (dladdr((const void *)(uintptr_t)vips_init, &info) == 0 || !info.dli_fname)
        return false;
    slash = strrchr(info.dli_fname, '/');
    length = snprintf(out, PATH_MAX, "%.*s/vips-modules-%d.%d/vips-heif.%s", slash ? (int)(slash - info.dli_fname) : 0,
                      info.dli_fname, vips_version(0), vips_version(1), G_MODULE_SUFFIX);
    return slash && length > 0 && length < PATH_MAX;
}

void tl_modules_load_heif(void)
{
    char path[PATH_MAX];

    if (vips_type_find("VipsForeignLoad", "heifload_buffer") != 0)
        return;
    /* It registers what it brings by itself, once, and never leaves; GLib keeps two threads apart. */
    if (find_heif(path))
        (void)g_module_open(path, G_MODULE_BIND_LAZY);
}
