/* uuid.c - see uuid.h. */
#include "common/base/uuid.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

enum tl_status tl_uuid_make(char out[TL_UUID_BYTES], struct tl_error *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    size_t used = 0;

    /* Up to 256 bytes come whole or not at all. */
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return tl_error_set(err, TL_IO, "no random bytes for a uuid: %s", strerror(errno));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[used++] = '-';
        out[used++] = digits[bytes[i] >> 4];
        out[used++] = digits[bytes[i] & 15];
    }
    out[used] = '\0';
    return TL_OK;
}
