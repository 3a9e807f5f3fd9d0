/* store_merge.h - several stores joined into a new one by their natural keys.
 *
 *     const struct tl_store_merge_wish wish = {.inputs = paths, .input_count = 3, .tell = ..., .go_on = ...};
 *     struct tl_store_merge_report report;
 *     status = tl_store_merge("all.tl", &wish, &report, err);
 *
 * The inputs are only read, each twice: first all that names and labels, then the features, in order, with memory that does not
 * grow with them. The new store is made as OUT.part beside its place and gets its name when it is whole and on the disk; a failure
 * or a stop leaves nothing.
 *
 * What two stores both have is taken from the earlier one of the list, and where they disagree that is told; what only one has
 * comes along. Merging is idempotent, and the order of the inputs matters only for whose copy stays. A photo that one store could
 * not read and another could is readable. Each blob is decoded before it is copied: of damaged ones another store's copy is
 * taken, and where there is none the feature stays away and a failure of stage `verify` says so, as it does where a store
 * has it recorded.
 *
 * Parts (store_shard.h) of one n give the store that one run would have made: whole, if all n are there. In one run, bytes that
 * are on an evaluation side too get no augmented variants; a part knows only its own photos, so those of parts are left out here.
 */
#ifndef TL_STORE_STORE_MERGE_H
#define TL_STORE_STORE_MERGE_H

#include "common/store/store.h"
#include "common/store/store_shard.h"

enum tl_store_merge_event {
    TL_STORE_MERGE_DECODED,  /* the same variant of the same bytes, from other pixels */
    TL_STORE_MERGE_COMPUTED, /* from the same pixels, with other values */
    TL_STORE_MERGE_DRAWN,    /* the same variant was drawn with other parameters; the later feature is left out */
    TL_STORE_MERGE_BYTES,    /* the same place with other bytes */
    TL_STORE_MERGE_LABEL,    /* the same label with another split */
    TL_STORE_MERGE_NAME,     /* another run or imported head has the name: the run goes without, the head stays away */
    TL_STORE_MERGE_DAMAGE,   /* a feature that is damaged in the store it is in, and healthy in none */
    TL_STORE_MERGE_ROOT,     /* no conflict: one tree of photos that lies elsewhere for another store */
    TL_STORE_MERGE_PIN,      /* no conflict: another head is pinned already */
    TL_STORE_MERGE_UNFINISHED, /* no conflict: a store's last extraction did not reach its end, so that photos may be missing */
    TL_STORE_MERGE_EVENT_COUNT
};
/* Events before this one are conflicts, or damage. */
enum { TL_STORE_MERGE_CONFLICT_COUNT = TL_STORE_MERGE_ROOT };

struct tl_store_merge_wish {
    const char *const *inputs; /* paths */
    size_t input_count;
    bool is_partial;    /* parts may be missing */
    bool is_same_trees; /* sources of one name are one tree even where their roots differ */
    void *context;
    void (*tell)(void *context, enum tl_store_merge_event event, const char *line);    /* one line for people; may be NULL */
    bool (*go_on)(void *context, uint64_t done_count, uint64_t feature_count); /* false stops; may be NULL */
};

struct tl_store_merge_report {
    uint64_t events[TL_STORE_MERGE_EVENT_COUNT];
    uint64_t feature_count, copied_count; /* features in all inputs; in the new store */
    uint64_t evaluation_count;            /* augmented features of parts that were left out */
    struct tl_store_shard shard;          /* of the new store: only where all inputs are the same part of several */
    uint32_t parts_there, parts_wanted;   /* where all inputs are parts of one n; else 0 */
};

/* Fails with: TL_BAD_INPUT (OUT is there already; an input is no store, or of another schema; parts are missing; sources of one
 * name have several roots), TL_NOT_FOUND (no such input), TL_STOPPED, TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_merge(const char *out_path, const struct tl_store_merge_wish *wish,
                                          struct tl_store_merge_report *out_report, struct tl_error *err);

#endif
