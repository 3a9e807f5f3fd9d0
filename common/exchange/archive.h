/* archive.h - zip archives: entries written as they are, uncompressed, and read back whole, with limits. (libzip)
 */
#ifndef TL_EXCHANGE_ARCHIVE_H
#define TL_EXCHANGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

struct tl_archive_entry {
    const char *name;
    const void *bytes; /* borrowed */
    size_t size_bytes;
};

/* Replaces the file at `path`. Entries are stored, with one constant time, so that equal entries make equal bytes. Fails with:
 * TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_archive_write(const char *path, const struct tl_archive_entry *entries, size_t count,
                                            struct tl_error *err);

typedef struct tl_archive tl_archive;

/* Whether bytes begin as a zip archive does. */
bool tl_archive_is_one(const uint8_t *head, size_t head_bytes);

/* Messages do not name the file. Fails with: TL_BAD_INPUT (not a whole zip archive), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_archive_open(tl_archive **out, const char *path, struct tl_error *err);
void tl_archive_close(tl_archive *archive);

/* The entry's bytes, and a NUL after them; the caller frees *out. Its checksum is verified. Fails with: TL_NOT_FOUND (no such
 * entry), TL_BAD_INPUT (encrypted, compressed in another way than by deflate, more than `ceiling_bytes`, more than a thousand
 * times what is stored, damaged), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_archive_read(uint8_t **out, size_t *out_bytes, tl_archive *archive, const char *name,
                                           size_t ceiling_bytes, struct tl_error *err);

#endif
