/* choice.c - names of kernels and arithmetics against the list of what this CPU can run. */
#include "common/features/choice.h"

#include <stdlib.h>
#include <string.h>

enum { KNOWN_CEILING_BYTES = 4096 };

static const char *get_arithmetic(const struct tl_conv_kernel *kernel)
{
    return kernel->arithmetic;
}

static const char *get_name(const struct tl_conv_kernel *kernel)
{
    return kernel->name;
}

/* A name that a kernel above `index` has too, or of a kernel that this machine cannot run, has no turn of its own. */
static bool is_listed(size_t index, const char *(*get)(const struct tl_conv_kernel *kernel))
{
    for (size_t i = index + 1; i < tl_conv_kernel_count; i++)
        if (tl_conv_kernels[i]->is_supported() && strcmp(get(tl_conv_kernels[i]), get(tl_conv_kernels[index])) == 0)
            return false;
    return tl_conv_kernels[index]->is_supported();
}

static void append_names(struct tl_text *text, const char *(*get)(const struct tl_conv_kernel *kernel))
{
    bool is_first = true;
    for (size_t i = tl_conv_kernel_count; i > 0; i--) {
        if (!is_listed(i - 1, get))
            continue;
        tl_text_append(text, is_first ? "" : ", ");
        tl_text_append(text, get(tl_conv_kernels[i - 1]));
        is_first = false;
    }
}

void tl_features_append_arithmetics(struct tl_text *text)
{
    append_names(text, get_arithmetic);
}

void tl_features_append_kernels(struct tl_text *text)
{
    append_names(text, get_name);
}

/* "`message``name``rest`" and what there is instead. */
static enum tl_status refuse(const char *message, const char *name, const char *rest,
                             const char *(*get)(const struct tl_conv_kernel *kernel), struct tl_error *err)
{
    struct tl_text known;
    tl_text_init(&known, KNOWN_CEILING_BYTES);
    append_names(&known, get);
    enum tl_status status = tl_text_check(&known, err);
    if (status == TL_OK)
        status = tl_error_set(err, TL_BAD_INPUT, "%s%s%s, only %s", message, name, rest, known.bytes);
    tl_text_free(&known);
    return status;
}

static enum tl_status find_arithmetic(const struct tl_conv_kernel **out, const char *arithmetic, struct tl_error *err)
{
    *out = tl_conv_kernel_find(arithmetic);
    if (*out != NULL)
        return TL_OK;
    if (strcmp(arithmetic, "fast") == 0)
        return refuse("this CPU has no fast arithmetic, which needs AVX2 and FMA, or NEON", "", "", get_arithmetic, err);
    return refuse("this machine cannot compute the arithmetic '", arithmetic, "'", get_arithmetic, err);
}

static enum tl_status find_kernels(const struct tl_conv_kernel **out, const char *kernels, struct tl_error *err)
{
    *out = tl_conv_kernel_find(kernels);
    return *out != NULL ? TL_OK : refuse("this machine has no kernels '", kernels, "'", get_name, err);
}

enum tl_status tl_features_check_kernels(const char *kernels, struct tl_error *err)
{
    const struct tl_conv_kernel *kernel;
    return find_kernels(&kernel, kernels, err);
}

/* Kernels by name that have to compute an arithmetic by name, where there is one. */
static enum tl_status choose_named(const struct tl_conv_kernel **out, const char *kernels, const char *arithmetic,
                                   struct tl_error *err)
{
    const struct tl_conv_kernel *other = NULL;
    enum tl_status status = find_kernels(out, kernels, err);
    if (status == TL_OK && arithmetic != NULL)
        status = find_arithmetic(&other, arithmetic, err);
    if (status == TL_OK && other != NULL && strcmp(other->arithmetic, (*out)->arithmetic) != 0)
        status = tl_error_set(err, TL_BAD_INPUT, "the kernels '%s' compute %s, but %s is wanted", kernels, (*out)->arithmetic,
                              other->arithmetic);
    return status;
}

enum tl_status tl_features_choose_kernel(const struct tl_conv_kernel **out, const struct tl_features_wish *wish,
                                         struct tl_error *err)
{
    if (wish != NULL && wish->kernels != NULL)
        return choose_named(out, wish->kernels, wish->arithmetic, err);
    if (wish != NULL && wish->arithmetic != NULL)
        return find_arithmetic(out, wish->arithmetic, err);
    *out = tl_conv_kernel_default();
    if (*out != NULL)
        return TL_OK;
    return refuse("TL_KERNELS is '", getenv("TL_KERNELS"), "', which this machine cannot compute", get_name, err);
}
