/* vgg16.c - VGG16 without its classifier, as Keras has it (applications/vgg16.py; Simonyan and Zisserman, 2014). */
#include "common/network/network.h"

static const struct tl_layer layers[] = {
    {.name = "input", .kind = TL_LAYER_INPUT},
    {.name = "block1_conv1", .kind = TL_LAYER_CONVOLUTION, .inputs = {0}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 64, .has_relu = true},
    {.name = "block1_conv2", .kind = TL_LAYER_CONVOLUTION, .inputs = {1}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 64, .has_relu = true},
    {.name = "block1_pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {2}, .input_count = 1, .kernel = 2, .stride = 2},
    {.name = "block2_conv1", .kind = TL_LAYER_CONVOLUTION, .inputs = {3}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 128, .has_relu = true},
    {.name = "block2_conv2", .kind = TL_LAYER_CONVOLUTION, .inputs = {4}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 128, .has_relu = true},
    {.name = "block2_pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {5}, .input_count = 1, .kernel = 2, .stride = 2},
    {.name = "block3_conv1", .kind = TL_LAYER_CONVOLUTION, .inputs = {6}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 256, .has_relu = true},
    {.name = "block3_conv2", .kind = TL_LAYER_CONVOLUTION, .inputs = {7}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 256, .has_relu = true},
    {.name = "block3_conv3", .kind = TL_LAYER_CONVOLUTION, .inputs = {8}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 256, .has_relu = true},
    {.name = "block3_pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {9}, .input_count = 1, .kernel = 2, .stride = 2},
    {.name = "block4_conv1", .kind = TL_LAYER_CONVOLUTION, .inputs = {10}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block4_conv2", .kind = TL_LAYER_CONVOLUTION, .inputs = {11}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block4_conv3", .kind = TL_LAYER_CONVOLUTION, .inputs = {12}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block4_pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {13}, .input_count = 1, .kernel = 2, .stride = 2},
    {.name = "block5_conv1", .kind = TL_LAYER_CONVOLUTION, .inputs = {14}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block5_conv2", .kind = TL_LAYER_CONVOLUTION, .inputs = {15}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block5_conv3", .kind = TL_LAYER_CONVOLUTION, .inputs = {16}, .input_count = 1, .kernel = 3, .stride = 1, .channels = 512, .has_relu = true},
    {.name = "block5_pool", .kind = TL_LAYER_MAX_POOLING, .inputs = {17}, .input_count = 1, .kernel = 2, .stride = 2},
};

enum { LAYER_COUNT = sizeof layers / sizeof *layers };

const struct tl_network tl_network_vgg16 = {
    .name = "vgg16",
    .layers = layers,
    .layer_count = LAYER_COUNT,
    .feature_layer = LAYER_COUNT - 1,
    .height = 224,
    .width = 224,
    .channels = 3,
};
