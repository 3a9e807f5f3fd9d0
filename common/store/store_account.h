/* store_account.h - what is stored of one run, for who tells of it: choices, epochs, measures, and what was said of which photo.
 *
 *     tl_store_read_account(store, &account, run_id, err);
 *     ... account.epochs, account.told ...
 *     tl_store_free_account(&account);
 *
 * One read sees the store as of one moment where the caller has begun reading (store.h). Numbers of what was told are checked: as
 * many probabilities as classes, each within 0 and 1.
 */
#ifndef TL_STORE_STORE_ACCOUNT_H
#define TL_STORE_STORE_ACCOUNT_H

#include "common/base/arena.h"
#include "common/store/store_run.h"

/* The column of a row as text, whatever its type; NULL for NULL. A digest is in hexadecimal. */
struct tl_store_fact {
    const char *name, *value;
};

enum tl_store_told_role { TL_STORE_TOLD_VALIDATION, TL_STORE_TOLD_TEST, TL_STORE_TOLD_FOLD, TL_STORE_TOLD_ROLES };
extern const char *const tl_store_told_role_names[TL_STORE_TOLD_ROLES + 1]; /* "validation", "test", "fold", NULL */

/* What the head, or of a fold the head fitted without it, said of one photo. */
struct tl_store_told {
    int64_t content_id;
    enum tl_store_told_role role;
    uint32_t class_index; /* the true one */
    uint32_t fold;        /* counted from 1; 0: of none */
    int has_copy;         /* 1: a training photo is a near-duplicate, 0: none is, -1: nobody looked */
};

/* A photo of the run's data set. */
struct tl_store_account_sample {
    int64_t content_id;
    uint32_t class_index, fold; /* fold: counted from 1; 0: of none */
    bool is_train, is_validation;
};

struct tl_store_account {
    int64_t run_id, sweep_id, dataset_id, feature_set_id; /* sweep_id 0: of none */
    char uuid[TL_STORE_UUID_BYTES];
    const char *name;                                     /* or NULL */
    bool is_refitted, has_head;
    struct tl_store_fact *facts; /* the columns of its row, in order, then what it refers to: dataset_digest, label_set, features,
                                    feature_set_digest, recipe, augmentation */
    size_t fact_count;
    const char **class_names;
    size_t class_count;
    struct tl_store_account_sample *samples; /* by content_id */
    size_t sample_count;
    struct tl_store_epoch *epochs; /* by number, from 1 */
    size_t epoch_count;
    int64_t *confusions[TL_STORE_TOLD_ROLES]; /* (L, L): [true * L + predicted]; NULL: none is stored */
    struct tl_store_fold *folds;
    size_t fold_count;
    struct tl_store_told *told; /* none where no head was kept; by role and content */
    double *probabilities;      /* (N, L), of `told` */
    size_t told_count;
    struct tl_arena strings;
};

/* On failure *out is empty. Fails with: TL_NOT_FOUND (no such run), TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_read_account(tl_store *store, struct tl_store_account *out, int64_t run_id,
                                                 struct tl_error *err);
void tl_store_free_account(struct tl_store_account *account);

/* The value of a fact, or NULL where there is none of this name or it is NULL. */
const char *tl_store_account_fact(const struct tl_store_account *account, const char *name);

/* The rows of the runs of one sweep, by id: facts[r * fact_count + column], in the order of the table's columns. */
struct tl_store_run_rows {
    struct tl_store_fact *facts;
    size_t fact_count, run_count;
    struct tl_arena strings;
};
/* On failure *out is empty. Fails with: TL_IO, TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_store_read_sweep(tl_store *store, struct tl_store_run_rows *out, int64_t sweep_id,
                                               struct tl_error *err);
void tl_store_free_run_rows(struct tl_store_run_rows *rows);

#endif
