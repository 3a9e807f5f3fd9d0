/* store_vacuum.h - giving back the room of what was deleted.
 */
#ifndef TL_STORE_STORE_VACUUM_H
#define TL_STORE_STORE_VACUUM_H

#include "common/store/store.h"

struct tl_store_vacuuming {
    int64_t before_bytes, after_bytes; /* of the file */
};

struct tl_store_vacuum_watch {
    /* What begins and may last: writing `kept_bytes` of the file's anew. May be NULL. */
    void (*tell_start)(void *context, int64_t file_bytes, int64_t kept_bytes);
    void *context;
    bool (*should_stop)(void); /* may be NULL */
};

/* Writes the store's rows anew, without gaps. SQLite makes the new file beside the store, then takes it over in one transaction
 * through the -wal: at every moment the old or the new one is whole. Twice the size of what is kept must be free on the disk,
 * which is looked at first. Not inside a transaction; others can read, and wait with writing. Fails with: TL_IO (not enough room:
 * says how much; locked; disk), TL_STOPPED, TL_CORRUPT, TL_NO_MEMORY; the store is then as it was. */
TL_MUST_USE enum tl_status tl_store_vacuum(tl_store *store, struct tl_store_vacuuming *out,
                                           const struct tl_store_vacuum_watch *watch, struct tl_error *err);

#endif
