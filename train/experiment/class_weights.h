/* class_weights.h - "cloudy=2,rain=0.5" -> how much a photo of each class counts; classes that are not named count once.
 */
#ifndef TL_TRAIN_CLASS_WEIGHTS_H
#define TL_TRAIN_CLASS_WEIGHTS_H

#include <stddef.h>

#include "common/base/error.h"

/* Whether a text has that form, whatever the classes are. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_class_weights_check(const char *text, struct tl_error *err);

/* `weights` (L). Fails with: TL_BAD_INPUT (not of that form, a class that is not there or named twice, a weight that is not above
 * 0). */
TL_MUST_USE enum tl_status tl_class_weights_read(double *weights, const char *const *class_names, size_t class_count,
                                                 const char *text, struct tl_error *err);

#endif
