/* pinning.h - pinning the head that answers from now on, and saying so. */
#ifndef TL_TRAIN_PINNING_H
#define TL_TRAIN_PINNING_H

#include <stdbool.h>

#include "common/base/text.h"
#include "common/store/store.h"

/* Pins the head of the run `wanted` (id, uuid, name, or an imported head's name) and appends a line that says which it is, for
 * people or as one JSON object. Fails with: as tl_store_pin_head(), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_pinning_pin(struct tl_text *out, tl_store *store, const char *wanted, bool as_json,
                                          struct tl_error *err);

#endif
