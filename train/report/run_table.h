/* run_table.h - the runs of a store as a table for people, and as JSON lines for programs (`tl-train --list`).
 *
 *     {"run": 3, "uuid": "...", "name": null, "place": 1, "val_group": 1, "val_photos": 145, "val_loss": 0.1,
 *      "val_accuracy": 0.97, "test_loss": null, "test_accuracy": null, "augmentation": "mild", "sweep": null, "folds": 0,
 *      "options": {"l2": 0.001, ...} or null, "program_version": "0.1.0", "train_ms": 120, "has_head": true, "pinned": false,
 *      "answers": true, "started_at": "..."}
 */
#ifndef TL_TRAIN_RUN_TABLE_H
#define TL_TRAIN_RUN_TABLE_H

#include <stdio.h>

#include "common/base/text.h"
#include "common/store/store_run_list.h"

/* Best first; of its options a run shows those that are not the default. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_run_table_write(FILE *file, const struct tl_store_run_row *rows, size_t count, struct tl_error *err);

/* Appends the object of one run, without a newline. */
void tl_run_table_append_json(struct tl_text *text, const struct tl_store_run_row *row);

/* Appends "l2=0.001 transform=sqrt", the options that are not the default; "?" where the row's are not to be read. */
void tl_run_table_append_settings(struct tl_text *text, const char *options_json);

#endif
