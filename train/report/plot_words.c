/* plot_words.c - each plot in one sentence, for who cannot see it.
 */
#include <math.h>
#include <stdio.h>

#include "train/report/plot_parts.h"
#include "train/report/sweep_choice.h"

static void describe_curves(char *out, const struct tl_findings *findings)
{
    const struct tl_store_account *account = &findings->account;
    const struct tl_store_epoch *first = &account->epochs[0], *last = &account->epochs[account->epoch_count - 1];
    int length = snprintf(out, TL_PLOT_TITLE_BYTES,
                          "Learning curves over %zu epochs: training loss from %.4g to %.4g, training accuracy from %.1f%% to "
                          "%.1f%%",
                          account->epoch_count, first->loss, last->loss, first->accuracy * 100, last->accuracy * 100);

    if (length > 0 && length < TL_PLOT_TITLE_BYTES && isfinite(last->val_loss))
        snprintf(out + length, TL_PLOT_TITLE_BYTES - (size_t)length, ", validation loss to %.4g, validation accuracy to %.1f%%",
                 last->val_loss, last->val_accuracy * 100);
}

static void describe_confusion(char *out, const struct tl_findings *findings)
{
    const struct tl_findings_role *role = &findings->roles[findings->shown];
    const size_t label_count = findings->account.class_count;
    int64_t right = 0;

    for (size_t l = 0; l < label_count; l++)
        right += role->confusion[l * label_count + l];
    snprintf(out, TL_PLOT_TITLE_BYTES, "Confusion matrix of %lld %s photos in %zu classes: %lld are called what they are",
             (long long)role->confused_count, tl_plot_role_name(findings->shown), label_count, (long long)right);
}

static void describe_sweep(char *out, const struct tl_findings *findings)
{
    struct tl_sweep_choice choices[TL_SWEEP_CHOICES_MAX];
    const size_t choice_count = tl_sweep_find_choices(choices, &findings->sweep);
    int length = snprintf(out, TL_PLOT_TITLE_BYTES, "Validation loss of %zu runs against", findings->sweep.run_count);

    for (size_t i = 0; i < choice_count && length > 0 && length < TL_PLOT_TITLE_BYTES; i++)
        length += snprintf(out + length, TL_PLOT_TITLE_BYTES - (size_t)length, "%s %s", i == 0 ? "" : ",", choices[i].name);
}

void tl_plot_describe(char out[TL_PLOT_TITLE_BYTES], enum tl_plot plot, const struct tl_findings *findings)
{
    switch (plot) {
    case TL_PLOT_CURVES:
        describe_curves(out, findings);
        break;
    case TL_PLOT_CONFUSION:
        describe_confusion(out, findings);
        break;
    case TL_PLOT_CALIBRATION:
        snprintf(out, TL_PLOT_TITLE_BYTES,
                 "Reliability diagram of %zu %s photos: expected calibration error %.3f; the points are near the diagonal where "
                 "confidence is deserved",
                 findings->roles[findings->shown].photo_count, tl_plot_role_name(findings->shown),
                 findings->roles[findings->shown].metrics->ece);
        break;
    case TL_PLOT_SWEEP:
    case TL_PLOT_COUNT:
        describe_sweep(out, findings);
        break;
    }
}
