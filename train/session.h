/* session.h - what every action that trains does before and after: the store open, the photos read, threads, what is left out.
 *
 *     struct tl_session session;
 *     status = tl_session_begin(&session, action, &err);
 *     skipped_count = tl_session_say_left_out(&session);                   also after a failure
 *     ... tl_trial_run() with session.material, session.team ...
 *     return tl_session_end(&session, status, skipped_count, &err);
 *
 * The store stays open from the reading to the keeping, so that what was read is still what its ids mean, but without a
 * transaction in between: a long training hinders nobody.
 */
#ifndef TL_TRAIN_SESSION_H
#define TL_TRAIN_SESSION_H

#include "common/base/team.h"
#include "train/actions.h"
#include "train/experiment/gram_cache.h"
#include "train/experiment/trial.h"

struct tl_session {
    const struct tl_action *action;
    tl_store *store;
    struct tl_material material;
    tl_team *team;
    struct tl_gram_cache cache; /* of the material's Gram matrices, in the store */
    double load_seconds;
    int64_t kept_run_id; /* what --report and --plot are of; 0: nothing was kept */
};

/* Reads what `wish` says. The caller calls tl_session_end(), also on failure. Fails with: as tl_store_open(),
 * tl_material_read(). */
TL_MUST_USE enum tl_status tl_session_begin(struct tl_session *out, const struct tl_action *action,
                                            const struct tl_material_wish *wish, struct tl_error *err);

/* Names what is left out. Returns how many photos that are, without those that the options left out. */
size_t tl_session_say_left_out(const struct tl_session *session);

/* Closes the store, as tl_store_close_after(). Results are printed after this: the run is kept by then. */
TL_MUST_USE enum tl_status tl_session_close(struct tl_session *session, enum tl_status status, struct tl_error *err);

/* Releases everything, says what failed or what was left out, writes the reports that are wanted, and returns how the tool ends. */
enum tl_exit tl_session_end(struct tl_session *session, enum tl_status status, size_t skipped_count, struct tl_error *err);

#endif
