/* damage_record.h - damage found while a store is read, kept until the reader is closed and then recorded in the store.
 *
 *     tl_damage_record_create(&record, err);
 *     while (...) tl_damage_record_add(record, name, failure, err);
 *     ... close the store ...                                          on a network file system a reader keeps out writers
 *     tl_damage_record_write(record, path, &count, err);               opens the store for writing only where there is damage
 *     tl_damage_record_free(record);
 *
 * Keeps the damages of 262,144 contents, about a quarter of a kilobyte each; of a store with more, tl-extract mends these and the
 * next verification finds the others.
 */
#ifndef TL_SERVE_STORE_DAMAGE_RECORD_H
#define TL_SERVE_STORE_DAMAGE_RECORD_H

#include "common/store/store_damage.h"
#include "common/store/store_verify.h"

typedef struct tl_damage_record tl_damage_record;

/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_damage_record_create(tl_damage_record **out, struct tl_error *err);
void tl_damage_record_free(tl_damage_record *record);

/* `failure` names the photo. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_damage_record_add(tl_damage_record *record, const struct tl_store_feature_name *name,
                                                const struct tl_error *failure, struct tl_error *err);
/* How many were added. */
size_t tl_damage_record_count(const tl_damage_record *record);
/* *out_count of the features added are recorded, also after a failure. A record that is NULL has none. Fails with: as
 * tl_store_open() and tl_store_put_damages(). */
TL_MUST_USE enum tl_status tl_damage_record_write(const tl_damage_record *record, const char *path, size_t *out_count,
                                                  struct tl_error *err);

#endif
