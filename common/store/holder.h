/* holder.h - which process has a store open beside us.
 */
#ifndef TL_STORE_HOLDER_H
#define TL_STORE_HOLDER_H

#include "common/base/error.h"

/* A process of this machine that holds one of SQLite's locks on the file; 0 where there is none, or none that the system names
 * (on a network file system it may be another machine's). Closing what is opened here gives up all locks that this process
 * has on the file: only while it has no connection to it. */
long tl_holder_find(const char *path);

/* "process 4711 (tl-extract)" into `out`, or "another program" for 0. */
enum { TL_HOLDER_WORDS_BYTES = 96 };
void tl_holder_describe(char out[TL_HOLDER_WORDS_BYTES], long process_id);

#endif
