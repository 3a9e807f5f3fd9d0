/* stop.h - whether a run is to end before all is done: somebody asks for it, its time is over, or the store is large enough.
 *
 *     tl_stop_init(&stop, &settings);
 *     ... if (tl_stop_is_due(&stop, store)) ...      often, in the thread that has the store; once true, always true
 *     tl_stop_describe(words, &stop);
 */
#ifndef TL_EXTRACT_STOP_H
#define TL_EXTRACT_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/store/store.h"
#include "extract/settings.h"

enum tl_stop_reason { TL_STOP_NONE, TL_STOP_SIGNAL, TL_STOP_TIME, TL_STOP_SIZE };

struct tl_stop {
    const struct tl_settings *settings;
    double started_seconds;  /* of tl_system_seconds() */
    double measured_seconds; /* when the store's size was last asked for */
    enum tl_stop_reason reason;
    int64_t store_bytes; /* with TL_STOP_SIZE */
};

/* Time counts from here. `settings` is borrowed. */
void tl_stop_init(struct tl_stop *stop, const struct tl_settings *settings);
/* `store` may be NULL while there is none. A size that cannot be found stops nothing. */
bool tl_stop_is_due(struct tl_stop *stop, tl_store *store);

/* For programs: "SIGINT", "SIGTERM", "SIGHUP", "stop-after", "max-size"; NULL while nothing stops it. Static. */
const char *tl_stop_name(const struct tl_stop *stop);
/* For people: "stopped by Ctrl-C (SIGINT)", "stopped after 8h (--stop-after)", "stopped at 50.0 GB (--max-size 50G)". */
enum { TL_STOP_WORDS_BYTES = 128 };
void tl_stop_describe(char out[TL_STOP_WORDS_BYTES], const struct tl_stop *stop);

#endif
