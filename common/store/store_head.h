/* store_head.h - rows of heads, for store_run.c and for heads that come from elsewhere.
 */
#ifndef TL_STORE_STORE_HEAD_H
#define TL_STORE_STORE_HEAD_H

#include "common/store/store_run.h"

/* A run's head (run_id not 0, name NULL) or an imported one (run_id 0, named); needs an open transaction.
 * Fails with: TL_BAD_INPUT (the schema forbids it: a name twice), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_put_head(tl_store *store, int64_t *out_head_id, int64_t run_id, const char *name,
                                             int64_t feature_set_id, const struct tl_store_head *head, struct tl_error *err);

/* The head that `wanted` means (see store_run.h), NULL: the pinned one, else the best. *out_because is in words, the caller
 * frees; may be NULL. Fails with: TL_NOT_FOUND, TL_BAD_INPUT (a uuid's beginning that fits several runs), TL_IO, TL_CORRUPT,
 * TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_find_head(tl_store *store, int64_t *out_head_id, char **out_because, const char *wanted,
                                              struct tl_error *err);

/* The run that `wanted` means, with or without a head. Fails with: TL_NOT_FOUND (with the runs there are), TL_BAD_INPUT (as above;
 * an imported head), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_find_run(tl_store *store, int64_t *out_run_id, const char *wanted, struct tl_error *err);

#endif
