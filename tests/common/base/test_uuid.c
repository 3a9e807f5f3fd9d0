/* test_uuid.c - random UUIDs: their form, and that no two are equal. */
#include <string.h>

#include "common/base/uuid.h"
#include "tests/support/suite.h"

START_TEST(a_uuid_has_the_form_of_version_4)
{
    char uuid[TL_UUID_BYTES];
    struct tl_error err;

    for (int round = 0; round < 100; round++) {
        memset(uuid, 'x', sizeof uuid);
        ck_assert_int_eq(tl_uuid_make(uuid, &err), TL_OK);
        ck_assert_uint_eq(strlen(uuid), TL_UUID_BYTES - 1);
        for (size_t i = 0; uuid[i] != '\0'; i++)
            if (i == 8 || i == 13 || i == 18 || i == 23)
                ck_assert_int_eq(uuid[i], '-');
            else
                ck_assert_ptr_nonnull(strchr("0123456789abcdef", uuid[i]));
        ck_assert_int_eq(uuid[14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", uuid[19]));
    }
}
END_TEST

START_TEST(no_two_are_equal)
{
    char first[TL_UUID_BYTES], second[TL_UUID_BYTES];
    struct tl_error err;

    ck_assert_int_eq(tl_uuid_make(first, &err), TL_OK);
    ck_assert_int_eq(tl_uuid_make(second, &err), TL_OK);
    ck_assert_str_ne(first, second);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("uuid");
    TCase *core = tcase_create("core");

    tcase_add_test(core, a_uuid_has_the_form_of_version_4);
    tcase_add_test(core, no_two_are_equal);
    suite_add_tcase(suite, core);
    return suite;
}
