/* plan_text.c - what a run would do, for people and for programs; see plan.h. */
#include <inttypes.h>

#include "common/base/progress.h"
#include "common/base/quantity.h"
#include "extract/plan.h"

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* "  12 new" where there are any. */
static void append_count(struct tl_text *text, uint64_t count, const char *words)
{
    if (count > 0)
        tl_text_append_format(text, "  %8" PRIu64 "  %s\n", count, words);
}

static void append_photos(struct tl_text *text, const struct tl_plan *plan)
{
    tl_text_append_format(text, "%zu photo%s:\n", plan->photo_count, plural(plan->photo_count));
    append_count(text, plan->there_count, "done already");
    append_count(text, plan->new_count, "to do: new");
    append_count(text, plan->resized_count, "to do: changed, of another size");
    append_count(text, plan->touched_count, "to do: of another time; read to see whether the content is another");
    append_count(text, plan->incomplete_count, "to do: read before, some vectors are not there");
    append_count(text, plan->retried_count, "to do: could not be read before");
    append_count(text, plan->known_failure_count, "known failures, not tried (--retry-failed tries them)");
    if (plan->missing_count > 0)
        tl_text_append_format(text, "%" PRId64 " photo%s of the store not there any more, and will be marked as missing.\n",
                              plan->missing_count, plan->missing_count == 1 ? " is" : "s are");
}

static void append_copies(struct tl_text *text, const struct tl_plan *plan)
{
    const size_t unread = plan->new_count + plan->resized_count + plan->touched_count + plan->retried_count;

    if (plan->copy_count > 0)
        tl_text_append_format(text, "%zu photo%s the same bytes as another, of those that were read before", plan->copy_count,
                              plan->copy_count == 1 ? " has" : "s have");
    if (plan->copy_count > 0 && plan->class_clash_count + plan->split_clash_count > 0)
        tl_text_append_format(text, " (%zu in two classes, %zu on both sides of a split)", plan->class_clash_count,
                              plan->split_clash_count);
    if (plan->copy_count > 0)
        tl_text_append(text, ".\n");
    if (unread > 0)
        tl_text_append_format(text, "Copies among the %zu that are to be read cannot be known before; each makes it less.\n", unread);
}

static void append_stale(struct tl_text *text, const struct tl_plan *plan)
{
    const int64_t count = plan->stale_missing + plan->stale_changed + plan->stale_recipe + plan->stale_draw;

    if (count == 0)
        return;
    tl_text_append_format(text, "%" PRId64 " stored vector%s stale, kept until tl-store prune:\n", count, count == 1 ? " is" : "s are");
    append_count(text, (uint64_t)plan->stale_missing, "of photos that are missing");
    append_count(text, (uint64_t)plan->stale_changed, "of contents that their photos had before");
    append_count(text, (uint64_t)plan->stale_recipe, "of a recipe whose pixels come out otherwise in this program");
    append_count(text, (uint64_t)plan->stale_draw, "of variants that this program draws otherwise");
}

static void append_costs(struct tl_text *text, const struct tl_plan *plan)
{
    const uint64_t features = plan->known_features + plan->expected_features;
    char size[TL_QUANTITY_BYTES_WORDS], room[TL_QUANTITY_BYTES_WORDS], duration[32];

    if (plan->job_count == 0) {
        tl_text_append(text, "Nothing is to be computed.\n");
        return;
    }
    tl_quantity_format_bytes(size, (int64_t)plan->job_bytes);
    tl_text_append_format(text, "To do: %zu photo%s (%s) to read, %s%" PRIu64 " feature vector%s (%s) to compute.\n", plan->job_count,
                          plural(plan->job_count), size, plan->expected_features > 0 ? "up to " : "", features, plural(features),
                          plan->arithmetic);
    tl_progress_format_duration(duration, sizeof duration, plan->seconds);
    if (plan->seconds > 0)
        tl_text_append_format(text, "Expected: %s, %.1f vectors a second on %u thread%s, by %.0f photo%s tried just now.\n", duration,
                              (double)features / plan->seconds, plan->settings->thread_count, plural(plan->settings->thread_count),
                              plan->probe.photo_count, plan->probe.photo_count < 1.5 ? "" : "s");
    else
        tl_text_append(text, "Expected: unknown, for of the photos tried just now none could be read.\n");
    tl_quantity_format_bytes(size, plan->new_bytes);
    tl_quantity_format_bytes(room, plan->free_bytes);
    tl_text_append_format(text, "The store will have %s more", size);
    if (plan->free_bytes >= 0)
        tl_text_append_format(text, "; the disk has %s free%s", room, tl_plan_fits(plan) ? "" : ", which is NOT ENOUGH");
    tl_text_append(text, ".\n");
}

void tl_plan_append_text(struct tl_text *text, const struct tl_plan *plan)
{
    append_photos(text, plan);
    append_copies(text, plan);
    append_stale(text, plan);
    append_costs(text, plan);
    if (!plan->has_store)
        tl_text_append(text, "The store is not there yet; the run makes it.\n");
}

static void append_number(struct tl_text *text, const char *name, double value)
{
    tl_text_append_format(text, ", \"%s\": ", name);
    tl_text_append_json_number(text, value);
}

void tl_plan_append_json(struct tl_text *text, const struct tl_plan *plan)
{
    tl_text_append(text, "{\"store\": ");
    tl_text_append_json_string(text, plan->settings->store_path);
    tl_text_append_format(text, ", \"store_exists\": %s, \"arithmetic\": ", plan->has_store ? "true" : "false");
    tl_text_append_json_string(text, plan->arithmetic[0] != '\0' ? plan->arithmetic : NULL);
    append_number(text, "photos", (double)plan->photo_count);
    append_number(text, "done", (double)plan->there_count);
    append_number(text, "to_do", (double)plan->job_count);
    append_number(text, "new", (double)plan->new_count);
    append_number(text, "changed_size", (double)plan->resized_count);
    append_number(text, "changed_time", (double)plan->touched_count);
    append_number(text, "incomplete", (double)plan->incomplete_count);
    append_number(text, "failed_before", (double)plan->retried_count);
    append_number(text, "known_failures", (double)plan->known_failure_count);
    append_number(text, "missing", (double)plan->missing_count);
    append_number(text, "bytes_to_read", (double)plan->job_bytes);
    append_number(text, "features_certain", (double)plan->known_features);
    append_number(text, "features_at_most", (double)(plan->known_features + plan->expected_features));
    append_number(text, "copies", (double)plan->copy_count);
    append_number(text, "in_two_classes", (double)plan->class_clash_count);
    append_number(text, "on_both_sides", (double)plan->split_clash_count);
    tl_text_append_format(text, ", \"stale\": {\"missing\": %" PRId64 ", \"changed\": %" PRId64 ", \"recipe\": %" PRId64 ", \"draw\": %" PRId64 "}",
                          plan->stale_missing, plan->stale_changed, plan->stale_recipe, plan->stale_draw);
    append_number(text, "probed_photos", plan->probe.photo_count);
    append_number(text, "expected_seconds", plan->seconds);
    append_number(text, "expected_bytes", (double)plan->new_bytes);
    append_number(text, "store_bytes", (double)plan->store_bytes);
    append_number(text, "free_bytes", (double)plan->free_bytes);
    tl_text_append_format(text, ", \"fits\": %s}\n", tl_plan_fits(plan) ? "true" : "false");
}
