/* uuid.h - names that no other machine gives to anything: random UUIDs (RFC 9562, version 4).
 */
#ifndef TL_BASE_UUID_H
#define TL_BASE_UUID_H

#include "common/base/error.h"

enum { TL_UUID_BYTES = 37 }; /* 36 characters and a NUL */

/* Any thread. Fails with: TL_IO (the system gives no random bytes); *out is then unspecified. */
TL_MUST_USE enum tl_status tl_uuid_make(char out[TL_UUID_BYTES], struct tl_error *err);

#endif
