/* layout.h - which folders of a DIR are classes, and of which split.
 *
 * Either every folder of DIR is a class, or every one is named as a split (Train, Test, Val, Validation, in any case) and
 * holds class folders. Where only some are named as splits, they are classes when photos lie directly in them (a class
 * may well be called "train"); else it cannot be told, and the layout is refused rather than guessed.
 */
#ifndef TL_EXTRACT_LAYOUT_H
#define TL_EXTRACT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

struct tl_layout_class {
    char *path;        /* below DIR: "cloudy" or "Train/cloudy" */
    const char *split; /* "train", "val", "test" or NULL; static */
};

struct tl_layout {
    struct tl_layout_class *classes; /* in byte order of the names at each level */
    size_t class_count;
    size_t hidden_count;  /* names that begin with a dot, above the class folders */
    size_t ignored_count; /* files there that are not named as photos */
    size_t outside_count; /* photos there */
    bool has_splits;
};

/* `split` ("train", "val", "test") is given to every class of a DIR without split folders; NULL takes it from the folders.
 * Messages name the directory. Fails with: TL_NOT_FOUND (no DIR), TL_BAD_INPUT (not a folder, no class folders, a mixture,
 * `split` where there are split folders), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_layout_read(struct tl_layout *out, const char *directory, const char *split, struct tl_error *err);
void tl_layout_free(struct tl_layout *layout);

#endif
