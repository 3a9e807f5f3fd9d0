/* cgroup.c - see cgroup.h. Formats: proc(5), cgroups(7), the kernel's cgroup-v2.rst and sched-bwc.rst. */
#include "common/base/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 3 * PATH_MAX, NUMBER_BYTES = 64, WORDS_BYTES = 256 };

/* Whole CPUs for `quota` of every `period`. */
static unsigned count_cpus(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    const long long count = quota / period + (quota % period != 0);
    return count < INT_MAX ? (unsigned)count : INT_MAX;
}

/* A whole number that may have blanks after it; 0 for anything else, and for what is too large. */
static long long parse_number(const char *text, const char **out_end)
{
    char *end;
    const long long value = strtoll(text, &end, 10);
    *out_end = end + strspn(end, " \n");
    return end == text || value == LLONG_MAX ? 0 : value;
}

unsigned tl_cgroup_parse_max(const char *text)
{
    const char *end;
    const long long quota = parse_number(text, &end), period = parse_number(end, &end);
    return *end == '\0' ? count_cpus(quota, period) : 0;
}

unsigned tl_cgroup_parse_quota(const char *quota_us, const char *period_us)
{
    const char *quota_end, *period_end;
    const long long quota = parse_number(quota_us, &quota_end), period = parse_number(period_us, &period_end);
    return *quota_end == '\0' && *period_end == '\0' ? count_cpus(quota, period) : 0;
}

/* Whether `word` is one of the words between commas. */
static bool has_word(const char *words, size_t words_bytes, const char *word)
{
    const size_t word_bytes = strlen(word);
    for (size_t at = 0; at < words_bytes;) {
        const char *comma = memchr(words + at, ',', words_bytes - at);
        const size_t end = comma != NULL ? (size_t)(comma - words) : words_bytes;
        if (end - at == word_bytes && memcmp(words + at, word, word_bytes) == 0)
            return true;
        at = end + 1;
    }
    return false;
}

static bool is_octal_escape(const char *text)
{
    return text[0] == '\\' && strspn(text + 1, "01234567") >= 3;
}

/* mountinfo writes a blank in a path as \040. */
static void decode_octal(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0';) {
        if (is_octal_escape(in)) {
            *out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
            in += 4;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
}

_Static_assert(PATH_MAX == 4096, "the widths in the formats below are PATH_MAX - 1");

bool tl_cgroup_parse_mount(struct tl_cgroup_mount *out, const char *line)
{
    char kind[32], options[WORDS_BYTES] = "";
    const char *second_half = strstr(line, " - ");
    if (second_half == NULL || sscanf(second_half, " - %31s %*s %255s", kind, options) < 1)
        return false;
    out->is_unified = strcmp(kind, "cgroup2") == 0;
    if (!out->is_unified && (strcmp(kind, "cgroup") != 0 || !has_word(options, strlen(options), "cpu")))
        return false;
    if (sscanf(line, "%*s %*s %*s %4095s %4095s", out->root, out->folder) != 2 || out->root[0] != '/' || out->folder[0] != '/')
        return false;
    decode_octal(out->root);
    decode_octal(out->folder);
    return true;
}

bool tl_cgroup_parse_membership(char out_path[PATH_MAX], const char *line, bool is_unified)
{
    const char *words = strchr(line, ':');
    const char *path = words != NULL ? strchr(words + 1, ':') : NULL;
    if (path == NULL)
        return false;
    const size_t words_bytes = (size_t)(path - words - 1), path_bytes = strcspn(path + 1, "\n");
    if (is_unified ? words_bytes != 0 : !has_word(words + 1, words_bytes, "cpu"))
        return false;
    if (path[1] != '/' || path_bytes >= PATH_MAX)
        return false;
    memcpy(out_path, path + 1, path_bytes);
    out_path[path_bytes] = '\0';
    return true;
}

/* Outside of its namespace a group is shown as /../other. */
static bool is_outside(const char *path)
{
    for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3) {
        if (at[3] == '/' || at[3] == '\0')
            return true;
    }
    return false;
}

void tl_cgroup_find_folder(char out_folder[PATH_MAX], const struct tl_cgroup_mount *mount, const char *path)
{
    const size_t root_bytes = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    const char *below = "";
    if (strncmp(path, mount->root, root_bytes) == 0 && (path[root_bytes] == '/' || path[root_bytes] == '\0'))
        below = path + root_bytes;
    if (is_outside(below) || strcmp(below, "/") == 0 || strlen(mount->folder) + strlen(below) >= PATH_MAX)
        below = "";
    strcpy(out_folder, mount->folder);
    strcat(out_folder, below);
}

/* The first line of a small file; empty where there is none. */
static void read_first_line(char out[NUMBER_BYTES], const char *folder, const char *name)
{
    char path[PATH_MAX + NAME_MAX + 2];
    out[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(out, NUMBER_BYTES, file) == NULL)
        out[0] = '\0';
    fclose(file);
}

static unsigned read_limit(const char *folder, bool is_unified)
{
    char first[NUMBER_BYTES], second[NUMBER_BYTES];
    if (is_unified) {
        read_first_line(first, folder, "cpu.max");
        return tl_cgroup_parse_max(first);
    }
    read_first_line(first, folder, "cpu.cfs_quota_us");
    read_first_line(second, folder, "cpu.cfs_period_us");
    return tl_cgroup_parse_quota(first, second);
}

static unsigned least(unsigned a, unsigned b)
{
    return b != 0 && (a == 0 || b < a) ? b : a;
}

/* The least limit from a group up to where its hierarchy is mounted. */
static unsigned climb(const struct tl_cgroup_mount *mount, const char *path)
{
    const size_t top_bytes = strlen(mount->folder);
    char folder[PATH_MAX];
    unsigned limit = 0;
    tl_cgroup_find_folder(folder, mount, path);
    for (;;) {
        limit = least(limit, read_limit(folder, mount->is_unified));
        if (strlen(folder) <= top_bytes)
            return limit;
        *strrchr(folder, '/') = '\0';
    }
}

/* A line, without what is beyond LINE_BYTES of it. */
static bool read_line(char line[LINE_BYTES], FILE *file)
{
    if (fgets(line, LINE_BYTES, file) == NULL)
        return false;
    if (strchr(line, '\n') == NULL)
        for (int c = getc(file); c != '\n' && c != EOF;)
            c = getc(file);
    return true;
}

static unsigned read_limit_below(const struct tl_cgroup_mount *mount, const char *membership_path)
{
    char line[LINE_BYTES], path[PATH_MAX];
    unsigned limit = 0;
    FILE *file = fopen(membership_path, "re");
    if (file == NULL)
        return 0;
    while (read_line(line, file))
        if (tl_cgroup_parse_membership(path, line, mount->is_unified))
            limit = least(limit, climb(mount, path));
    fclose(file);
    return limit;
}

unsigned tl_cgroup_cpu_count(const char *membership_path, const char *mountinfo_path)
{
    char line[LINE_BYTES];
    struct tl_cgroup_mount mount;
    unsigned limit = 0;
    FILE *file = fopen(mountinfo_path, "re");
    if (file == NULL)
        return 0;
    while (read_line(line, file))
        if (tl_cgroup_parse_mount(&mount, line))
            limit = least(limit, read_limit_below(&mount, membership_path));
    fclose(file);
    return limit;
}
