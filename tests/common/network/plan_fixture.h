/* plan_fixture.h - plans of the small table, random photos, and runs between guard words.
 */
#ifndef TL_TESTS_PLAN_FIXTURE_H
#define TL_TESTS_PLAN_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/network/plan.h"
#include "tests/common/network/small_network.h"

enum { PHOTO_COUNT = TL_PLAN_GROUP + 3, GUARD_FLOATS = 64 };

static inline tl_backbone *make_backbone(void)
{
    struct tl_error err;
    tl_backbone *backbone;
    tl_tensors *tensors = make_small_tensors(SMALL_TENSOR_COUNT, 1);

    ck_assert_msg(tl_backbone_create(&backbone, &small_network, &tensors, &err) == TL_OK, "%s", err.message);
    return backbone;
}

static inline tl_plan *make_plan(const tl_backbone *backbone, const struct tl_conv_kernel *kernel, const struct tl_shape *input,
                                 enum tl_conv_use use)
{
    struct tl_error err;
    tl_plan *plan;

    ck_assert_msg(tl_plan_create(&plan, backbone, kernel, input, use, &err) == TL_OK, "%s", err.message);
    return plan;
}

static inline size_t count_floats(struct tl_shape shape)
{
    return (size_t)shape.height * shape.width * shape.channels;
}

static inline float *make_values(size_t count, uint64_t seed)
{
    float *values = tl_memory_alloc(count, sizeof *values);
    struct tl_random random;

    ck_assert_ptr_nonnull(values);
    tl_random_init(&random, seed, "photos");
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(2 * tl_random_uniform(&random) - 1);
    return values;
}

/* Runs `count` photos by `thread_count` threads in a workspace of their own; the caller frees the features. Guards stand around
 * them. */
static inline float *run_by_team(const tl_plan *plan, const float *inputs, size_t count, size_t thread_count)
{
    struct tl_error err;
    tl_workspace *workspace;
    const size_t floats = count * count_floats(tl_plan_feature_shape(plan));
    float *guarded = tl_memory_alloc(floats + 2 * GUARD_FLOATS, sizeof *guarded);

    ck_assert_msg(tl_workspace_create(&workspace, plan, thread_count, &err) == TL_OK, "%s", err.message);
    memset(guarded, 0xA5, (floats + 2 * GUARD_FLOATS) * sizeof *guarded);
    uint8_t guard[GUARD_FLOATS * sizeof(float)];
    memset(guard, 0xA5, sizeof guard);
    tl_plan_run(plan, workspace, guarded + GUARD_FLOATS, inputs, count);
    tl_workspace_free(workspace);
    ck_assert_mem_eq(guarded, guard, sizeof guard);
    ck_assert_mem_eq(guarded + GUARD_FLOATS + floats, guard, sizeof guard);
    memmove(guarded, guarded + GUARD_FLOATS, floats * sizeof *guarded);
    return guarded;
}

static inline float *run(const tl_plan *plan, const float *inputs, size_t count)
{
    return run_by_team(plan, inputs, count, 1);
}

/* NULL, after saying so, where this CPU cannot run it. */
static inline const struct tl_conv_kernel *get_kernel(int index)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernels[index];
    if (kernel->is_supported())
        return kernel;
    printf("skipped: %s, not run here\n", kernel->name);
    return NULL;
}

#endif
