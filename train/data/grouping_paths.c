/* grouping_paths.c - see grouping.h: contents whose paths have the same words where a pattern looks. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "train/data/grouping.h"

/* The C library repeats a pattern's piece as often as it says, in memory; and it goes back and forth for a back-reference. */
enum { REPEATS_MAX = 1000 };

struct named_place {
    const char *words;
    size_t length_bytes, content;
};

static int compare_words(const struct named_place *first, const struct named_place *second)
{
    const size_t shorter = first->length_bytes < second->length_bytes ? first->length_bytes : second->length_bytes;
    const int order = memcmp(first->words, second->words, shorter);

    if (order != 0)
        return order;
    return first->length_bytes < second->length_bytes ? -1 : first->length_bytes > second->length_bytes;
}

static int compare_named(const void *a, const void *b)
{
    const struct named_place *first = a, *second = b;
    const int order = compare_words(first, second);

    return order != 0 ? order : first->content < second->content ? -1 : first->content > second->content;
}

/* The largest number within braces, at least 1. */
static double read_repeat(const char *brace)
{
    double most = 1;

    for (const char *p = brace + 1; *p != '\0' && *p != '}'; p++) {
        if (*p >= '0' && *p <= '9') {
            const double bound = (double)strtoul(p, NULL, 10);

            most = bound > most ? bound : most;
            p += strspn(p, "0123456789") - 1;
        }
    }
    return most;
}

static enum tl_status check_cost(const char *pattern, struct tl_error *err)
{
    double repeats = 1;

    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '\\' && p[1] >= '1' && p[1] <= '9')
            return tl_error_set(err, TL_BAD_INPUT, "path:%s: back-references (\\%c) are not taken", pattern, p[1]);
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '{')
            repeats *= read_repeat(p);
    }
    if (repeats > REPEATS_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "path:%s: its repeats multiply to more than %d", pattern, REPEATS_MAX);
    return TL_OK;
}

static enum tl_status compile(regex_t *out, const char *pattern, struct tl_error *err)
{
    char reason[200];
    enum tl_status status = check_cost(pattern, err);
    int code;

    if (status != TL_OK)
        return status;
    code = regcomp(out, pattern, REG_EXTENDED);
    if (code == 0)
        return TL_OK;
    (void)regerror(code, out, reason, sizeof reason);
    return code == REG_ESPACE ? tl_error_set(err, TL_NO_MEMORY, "path:%s: %s", pattern, reason)
                              : tl_error_set(err, TL_BAD_INPUT, "path:%s: %s", pattern, reason);
}

/* What the pattern finds in the path; false where that is nothing. */
static bool find_words(struct named_place *out, const regex_t *regex, const char *path)
{
    regmatch_t matches[2] = {{-1, -1}, {-1, -1}};
    const regmatch_t *match = regex->re_nsub > 0 ? &matches[1] : &matches[0];

    if (regexec(regex, path, 2, matches, 0) != 0 || match->rm_so < 0)
        return false;
    out->words = path + match->rm_so;
    out->length_bytes = (size_t)(match->rm_eo - match->rm_so);
    return true;
}

static size_t list_named(struct named_place *out, const struct tl_store_label *labels, size_t label_count, const regex_t *regex)
{
    size_t content = 0, count = 0;

    for (size_t i = 0; i < label_count; i++) {
        content += i > 0 && memcmp(labels[i].sha256, labels[i - 1].sha256, TL_DIGEST_BYTES) != 0;
        out[count].content = content;
        count += find_words(&out[count], regex, labels[i].path);
    }
    return count;
}

enum tl_status tl_grouping_join_paths(struct tl_grouping *grouping, const struct tl_store_label *labels, size_t label_count,
                                      const char *pattern, struct tl_error *err)
{
    struct named_place *named = tl_memory_alloc(label_count, sizeof *named);
    regex_t regex;
    enum tl_status status;
    size_t count;

    if (!named)
        return tl_error_set_no_memory(err, "the groups of photos", label_count * sizeof *named);
    status = compile(&regex, pattern, err);
    if (status == TL_OK) {
        count = list_named(named, labels, label_count, &regex);
        regfree(&regex);
        qsort(named, count, sizeof *named, compare_named);
        for (size_t i = 1; i < count; i++)
            if (compare_words(&named[i - 1], &named[i]) == 0)
                tl_grouping_join(grouping, named[i - 1].content, named[i].content);
    }
    tl_memory_free(named);
    return status;
}
