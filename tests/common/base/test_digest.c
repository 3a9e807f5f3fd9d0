/* test_digest.c - SHA-256 by the vectors of FIPS 180-4 and NIST, and our own framing of numbers and strings. */
#include <string.h>

#include "common/base/digest.h"
#include "tests/support/suite.h"

static const char EMPTY[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char TWO_BLOCKS[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
static const char MILLION_A[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
static const char TWO_BLOCKS_TEXT[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void check_digest(const uint8_t digest[TL_DIGEST_BYTES], const char *expected)
{
    char hex[TL_DIGEST_HEX_BYTES];

    tl_digest_to_hex(hex, digest);
    ck_assert_str_eq(hex, expected);
}

START_TEST(known_texts_have_their_known_digests)
{
    uint8_t digest[TL_DIGEST_BYTES];

    tl_digest_bytes(digest, NULL, 0);
    check_digest(digest, EMPTY);
    tl_digest_bytes(digest, "abc", 3);
    check_digest(digest, ABC);
    tl_digest_bytes(digest, TWO_BLOCKS_TEXT, strlen(TWO_BLOCKS_TEXT));
    check_digest(digest, TWO_BLOCKS);
}
END_TEST

START_TEST(a_million_letters_in_uneven_pieces)
{
    struct tl_digest digest;
    uint8_t out[TL_DIGEST_BYTES];
    char piece[997];
    size_t left = 1000000;

    memset(piece, 'a', sizeof piece);
    tl_digest_init(&digest);
    while (left > 0) {
        size_t size_bytes = left % sizeof piece + 1;

        if (size_bytes > left)
            size_bytes = left;
        tl_digest_update(&digest, piece, size_bytes < sizeof piece ? size_bytes : sizeof piece);
        left -= size_bytes < sizeof piece ? size_bytes : sizeof piece;
    }
    tl_digest_finish(&digest, out);
    check_digest(out, MILLION_A);
}
END_TEST

/* The expected digest was computed by Python's hashlib over struct.pack("<I", "<Q", "<Q", "<3f"). */
START_TEST(numbers_are_hashed_as_little_endian_bytes)
{
    static const float values[] = {0.5f, -1.0f, 3e38f};
    struct tl_digest digest;
    uint8_t out[TL_DIGEST_BYTES];

    tl_digest_init(&digest);
    tl_digest_update_u32(&digest, 0x01020304);
    tl_digest_update_u64(&digest, 0x0102030405060708);
    tl_digest_update_string(&digest, "abc");
    tl_digest_update_floats(&digest, values, 3);
    tl_digest_finish(&digest, out);
    check_digest(out, "a56ae026f16177bb89155b35aec90bd53f04b61754315c58f9190d9b8d4053fe");
}
END_TEST

START_TEST(lists_of_strings_do_not_hash_alike)
{
    struct tl_digest first, second;
    uint8_t first_out[TL_DIGEST_BYTES], second_out[TL_DIGEST_BYTES];

    tl_digest_init(&first);
    tl_digest_update_string(&first, "ab");
    tl_digest_update_string(&first, "c");
    tl_digest_finish(&first, first_out);
    tl_digest_init(&second);
    tl_digest_update_string(&second, "a");
    tl_digest_update_string(&second, "bc");
    tl_digest_finish(&second, second_out);
    ck_assert_mem_ne(first_out, second_out, TL_DIGEST_BYTES);
}
END_TEST

START_TEST(empty_updates_change_nothing)
{
    struct tl_digest digest;
    uint8_t out[TL_DIGEST_BYTES];

    tl_digest_init(&digest);
    tl_digest_update(&digest, NULL, 0);
    tl_digest_update_floats(&digest, NULL, 0);
    tl_digest_finish(&digest, out);
    check_digest(out, EMPTY);
}
END_TEST

START_TEST(every_length_around_a_block_is_the_same_in_one_piece_or_bytes)
{
    uint8_t bytes[130], whole[TL_DIGEST_BYTES], pieces[TL_DIGEST_BYTES];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        struct tl_digest digest;

        tl_digest_bytes(whole, bytes, length);
        tl_digest_init(&digest);
        for (size_t i = 0; i < length; i++)
            tl_digest_update(&digest, &bytes[i], 1);
        tl_digest_finish(&digest, pieces);
        ck_assert_mem_eq(whole, pieces, TL_DIGEST_BYTES);
    }
}
END_TEST

START_TEST(hex_reads_back_in_either_case)
{
    uint8_t digest[TL_DIGEST_BYTES], back[TL_DIGEST_BYTES];
    char hex[TL_DIGEST_HEX_BYTES];

    for (size_t i = 0; i < TL_DIGEST_BYTES; i++)
        digest[i] = (uint8_t)(i * 37 + 9);
    tl_digest_to_hex(hex, digest);
    ck_assert(tl_digest_from_hex(back, hex));
    ck_assert_mem_eq(digest, back, TL_DIGEST_BYTES);
    ck_assert(tl_digest_from_hex(back, "ABCDEFabcdef0123456789ABCDEFabcdef0123456789ABCDEFabcdef01234567"));
    ck_assert_uint_eq(back[0], 0xab);
}
END_TEST

START_TEST(what_is_not_64_hex_digits_is_refused_and_leaves_out_alone)
{
    static const char *const wrong[] = {
        "", "ab", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85 ",
        "0x3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
    };
    uint8_t out[TL_DIGEST_BYTES], before[TL_DIGEST_BYTES];

    memset(out, 0x5a, sizeof out);
    memset(before, 0x5a, sizeof before);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert(!tl_digest_from_hex(out, wrong[i]));
        ck_assert_mem_eq(out, before, sizeof out);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/digest");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_test(core, known_texts_have_their_known_digests);
    tcase_add_test(core, a_million_letters_in_uneven_pieces);
    tcase_add_test(core, numbers_are_hashed_as_little_endian_bytes);
    tcase_add_test(core, lists_of_strings_do_not_hash_alike);
    tcase_add_test(core, hex_reads_back_in_either_case);
    tcase_add_test(limits, empty_updates_change_nothing);
    tcase_add_test(limits, every_length_around_a_block_is_the_same_in_one_piece_or_bytes);
    tcase_add_test(faults, what_is_not_64_hex_digits_is_refused_and_leaves_out_alone);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
