/* plan.h - a backbone made ready to run: shapes inferred, weights packed, buffers assigned; and the loop that runs it.
 *
 *     tl_plan_create(&plan, backbone, kernel, NULL, TL_CONV_BATCHES, err);   immutable, shared by threads
 *     tl_workspace_create(&workspace, plan, thread_count, err);   one for each caller; its threads work on the same photos
 *     tl_plan_run(plan, workspace, features, inputs, count);      no allocation, no failure
 *
 * A photo's features do not depend on what ran before, beside or with it, nor on the number of threads.
 */
#ifndef TL_NETWORK_PLAN_H
#define TL_NETWORK_PLAN_H

#include "common/base/error.h"
#include "common/network/backbone.h"
#include "common/network/kernels.h"

typedef struct tl_plan tl_plan;
typedef struct tl_workspace tl_workspace;

struct tl_shape {
    uint32_t height, width, channels;
};

/* Photos that go through the network together, at most. More in one tl_plan_run() gain nothing. */
enum { TL_PLAN_GROUP = 16 };

/* Borrows the backbone for its life, but for its weights, which it packs into memory of its own. `input` may differ from the
 * table's (tests run small ones), NULL takes the table's. `use` says whether TL_PLAN_GROUP photos go through the network
 * together or one at a time, and whether being ready soon counts; the bits are the same. Fails with: TL_BAD_INPUT (an input of
 * other channels, too small for the table's pooling, or of an absurd size), TL_NO_MEMORY (also for the threads that pack). */
TL_MUST_USE enum tl_status tl_plan_create(tl_plan **out, const tl_backbone *backbone, const struct tl_conv_kernel *kernel,
                                          const struct tl_shape *input, enum tl_conv_use use, struct tl_error *err);
void tl_plan_free(tl_plan *plan);

struct tl_shape tl_plan_input_shape(const tl_plan *plan);
/* Features are height x width x channels in Keras's Flatten order: (y * W + x) * C + c. */
struct tl_shape tl_plan_feature_shape(const tl_plan *plan);
const char *tl_plan_arithmetic(const tl_plan *plan);

/* Activation buffers, and a team of thread_count >= 1 threads (the caller's is one) with scratch memory for each. Fails with:
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_workspace_create(tl_workspace **out, const tl_plan *plan, size_t thread_count, struct tl_error *err);
void tl_workspace_free(tl_workspace *workspace);

/* `count` photos: inputs and features contiguous, photo by photo. */
void tl_plan_run(const tl_plan *plan, tl_workspace *workspace, float *features, const float *inputs, size_t count);

#endif
