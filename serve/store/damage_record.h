/* damage_record.h - damage found while a store is read, recorded in it through a second opening.
 *
 *     tl_damage_record_create(&record, path, err);
 *     while (...) tl_damage_record_add(record, name, failure, err);    opens the store for writing only once there is damage
 *     tl_damage_record_finish(record, &count, err);                    after the reader was closed
 *     tl_damage_record_free(record);
 */
#ifndef TL_SERVE_STORE_DAMAGE_RECORD_H
#define TL_SERVE_STORE_DAMAGE_RECORD_H

#include "common/store/store_damage.h"
#include "common/store/store_verify.h"

typedef struct tl_damage_record tl_damage_record;

/* `path` is borrowed. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_damage_record_create(tl_damage_record **out, const char *path, struct tl_error *err);
void tl_damage_record_free(tl_damage_record *record);

/* `failure` names the photo. A store that cannot be written is no failure here; finish tells. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_damage_record_add(tl_damage_record *record, const struct tl_store_feature_name *name,
                                                const struct tl_error *failure, struct tl_error *err);
/* How many were added. */
size_t tl_damage_record_count(const tl_damage_record *record);
/* Writes what is left and closes. *out_count are the damages recorded. NULL is fine. Fails with: why not all could be recorded. */
TL_MUST_USE enum tl_status tl_damage_record_finish(tl_damage_record *record, size_t *out_count, struct tl_error *err);

#endif
