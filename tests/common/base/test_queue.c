/* test_queue.c - nothing is lost, doubled or left over, whoever pushes, pops, closes and aborts. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/queue.h"
#include "tests/support/suite.h"

static tl_queue *create_queue(size_t capacity, void (*release)(void *))
{
    tl_queue *queue = NULL;

    ck_assert_int_eq(tl_queue_create(&queue, capacity, release, NULL), TL_OK);
    return queue;
}

/* An item whose release adds its value to a sum of the case. */
struct counted {
    int value;
    int *released_sum;
};

static struct counted *make_item(int value, int *released_sum)
{
    struct counted *item = tl_memory_alloc(1, sizeof *item);

    ck_assert_ptr_nonnull(item);
    item->value = value;
    item->released_sum = released_sum;
    return item;
}

static void release_item(void *memory)
{
    struct counted *item = memory;

    *item->released_sum += item->value;
    tl_memory_free(item);
}

START_TEST(items_come_in_the_order_they_went)
{
    int items[10];
    tl_queue *queue = create_queue(3, NULL);

    for (int round = 0; round < 10; round += 2) { /* goes round the ring more than once */
        ck_assert(tl_queue_push(queue, &items[round]));
        ck_assert(tl_queue_push(queue, &items[round + 1]));
        ck_assert_ptr_eq(tl_queue_pop(queue), &items[round]);
        ck_assert_ptr_eq(tl_queue_pop(queue), &items[round + 1]);
    }
    tl_queue_free(queue);
}
END_TEST

START_TEST(a_closed_queue_gives_what_is_left_and_then_null)
{
    int items[2];
    bool is_over = true;
    tl_queue *queue = create_queue(4, NULL);

    ck_assert(tl_queue_push(queue, &items[0]));
    ck_assert(tl_queue_push(queue, &items[1]));
    tl_queue_close(queue);
    ck_assert(!tl_queue_push(queue, &items[0]));
    ck_assert_ptr_eq(tl_queue_pop(queue), &items[0]);
    ck_assert_ptr_eq(tl_queue_pop_within(queue, 0, &is_over), &items[1]);
    ck_assert(!is_over);
    ck_assert_ptr_null(tl_queue_pop(queue));
    ck_assert_ptr_null(tl_queue_pop_within(queue, 60000, &is_over));
    ck_assert(is_over);
    tl_queue_free(queue);
}
END_TEST

START_TEST(pop_within_tells_empty_from_over)
{
    int item;
    bool is_over = true;
    tl_queue *queue = create_queue(1, NULL);

    ck_assert_ptr_null(tl_queue_pop_within(queue, 0, &is_over));
    ck_assert(!is_over);
    ck_assert_ptr_null(tl_queue_pop_within(queue, 5, &is_over));
    ck_assert(!is_over);
    ck_assert(tl_queue_push(queue, &item));
    ck_assert_ptr_eq(tl_queue_pop_within(queue, 0, &is_over), &item);
    ck_assert(!is_over);
    tl_queue_free(queue);
}
END_TEST

START_TEST(an_aborted_queue_releases_what_nobody_popped)
{
    int released_sum = 0;
    bool is_over = false;
    tl_queue *queue = create_queue(4, release_item);

    for (int i = 0; i < 3; i++)
        ck_assert(tl_queue_push(queue, make_item(1 << i, &released_sum)));
    tl_memory_free(tl_queue_pop(queue));
    tl_queue_abort(queue);
    ck_assert(!tl_queue_push(queue, &is_over));
    ck_assert_ptr_null(tl_queue_pop(queue));
    ck_assert_ptr_null(tl_queue_pop_within(queue, 60000, &is_over));
    ck_assert(is_over);
    ck_assert_int_eq(released_sum, 0);
    tl_queue_free(queue);
    ck_assert_int_eq(released_sum, 2 + 4);
}
END_TEST

START_TEST(close_after_abort_brings_nothing_back)
{
    int released_sum = 0;
    tl_queue *queue = create_queue(2, release_item);

    ck_assert(tl_queue_push(queue, make_item(5, &released_sum)));
    tl_queue_abort(queue);
    tl_queue_close(queue);
    ck_assert_ptr_null(tl_queue_pop(queue));
    tl_queue_free(queue);
    ck_assert_int_eq(released_sum, 5);
    tl_queue_free(NULL);
}
END_TEST

enum { PUSHERS = 3, POPPERS = 4, EACH = 2000 };

struct crowd {
    tl_queue *queue;
    unsigned char *numbers; /* item i is the address of numbers[i] */
    atomic_uint taken[PUSHERS * EACH];
    atomic_uint next_pusher, tried_count, refused_count, popped_count;
};

static void *push_my_share(void *argument)
{
    struct crowd *crowd = argument;
    size_t first_index = (size_t)atomic_fetch_add(&crowd->next_pusher, 1) * EACH;

    for (size_t i = 0; i < EACH; i++) {
        atomic_fetch_add(&crowd->tried_count, 1);
        if (!tl_queue_push(crowd->queue, &crowd->numbers[first_index + i]))
            atomic_fetch_add(&crowd->refused_count, 1);
    }
    return NULL;
}

static void *pop_to_the_end(void *argument)
{
    struct crowd *crowd = argument;
    unsigned char *item;

    while ((item = tl_queue_pop(crowd->queue))) {
        atomic_fetch_add(&crowd->taken[item - crowd->numbers], 1);
        atomic_fetch_add(&crowd->popped_count, 1);
    }
    return NULL;
}

static void *pop_impatiently(void *argument)
{
    struct crowd *crowd = argument;
    bool is_over = false;

    while (!is_over) {
        unsigned char *item = tl_queue_pop_within(crowd->queue, 1, &is_over);

        if (item) {
            atomic_fetch_add(&crowd->taken[item - crowd->numbers], 1);
            atomic_fetch_add(&crowd->popped_count, 1);
        }
    }
    return NULL;
}

static struct crowd *create_crowd(size_t capacity)
{
    struct crowd *crowd = tl_memory_alloc(1, sizeof *crowd);

    ck_assert_ptr_nonnull(crowd);
    crowd->numbers = tl_memory_alloc(PUSHERS * EACH, 1);
    ck_assert_ptr_nonnull(crowd->numbers);
    crowd->queue = create_queue(capacity, NULL);
    return crowd;
}

static void free_crowd(struct crowd *crowd)
{
    tl_memory_free(crowd->numbers);
    tl_memory_free(crowd);
}

static const size_t CAPACITIES[] = {1, 2, 7, PUSHERS * EACH};

START_TEST(every_item_is_popped_once_by_some_thread)
{
    struct crowd *crowd = create_crowd(CAPACITIES[_i]);
    pthread_t pushers[PUSHERS], poppers[POPPERS];

    for (int i = 0; i < POPPERS; i++)
        ck_assert_int_eq(pthread_create(&poppers[i], NULL, i % 2 ? pop_impatiently : pop_to_the_end, crowd), 0);
    for (int i = 0; i < PUSHERS; i++)
        ck_assert_int_eq(pthread_create(&pushers[i], NULL, push_my_share, crowd), 0);
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(pushers[i], NULL);
    tl_queue_close(crowd->queue);
    for (int i = 0; i < POPPERS; i++)
        pthread_join(poppers[i], NULL);
    for (size_t i = 0; i < PUSHERS * EACH; i++)
        ck_assert_uint_eq(crowd->taken[i], 1);
    ck_assert_uint_eq(crowd->refused_count, 0);
    tl_queue_free(crowd->queue);
    free_crowd(crowd);
}
END_TEST

static void ignore_item(void *item)
{
    (void)item;
}

START_TEST(an_abort_wakes_the_pushers_that_wait_for_room)
{
    struct crowd *crowd = create_crowd(3);
    pthread_t pushers[PUSHERS];

    tl_queue_free(crowd->queue);
    crowd->queue = create_queue(3, ignore_item);
    for (int i = 0; i < PUSHERS; i++)
        ck_assert_int_eq(pthread_create(&pushers[i], NULL, push_my_share, crowd), 0);
    while (atomic_load(&crowd->tried_count) < 3 + PUSHERS) /* three had room; now each pusher has one that has none */
        sched_yield();
    usleep(20000); /* lets them fall asleep; the case passes without, but then it may not see a missing wake-up */
    tl_queue_abort(crowd->queue);
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(pushers[i], NULL);
    ck_assert_uint_eq(crowd->refused_count, PUSHERS * EACH - 3);
    tl_queue_free(crowd->queue);
    free_crowd(crowd);
}
END_TEST

START_TEST(a_close_wakes_the_poppers_that_wait_for_items)
{
    struct crowd *crowd = create_crowd(3);
    pthread_t poppers[POPPERS];

    for (int i = 0; i < POPPERS; i++)
        ck_assert_int_eq(pthread_create(&poppers[i], NULL, i % 2 ? pop_impatiently : pop_to_the_end, crowd), 0);
    tl_queue_close(crowd->queue);
    for (int i = 0; i < POPPERS; i++)
        pthread_join(poppers[i], NULL);
    ck_assert_uint_eq(crowd->popped_count, 0);
    tl_queue_free(crowd->queue);
    free_crowd(crowd);
}
END_TEST

START_TEST(no_memory_leaves_no_queue)
{
    tl_queue *queue = (tl_queue *)&queue;
    struct tl_error err;

    tl_memory_fail_at(1);
    ck_assert_int_eq(tl_queue_create(&queue, 4, NULL, &err), TL_NO_MEMORY);
    ck_assert_ptr_null(queue);
    queue = (tl_queue *)&queue;
    ck_assert_int_eq(tl_queue_create(&queue, SIZE_MAX, NULL, &err), TL_NO_MEMORY);
    ck_assert_ptr_null(queue);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("base/queue");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_set_timeout(core, 60);
    tcase_add_test(core, items_come_in_the_order_they_went);
    tcase_add_test(core, a_closed_queue_gives_what_is_left_and_then_null);
    tcase_add_test(core, an_aborted_queue_releases_what_nobody_popped);
    tcase_add_loop_test(core, every_item_is_popped_once_by_some_thread, 0, (int)(sizeof CAPACITIES / sizeof CAPACITIES[0]));
    tcase_add_test(limits, pop_within_tells_empty_from_over);
    tcase_add_test(limits, close_after_abort_brings_nothing_back);
    tcase_add_test(limits, an_abort_wakes_the_pushers_that_wait_for_room);
    tcase_add_test(limits, a_close_wakes_the_poppers_that_wait_for_items);
    tcase_add_test(faults, no_memory_leaves_no_queue);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
