/* stop.c - see stop.h. */
#include "extract/stop.h"

#include <stdio.h>
#include <string.h>

#include "common/base/quantity.h"
#include "common/base/system.h"

static const double MEASURE_SECONDS = 0.5;

void tl_stop_init(struct tl_stop *stop, const struct tl_settings *settings)
{
    *stop = (struct tl_stop){.settings = settings, .started_seconds = tl_system_seconds()};
}

static bool is_large_enough(struct tl_stop *stop, tl_store *store, double now_seconds)
{
    int64_t bytes = 0;

    if (!store || now_seconds - stop->measured_seconds < MEASURE_SECONDS)
        return false;
    stop->measured_seconds = now_seconds;
    if (tl_store_get_file_bytes(store, &bytes, NULL) != TL_OK || bytes < stop->settings->max_size_bytes)
        return false;
    stop->store_bytes = bytes;
    return true;
}

bool tl_stop_is_due(struct tl_stop *stop, tl_store *store)
{
    const double now_seconds = tl_system_seconds();

    if (stop->reason != TL_STOP_NONE)
        return true;
    if (tl_system_is_interrupted())
        stop->reason = TL_STOP_SIGNAL;
    else if (stop->settings->stop_after_seconds > 0 && now_seconds - stop->started_seconds >= stop->settings->stop_after_seconds)
        stop->reason = TL_STOP_TIME;
    else if (stop->settings->max_size_bytes > 0 && is_large_enough(stop, store, now_seconds))
        stop->reason = TL_STOP_SIZE;
    return stop->reason != TL_STOP_NONE;
}

const char *tl_stop_name(const struct tl_stop *stop)
{
    switch (stop->reason) {
    case TL_STOP_NONE:
        return NULL;
    case TL_STOP_TIME:
        return "stop-after";
    case TL_STOP_SIZE:
        return "max-size";
    case TL_STOP_SIGNAL:
        break;
    }
    return tl_system_interruption();
}

void tl_stop_describe(char out[TL_STOP_WORDS_BYTES], const struct tl_stop *stop)
{
    const char *name = tl_stop_name(stop);
    char size[TL_QUANTITY_BYTES_WORDS];

    switch (stop->reason) {
    case TL_STOP_NONE:
        snprintf(out, TL_STOP_WORDS_BYTES, "not stopped");
        break;
    case TL_STOP_SIGNAL:
        snprintf(out, TL_STOP_WORDS_BYTES, "stopped by %s", name && strcmp(name, "SIGINT") == 0 ? "Ctrl-C (SIGINT)" : name);
        break;
    case TL_STOP_TIME:
        snprintf(out, TL_STOP_WORDS_BYTES, "stopped after %.40s (--stop-after)", stop->settings->stop_after);
        break;
    case TL_STOP_SIZE:
        tl_quantity_format_bytes(size, stop->store_bytes);
        snprintf(out, TL_STOP_WORDS_BYTES, "stopped at %s (--max-size %.40s)", size, stop->settings->max_size);
        break;
    }
}
