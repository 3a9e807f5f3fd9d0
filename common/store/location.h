/* location.h - where a store's file lies: what stands in the way of opening it, what lies beside it, and its address for SQLite.
 */
#ifndef TL_STORE_LOCATION_H
#define TL_STORE_LOCATION_H

#include "common/store/store.h"

struct tl_location {
    /* Nobody can be writing: a folder that cannot be written and no journal beside the file. */
    bool is_still;
    /* A journal that holds something: a writer is at work, or was killed. */
    bool has_wal, has_rollback_journal;
    /* Of the kind of network file system, static ("NFS"); NULL on a disk of this machine. */
    const char *network_name;
};

/* Looks at the file and its folder before SQLite does, so that the message says what to do, and nothing blocks on a FIFO.
 * Opens nothing: closing would give up SQLite's locks of this process. Fails with: TL_NOT_FOUND, TL_BAD_INPUT, TL_IO, as
 * tl_store_open(). */
TL_MUST_USE enum tl_status tl_location_check(struct tl_location *out, const char *path, enum tl_store_mode mode,
                                             struct tl_error *err);

/* TL_BAD_INPUT, and what an empty file that is to be a store's is told. */
enum tl_status tl_location_refuse_empty(const char *path, struct tl_error *err);

/* The folder that SQLite's journal goes to, for PATH_MAX bytes: links of the file are followed, as SQLite does. Ends with a slash,
 * but for ".". */
void tl_location_copy_folder(char *out, const char *path);

/* True where a file of `path` and `suffix` ("-wal") holds something; links of `path` are followed, as SQLite does. */
bool tl_location_has_journal(const char *path, const char *suffix);

/* The name of the network file system whose statfs() type this is; NULL for all others. Those that may be one, as FUSE, are. */
const char *tl_location_name_network(long type);

/* "file:" and the path, percent-encoded, so that no path means anything else to SQLite (":memory:", "file:x?mode=rw").
 * The caller frees; NULL when out of memory. */
char *tl_location_to_uri(const char *path, bool is_still);

#endif
