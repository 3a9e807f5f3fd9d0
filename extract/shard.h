/* shard.h - the i-th of n disjoint parts of the photos, so that n machines share a job without speaking to each other.
 *
 * Which part a photo belongs to depends on its source's name and its path below the root alone: every machine that scans the tree
 * finds the same parts, whatever the order, and a photo that is added later moves no other.
 */
#ifndef TL_EXTRACT_SHARD_H
#define TL_EXTRACT_SHARD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/store/store_shard.h"
#include "extract/scan.h"

/* "2/4": the second of four. Fails with: TL_BAD_INPUT. */
TL_MUST_USE enum tl_status tl_shard_read(struct tl_store_shard *out, const char *text, struct tl_error *err);

/* Names and paths are raw bytes. A shard of count 0 has every photo. */
bool tl_shard_has(const struct tl_store_shard *shard, const char *source_name, const char *path);

/* Takes the entries of other parts out of the scan, order kept; classes and notices stay. */
void tl_shard_keep(const struct tl_store_shard *shard, struct tl_scan *scan);

#endif
