/* quantity.h - durations and sizes as people give them on a command line: "8h", "50G".
 */
#ifndef TL_BASE_QUANTITY_H
#define TL_BASE_QUANTITY_H

#include <stdint.h>

#include "common/base/error.h"

/* A positive decimal number with a unit: s, m, h or d. `name` is the option's, for the message. Fails with: TL_BAD_INPUT (anything
 * else, or more than a hundred years); *out is then 0. */
TL_MUST_USE enum tl_status tl_quantity_read_seconds(double *out, const char *name, const char *text, struct tl_error *err);

/* A positive decimal number with a unit: K, M, G or T, powers of 1000, as disks are sold and as the tools print sizes. Fails with:
 * TL_BAD_INPUT (anything else, or more than 2^62 bytes); *out is then 0. */
TL_MUST_USE enum tl_status tl_quantity_read_bytes(int64_t *out, const char *name, const char *text, struct tl_error *err);

/* "512 bytes", "7.1 kB", "1.5 MB", "50.0 GB", "1.2 TB". */
enum { TL_QUANTITY_BYTES_WORDS = 32 };
void tl_quantity_format_bytes(char out[TL_QUANTITY_BYTES_WORDS], int64_t bytes);

#endif
