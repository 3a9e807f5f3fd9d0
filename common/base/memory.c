/* memory.c - see memory.h. */
#include "common/base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20 };

/* For tl_memory_fail_at() alone. */
static struct {
    atomic_size_t call_count;
    atomic_size_t failing_call; /* counted from 1; 0: none */
} tests_counter;

/* False when this call is to fail; otherwise the request in bytes, at least 1. */
static bool allow_request(size_t *request_bytes, size_t count, size_t size_bytes)
{
    size_t call = atomic_fetch_add(&tests_counter.call_count, 1) + 1;

    if (call == atomic_load(&tests_counter.failing_call))
        return false;
    if (__builtin_mul_overflow(count, size_bytes, request_bytes) || *request_bytes > TL_MEMORY_LIMIT_BYTES)
        return false;
    if (*request_bytes == 0)
        *request_bytes = 1;
    return true;
}

void *tl_memory_alloc(size_t count, size_t size_bytes)
{
    size_t request_bytes;

    return allow_request(&request_bytes, count, size_bytes) ? calloc(request_bytes, 1) : NULL;
}

void *tl_memory_alloc_aligned(size_t count, size_t size_bytes)
{
    size_t request_bytes;
    void *memory;

    if (!allow_request(&request_bytes, count, size_bytes))
        return NULL;
    request_bytes = (request_bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    memory = aligned_alloc(ALIGNMENT_BYTES, request_bytes);
    if (memory)
        memset(memory, 0, request_bytes);
    return memory;
}

void *tl_memory_alloc_large(size_t count, size_t size_bytes)
{
    size_t request_bytes, unit_bytes;
    void *memory;

    if (!allow_request(&request_bytes, count, size_bytes))
        return NULL;
    unit_bytes = request_bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : ALIGNMENT_BYTES;
    request_bytes = (request_bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
    memory = aligned_alloc(unit_bytes, request_bytes);
    if (memory && unit_bytes == HUGE_PAGE_BYTES)
        (void)madvise(memory, request_bytes, MADV_HUGEPAGE); /* a wish: a system that refuses costs time, nothing else */
    return memory;
}

void *tl_memory_resize(void *old, size_t count, size_t size_bytes)
{
    size_t request_bytes;

    return allow_request(&request_bytes, count, size_bytes) ? realloc(old, request_bytes) : NULL;
}

void *tl_memory_copy(const void *bytes, size_t size_bytes)
{
    size_t request_bytes;
    void *copy;

    if (!bytes || !allow_request(&request_bytes, size_bytes, 1))
        return NULL;
    copy = malloc(request_bytes);
    if (copy)
        memcpy(copy, bytes, size_bytes);
    return copy;
}

char *tl_memory_copy_string(const char *string)
{
    return string ? tl_memory_copy(string, strlen(string) + 1) : NULL;
}

void tl_memory_free(void *memory)
{
    free(memory);
}

size_t tl_memory_fail_at(size_t n)
{
    atomic_store(&tests_counter.failing_call, n);
    return atomic_exchange(&tests_counter.call_count, 0);
}
