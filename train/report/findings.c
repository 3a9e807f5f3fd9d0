/* findings.c - see findings.h. */
#include "train/report/findings.h"

#include "common/base/memory.h"

static enum tl_status measure_role(struct tl_findings *findings, enum tl_store_told_role role, struct tl_error *err)
{
    const struct tl_store_account *account = &findings->account;
    struct tl_findings_role *out = &findings->roles[role];
    const size_t label_count = account->class_count;
    uint32_t *true_classes = tl_memory_alloc(out->photo_count, sizeof *true_classes);
    bool *has_copy = tl_memory_alloc(out->photo_count, sizeof *has_copy);
    bool is_known = true;
    enum tl_status status = TL_OK;

    if (!true_classes || !has_copy) {
        status = tl_error_set_no_memory(err, "the measures", out->photo_count * sizeof *true_classes);
        goto done;
    }
    for (size_t i = 0; i < out->photo_count; i++) {
        const struct tl_store_told *told = &account->told[out->first + i];
        true_classes[i] = told->class_index;
        has_copy[i] = told->has_copy == 1;
        is_known = is_known && told->has_copy >= 0;
    }
    const struct tl_metrics_photos photos = {.probabilities = account->probabilities + out->first * label_count,
                                             .true_classes = true_classes,
                                             .has_copy = is_known ? has_copy : NULL,
                                             .photo_count = out->photo_count,
                                             .class_count = label_count};
    status = tl_metrics_measure(&out->metrics, &photos, err);
done:
    tl_memory_free(true_classes);
    tl_memory_free(has_copy);
    return status;
}

static enum tl_status measure(struct tl_findings *findings, struct tl_error *err)
{
    const struct tl_store_account *account = &findings->account;
    const size_t cell_count = account->class_count * account->class_count;
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < account->told_count; i++) {
        struct tl_findings_role *role = &findings->roles[account->told[i].role];
        if (role->photo_count++ == 0)
            role->first = i; /* a role's photos are one behind another */
    }
    for (size_t r = 0; r < TL_STORE_TOLD_ROLES && status == TL_OK; r++) {
        struct tl_findings_role *role = &findings->roles[r];
        if (role->photo_count > 0)
            status = measure_role(findings, (enum tl_store_told_role)r, err);
        role->confusion = account->confusions[r] ? account->confusions[r] : role->metrics ? role->metrics->confusion : NULL;
        for (size_t i = 0; role->confusion && i < cell_count; i++)
            role->confused_count += role->confusion[i];
    }
    return status;
}

static enum tl_store_told_role choose_shown(const struct tl_findings *findings)
{
    static const enum tl_store_told_role order[] = {TL_STORE_TOLD_TEST, TL_STORE_TOLD_FOLD, TL_STORE_TOLD_VALIDATION};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (findings->roles[order[i]].confusion)
            return order[i];
    return TL_STORE_TOLD_ROLES;
}

enum tl_status tl_findings_read(struct tl_findings *out, tl_store *store, int64_t run_id, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct tl_findings){.shown = TL_STORE_TOLD_ROLES};
    status = tl_store_begin_reading(store, err);
    if (status != TL_OK)
        return status;
    status = tl_store_read_account(store, &out->account, run_id, err);
    if (status == TL_OK && out->account.sweep_id != 0)
        status = tl_store_read_sweep(store, &out->sweep, out->account.sweep_id, err);
    tl_store_end_reading(store);
    if (status == TL_OK)
        status = measure(out, err);
    if (status == TL_OK)
        out->shown = choose_shown(out);
    else
        tl_findings_free(out);
    return status;
}

void tl_findings_free(struct tl_findings *findings)
{
    for (size_t role = 0; role < TL_STORE_TOLD_ROLES; role++)
        tl_metrics_free(findings->roles[role].metrics);
    tl_store_free_account(&findings->account);
    tl_store_free_run_rows(&findings->sweep);
    *findings = (struct tl_findings){.shown = TL_STORE_TOLD_ROLES};
}

struct tl_metrics_class tl_findings_measure_class(const struct tl_findings *findings, enum tl_store_told_role role,
                                                  size_t class_index)
{
    const int64_t *confusion = findings->roles[role].confusion;
    const size_t label_count = findings->account.class_count;
    const double hits = (double)confusion[class_index * label_count + class_index];
    struct tl_metrics_class out = {0};
    double called = 0, there = 0;

    for (size_t l = 0; l < label_count; l++) {
        there += (double)confusion[class_index * label_count + l];
        called += (double)confusion[l * label_count + class_index];
    }
    out.precision = called > 0 ? hits / called : 0;
    out.recall = there > 0 ? hits / there : 0;
    out.f1 = hits > 0 ? 2 * hits / (called + there) : 0;
    out.support = (size_t)there;
    return out;
}
