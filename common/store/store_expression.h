/* store_expression.h - a condition in SQL, written by the user, over the columns of the view photos.
 */
#ifndef TL_STORE_STORE_EXPRESSION_H
#define TL_STORE_STORE_EXPRESSION_H

#include "common/store/store.h"

/* Hands each photo and class of the label set for which the expression is true to `each`. It may read all of the store, in
 * sub-queries too, and change nothing. Fails with: TL_BAD_INPUT (it is no expression, with SQLite's words; it takes more than
 * `seconds_max`, or too much memory), TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
typedef void tl_store_match_callback(void *context, int64_t photo_id, const char *class_name);
TL_MUST_USE enum tl_status tl_store_visit_matches(tl_store *store, const char *label_set, const char *expression,
                                                  tl_store_match_callback *each, void *context, double seconds_max,
                                                  struct tl_error *err);

#endif
