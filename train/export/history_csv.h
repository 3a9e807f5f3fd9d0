/* history_csv.h - a run's epochs as Keras's CSVLogger writes them.
 *
 * Columns epoch, accuracy, loss, val_accuracy, val_loss; epochs count from 0; NA where there was no validation; lines end in CR
 * LF, as Python's csv module has it (Keras src/callbacks/csv_logger.py).
 */
#ifndef TL_TRAIN_HISTORY_CSV_H
#define TL_TRAIN_HISTORY_CSV_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/store/store_run.h"

/* `path` is whole or as it was. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_history_csv_write(const struct tl_store_epoch *epochs, size_t count, const char *path,
                                                struct tl_error *err);

#endif
