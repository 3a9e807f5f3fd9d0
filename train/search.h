/* search.h - a command that tries several courses, from the photos to the rows: what --sweep, --folds and --auto have in
 * common.
 *
 *     struct tl_search search;
 *     status = tl_search_begin(&search, action, &err);
 *     status = tl_search_plan(&search, capacity, settings, setting_count, planned_count, &err);
 *     ... tl_search_try(&search, courses, count, deadline, &err), as often as wanted ...
 *     return tl_search_end(&search, status, best, &err);      keeps the runs and the best one's head, and says what came out
 *
 * Interrupted, it keeps what was finished, and the best of that. All rows are written in one transaction at the end.
 */
#ifndef TL_TRAIN_SEARCH_H
#define TL_TRAIN_SEARCH_H

#include "train/experiment/crossing.h"
#include "train/report/board.h"
#include "train/session.h"

struct tl_search {
    struct tl_session session;
    size_t skipped_count;
    double started; /* by tl_system_seconds() */
    int64_t started_ms;
    uint32_t *folds; /* (photos), owned */
    struct tl_workbench bench;
    struct tl_course base;                    /* the options' course, its variants and class weights as the material has them */
    double *class_weights;                    /* (L), owned; what base.class_weights points to */
    const char *kind;                         /* "grid", "random", "auto"; NULL: one course in folds */
    const struct tl_setting *const *settings; /* shown of each course; borrowed */
    size_t setting_count, planned_count;
    struct tl_candidate *candidates; /* (capacity), owned, where they stay */
    size_t count, capacity;
    tl_board *board; /* NULL where nothing is told meanwhile */
};

/* Reads the store. The caller ends the search, also on failure. Fails with: as tl_session_begin(), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_search_begin(struct tl_search *out, const struct tl_action *action, struct tl_error *err);

/* Room for so many candidates. A planned count of 0 is not known. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_search_plan(struct tl_search *search, size_t capacity, const struct tl_setting *const *settings,
                                          size_t setting_count, size_t planned_count, struct tl_error *err);

/* Fails with: as tl_candidates_run(). */
TL_MUST_USE enum tl_status tl_search_try(struct tl_search *search, const struct tl_course *courses, size_t count,
                                         const struct tl_candidates_wish *wish, struct tl_error *err);

/* `best` is the index of the candidate whose head is kept, the count where none is. Returns how the tool ends. */
enum tl_exit tl_search_end(struct tl_search *search, enum tl_status status, size_t best, struct tl_error *err);

#endif
