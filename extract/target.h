/* target.h - where a run's features go: the store, the network, and the rows that name them.
 *
 * Everything that can be wrong is found before the store is made: a store that did not exist does not exist after a run
 * that could do nothing.
 */
#ifndef TL_EXTRACT_TARGET_H
#define TL_EXTRACT_TARGET_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/features/features.h"
#include "common/store/store.h"
#include "common/store/store_hold.h"
#include "extract/agenda.h"
#include "extract/scan.h"
#include "extract/settings.h"
#include "extract/stop.h"

struct tl_target {
    tl_store_hold *hold; /* on the store, against another extraction */
    char *weights_path;
    tl_store *store;
    tl_features *features;
    int64_t *source_ids; /* of the scans */
    struct tl_agenda_wish wish;
};

/* Finds the weights, and holds the store, waiting for it where settings->is_waiting: what is decided by photos and store is to be
 * decided after this. Free with tl_target_close(). Fails with: TL_NOT_FOUND (no weights, with how to get them; before a wait, no
 * such folder), TL_BAD_INPUT (another extraction at work on the store), TL_STOPPED (by `stop`, while it waited), TL_IO,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_target_hold(struct tl_target *out, const struct tl_settings *settings, struct tl_stop *stop,
                                          struct tl_error *err);
/* Then reads the weights, opens or makes the store, chooses the arithmetic, puts sources, feature set and augmentation. On failure
 * the target is closed. Fails with: TL_NOT_FOUND (no weights), TL_BAD_INPUT (weights, store or arithmetic that will not do; a
 * source whose name another root has; another part than settings->shard), TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_target_open(struct tl_target *target, const struct tl_settings *settings,
                                          struct tl_scan *const *scans, size_t scan_count, struct tl_error *err);
/* Fails with: TL_IO (closing the store). Everything is freed in any case. */
TL_MUST_USE enum tl_status tl_target_close(struct tl_target *target, struct tl_error *err);

#endif
