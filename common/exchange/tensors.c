/* tensors.c - the list: names and values owned by it, sizes checked before anything is allocated. */
#include "common/exchange/tensors.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/memory.h"

struct item {
    struct tl_tensor tensor;
    struct tl_tensor_mapping mapping; /* where the values are no memory of their own */
};

struct tl_tensors {
    struct item *items;
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
static void free_item(struct item *item)
{
    tl_memory_free((void *)(uintptr_t)item->tensor.layer);
    tl_memory_free((void *)(uintptr_t)item->tensor.name);
    if (item->mapping.address)
        munmap(item->mapping.address, item->mapping.size_bytes);
    else
        tl_memory_free((void *)(uintptr_t)item->tensor.values);
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
    struct item *items;

    if (tensors->count < tensors->capacity)
        return TL_OK;
    items = tl_memory_resize(tensors->items, capacity, sizeof *items);
    if (!items)
        return tl_error_set_no_memory(err, "a list of tensors", capacity * sizeof *items);
    tensors->items = items;
    tensors->capacity = capacity;
    return TL_OK;
}

/* Room for one more tensor, and all of it but the values. On failure *out owns nothing. */
static enum tl_status begin_item(struct item *out, size_t *out_value_count, tl_tensors *tensors, const char *layer,
                                 const char *name, size_t rank, const size_t *shape, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct item){.tensor.rank = rank};
    if (tensors->count >= TL_TENSORS_COUNT_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "more than %d tensors", TL_TENSORS_COUNT_MAX);
    status = count_values(out_value_count, tensors, name, rank, shape, err);
    if (status == TL_OK)
        status = grow(tensors, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < rank; i++)
        out->tensor.shape[i] = shape[i];
    out->tensor.layer = tl_memory_copy_string(layer);
    out->tensor.name = tl_memory_copy_string(name);
    if (!out->tensor.layer || !out->tensor.name) {
        free_item(out);
        return tl_error_set_no_memory(err, "a tensor's name", strlen(name) + 1);
    }
    return TL_OK;
}

static void end_item(tl_tensors *tensors, const struct item *item, size_t value_count)
{
    tensors->items[tensors->count++] = *item;
    tensors->value_count += value_count;
}

enum tl_status tl_tensors_add(tl_tensors *tensors, float **out_values, const char *layer, const char *name, size_t rank,
                              const size_t *shape, struct tl_error *err)
{
    struct item item;
    float *values;
    size_t count = 0;
    enum tl_status status;

    if (out_values)
        *out_values = NULL;
    status = begin_item(&item, &count, tensors, layer, name, rank, shape, err);
    if (status != TL_OK)
        return status;
    /* Megabytes that are about to be written are not zeroed before. */
    values = out_values ? tl_memory_alloc_large(count, sizeof *values) : tl_memory_alloc_aligned(count, sizeof *values);
    if (!values) {
        free_item(&item);
        return tl_error_set_no_memory(err, "a tensor", count * sizeof *values);
    }
    item.tensor.values = values;
    end_item(tensors, &item, count);
    if (out_values)
        *out_values = values;
    return TL_OK;
}

enum tl_status tl_tensors_add_mapped(tl_tensors *tensors, const struct tl_tensor_mapping *mapping, const char *layer,
                                     const char *name, size_t rank, const size_t *shape, struct tl_error *err)
{
    struct item item;
    size_t count = 0;
    enum tl_status status = begin_item(&item, &count, tensors, layer, name, rank, shape, err);

    if (status != TL_OK)
        return status;
    assert(mapping->values_at <= mapping->size_bytes && count <= (mapping->size_bytes - mapping->values_at) / sizeof(float));
    item.mapping = *mapping;
    item.tensor.values = (const float *)(const void *)((const char *)mapping->address + mapping->values_at);
    end_item(tensors, &item, count);
    return TL_OK;
}

void tl_tensors_keep_first(tl_tensors *tensors, size_t count)
{
    while (tensors->count > count) {
        struct item *last = &tensors->items[--tensors->count];

        tensors->value_count -= tl_tensor_value_count(&last->tensor);
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
    return &tensors->items[index].tensor;
}

size_t tl_tensor_value_count(const struct tl_tensor *tensor)
{
    size_t count = 1;

    for (size_t i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}
