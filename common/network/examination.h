/* examination.h - what is found out of a backbone's tensors beside what the caller does meanwhile: their SHA-256, and whether
 * all their values are finite.
 *
 * It takes some 50 ms with a CPU's SHA instructions and several times as long without, a large part of what a single photo takes;
 * what it is for, telling one network from another and from damage, is needed only at the end.
 */
#ifndef TL_NETWORK_EXAMINATION_H
#define TL_NETWORK_EXAMINATION_H

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/exchange/tensors.h"
#include "common/network/network.h"

typedef struct tl_examination tl_examination;

/* Begins, over a kernel and a bias of `tensors` for each convolution of the network up to its feature layer. Both are
 * borrowed, and left unchanged, until the end was waited for. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_examination_create(tl_examination **out, const struct tl_network *network, const tl_tensors *tensors,
                                                 struct tl_error *err);
/* Waits. */
void tl_examination_free(tl_examination *examination);

/* The two results. Both wait where they must, and again and again; any thread. The digest, as backbone.h says, is borrowed.
 * Fails with: TL_BAD_INPUT (a value that is not finite; the first is named). */
const uint8_t *tl_examination_sha256(tl_examination *examination);
TL_MUST_USE enum tl_status tl_examination_check(tl_examination *examination, struct tl_error *err);

#endif
