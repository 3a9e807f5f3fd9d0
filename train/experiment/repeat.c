/* repeat.c - see repeat.h. */
#include "train/experiment/repeat.h"

#include <math.h>
#include <string.h>

#include "train/experiment/course_json.h"

enum tl_status tl_repeat_wish(struct tl_material_wish *out_wish, struct tl_course *out_course, char **out_words,
                              const struct tl_store_run_row *run, struct tl_error *err)
{
    enum tl_status status;

    *out_words = NULL;
    tl_course_init(out_course);
    if (!run->options_json)
        return tl_error_set(err, TL_CORRUPT, "run %lld does not say its options", (long long)run->run_id);
    status = tl_course_json_read(out_course, out_words, run->options_json, err);
    if (status != TL_OK)
        return tl_error_prefix(err, "the options of run %lld", (long long)run->run_id);
    out_course->has_refit = run->is_refitted;
    if (run->fold_count > 0) /* its temperature is that of the out-of-fold photos: the row has it */
        out_course->has_calibration = false;
    *out_wish = (struct tl_material_wish){.variants = out_course->variants, .repeated = run};
    tl_dataset_wish_init(&out_wish->data);
    out_wish->data.label_set = run->label_set;
    return TL_OK;
}

static void compare_values(struct tl_repeat_likeness *out, const float *a, const float *b, size_t count)
{
    out->value_count += count;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof a[i]) == 0)
            continue;
        out->different_count++;
        out->largest_difference = fmax(out->largest_difference, fabs((double)a[i] - (double)b[i]));
    }
}

void tl_repeat_compare(struct tl_repeat_likeness *out, const struct tl_head *head, const struct tl_store_chosen_head *stored)
{
    *out = (struct tl_repeat_likeness){.has_shape = head->feature_count == stored->feature_count &&
                                                    head->class_count == stored->class_count &&
                                                    head->hidden_count == stored->hidden_count &&
                                                    strcmp(tl_head_pool_names[head->pool], stored->pool) == 0};
    if (!out->has_shape)
        return;
    compare_values(out, head->kernel, stored->kernel, tl_head_kernel_rows(head) * head->class_count);
    compare_values(out, head->bias, stored->bias, head->class_count);
    if (head->hidden_count > 0) {
        compare_values(out, head->hidden_kernel, stored->hidden_kernel, head->input_count * head->hidden_count);
        compare_values(out, head->hidden_bias, stored->hidden_bias, head->hidden_count);
    }
}
