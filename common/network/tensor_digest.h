/* tensor_digest.h - the SHA-256 of a backbone's tensors, computed beside what the caller does meanwhile.
 *
 * It takes some 40 ms with a CPU's SHA instructions and several times as long without, a large part of what a single photo takes;
 * what it is for, telling one network from another, is needed only at the end.
 */
#ifndef TL_NETWORK_TENSOR_DIGEST_H
#define TL_NETWORK_TENSOR_DIGEST_H

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/exchange/tensors.h"
#include "common/network/network.h"

typedef struct tl_tensor_digest tl_tensor_digest;

/* Begins, over a kernel and a bias of `tensors` for each convolution of the network up to its feature layer, as backbone.h says. Both
 * are borrowed, and left unchanged, until the digest was waited for or freed. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_tensor_digest_create(tl_tensor_digest **out, const struct tl_network *network, const tl_tensors *tensors,
                                                   struct tl_error *err);
/* Waits where it must. Any thread. Borrowed. */
const uint8_t *tl_tensor_digest_wait(tl_tensor_digest *digest);
void tl_tensor_digest_free(tl_tensor_digest *digest);

#endif
