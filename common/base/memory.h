/* memory.h - heap memory whose sizes cannot overflow, and whose every failure can be tested.
 *
 * All of tl's own heap memory comes from here. Each call returns NULL when count * size overflows, exceeds
 * TL_MEMORY_LIMIT_BYTES or the system has none; the caller turns that into TL_NO_MEMORY. Tests make the n-th
 * call fail with tl_memory_fail_at(). All functions may be called from any thread.
 */
#ifndef TL_BASE_MEMORY_H
#define TL_BASE_MEMORY_H

#include <stddef.h>

static const size_t TL_MEMORY_LIMIT_BYTES = (size_t)1 << 40; /* one request; more is a hostile size */

/* `count` zeroed elements of `size_bytes` each; a zero product gives a valid pointer to nothing.
 * The caller frees with tl_memory_free(). */
void *tl_memory_alloc(size_t count, size_t size_bytes);

/* As tl_memory_alloc(), aligned to 64 bytes (a cache line, an AVX-512 register). */
void *tl_memory_alloc_aligned(size_t count, size_t size_bytes);

/* As tl_memory_alloc_aligned(), but not zeroed, and in huge pages where it is large and the system gives them: for
 * megabytes that are written before they are read. What is never written takes no memory. */
void *tl_memory_alloc_large(size_t count, size_t size_bytes);

/* `old` (or NULL) with room for `count` elements; what is new is not zeroed. On NULL, `old` is still valid.
 * Not for memory of tl_memory_alloc_aligned() or tl_memory_alloc_large(). */
void *tl_memory_resize(void *old, size_t count, size_t size_bytes);

/* A copy of `string` / of `size_bytes` bytes. NULL gives NULL. */
char *tl_memory_copy_string(const char *string);
void *tl_memory_copy(const void *bytes, size_t size_bytes);

/* Frees memory of any of the above; NULL is fine. */
void tl_memory_free(void *memory);

/* For tests: the n-th call from now (1 is the next) fails, once; 0 means none. Returns how many calls were
 * made since the last tl_memory_fail_at(), so that a loop can fail each in turn. */
size_t tl_memory_fail_at(size_t n);

#endif
