/* store_beside.h - whether a journal lies beside the place where a store is to be put.
 *
 * A journal that a killed process left outlives the file it belonged to. SQLite tells by the name alone whose it is: a file that
 * gets that name has the journal's pages played into it when it is first opened, and is damaged.
 */
#ifndef TL_STORE_STORE_BESIDE_H
#define TL_STORE_STORE_BESIDE_H

#include "common/base/error.h"

/* To be asked before the work, and again just before the file gets its name. Fails with: TL_BAD_INPUT (a -journal or -wal that is
 * not empty; the message says what to do with it), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_beside_check(const char *path, struct tl_error *err);

#endif
