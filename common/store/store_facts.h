/* store_facts.h - the columns of a statement's present row as names and texts, whichever they are.
 */
#ifndef TL_STORE_STORE_FACTS_H
#define TL_STORE_STORE_FACTS_H

#include "common/store/statement.h"
#include "common/store/store_account.h"

/* Appends the present row's facts to *facts, which has `count` and is the caller's to free; names and values go into `strings`. A
 * statement's fault is remembered in it. Returns how many columns a row has. */
size_t tl_store_take_facts(struct tl_statement *statement, struct tl_store_fact **facts, size_t count, struct tl_arena *strings);

#endif
