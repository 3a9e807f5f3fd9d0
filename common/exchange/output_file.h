/* output_file.h - a file that other programs see whole or not at all: written beside its place, then renamed.
 *
 *     tl_output_file_create(&output, path, err);       an empty file "<path>.<pid>-<n>.part" exists
 *     ... write output.part_path ...
 *     tl_output_file_commit(&output, err);             flushed to disk, renamed to `path`
 *     tl_output_file_discard(&output);                 after either: nothing of it is left but `path`
 */
#ifndef TL_EXCHANGE_OUTPUT_FILE_H
#define TL_EXCHANGE_OUTPUT_FILE_H

#include "common/base/error.h"

struct tl_output_file {
    char *path, *part_path; /* part_path is NULL once committed */
};

/* Fails with: TL_IO (the folder cannot be written, or `path` is there and not a regular file), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_output_file_create(struct tl_output_file *out, const char *path, struct tl_error *err);
/* Fails with: TL_IO; the part is then still there for tl_output_file_discard(). */
TL_MUST_USE enum tl_status tl_output_file_commit(struct tl_output_file *file, struct tl_error *err);
void tl_output_file_discard(struct tl_output_file *file);

#endif
