/* folder.h - what lies in one folder: names in byte order, and what kind of thing each is.
 *
 * Names are raw bytes. Nothing is opened, so that a FIFO cannot block and a device cannot be acted on.
 */
#ifndef TL_BASE_FOLDER_H
#define TL_BASE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum tl_folder_kind {
    TL_FOLDER_FILE,          /* a regular file, or a link to one */
    TL_FOLDER_FOLDER,        /* a folder itself */
    TL_FOLDER_LINKED_FOLDER, /* a link to a folder */
    TL_FOLDER_OTHER          /* a FIFO, socket or device; a link that leads nowhere; what cannot be asked about */
};

struct tl_folder_item {
    char *name;
    enum tl_folder_kind kind;
    int64_t size_bytes, mtime_ns; /* of the link itself where it leads nowhere; a time out of range is the nearest in it */
};

struct tl_folder {
    struct tl_folder_item *items; /* by strcmp() of the names; "." and ".." left out */
    size_t count;
};

/* Fails with: TL_NOT_FOUND (no such folder), TL_BAD_INPUT (not a folder), TL_IO (with strerror), TL_NO_MEMORY. Messages do not
 * name the path. */
TL_MUST_USE enum tl_status tl_folder_list(struct tl_folder *out, const char *path, struct tl_error *err);
void tl_folder_free(struct tl_folder *folder);

#endif
