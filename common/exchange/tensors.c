/* tensors.c - the list: names and values owned by it, sizes checked before anything is allocated. */
#include "common/exchange/tensors.h"

#include <assert.h>
#include <stdio.h>

#include "common/base/memory.h"

struct tl_tensors {
    struct tl_tensor *items;
    size_t count, capacity;
    size_t value_count; /* of all tensors together */
};

enum tl_status tl_tensors_create(tl_tensors **out, struct tl_error *err)
{
    *out = tl_memory_alloc(1, sizeof **out);
    if (!*out)
        return tl_error_set_no_memory(err, "a list of tensors", sizeof **out);
    return TL_OK;
}

/* The members are const for readers; the list made them and is the one to free them. */
static void free_item(struct tl_tensor *item)
{
    tl_memory_free((void *)(uintptr_t)item->layer);
    tl_memory_free((void *)(uintptr_t)item->name);
    tl_memory_free((void *)(uintptr_t)item->values);
}

void tl_tensors_free(tl_tensors *tensors)
{
    if (!tensors)
        return;
    for (size_t i = 0; i < tensors->count; i++)
        free_item(&tensors->items[i]);
    tl_memory_free(tensors->items);
    tl_memory_free(tensors);
}

void tl_tensor_format_shape(char *out, size_t out_bytes, size_t rank, const size_t *shape)
{
    size_t used = 0;

    if (out_bytes == 0)
        return;
    out[0] = '\0';
    for (size_t i = 0; i <= rank; i++) {
        int written = i < rank ? snprintf(out + used, out_bytes - used, "%s%zu", i == 0 ? "(" : ", ", shape[i])
                               : snprintf(out + used, out_bytes - used, "%s",
                                          rank == 0   ? "()"
                                          : rank == 1 ? ",)"
                                                      : ")");
        if (written < 0 || (size_t)written >= out_bytes - used)
            return;
        used += (size_t)written;
    }
}

static enum tl_status count_values(size_t *out, const tl_tensors *tensors, const char *name, size_t rank, const size_t *shape,
                                   struct tl_error *err)
{
    size_t count = 1;

    if (rank == 0 || rank > TL_TENSOR_RANK_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "tensor '%s' has %zu dimensions, expected 1 to %d", name, rank,
                            TL_TENSOR_RANK_MAX);
    for (size_t i = 0; i < rank; i++) {
        if (shape[i] == 0 || count > TL_TENSOR_VALUES_MAX / shape[i]) {
            char text[128];
            tl_tensor_format_shape(text, sizeof text, rank, shape);
            return tl_error_set(err, TL_BAD_INPUT, "tensor '%s' has shape %s, expected 1 to %zu values", name, text,
                                TL_TENSOR_VALUES_MAX);
        }
        count *= shape[i];
    }
    if (count > TL_TENSOR_VALUES_MAX - tensors->value_count)
        return tl_error_set(err, TL_BAD_INPUT, "tensor '%s' brings the values of all tensors to %zu, at most %zu are read",
                            name, tensors->value_count + count, TL_TENSOR_VALUES_MAX);
    *out = count;
    return TL_OK;
}

static enum tl_status grow(tl_tensors *tensors, struct tl_error *err)
{
    size_t capacity = tensors->capacity == 0 ? 32 : 2 * tensors->capacity;
    struct tl_tensor *items;

    if (tensors->count < tensors->capacity)
        return TL_OK;
    items = tl_memory_resize(tensors->items, capacity, sizeof *items);
    if (!items)
        return tl_error_set_no_memory(err, "a list of tensors", capacity * sizeof *items);
    tensors->items = items;
    tensors->capacity = capacity;
    return TL_OK;
}

enum tl_status tl_tensors_add(tl_tensors *tensors, float **out_values, const char *layer, const char *name, size_t rank,
                              const size_t *shape, struct tl_error *err)
{
    struct tl_tensor item = {.rank = rank};
    float *values = NULL;
    size_t count = 0;
    enum tl_status status;

    if (out_values)
        *out_values = NULL;
    if (tensors->count >= TL_TENSORS_COUNT_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "more than %d tensors", TL_TENSORS_COUNT_MAX);
    status = count_values(&count, tensors, name, rank, shape, err);
    if (status == TL_OK)
        status = grow(tensors, err);
    if (status != TL_OK)
        return status;

    for (size_t i = 0; i < rank; i++)
        item.shape[i] = shape[i];
    /* Megabytes that are about to be written are not zeroed before. */
    values = out_values ? tl_memory_alloc_large(count, sizeof *values) : tl_memory_alloc_aligned(count, sizeof *values);
    item.values = values;
    item.layer = tl_memory_copy_string(layer);
    item.name = tl_memory_copy_string(name);
    if (!item.values || !item.layer || !item.name) {
        free_item(&item);
        return tl_error_set_no_memory(err, "a tensor", count * sizeof *values);
    }
    tensors->items[tensors->count++] = item;
    tensors->value_count += count;
    if (out_values)
        *out_values = values;
    return TL_OK;
}

void tl_tensors_keep_first(tl_tensors *tensors, size_t count)
{
    while (tensors->count > count) {
        struct tl_tensor *last = &tensors->items[--tensors->count];

        tensors->value_count -= tl_tensor_value_count(last);
        free_item(last);
    }
}

size_t tl_tensors_count(const tl_tensors *tensors)
{
    return tensors->count;
}

const struct tl_tensor *tl_tensors_get(const tl_tensors *tensors, size_t index)
{
    assert(index < tensors->count);
    return &tensors->items[index];
}

size_t tl_tensor_value_count(const struct tl_tensor *tensor)
{
    size_t count = 1;

    for (size_t i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}
