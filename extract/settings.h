/* settings.h - what the command line of tl-extract asks for, checked.
 */
#ifndef TL_EXTRACT_SETTINGS_H
#define TL_EXTRACT_SETTINGS_H

#include <stdbool.h>

#include "common/base/options.h"
#include "common/base/tool.h"
#include "common/image/augmentation.h"
#include "common/image/recipe.h"
#include "extract/shard.h"

struct tl_settings {
    const char *store_path;
    char **directories; /* borrowed from argv */
    size_t directory_count;
    const char *source_name; /* NULL: each folder's own */
    const char *split;       /* "train", "val", "test" or NULL: as the folders say */
    const char *label_set;
    struct tl_store_shard shard; /* of count 0: all photos */
    struct tl_recipe recipe;
    uint32_t variant_count;
    struct tl_augmentation augmentation; /* where variant_count is not 0 */
    const char *augmentation_name;       /* likewise: "mild", "keras", "custom" */
    const char *weights_path;            /* NULL: the usual place */
    const char *arithmetic;              /* NULL: this machine's own */
    bool has_precision;                  /* --precision was given, so that the store does not choose */
    const char *stored_type;             /* "float32", "float16"; NULL: the store's, else float32 */
    const char *kernels;                 /* NULL: what suits best */
    unsigned thread_count;
    double stop_after_seconds; /* 0: never */
    const char *stop_after;    /* as given */
    int64_t max_size_bytes;    /* 0: no limit */
    const char *max_size;      /* as given */
    const char *log_path;      /* NULL: no log */
    bool is_plan;              /* only tell what there is to do */
    bool is_waiting;           /* for another extraction of the store to end */
    bool is_retrying;          /* photos whose failure a new try can hardly change, too */
    bool is_quiet, is_json;
};

/* The program and its name for messages. */
extern const struct tl_command tl_settings_program;

/* Reads the command line. False when the tool has to end with *out_exit: after --help, --version, and a message about what is
 * wrong. */
bool tl_settings_read(struct tl_settings *out, enum tl_exit *out_exit, int argc, char **argv);

#endif
