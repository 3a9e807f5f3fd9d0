/* rate.h - how fast a count grows, over roughly its last half minute.
 *
 * Pure arithmetic on times that the caller gives; progress.h is what shows it. The window holds one sample for each
 * half second that saw one, so that its cost does not depend on how often it is told.
 */
#ifndef TL_BASE_RATE_H
#define TL_BASE_RATE_H

#include <stddef.h>
#include <stdint.h>

enum { TL_RATE_SAMPLES = 61 };

struct tl_rate {
    struct {
        double seconds;
        uint64_t count;
    } samples[TL_RATE_SAMPLES]; /* a ring */
    size_t first_index, sample_count;
    double now_seconds; /* the last told time and count, which may not be a sample yet */
    uint64_t now_count;
};

/* `count` at `seconds`, from which the rate is reckoned. */
void tl_rate_init(struct tl_rate *rate, double seconds, uint64_t count);
/* Tells the count at a time not before the last told one. */
void tl_rate_tell(struct tl_rate *rate, double seconds, uint64_t count);
/* A second's growth over the window; 0 while no time has passed. */
double tl_rate_per_second(const struct tl_rate *rate);

#endif
