/* keyset.h - a set of (content, number) pairs that threads share: what is computed, or taken to be.
 *
 * Adding tells whether the pair was new, in one step under a lock, so that of several threads with the same bytes exactly
 * one computes them. Made for many contents with the same few small numbers each: 32 numbers of a content, from a multiple of 32
 * on, take one slot of 24 bytes, and 8 slots hold at most 7. Of a SHA-256 half as many bits are kept, both halves folded into
 * one: two contents of a billion meet in them with a chance below 1e-20.
 */
#ifndef TL_EXTRACT_KEYSET_H
#define TL_EXTRACT_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"

typedef struct tl_keyset tl_keyset;

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_keyset_create(tl_keyset **out, struct tl_error *err);
void tl_keyset_free(tl_keyset *set);

/* *is_new (may be NULL) tells whether the pair was not there. Any thread. Fails with: TL_NO_MEMORY (the set is as before). */
TL_MUST_USE enum tl_status tl_keyset_add(tl_keyset *set, bool *is_new, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number,
                                         struct tl_error *err);
/* Any thread. */
bool tl_keyset_has(tl_keyset *set, const uint8_t sha256[TL_DIGEST_BYTES], uint32_t number);

#endif
