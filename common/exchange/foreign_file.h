/* foreign_file.h - a first look at another program's file: is it a file at all, and not something else in its place?
 *
 * Readers call this before they hand the path to a library, so that a folder, a FIFO, an empty download or a Git LFS
 * pointer is named for what it is. Never blocks.
 */
#ifndef TL_EXCHANGE_FOREIGN_FILE_H
#define TL_EXCHANGE_FOREIGN_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum { TL_FOREIGN_FILE_HEAD_BYTES = 64, TL_FOREIGN_FILE_SHOWN_BYTES = 64 };

struct tl_foreign_file {
    uint64_t size_bytes;
    size_t head_bytes; /* how many bytes of `head` are the file's */
    uint8_t head[TL_FOREIGN_FILE_HEAD_BYTES];
};

/* `kind` is what was hoped for ("Keras HDF5 weights"). Fails with: TL_NOT_FOUND (no such file), TL_BAD_INPUT (not a regular file,
 * empty, a Git LFS pointer), TL_IO. */
TL_MUST_USE enum tl_status tl_foreign_file_look(struct tl_foreign_file *out, const char *path, const char *kind,
                                                struct tl_error *err);

/* The file's first bytes for a message: as text where they are text, else in hexadecimal. */
void tl_foreign_file_show_head(char out[TL_FOREIGN_FILE_SHOWN_BYTES], const struct tl_foreign_file *file);

#endif
