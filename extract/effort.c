/* effort.c - see effort.h. */
#include "extract/effort.h"

#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double tl_effort_thread_seconds(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

double tl_effort_process_seconds(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
