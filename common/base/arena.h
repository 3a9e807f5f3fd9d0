/* arena.h - many small strings that live and are freed together.
 *
 *     struct tl_arena arena = {NULL, 0, 0};
 *     path = tl_arena_copy_string(&arena, "cloudy/1.jpg");        good until tl_arena_free()
 *     tl_arena_free(&arena);
 *
 * For lists of a million paths: a string costs its bytes, where one from the heap by itself costs some 20 more. Not for use from
 * several threads at once.
 */
#ifndef TL_BASE_ARENA_H
#define TL_BASE_ARENA_H

#include <stddef.h>

struct tl_arena {
    struct tl_arena_block *blocks;   /* the newest first */
    size_t used_bytes, room_bytes; /* of the newest */
};

/* NULL when out of memory. */
const char *tl_arena_copy_string(struct tl_arena *arena, const char *string);
/* The arena is empty again. */
void tl_arena_free(struct tl_arena *arena);

#endif
