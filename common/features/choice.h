/* choice.h - which kernels compute the features that somebody wishes for.
 */
#ifndef TL_FEATURES_CHOICE_H
#define TL_FEATURES_CHOICE_H

#include "common/features/features.h"
#include "common/network/kernels.h"

/* `wish` may be NULL. Fails with: TL_BAD_INPUT (nothing of that name here; kernels of another arithmetic), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_features_choose_kernel(const struct tl_conv_kernel **out, const struct tl_features_wish *wish,
                                                     struct tl_error *err);

#endif
