/* outlook.h - a store as a run would find it, looked at without changing anything or reading the weights.
 *
 * Weights name a feature set by their digest, which takes reading them. Where the store has features of one network alone, these
 * are taken to be meant; tl_outlook_confirm() tells, once the weights were read, whether that was right.
 */
#ifndef TL_EXTRACT_OUTLOOK_H
#define TL_EXTRACT_OUTLOOK_H

#include <stdbool.h>

#include "common/store/store.h"
#include "extract/agenda.h"
#include "extract/settings.h"
#include "extract/sources.h"

struct tl_outlook {
    tl_store *store;            /* NULL: not made yet */
    int64_t *source_ids;        /* of the sources' scans; -1: not in the store */
    struct tl_agenda_wish wish; /* ids are -1 where the store has no such row */
    char arithmetic[64];        /* of the feature set; "" without one */
    char stored_type[16];
    uint8_t tensors_sha256[TL_DIGEST_BYTES]; /* likewise */
    size_t network_count;                    /* different networks, in the weights, that the set could be of */
};

/* Opens for reading. Free with tl_outlook_close(), in any case. Fails with: TL_BAD_INPUT (what a run would refuse: a source at
 * another root, another shard, several arithmetics or stored types to choose from; not a store, or one of an older schema), TL_IO,
 * TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_outlook_open(struct tl_outlook *out, const struct tl_settings *settings,
                                           const struct tl_sources *sources, struct tl_error *err);
void tl_outlook_close(struct tl_outlook *outlook);

/* Chooses the feature set among those of these weights: *out_is_other where that is another than was taken. Fails with: as open. */
TL_MUST_USE enum tl_status tl_outlook_confirm(struct tl_outlook *outlook, bool *out_is_other, const struct tl_settings *settings,
                                              const uint8_t tensors_sha256[TL_DIGEST_BYTES], struct tl_error *err);

#endif
