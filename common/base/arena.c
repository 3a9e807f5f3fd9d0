/* arena.c - see arena.h. */
#include "common/base/arena.h"

#include <string.h>

#include "common/base/memory.h"

enum { BLOCK_BYTES = 1 << 15 };

struct tl_arena_block {
    struct tl_arena_block *next;
    char bytes[];
};

const char *tl_arena_copy_string(struct tl_arena *arena, const char *string)
{
    const size_t size_bytes = strlen(string) + 1;
    char *copy;

    if (arena->room_bytes - arena->used_bytes < size_bytes) {
        const size_t room_bytes = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
        struct tl_arena_block *block = tl_memory_alloc(1, sizeof *block + room_bytes);

        if (!block)
            return NULL;
        block->next = arena->blocks;
        *arena = (struct tl_arena){block, 0, room_bytes};
    }
    copy = arena->blocks->bytes + arena->used_bytes;
    memcpy(copy, string, size_bytes);
    arena->used_bytes += size_bytes;
    return copy;
}

void tl_arena_free(struct tl_arena *arena)
{
    while (arena->blocks) {
        struct tl_arena_block *next = arena->blocks->next;

        tl_memory_free(arena->blocks);
        arena->blocks = next;
    }
    *arena = (struct tl_arena){NULL, 0, 0};
}
