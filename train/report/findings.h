/* findings.h - a stored run and what can be measured of it: what plots and page tell.
 *
 *     status = tl_findings_read(&findings, store, run_id, err);
 *     ... tl_plot_draw(), tl_page_write() ...
 *     tl_findings_free(&findings);
 */
#ifndef TL_TRAIN_FINDINGS_H
#define TL_TRAIN_FINDINGS_H

#include "common/store/store_account.h"
#include "train/fit/metrics.h"

/* Of the photos of one role. */
struct tl_findings_role {
    size_t first, photo_count;   /* of account.told; 0 photos: nothing was told */
    struct tl_metrics *metrics;  /* NULL: no probabilities are kept */
    const int64_t *confusion;    /* (L, L), borrowed; NULL: nothing is known */
    int64_t confused_count;      /* photos in it */
};

struct tl_findings {
    struct tl_store_account account;
    struct tl_findings_role roles[TL_STORE_TOLD_ROLES];
    enum tl_store_told_role shown; /* the role that plots show: test, else folds, else validation; TL_STORE_TOLD_ROLES: none */
    struct tl_store_run_rows sweep; /* all runs of the run's sweep; empty where it is of none */
};

/* Reads as of one moment. On failure *out is empty. Fails with: TL_NOT_FOUND (no such run), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_findings_read(struct tl_findings *out, tl_store *store, int64_t run_id, struct tl_error *err);
void tl_findings_free(struct tl_findings *findings);

/* From a role's confusion, so also where no probabilities are kept. */
struct tl_metrics_class tl_findings_measure_class(const struct tl_findings *findings, enum tl_store_told_role role,
                                                  size_t class_index);

#endif
