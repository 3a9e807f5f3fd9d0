/* test_decode.c - why a photo cannot be decoded: the reason is its own, whatever else is decoded meanwhile. */
#include <pthread.h>
#include <string.h>

#include "tests/common/image/photo_fixture.h"

/* Photos of one format, each damaged in its own way; the last has a small fault that does not matter. */
enum { DAMAGES = 4, WHOLE = DAMAGES - 1 };
static const char *const REASONS[DAMAGES] = {"Premature end of input file", "Unsupported JPEG process", "Bogus marker length",
                                             NULL};

struct damaged {
    uint8_t *bytes;
    size_t size_bytes;
};

static void make_damaged(struct damaged all[DAMAGES])
{
    for (size_t i = 0; i < DAMAGES; i++) {
        size_t frame = 0;

        all[i].bytes = make_photo(&all[i].size_bytes, 400, 300, ".jpg");
        while (memcmp(all[i].bytes + frame, "\xff\xc0", 2) != 0)
            frame++;
        if (i == 0)
            all[i].size_bytes /= 2;
        else if (i == 1)
            all[i].bytes[frame + 1] = 0xcb;
        else if (i == 2)
            all[i].bytes[frame + 9]++; /* components */
        else
            memcpy(all[i].bytes + 2, "\xff\x01", 2); /* libjpeg passes over it, with a word of it */
    }
}

/* NULL, or what was said instead. */
static const char *find_wrong_reason(const struct damaged all[DAMAGES], size_t first, size_t count)
{
    static _Thread_local struct tl_error err;
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    struct tl_recipe recipe;
    const char *wrong = photo ? NULL : "no memory";

    tl_recipe_init(&recipe);
    for (size_t i = 0; i < count && !wrong; i++) {
        size_t k = (first + i) % DAMAGES;
        enum tl_status status = tl_photo_decode(photo, all[k].bytes, all[k].size_bytes, &recipe, &err);

        if (k == WHOLE ? status != TL_OK : status != TL_BAD_INPUT || !strstr(err.message, REASONS[k]))
            wrong = status == TL_OK ? "nothing" : err.message;
    }
    tl_memory_free(photo);
    return wrong;
}

START_TEST(a_damaged_photo_gets_its_own_reason)
{
    struct damaged all[DAMAGES];
    const char *wrong;

    make_damaged(all);
    for (size_t first = 0; first < DAMAGES; first++) {
        wrong = find_wrong_reason(all, first, 2 * DAMAGES);
        ck_assert_msg(!wrong, "%s", wrong);
    }
    for (size_t i = 0; i < DAMAGES; i++)
        g_free(all[i].bytes);
}
END_TEST

struct reader {
    const struct damaged *all;
    size_t first;
    char wrong[TL_ERROR_MESSAGE_BYTES];
};

static void *read_damaged(void *context)
{
    struct reader *reader = context;
    const char *wrong = find_wrong_reason(reader->all, reader->first, 100);

    if (wrong)
        g_strlcpy(reader->wrong, wrong, sizeof reader->wrong);
    tl_photo_end_thread();
    return NULL;
}

START_TEST(damaged_photos_read_at_once_do_not_swap_their_reasons)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct damaged all[DAMAGES];
    struct reader readers[THREADS];

    make_damaged(all);
    for (size_t i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.all = all, .first = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_damaged, &readers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_msg(readers[i].wrong[0] == '\0', "%s", readers[i].wrong);
    }
    for (size_t i = 0; i < DAMAGES; i++)
        g_free(all[i].bytes);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("decode");
    TCase *faults = tcase_create("Faults");

    tcase_add_checked_fixture(faults, start_photos, tl_photo_stop);
    tcase_set_timeout(faults, 60);
    tcase_add_test(faults, a_damaged_photo_gets_its_own_reason);
    tcase_add_test(faults, damaged_photos_read_at_once_do_not_swap_their_reasons);
    suite_add_tcase(suite, faults);
    return suite;
}
