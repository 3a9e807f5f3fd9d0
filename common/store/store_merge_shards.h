/* store_merge_shards.h - which parts the inputs of a merge are, and whether none is missing.
 */
#ifndef TL_STORE_STORE_MERGE_SHARDS_H
#define TL_STORE_STORE_MERGE_SHARDS_H

#include "common/store/store_merge.h"

/* `shards` of the inputs, in their order. Fills shard, parts_there and parts_wanted of the report; *out_is_one_job: all are parts
 * of one n. Fails with: TL_BAD_INPUT (parts of some n are missing, named, where `is_partial` is false), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_merge_judge_shards(struct tl_store_merge_report *report, bool *out_is_one_job,
                                                       const struct tl_store_shard *shards, size_t count, bool is_partial,
                                                       struct tl_error *err);

#endif
