/* test_network.c - the tables there are: in order, and with Keras's figures. */
#include <stdio.h>
#include <string.h>

#include "common/network/network.h"
#include "tests/support/suite.h"

START_TEST(networks_are_found_by_name)
{
    ck_assert_ptr_eq(tl_network_find("vgg16"), &tl_network_vgg16);
    ck_assert_ptr_null(tl_network_find("vgg17"));
    ck_assert_ptr_null(tl_network_find(""));
}
END_TEST

START_TEST(every_row_comes_after_its_inputs)
{
    const struct tl_network *network = &tl_network_vgg16;

    ck_assert_uint_lt(network->feature_layer, network->layer_count);
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct tl_layer *layer = &network->layers[i];
        ck_assert_int_eq(layer->kind == TL_LAYER_INPUT, i == 0);
        ck_assert_uint_eq(layer->input_count, i == 0 ? 0 : 1);
        for (size_t k = 0; k < layer->input_count; k++)
            ck_assert_msg(layer->inputs[k] < i, "%s reads row %u", layer->name, layer->inputs[k]);
    }
}
END_TEST

/* 14,714,688 is what Keras's summary() says of VGG16(include_top=False). */
START_TEST(vgg16_has_as_many_parameters_as_keras_says)
{
    const struct tl_network *network = &tl_network_vgg16;
    size_t parameter_count = 0, convolution_count = 0;

    for (size_t i = 0; i < network->layer_count; i++) {
        const struct tl_layer *layer = &network->layers[i];
        if (layer->kind != TL_LAYER_CONVOLUTION)
            continue;
        ck_assert(layer->has_relu);
        parameter_count +=
            ((size_t)layer->kernel * layer->kernel * tl_network_channels(network, layer->inputs[0]) + 1) * layer->channels;
        convolution_count++;
    }
    ck_assert_uint_eq(convolution_count, 13);
    ck_assert_uint_eq(parameter_count, 14714688);
    ck_assert_str_eq(network->layers[network->feature_layer].name, "block5_pool");
    ck_assert_uint_eq(tl_network_channels(network, network->feature_layer), 512);
    ck_assert_uint_eq(tl_network_channels(network, 0), 3);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *core = tcase_create("Core");

    tcase_add_test(core, networks_are_found_by_name);
    tcase_add_test(core, every_row_comes_after_its_inputs);
    tcase_add_test(core, vgg16_has_as_many_parameters_as_keras_says);
    suite_add_tcase(suite, core);
    return suite;
}
