/* rate.c - see rate.h. */
#include "common/base/rate.h"

#include <string.h>

static const double WINDOW_SECONDS = 30.0;
static const double SAMPLE_SECONDS = 0.5;

static void add_sample(struct tl_rate *rate, double seconds, uint64_t count)
{
    size_t index;

    if (rate->sample_count == TL_RATE_SAMPLES) {
        rate->first_index = (rate->first_index + 1) % TL_RATE_SAMPLES;
        rate->sample_count--;
    }
    index = (rate->first_index + rate->sample_count) % TL_RATE_SAMPLES;
    rate->samples[index].seconds = seconds;
    rate->samples[index].count = count;
    rate->sample_count++;
}

void tl_rate_init(struct tl_rate *rate, double seconds, uint64_t count)
{
    memset(rate, 0, sizeof *rate);
    add_sample(rate, seconds, count);
    rate->now_seconds = seconds;
    rate->now_count = count;
}

void tl_rate_tell(struct tl_rate *rate, double seconds, uint64_t count)
{
    size_t last_index = (rate->first_index + rate->sample_count - 1) % TL_RATE_SAMPLES;

    rate->now_seconds = seconds;
    rate->now_count = count;
    if (seconds - rate->samples[last_index].seconds >= SAMPLE_SECONDS)
        add_sample(rate, seconds, count);
    /* The oldest sample stays while the next is younger than the window, so that rare news still has a span. */
    while (rate->sample_count > 1) {
        size_t second_index = (rate->first_index + 1) % TL_RATE_SAMPLES;

        if (seconds - rate->samples[second_index].seconds < WINDOW_SECONDS)
            break;
        rate->first_index = second_index;
        rate->sample_count--;
    }
}

double tl_rate_per_second(const struct tl_rate *rate)
{
    double span_seconds = rate->now_seconds - rate->samples[rate->first_index].seconds;
    uint64_t oldest_count = rate->samples[rate->first_index].count;

    if (span_seconds <= 0.0 || rate->now_count <= oldest_count)
        return 0.0;
    return (double)(rate->now_count - oldest_count) / span_seconds;
}
