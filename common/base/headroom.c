/* headroom.c - see headroom.h. */
#include "common/base/headroom.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

/* "MemAvailable:   23534000 kB" */
static int64_t read_available(const char *meminfo_path)
{
    static const char key[] = "MemAvailable:";
    char line[LINE_BYTES];
    int64_t bytes = INT64_MAX;
    FILE *file = fopen(meminfo_path, "re");

    if (!file)
        return bytes;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, sizeof key - 1) == 0)
            bytes = strtoll(line + sizeof key - 1, NULL, 10) * 1024;
    (void)fclose(file);
    return bytes;
}

/* A file that holds one number of bytes; "max", nonsense or no file limit nothing. */
static int64_t read_limit(const char *folder, const char *name)
{
    char path[PATH_MAX], line[LINE_BYTES], *end;
    int64_t bytes = INT64_MAX;
    FILE *file = NULL;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
        file = fopen(path, "re");
    if (!file)
        return bytes;
    if (fgets(line, sizeof line, file)) {
        errno = 0;
        bytes = strtoll(line, &end, 10);
        if (end == line || errno != 0 || bytes <= 0)
            bytes = INT64_MAX;
    }
    (void)fclose(file);
    return bytes;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The least limit from the group up to the top; `folder` is taken apart. */
static int64_t walk_up(char *folder, size_t top_length, const char *name)
{
    int64_t bytes = INT64_MAX;
    char *slash;

    for (;;) {
        bytes = smaller(bytes, read_limit(folder, name));
        slash = strrchr(folder, '/');
        if (strlen(folder) <= top_length || !slash || (size_t)(slash - folder) < top_length)
            return bytes;
        *slash = '\0';
    }
}

/* "0::/user.slice", version 2, or "9:memory:/user.slice", version 1. */
static int64_t measure_group(char *line, const char *groups_folder)
{
    char folder[PATH_MAX], *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    bool is_unified;

    if (!path)
        return INT64_MAX;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    is_unified = controllers[1] == '\0';
    if (!is_unified && strcmp(controllers + 1, "memory") != 0)
        return INT64_MAX;
    if (strcmp(path, "/") == 0)
        path[0] = '\0';
    if (snprintf(folder, sizeof folder, "%s%s%s", groups_folder, is_unified ? "" : "/memory", path) >= (int)sizeof folder)
        return INT64_MAX;
    return walk_up(folder, strlen(groups_folder), is_unified ? "memory.max" : "memory.limit_in_bytes");
}

int64_t tl_headroom_measure(const char *meminfo_path, const char *membership_path, const char *groups_folder)
{
    int64_t bytes = read_available(meminfo_path);
    char line[LINE_BYTES];
    FILE *file = fopen(membership_path, "re");

    if (!file)
        return bytes;
    while (fgets(line, sizeof line, file))
        bytes = smaller(bytes, measure_group(line, groups_folder));
    (void)fclose(file);
    return bytes;
}

int64_t tl_headroom_bytes(void)
{
    return tl_headroom_measure("/proc/meminfo", "/proc/self/cgroup", "/sys/fs/cgroup");
}
