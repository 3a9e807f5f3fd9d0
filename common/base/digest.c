/* digest.c - see digest.h. (nettle enters here) */
#include "common/base/digest.h"

#include <nettle/sha2.h>
#include <string.h>

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct tl_digest), "nettle's context must fit");
_Static_assert(SHA256_DIGEST_SIZE == TL_DIGEST_BYTES, "SHA-256 has 32 bytes");

/* The context is copied in and out, not aliased: its type then stays out of the header, and the copies (some hundred
 * bytes) cost little beside one block of SHA-256. */
static void load_context(struct sha256_ctx *context, const struct tl_digest *digest)
{
    memcpy(context, digest->state, sizeof *context);
}

static void save_context(struct tl_digest *digest, const struct sha256_ctx *context)
{
    memcpy(digest->state, context, sizeof *context);
}

void tl_digest_init(struct tl_digest *digest)
{
    struct sha256_ctx context;

    memset(&context, 0, sizeof context);
    sha256_init(&context);
    memset(digest, 0, sizeof *digest);
    save_context(digest, &context);
}

void tl_digest_update(struct tl_digest *digest, const void *bytes, size_t size_bytes)
{
    struct sha256_ctx context;

    if (size_bytes == 0)
        return;
    load_context(&context, digest);
    sha256_update(&context, size_bytes, bytes);
    save_context(digest, &context);
}

static void update_little_endian(struct tl_digest *digest, uint64_t value, size_t size_bytes)
{
    uint8_t bytes[sizeof value];

    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    tl_digest_update(digest, bytes, size_bytes);
}

void tl_digest_update_u32(struct tl_digest *digest, uint32_t value)
{
    update_little_endian(digest, value, sizeof value);
}

void tl_digest_update_u64(struct tl_digest *digest, uint64_t value)
{
    update_little_endian(digest, value, sizeof value);
}

void tl_digest_update_string(struct tl_digest *digest, const char *string)
{
    size_t length_bytes = strlen(string);

    tl_digest_update_u64(digest, length_bytes);
    tl_digest_update(digest, string, length_bytes);
}

void tl_digest_update_floats(struct tl_digest *digest, const float *values, size_t count)
{
    _Static_assert(sizeof(float) == 4, "float is IEEE 754 binary32");

    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        tl_digest_update(digest, values, count * sizeof *values);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;

        memcpy(&bits, &values[i], sizeof bits);
        tl_digest_update_u32(digest, bits);
    }
}

void tl_digest_finish(struct tl_digest *digest, uint8_t out[TL_DIGEST_BYTES])
{
    struct sha256_ctx context;

    load_context(&context, digest);
    sha256_digest(&context, TL_DIGEST_BYTES, out);
}

void tl_digest_bytes(uint8_t out[TL_DIGEST_BYTES], const void *bytes, size_t size_bytes)
{
    struct tl_digest digest;

    tl_digest_init(&digest);
    tl_digest_update(&digest, bytes, size_bytes);
    tl_digest_finish(&digest, out);
}

void tl_digest_to_hex(char out[TL_DIGEST_HEX_BYTES], const uint8_t digest[TL_DIGEST_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < TL_DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[TL_DIGEST_HEX_BYTES - 1] = '\0';
}

/* The value of a hexadecimal digit, or -1. */
static int value_of_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool tl_digest_from_hex(uint8_t out[TL_DIGEST_BYTES], const char *hex)
{
    uint8_t digest[TL_DIGEST_BYTES];

    if (strlen(hex) != TL_DIGEST_HEX_BYTES - 1)
        return false;
    for (size_t i = 0; i < TL_DIGEST_BYTES; i++) {
        int high = value_of_digit(hex[2 * i]), low = value_of_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(out, digest, sizeof digest);
    return true;
}
