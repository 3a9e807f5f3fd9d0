/* forecast_text.c - what a run would do, for people and for programs; see forecast.h. */
#include <inttypes.h>

#include "common/base/progress.h"
#include "common/base/quantity.h"
#include "extract/forecast.h"

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

static void append_photos(struct tl_text *text, const struct tl_forecast *forecast)
{
    tl_text_append_format(text, "%zu photo%s:\n", forecast->photo_count, plural(forecast->photo_count));
    append_count(text, forecast->there_count, "done already");
    append_count(text, forecast->new_count, "to do: new");
    append_count(text, forecast->resized_count, "to do: changed, of another size");
    append_count(text, forecast->touched_count, "to do: of another time; read to see whether the content is another");
    append_count(text, forecast->incomplete_count, "to do: read before, some vectors are not there");
    append_count(text, forecast->retried_count, "to do: could not be read before");
    append_count(text, forecast->known_failure_count, "known failures, not tried (--retry-failed tries them)");
    if (forecast->missing_count > 0)
        tl_text_append_format(text, "%" PRId64 " photo%s of the store not there any more, and will be marked as missing.\n",
                              forecast->missing_count, forecast->missing_count == 1 ? " is" : "s are");
}

static void append_copies(struct tl_text *text, const struct tl_forecast *forecast)
{
    const size_t unread = forecast->new_count + forecast->resized_count + forecast->touched_count + forecast->retried_count;

    if (forecast->copy_count > 0)
        tl_text_append_format(text, "%zu photo%s the same bytes as another, of those that were read before", forecast->copy_count,
                              forecast->copy_count == 1 ? " has" : "s have");
    if (forecast->copy_count > 0 && forecast->class_clash_count + forecast->split_clash_count > 0)
        tl_text_append_format(text, " (%zu in two classes, %zu on both sides of a split)", forecast->class_clash_count,
                              forecast->split_clash_count);
    if (forecast->copy_count > 0)
        tl_text_append(text, ".\n");
    if (unread > 0)
        tl_text_append_format(text, "Copies among the %zu that are to be read cannot be known before; each makes it less.\n",
                              unread);
}

static void append_stale(struct tl_text *text, const struct tl_forecast *forecast)
{
    const int64_t count = forecast->stale_missing + forecast->stale_changed + forecast->stale_recipe + forecast->stale_draw;

    if (count == 0)
        return;
    tl_text_append_format(text, "%" PRId64 " stored vector%s stale, kept until tl-store prune:\n", count,
                          count == 1 ? " is" : "s are");
    append_count(text, (uint64_t)forecast->stale_missing, "of photos that are missing");
    append_count(text, (uint64_t)forecast->stale_changed, "of contents that their photos had before");
    append_count(text, (uint64_t)forecast->stale_recipe, "of a recipe whose pixels come out otherwise in this program");
    append_count(text, (uint64_t)forecast->stale_draw, "of variants that this program draws otherwise");
}

static void append_costs(struct tl_text *text, const struct tl_forecast *forecast)
{
    const uint64_t features = forecast->known_features + forecast->expected_features;
    char size[TL_QUANTITY_BYTES_WORDS], room[TL_QUANTITY_BYTES_WORDS], duration[32];

    if (forecast->job_count == 0) {
        tl_text_append(text, "Nothing is to be computed.\n");
        return;
    }
    tl_quantity_format_bytes(size, (int64_t)forecast->job_bytes);
    tl_text_append_format(text, "To do: %zu photo%s (%s) to read, %s%" PRIu64 " feature vector%s (%s) to compute.\n",
                          forecast->job_count, plural(forecast->job_count), size, forecast->expected_features > 0 ? "up to " : "",
                          features, plural(features), forecast->arithmetic);
    tl_progress_format_duration(duration, sizeof duration, forecast->seconds);
    if (forecast->seconds > 0)
        tl_text_append_format(text, "Expected: %s, %.1f vectors a second on %u thread%s, by %.0f photo%s tried just now.\n",
                              duration, (double)features / forecast->seconds, forecast->settings->thread_count,
                              plural(forecast->settings->thread_count), forecast->probe.photo_count,
                              forecast->probe.photo_count < 1.5 ? "" : "s");
    else
        tl_text_append(text, "Expected: unknown, for of the photos tried just now none could be read.\n");
    tl_quantity_format_bytes(size, forecast->new_bytes);
    tl_quantity_format_bytes(room, forecast->free_bytes);
    tl_text_append_format(text, "The store will have %s more", size);
    if (forecast->free_bytes >= 0)
        tl_text_append_format(text, "; the disk has %s free%s", room, tl_forecast_fits(forecast) ? "" : ", which is NOT ENOUGH");
    tl_text_append(text, ".\n");
}

void tl_forecast_append_text(struct tl_text *text, const struct tl_forecast *forecast)
{
    append_photos(text, forecast);
    append_copies(text, forecast);
    append_stale(text, forecast);
    append_costs(text, forecast);
    if (!forecast->has_store)
        tl_text_append(text, "The store is not there yet; the run makes it.\n");
}

static void append_number(struct tl_text *text, const char *name, double value)
{
    tl_text_append_format(text, ", \"%s\": ", name);
    tl_text_append_json_number(text, value);
}

void tl_forecast_append_json(struct tl_text *text, const struct tl_forecast *forecast)
{
    tl_text_append(text, "{\"store\": ");
    tl_text_append_json_string(text, forecast->settings->store_path);
    tl_text_append_format(text, ", \"store_exists\": %s, \"arithmetic\": ", forecast->has_store ? "true" : "false");
    tl_text_append_json_string(text, forecast->arithmetic[0] != '\0' ? forecast->arithmetic : NULL);
    append_number(text, "photos", (double)forecast->photo_count);
    append_number(text, "done", (double)forecast->there_count);
    append_number(text, "to_do", (double)forecast->job_count);
    append_number(text, "new", (double)forecast->new_count);
    append_number(text, "changed_size", (double)forecast->resized_count);
    append_number(text, "changed_time", (double)forecast->touched_count);
    append_number(text, "incomplete", (double)forecast->incomplete_count);
    append_number(text, "failed_before", (double)forecast->retried_count);
    append_number(text, "known_failures", (double)forecast->known_failure_count);
    append_number(text, "missing", (double)forecast->missing_count);
    append_number(text, "bytes_to_read", (double)forecast->job_bytes);
    append_number(text, "features_certain", (double)forecast->known_features);
    append_number(text, "features_at_most", (double)(forecast->known_features + forecast->expected_features));
    append_number(text, "copies", (double)forecast->copy_count);
    append_number(text, "in_two_classes", (double)forecast->class_clash_count);
    append_number(text, "on_both_sides", (double)forecast->split_clash_count);
    tl_text_append_format(text,
                          ", \"stale\": {\"missing\": %" PRId64 ", \"changed\": %" PRId64 ", \"recipe\": %" PRId64 ", \"draw\": "
                                                                                                                   "%" PRId64 "}",
                          forecast->stale_missing, forecast->stale_changed, forecast->stale_recipe, forecast->stale_draw);
    append_number(text, "probed_photos", forecast->probe.photo_count);
    append_number(text, "expected_seconds", forecast->seconds);
    append_number(text, "expected_bytes", (double)forecast->new_bytes);
    append_number(text, "store_bytes", (double)forecast->store_bytes);
    append_number(text, "free_bytes", (double)forecast->free_bytes);
    tl_text_append_format(text, ", \"fits\": %s}\n", tl_forecast_fits(forecast) ? "true" : "false");
}
