/* network.h - networks as data: a table of layers, each naming its inputs.
 *
 * A table says what a network is; plan.h says how it runs. VGG16 is the first table (vgg16.c), not a special case.
 * Rows stand in an order in which every input precedes its user; row 0 is the input.
 */
#ifndef TL_NETWORK_NETWORK_H
#define TL_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tl_layer_kind {
    TL_LAYER_INPUT,
    TL_LAYER_CONVOLUTION, /* kernel x kernel, 'same' padding, bias, optional ReLU */
    TL_LAYER_MAX_POOLING  /* kernel x kernel, 'valid' */
};

enum { TL_LAYER_INPUTS_MAX = 4 };

struct tl_layer {
    const char *name; /* Keras's name, "block1_conv1" */
    enum tl_layer_kind kind;
    uint16_t inputs[TL_LAYER_INPUTS_MAX]; /* rows of this table; input_count of them */
    uint16_t input_count;
    uint32_t kernel, stride;
    uint32_t channels; /* of the output; 0 where the input's are kept */
    bool has_relu;
};

struct tl_network {
    const char *name; /* "vgg16" */
    const struct tl_layer *layers;
    size_t layer_count;
    size_t feature_layer; /* row whose output is the feature vector (block5_pool) */
    uint32_t height, width, channels; /* of the input */
};

extern const struct tl_network tl_network_vgg16;

/* The table of that name, or NULL. */
const struct tl_network *tl_network_find(const char *name);

/* Channels of a row's output. */
uint32_t tl_network_channels(const struct tl_network *network, size_t layer_index);

#endif
