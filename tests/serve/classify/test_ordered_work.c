/* test_ordered_work.c - whoever computes, and however long, items are handed on in the order they came. */
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "common/base/memory.h"
#include "serve/classify/ordered_work.h"
#include "tests/support/suite.h"

enum { SLOTS_MAX = 32, WORKERS_MAX = 8 };

struct slot {
    int number, result;
};

struct fake_job {
    int item_count, filled_count, handed_on_count;
    int fill_fails_at, hand_on_fails_at; /* item numbers; -1 for never */
    int most_under_way;
};

struct fake_worker {
    atomic_int computed_count, ended_count;
};

static enum tl_status fill(void *context, void *memory, struct tl_error *err)
{
    struct fake_job *job = context;
    struct slot *slot = memory;
    int under_way = job->filled_count - job->handed_on_count + 1;

    if (job->filled_count == job->fill_fails_at)
        return tl_error_set(err, TL_IO, "item %d cannot be had", job->filled_count);
    if (job->filled_count == job->item_count)
        return tl_error_set(err, TL_NOT_FOUND, "no more");
    job->most_under_way = under_way > job->most_under_way ? under_way : job->most_under_way;
    slot->number = job->filled_count++;
    slot->result = -1;
    return TL_OK;
}

/* Every third item takes longer than the two after it. */
static void compute(void *context, void *memory)
{
    struct fake_worker *worker = context;
    struct slot *slot = memory;
    struct timespec pause = {0, slot->number % 3 == 0 ? 2000000 : 100000};

    (void)nanosleep(&pause, NULL);
    slot->result = slot->number * 7;
    atomic_fetch_add(&worker->computed_count, 1);
}

static void end_worker(void *context)
{
    struct fake_worker *worker = context;

    atomic_fetch_add(&worker->ended_count, 1);
}

static enum tl_status hand_on(void *context, void *memory, struct tl_error *err)
{
    struct fake_job *job = context;
    struct slot *slot = memory;

    ck_assert_int_eq(slot->number, job->handed_on_count);
    ck_assert_int_eq(slot->result, 7 * slot->number);
    if (slot->number == job->hand_on_fails_at)
        return tl_error_set(err, TL_NO_MEMORY, "item %d cannot be handed on", slot->number);
    job->handed_on_count++;
    return TL_OK;
}

static enum tl_status run(struct fake_job *job, size_t worker_count, size_t slot_count, struct tl_error *err)
{
    const struct tl_ordered_work work = {job, fill, compute, end_worker, hand_on};
    struct fake_worker fakes[WORKERS_MAX] = {0};
    struct slot slots[SLOTS_MAX];
    void *workers[WORKERS_MAX] = {0}, *slot_pointers[SLOTS_MAX] = {0};
    enum tl_status status;
    int computed_count = 0;

    for (size_t i = 0; i < worker_count; i++)
        workers[i] = &fakes[i];
    for (size_t i = 0; i < slot_count; i++)
        slot_pointers[i] = &slots[i];
    status = tl_ordered_work_run(&work, workers, worker_count, slot_pointers, slot_count, err);
    for (size_t i = 0; i < worker_count; i++) {
        computed_count += atomic_load(&fakes[i].computed_count);
        if (status == TL_OK)
            ck_assert_int_eq(atomic_load(&fakes[i].ended_count), 1);
    }
    ck_assert_int_eq(computed_count, job->filled_count);
    return status;
}

static const struct shape {
    size_t workers, slots;
    int items;
} SHAPES[] = {{1, 1, 0}, {1, 1, 5}, {1, 8, 20}, {4, 1, 20}, {4, 4, 3}, {3, 7, 100}, {8, 32, 100}, {8, 32, 32}};

START_TEST(items_are_handed_on_in_order)
{
    const struct shape *shape = &SHAPES[_i];
    struct fake_job job = {.item_count = shape->items, .fill_fails_at = -1, .hand_on_fails_at = -1};
    struct tl_error err;

    ck_assert_int_eq(run(&job, shape->workers, shape->slots, &err), TL_OK);
    ck_assert_int_eq(job.handed_on_count, shape->items);
    ck_assert_int_le(job.most_under_way, (int)shape->slots);
}
END_TEST

START_TEST(a_failing_fill_ends_the_work)
{
    struct fake_job job = {.item_count = 50, .fill_fails_at = 10, .hand_on_fails_at = -1};
    struct tl_error err;

    ck_assert_int_eq(run(&job, 3, 6, &err), TL_IO);
    ck_assert_str_eq(err.message, "item 10 cannot be had");
    ck_assert_int_eq(job.filled_count, 10);
}
END_TEST

START_TEST(a_failing_hand_on_ends_the_work)
{
    struct fake_job job = {.item_count = 50, .fill_fails_at = -1, .hand_on_fails_at = 10};
    struct tl_error err;

    ck_assert_int_eq(run(&job, 3, 6, &err), TL_NO_MEMORY);
    ck_assert_str_eq(err.message, "item 10 cannot be handed on");
    ck_assert_int_eq(job.handed_on_count, 10);
    ck_assert_int_le(job.filled_count, 10 + 6);
}
END_TEST

START_TEST(no_memory_computes_nothing)
{
    for (size_t n = 1; n <= 2; n++) {
        struct fake_job job = {.item_count = 5, .fill_fails_at = -1, .hand_on_fails_at = -1};
        struct tl_error err;

        (void)tl_memory_fail_at(n);
        ck_assert_int_eq(run(&job, 2, 2, &err), TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
        ck_assert_int_eq(job.filled_count, 0);
    }
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("ordered_work");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, items_are_handed_on_in_order, 0, (int)(sizeof SHAPES / sizeof SHAPES[0]));
    tcase_add_test(faults, a_failing_fill_ends_the_work);
    tcase_add_test(faults, a_failing_hand_on_ends_the_work);
    tcase_add_test(faults, no_memory_computes_nothing);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
