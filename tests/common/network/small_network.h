/* small_network.h - a table small enough to run in a test, with random weights.
 *
 * It has what VGG16 has (same convolutions, pooling, channels that no register divides) and a row beyond the feature
 * layer, which must neither be read nor run.
 */
#ifndef TL_TESTS_SMALL_NETWORK_H
#define TL_TESTS_SMALL_NETWORK_H

#include <string.h>

#include "common/base/random.h"
#include "common/exchange/tensors.h"
#include "common/network/network.h"
#include "tests/support/suite.h"

static const struct tl_layer small_layers[] = {
    /* name, kind, inputs and their count, kernel, stride, channels, has_relu */
    {"input", TL_LAYER_INPUT, {0}, 0, 0, 0, 0, false},
    {"a_conv1", TL_LAYER_CONVOLUTION, {0}, 1, 3, 1, 8, true},
    {"a_conv2", TL_LAYER_CONVOLUTION, {1}, 1, 3, 1, 10, false},
    {"a_pool", TL_LAYER_MAX_POOLING, {2}, 1, 2, 2, 0, false},
    {"b_conv1", TL_LAYER_CONVOLUTION, {3}, 1, 1, 1, 17, true},
    {"b_pool", TL_LAYER_MAX_POOLING, {4}, 1, 2, 2, 0, false},
    {"c_conv1", TL_LAYER_CONVOLUTION, {5}, 1, 3, 1, 4, true},
};

enum { SMALL_LAYER_COUNT = sizeof small_layers / sizeof *small_layers, SMALL_TENSOR_COUNT = 6 };

static const struct tl_network small_network = {
    .name = "small",
    .layers = small_layers,
    .layer_count = SMALL_LAYER_COUNT,
    .feature_layer = 5,
    .height = 13,
    .width = 20,
    .channels = 3,
};

/* Adds one tensor of random values in [-1, 1]; its values through *out_values. */
static inline float *add_random_tensor(tl_tensors *tensors, struct tl_random *random, const char *layer, const char *name,
                                       size_t rank, const size_t *shape)
{
    struct tl_error err;
    float *values;
    size_t count = 1;

    ck_assert_msg(tl_tensors_add(tensors, &values, layer, name, rank, shape, &err) == TL_OK, "%s", err.message);
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(2 * tl_random_uniform(random) - 1);
    return values;
}

/* Kernels and biases of the first `tensor_count` / 2 convolutions, in a file's manner with names of its own. */
static inline tl_tensors *make_small_tensors(size_t tensor_count, uint64_t seed)
{
    static const size_t kernel_shapes[][4] = {{3, 3, 3, 8}, {3, 3, 8, 10}, {1, 1, 10, 17}, {3, 3, 17, 4}};
    static const char *const layers[] = {"conv0", "conv1", "conv2", "conv3"};
    struct tl_error err;
    struct tl_random random;
    tl_tensors *tensors;

    ck_assert_msg(tl_tensors_create(&tensors, &err) == TL_OK, "%s", err.message);
    tl_random_init(&random, seed, "weights");
    for (size_t i = 0; i < tensor_count; i++) {
        const size_t *shape = kernel_shapes[i / 2];
        if (i % 2 == 0)
            add_random_tensor(tensors, &random, layers[i / 2], "kernel:0", 4, shape);
        else
            add_random_tensor(tensors, &random, layers[i / 2], "bias:0", 1, &shape[3]);
    }
    return tensors;
}

#endif
