/* store_seal.h - a store as one file again, after a crash left its journal beside it.
 */
#ifndef TL_STORE_STORE_SEAL_H
#define TL_STORE_STORE_SEAL_H

#include "common/store/store.h"

struct tl_store_sealing {
    int64_t journal_bytes; /* of the -wal or -journal that lay beside it; 0 for a store that was one file already */
    int64_t file_bytes;    /* of the one file that is left */
};

/* Takes what is committed in the -wal into the file, undoes what a -journal says, and goes back to journal_mode=DELETE. The store
 * stays of its schema version. Fails with: TL_NOT_FOUND, TL_BAD_INPUT as tl_store_open(), TL_IO (another process has it open: names
 * it; read-only; disk), TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_seal(struct tl_store_sealing *out, const char *path, struct tl_error *err);

#endif
