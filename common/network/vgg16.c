/* vgg16.c - VGG16 without its classifier, as Keras has it (applications/vgg16.py; Simonyan and Zisserman, 2014). */
#include "common/network/network.h"

static const struct tl_layer layers[] = {
    /* name, kind, inputs and their count, kernel, stride, channels, has_relu */
    {"input", TL_LAYER_INPUT, {0}, 0, 0, 0, 0, false},
    {"block1_conv1", TL_LAYER_CONVOLUTION, {0}, 1, 3, 1, 64, true},
    {"block1_conv2", TL_LAYER_CONVOLUTION, {1}, 1, 3, 1, 64, true},
    {"block1_pool", TL_LAYER_MAX_POOLING, {2}, 1, 2, 2, 0, false},
    {"block2_conv1", TL_LAYER_CONVOLUTION, {3}, 1, 3, 1, 128, true},
    {"block2_conv2", TL_LAYER_CONVOLUTION, {4}, 1, 3, 1, 128, true},
    {"block2_pool", TL_LAYER_MAX_POOLING, {5}, 1, 2, 2, 0, false},
    {"block3_conv1", TL_LAYER_CONVOLUTION, {6}, 1, 3, 1, 256, true},
    {"block3_conv2", TL_LAYER_CONVOLUTION, {7}, 1, 3, 1, 256, true},
    {"block3_conv3", TL_LAYER_CONVOLUTION, {8}, 1, 3, 1, 256, true},
    {"block3_pool", TL_LAYER_MAX_POOLING, {9}, 1, 2, 2, 0, false},
    {"block4_conv1", TL_LAYER_CONVOLUTION, {10}, 1, 3, 1, 512, true},
    {"block4_conv2", TL_LAYER_CONVOLUTION, {11}, 1, 3, 1, 512, true},
    {"block4_conv3", TL_LAYER_CONVOLUTION, {12}, 1, 3, 1, 512, true},
    {"block4_pool", TL_LAYER_MAX_POOLING, {13}, 1, 2, 2, 0, false},
    {"block5_conv1", TL_LAYER_CONVOLUTION, {14}, 1, 3, 1, 512, true},
    {"block5_conv2", TL_LAYER_CONVOLUTION, {15}, 1, 3, 1, 512, true},
    {"block5_conv3", TL_LAYER_CONVOLUTION, {16}, 1, 3, 1, 512, true},
    {"block5_pool", TL_LAYER_MAX_POOLING, {17}, 1, 2, 2, 0, false},
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
