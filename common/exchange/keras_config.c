/* keras_config.c - see keras_config.h. */
#include "common/exchange/keras_config.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/memory.h"

/* The walk over a model's layers. */
struct walk {
    size_t dense_count, expected_count;
    bool has_ended; /* a softmax was met: nothing may follow */
};

static const char *get_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* A word, or in Keras 3 at times an object around it; none is "linear". */
static const char *get_activation(const json_t *layer_config)
{
    const json_t *activation = json_object_get(layer_config, "activation");

    if (json_is_object(activation)) {
        const json_t *inner = json_object_get(activation, "config");

        return json_is_string(inner) ? json_string_value(inner) : get_string(activation, "class_name");
    }
    return json_is_string(activation) ? json_string_value(activation) : "linear";
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What follows a Dense layer's sums, by itself or as the layer's activation. */
static enum tl_status check_activation(struct walk *walk, const char *activation, struct tl_error *err)
{
    const bool is_last = walk->dense_count == walk->expected_count;

    if (strcmp(activation, "linear") == 0)
        return TL_OK;
    if (is_last && strcmp(activation, "softmax") == 0) {
        walk->has_ended = true;
        return TL_OK;
    }
    if (!is_last && walk->dense_count > 0 && strcmp(activation, "relu") == 0)
        return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT,
                        "Dense layer %zu of %zu has the activation '%.40s'; a head's last layer has softmax or "
                        "none, and those before it relu",
                        walk->dense_count, walk->expected_count, activation);
}

static enum tl_status check_layer(struct walk *walk, const json_t *layer, struct tl_error *err)
{
    static const char *const passive[] = {"InputLayer", "Flatten", "Dropout", NULL};
    static const char *const first[] = {"GlobalAveragePooling2D", NULL};
    const char *kind = get_string(layer, "class_name");
    const json_t *config = json_object_get(layer, "config");

    if (is_one_of(kind, passive) || (walk->dense_count == 0 && is_one_of(kind, first)))
        return TL_OK;
    if (walk->has_ended)
        return tl_error_set(err, TL_BAD_INPUT, "a layer of the kind '%.60s' follows the softmax", kind);
    if (strcmp(kind, "Dense") == 0) {
        walk->dense_count++;
        if (walk->dense_count > walk->expected_count)
            return tl_error_set(err, TL_BAD_INPUT, "it describes more Dense layers than it has weights for");
        return check_activation(walk, get_activation(config), err);
    }
    if (strcmp(kind, "Activation") == 0)
        return check_activation(walk, get_activation(config), err);
    if (strcmp(kind, "Softmax") == 0)
        return check_activation(walk, "softmax", err);
    if (strcmp(kind, "ReLU") == 0)
        return check_activation(walk, "relu", err);
    return tl_error_set(err, TL_BAD_INPUT,
                        "it has a layer of the kind '%.60s', which a head cannot have: save the Dense layers alone", kind);
}

static enum tl_status check_layers(const json_t *root, size_t dense_count, struct tl_error *err)
{
    static const char *const kinds[] = {"Sequential", "Functional", "Model", NULL};
    struct walk walk = {.expected_count = dense_count};
    const json_t *config = json_object_get(root, "config");
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers"); /* a list in itself before 2.2 */
    enum tl_status status = TL_OK;

    if (!is_one_of(get_string(root, "class_name"), kinds) || !json_is_array(layers))
        return tl_error_set(err, TL_BAD_INPUT, "expected a Sequential or Functional model, found '%.60s'",
                            get_string(root, "class_name"));
    for (size_t i = 0; i < json_array_size(layers) && status == TL_OK; i++)
        status = check_layer(&walk, json_array_get(layers, i), err);
    if (status == TL_OK && walk.dense_count != dense_count)
        status = tl_error_set(err, TL_BAD_INPUT, "it describes %zu Dense layers and has the weights of %zu", walk.dense_count,
                              dense_count);
    return status;
}

enum tl_status tl_keras_config_check(const char *json, size_t dense_count, struct tl_error *err)
{
    json_error_t error;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    enum tl_status status;

    if (!root && json_error_code(&error) == json_error_out_of_memory)
        return tl_error_set_no_memory(err, "a model's configuration", strlen(json));
    if (!root)
        return tl_error_set(err, TL_BAD_INPUT, "its configuration is no JSON: line %d: %s", error.line, error.text);
    status = check_layers(root, dense_count, err);
    json_decref(root);
    return status;
}
