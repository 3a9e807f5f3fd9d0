/* publish.h - gives a file that was written beside its place its name, so that a crash leaves the old, the new or none, never a
 * half.
 *
 *     ... write and close "OUT.part" ...
 *     tl_publish_file("OUT.part", "OUT", TL_PUBLISH_NEW, err);
 *
 * The file is on the disk before it has its name, and so is the name, as far as the folder's file system can, when this returns.
 */
#ifndef TL_BASE_PUBLISH_H
#define TL_BASE_PUBLISH_H

#include "common/base/error.h"

enum tl_publish_way {
    TL_PUBLISH_NEW,    /* nothing may have the name */
    TL_PUBLISH_REPLACE /* what has the name is replaced */
};

/* Both paths lie on one file system. Fails with: TL_BAD_INPUT (the name is taken), TL_IO, TL_NO_MEMORY; the part is
 * then still there, and what has the name stays. */
TL_MUST_USE enum tl_status tl_publish_file(const char *part_path, const char *path, enum tl_publish_way way, struct tl_error *err);

#endif
