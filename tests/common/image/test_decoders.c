/* test_decoders.c - photos read in other processes: the same photos, by many threads, and no process is left behind. */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/common/image/crafty_reader.h"

START_TEST(a_photo_comes_back_whole)
{
    struct tl_recipe other;

    start_decoders(1);
    expect_read("good 7", 7);
    expect_read("good 8", 8);
    expect_failure("recipe", TL_BAD_INPUT, "resize 2");
    ck_assert_int_eq(TL_RESIZE_AREA, 2);
    tl_recipe_init(&other);
    other.resize = TL_RESIZE_LANCZOS3;
    tl_decoders_set_recipe(decoders, &other);
    expect_failure("recipe", TL_BAD_INPUT, "resize 3");
    tl_decoders_free(decoders);
}
END_TEST

static const char *const FIXTURES[] = {"alpha.png", "alpha.tif", "alpha.webp", "animated.gif", "bits.bmp", "cmyk.jpg", "colour.ppm",
                                       "colour16.png", "orientation6.jpg", "plain.heic"};

/* What the check of what comes back lets through is every kind of photo there is. */
START_TEST(a_photo_is_the_one_that_this_process_would_read)
{
    struct tl_photo *here = tl_memory_alloc(1, sizeof *here), *there = tl_memory_alloc(1, sizeof *there);
    struct tl_decoders_terms real;
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    tl_decoders_terms_init(&real);
    ck_assert_int_eq(tl_decoders_create(&decoders, 1, &recipe, &real, &err), TL_OK);
    ck_assert_int_eq(tl_photo_start(&err), TL_OK);
    for (size_t i = 0; i < sizeof FIXTURES / sizeof *FIXTURES; i++) {
        const char *path = tl_test_path("tests/golden/image", FIXTURES[i]);
        const enum tl_status status = tl_photo_read(here, path, &recipe, &err);

        ck_assert_int_eq(tl_decoders_read(decoders, there, path, &err), status);
        if (status == TL_OK)
            ck_assert_msg(memcmp(here, there, sizeof *here) == 0, "%s", path);
    }
    ck_assert_int_eq(tl_decoders_read(decoders, there, "no/such.jpg", &err), TL_NOT_FOUND);
    tl_decoders_free(decoders);
    tl_photo_stop();
    tl_memory_free(here);
    tl_memory_free(there);
}
END_TEST

START_TEST(a_decoder_holds_nothing_of_ours)
{
    const int leaked = open("/dev/null", O_RDONLY); /* as a lock that a shell handed on */
    struct tl_photo photo;
    struct tl_error err;
    int socket = -1, next = -1;

    ck_assert_int_ge(leaked, 0);
    start_decoders(2);
    ck_assert_int_eq(tl_decoders_read(decoders, &photo, "descriptors", &err), TL_BAD_INPUT);
    ck_assert_msg(sscanf(err.message, "descriptors 0 1 2 %d %d", &socket, &next) == 1, "%s", err.message);
    expect_failure("rights", TL_BAD_INPUT, "dumpable 0, no new privileges 1");
    expect_read("interrupts 9", 9);
    tl_decoders_free(decoders);
    (void)close(leaked);
}
END_TEST

START_TEST(streams_that_are_closed_are_not_taken_for_sockets)
{
    (void)close(STDIN_FILENO);
    start_decoders(1);
    expect_read("good 1", 1);
    ck_assert_int_eq(open("/dev/null", O_RDONLY), STDIN_FILENO);
    tl_decoders_free(decoders);
}
END_TEST

START_TEST(time_is_told)
{
    double before;

    start_decoders(1);
    expect_read("good 1", 1);
    before = tl_decoders_cpu_seconds(decoders);
    expect_read("burn 2", 2);
    ck_assert_double_ge(tl_decoders_cpu_seconds(decoders) - before, 0.09);
    terms.photo_ms_max = 300;
    tl_decoders_free(decoders);
    start_decoders(1);
    expect_failure("loop", TL_TOO_SLOW, "longer than 0.3 seconds and was stopped");
    ck_assert_double_ge(tl_decoders_cpu_seconds(decoders), 0.05); /* of one that died */
    tl_decoders_free(decoders);
}
END_TEST

/* ---- many threads ---- */

enum { THREADS = 4, PHOTOS = 60 };

static void *read_many(void *argument)
{
    const unsigned first = *(unsigned *)argument;

    for (unsigned i = 0; i < PHOTOS; i++) {
        const unsigned shade = (first + i) % 256;
        struct tl_photo photo;
        struct tl_error err;
        char path[32];
        enum tl_status wanted = i % 20 == 19 ? TL_CRASHED : i % 5 == 4 ? TL_BAD_INPUT : TL_OK, status;

        (void)snprintf(path, sizeof path, "%s %u", wanted == TL_OK ? "good" : wanted == TL_CRASHED ? "abort" : "bad", shade);
        status = tl_decoders_read(decoders, &photo, path, &err);
        if (status != wanted || (status == TL_OK && photo.pixels[0] != shade))
            return argument;
    }
    return NULL;
}

static void expect_many(void)
{
    pthread_t threads[THREADS];
    unsigned firsts[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        firsts[i] = i * PHOTOS;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_many, &firsts[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *fault = NULL;

        ck_assert_int_eq(pthread_join(threads[i], &fault), 0);
        ck_assert_msg(fault == NULL, "thread %u got another photo than it asked for", i);
    }
}

START_TEST(every_thread_gets_its_own_photos)
{
    start_decoders((size_t)_i); /* fewer processes than threads, too */
    expect_many();
    tl_decoders_free(decoders);
}
END_TEST

static void *read_good(void *argument)
{
    struct tl_photo photo;
    struct tl_error err;
    enum tl_status *out_status = argument;

    for (int i = 0; i < PHOTOS && *out_status == TL_OK; i++)
        *out_status = tl_decoders_read(decoders, &photo, "good 1", &err);
    return NULL;
}

/* Where the system gives no second process, the first does all the work. */
START_TEST(one_process_is_enough)
{
    static const struct rlimit none = {0, 0};
    enum tl_status statuses[THREADS] = {TL_OK};
    pthread_t threads[THREADS];
    pid_t decoder, nursery;

    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0); /* the limit does not bind root */
    start_decoders(THREADS);
    ask_pids(&decoder, &nursery);
    ck_assert_int_eq(prlimit(nursery, RLIMIT_NPROC, &none, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_good, &statuses[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        ck_assert_int_eq(statuses[i], TL_OK);
    }
    ck_assert_int_eq(kill(decoder, 0), 0);
    tl_decoders_free(decoders);
}
END_TEST

/* ---- ends ---- */

START_TEST(no_process_is_left)
{
    pid_t decoder, nursery;

    start_decoders(3);
    ask_pids(&decoder, &nursery);
    ck_assert_int_ne(decoder, nursery);
    tl_decoders_free(decoders);
    ck_assert(is_gone(decoder) && is_gone(nursery));
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nor a dead one */
    ck_assert_int_eq(errno, ECHILD);
    tl_decoders_free(NULL);
}
END_TEST

static void *read_sleeping(void *argument)
{
    struct tl_photo photo;
    struct tl_error err;
    enum tl_status *out_status = argument;

    *out_status = tl_decoders_read(decoders, &photo, "sleep", &err);
    return NULL;
}

START_TEST(an_interruption_ends_what_is_under_way)
{
    enum tl_status status = TL_OK;
    pthread_t thread;
    double start;

    start_decoders(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_sleeping, &status), 0);
    (void)usleep(100000);
    start = tl_system_seconds();
    tl_decoders_interrupt(decoders);
    (void)pthread_join(thread, NULL);
    ck_assert_double_le(tl_system_seconds() - start, 5);
    ck_assert_int_eq(status, TL_STOPPED);
    expect_failure("good 1", TL_STOPPED, "stopped on request");
    ck_assert_int_eq(tl_decoders_check(decoders, NULL), TL_OK);
    tl_decoders_free(decoders);
}
END_TEST

/* A process that owns decoders, one of them in an endless loop, and tells their numbers. */
static pid_t start_owner(pid_t pids[2])
{
    int ends[2];
    pid_t owner;

    ck_assert_int_eq(pipe(ends), 0);
    owner = fork();
    if (owner == 0) {
        start_decoders(1);
        ask_pids(&pids[0], &pids[1]);
        if (write(ends[1], pids, 2 * sizeof *pids) < 0)
            _exit(1);
        expect_failure("loop", TL_OK, "");
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], pids, 2 * sizeof *pids), (ssize_t)(2 * sizeof *pids));
    (void)close(ends[0]);
    (void)close(ends[1]);
    return owner;
}

START_TEST(a_killed_owner_leaves_no_process)
{
    pid_t pids[2] = {0}, owner = start_owner(pids);

    (void)usleep(50000);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    ck_assert_int_eq(waitpid(owner, NULL, 0), owner);
    expect_gone(pids[0]);
    expect_gone(pids[1]);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("decoders");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *ends = tcase_create("Ends");

    tcase_add_test(core, a_photo_comes_back_whole);
    tcase_add_test(core, a_photo_is_the_one_that_this_process_would_read);
    tcase_add_test(core, a_decoder_holds_nothing_of_ours);
    tcase_add_test(core, streams_that_are_closed_are_not_taken_for_sockets);
    tcase_add_test(core, time_is_told);
    tcase_add_loop_test(limits, every_thread_gets_its_own_photos, 1, 5);
    tcase_add_test(limits, one_process_is_enough);
    tcase_add_test(ends, no_process_is_left);
    tcase_add_test(ends, an_interruption_ends_what_is_under_way);
    tcase_add_test(ends, a_killed_owner_leaves_no_process);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, ends);
    return suite;
}
