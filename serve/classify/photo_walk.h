/* photo_walk.h - the photos that a command line means, one by one: files as they are, folders walked.
 *
 *     tl_photo_walk *walk = NULL;
 *     tl_photo_walk_create(&walk, operands, count, err);
 *     while ((status = tl_photo_walk_next(walk, &item, err)) == TL_OK) ...      ends with TL_NOT_FOUND
 *     tl_photo_walk_free(walk);
 *
 * Operands come in the order given. A folder's photos come in the order of their bytes below it, whatever the depth;
 * only names that end as a photo's do, nothing hidden. A link to a file counts as the file; a link to a folder below an
 * operand is left alone, so that no walk is endless. A folder named x.jpg comes as a photo, for the reader to refuse, as it
 * does in extraction. The operand `-`, a photo on standard input, comes as it is. An operand that is not a folder is taken for a
 * photo whatever it is called, and whether it is there at all is for the reader to find out.
 *
 * What is in memory is the names of the folders between an operand and the photo, not the whole list.
 */
#ifndef TL_SERVE_CLASSIFY_PHOTO_WALK_H
#define TL_SERVE_CLASSIFY_PHOTO_WALK_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct tl_photo_walk tl_photo_walk;

struct tl_photo_walk_item {
    char *path;              /* as given, a folder's joined with the path below it; the caller frees */
    struct tl_error problem; /* status TL_OK: a photo to be read; else a folder with no photos or that cannot be listed */
};

/* `operands` are borrowed for the walk's life. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_photo_walk_create(tl_photo_walk **out, char *const *operands, size_t count, struct tl_error *err);
void tl_photo_walk_free(tl_photo_walk *walk);

/* How many photos will come, as far as one can tell without listing folders: SIZE_MAX where an operand is one. */
size_t tl_photo_walk_estimate(const tl_photo_walk *walk);

/* Fails with: TL_NOT_FOUND (the end), TL_NO_MEMORY; out->path is NULL then. */
TL_MUST_USE enum tl_status tl_photo_walk_next(tl_photo_walk *walk, struct tl_photo_walk_item *out, struct tl_error *err);

#endif
