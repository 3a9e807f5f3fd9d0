/* store_merge_steps.h - the steps of a merge, for store_merge.c alone: each takes one kind of row out of the attached input.
 *
 * The input is attached to the new store's connection as `other`, read-only. tl_store_merge_names() and tl_store_merge_runs()
 * need an open transaction; tl_store_merge_features() has its own. Fail with: as tl_store_merge().
 */
#ifndef TL_STORE_STORE_MERGE_STEPS_H
#define TL_STORE_STORE_MERGE_STEPS_H

#include "common/store/statement.h"
#include "common/store/store_merge.h"
#include "common/store/stored_feature.h"

struct tl_store_merging {
    tl_store *out;
    const struct tl_store_merge_wish *wish;
    struct tl_store_merge_report *report;
    const char *input;           /* path of the attached store */
    struct tl_store_shard shard; /* of the attached store */
    bool is_one_job;             /* all inputs are parts of one n, so that their sources of one name are one tree */
    uint64_t done_count;         /* features seen */
    uint64_t noted_count;        /* rows of the table merge_damage */
    struct tl_stored_feature_checker checker;
};

/* Counts the event and tells the line, the attached store's path before it. */
void tl_store_merge_tell(struct tl_store_merging *merging, enum tl_store_merge_event event, const char *format, ...)
    TL_PRINTF(3, 4);

/* A statement without parameters and rows of interest. */
TL_MUST_USE enum tl_status tl_store_merge_run(struct tl_store_merging *merging, const char *sql, struct tl_error *err);

/* Sources, recipes, feature sets, contents, photos, labels, failures, extractions. (store_merge_names.c) */
TL_MUST_USE enum tl_status tl_store_merge_names(struct tl_store_merging *merging, struct tl_error *err);
/* Data sets, runs, heads, predictions; after the names. (store_merge_runs.c) */
TL_MUST_USE enum tl_status tl_store_merge_runs(struct tl_store_merging *merging, struct tl_error *err);
/* What tl_store_merge_features() looks up; after the names of all inputs. (store_merge_features.c) */
TL_MUST_USE enum tl_status tl_store_merge_prepare_features(struct tl_store_merging *merging, struct tl_error *err);
/* Variants and features. (store_merge_features.c) */
TL_MUST_USE enum tl_status tl_store_merge_features(struct tl_store_merging *merging, struct tl_error *err);

/* The table of features that are damaged or lost, or recorded as such. (store_merge_damage.c) */
TL_MUST_USE enum tl_status tl_store_merge_prepare_damage(struct tl_store_merging *merging, struct tl_error *err);
enum tl_store_merge_damage_state {
    TL_STORE_MERGE_ABSENT,  /* damaged, and no other store's copy met so far */
    TL_STORE_MERGE_SUSPECT, /* copied from a store that has it recorded as damaged */
    TL_STORE_MERGE_HEALED   /* a healthy copy is there */
};
struct tl_store_merge_key {
    int64_t feature_set_id, content_id, augmentation_id, variant_index; /* of the new store */
};
/* A state that is there stays, but that what was absent may become suspect. */
TL_MUST_USE enum tl_status tl_store_merge_note(struct tl_store_merging *merging, const struct tl_store_merge_key *key,
                                               enum tl_store_merge_damage_state state, const char *why, struct tl_error *err);
TL_MUST_USE enum tl_status tl_store_merge_is_suspect(struct tl_store_merging *merging, bool *out,
                                                     const struct tl_store_merge_key *key, struct tl_error *err);
/* A healthy copy was put; does nothing where none was damaged. */
TL_MUST_USE enum tl_status tl_store_merge_heal(struct tl_store_merging *merging, const struct tl_store_merge_key *key,
                                               struct tl_error *err);
/* Tells what stayed damaged and brings the failures of stage `verify` into line; after the last input. */
TL_MUST_USE enum tl_status tl_store_merge_settle_damage(struct tl_store_merging *merging, struct tl_error *err);

#endif
