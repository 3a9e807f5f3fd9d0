/* network.c - the tables there are, and questions that a table alone can answer. */
#include "common/network/network.h"

#include <assert.h>
#include <string.h>

static const struct tl_network *const networks[] = {&tl_network_vgg16};

const struct tl_network *tl_network_find(const char *name)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if (strcmp(networks[i]->name, name) == 0)
            return networks[i];
    }
    return NULL;
}

uint32_t tl_network_channels(const struct tl_network *network, size_t layer_index)
{
    const struct tl_layer *layer = &network->layers[layer_index];
    while (layer->channels == 0 && layer->kind != TL_LAYER_INPUT) {
        assert(layer->inputs[0] < layer - network->layers);
        layer = &network->layers[layer->inputs[0]];
    }
    return layer->kind == TL_LAYER_INPUT ? network->channels : layer->channels;
}
