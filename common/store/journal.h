/* journal.h - how writes reach a store's file: in which journal, with whose turn, and how long the -wal may grow.
 *
 * On a disk of this machine: WAL, so that one writes while others read. Writers take turns: who waits looks every few
 * milliseconds, and who has committed leaves a gap before it begins again. The -wal is taken into the file whenever it has grown to
 * 64 MiB, which holds nobody up; a reader that stays lets it grow by what is written meanwhile, and so would readers that come
 * and go without a pause, but from 256 MiB on new writes wait a moment for the readers of old pages to end.
 *
 * On a network file system WAL is not to be had, since processes on two machines share no memory, and locks may be mere promises:
 * one process has the file to itself until it closes it, with a rollback journal.
 */
#ifndef TL_STORE_JOURNAL_H
#define TL_STORE_JOURNAL_H

#include "common/store/connection.h"

/* Before anything is read: how to wait for others, and to have the file alone where store->network_name says so. SQLite's code. */
TL_MUST_USE int tl_journal_prepare(tl_store *store);
/* Before the first write. Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_journal_start(tl_store *store, struct tl_error *err);

/* Before a transaction: lets others have their turn. Fails with: TL_IO (the path leads to another file by now, or to none). */
TL_MUST_USE enum tl_status tl_journal_begin(tl_store *store, struct tl_error *err);
/* After a commit: takes the -wal in when it is long. What fails here is tried again after the next, and at the end. */
void tl_journal_shorten(tl_store *store);

/* Before closing: back to one file, if nobody else has it open. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_journal_end(tl_store *store, struct tl_error *err);

#endif
