/* keyset.h - a set of (content, number) pairs that threads share: what is computed, or taken to be.
 *
 * Adding tells whether the pair was new, in one step under a lock, so that of several threads with the same bytes exactly
 * one computes them. About 80 bytes a pair.
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
