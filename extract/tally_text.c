/* tally_text.c - the summary as a table for people and as JSON for programs; see tally.h. */
#include <inttypes.h>
#include <string.h>

#include "common/base/progress.h"
#include "common/base/table.h"
#include "common/base/text.h"
#include "common/store/store_failure.h"
#include "extract/tally.h"

enum { TEXT_CEILING_BYTES = 1 << 28, CLASHES_SHOWN = 10 };

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void add_row(tl_table *table, const struct tl_tally_row *row, const char *split, bool has_splits, bool is_stopped)
{
    if (has_splits)
        tl_table_add(table, split);
    tl_table_add(table, row->class_name);
    tl_table_add_format(table, "%zu", row->photo_count);
    tl_table_add_format(table, "%zu", row->new_count);
    tl_table_add_format(table, "%zu", row->there_count);
    tl_table_add_format(table, "%zu", row->failed_count);
    if (is_stopped)
        tl_table_add_format(table, "%zu", row->left_count);
    tl_table_add_format(table, "%zu", row->turned_count);
}

static enum tl_status write_table(const struct tl_tally *tally, bool is_stopped, FILE *file, struct tl_error *err)
{
    static const char *const TITLES[] = {"class", "photos", "computed", "there", "failed"};
    struct tl_tally_row total = tally->total;
    bool has_splits = false;
    tl_table *table = NULL;
    enum tl_status status;

    for (size_t i = 0; i < tally->row_count; i++)
        has_splits = has_splits || tally->rows[i].split;
    status = tl_table_create(&table, (size_t)6 + has_splits + is_stopped, err);
    if (status != TL_OK)
        return status;
    if (has_splits)
        tl_table_add(table, "split");
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++)
        tl_table_add(table, TITLES[i]);
    if (is_stopped)
        tl_table_add(table, "left");
    tl_table_add(table, "turned by EXIF");
    for (size_t i = 0; i < tally->row_count; i++)
        add_row(table, &tally->rows[i], tally->rows[i].split ? tally->rows[i].split : "", has_splits, is_stopped);
    total.class_name = has_splits ? "" : "all";
    add_row(table, &total, "all", has_splits, is_stopped);
    status = tl_table_write(table, file, err);
    tl_table_free(table);
    return status;
}

static void append_place(struct tl_text *text, const struct tl_tally_place *place)
{
    tl_text_append_visible(text, place->source_name, strlen(place->source_name));
    tl_text_append(text, "/");
    tl_text_append_visible(text, place->path, strlen(place->path));
}

static void append_copies(struct tl_text *text, const struct tl_tally *tally)
{
    if (tally->copy_count > 0)
        tl_text_append_format(text, "%zu photo%s the same bytes as another; equal bytes are computed once.\n", tally->copy_count,
                              tally->copy_count == 1 ? " has" : "s have");
    for (size_t i = 0; i < tally->clash_count && i < CLASHES_SHOWN; i++) {
        tl_text_append(text, tally->clashes[i].is_of_split ? "Both sides of a split: " : "Two classes: ");
        append_place(text, &tally->clashes[i].first);
        tl_text_append(text, " and ");
        append_place(text, &tally->clashes[i].second);
        tl_text_append(text, " are the same bytes.\n");
    }
    if (tally->clash_count > CLASHES_SHOWN)
        tl_text_append_format(text, "... and %zu more of these.\n", tally->clash_count - CLASHES_SHOWN);
}

static void append_work(struct tl_text *text, const struct tl_tally *tally, const struct tl_tally_facts *facts)
{
    const struct tl_writer_totals *written = &facts->written;
    char duration[32];

    if (facts->settings->shard.count > 0 && tally->total.photo_count == 0) {
        tl_text_append_format(text, "This part, %u/%u, has no photos: nothing is to be computed.\n", facts->settings->shard.index,
                              facts->settings->shard.count);
        return;
    }
    if (written->feature_count == 0 && tally->total.failed_count == tally->total.known_failure_count && !facts->is_stopped) {
        tl_text_append_format(text, "Nothing had to be computed: all %sfeatures are there (%s).\n",
                              tally->total.known_failure_count > 0 ? "other " : "", facts->arithmetic);
        return;
    }
    tl_progress_format_duration(duration, sizeof duration, facts->seconds);
    tl_text_append_format(text, "Computed %" PRIu64 " feature vector%s (%s) in %s", written->feature_count,
                          plural(written->feature_count), facts->arithmetic, duration);
    if (facts->seconds > 0 && written->feature_count > 0)
        tl_text_append_format(text, ", %.1f a second; %.1f MB, %.1f kB each", (double)written->feature_count / facts->seconds,
                              (double)written->blob_bytes / 1e6,
                              (double)written->blob_bytes / 1e3 / (double)written->feature_count);
    tl_text_append(text, ".\n");
    if (facts->settings->variant_count > 0)
        tl_text_append_format(text, "Variants: %u of each photo that gets some, by augmentation '%s', seed %" PRIu64 ".\n",
                              (unsigned)facts->settings->variant_count, facts->settings->augmentation_name,
                              facts->settings->augmentation.seed);
}

static void append_failures(struct tl_text *text, const struct tl_tally_row *total)
{
    const size_t known_count = total->known_failure_count, tried_count = total->failed_count - known_count;

    if (tried_count > 0)
        tl_text_append_format(text, "%zu photo%s failed: named above, kept in the table failure.\n", tried_count,
                              plural(tried_count));
    if (known_count > 0)
        tl_text_append_format(
            text,
            "%zu known failure%s, not tried: unreadable, or crashed or too slow in %d runs (view failures has %s);"
            " --retry-failed tries %s again.\n",
            known_count, plural(known_count), TL_STORE_FAILURE_TRIES, known_count == 1 ? "it" : "them",
            known_count == 1 ? "it" : "them");
}

enum tl_status tl_tally_write_text(const struct tl_tally *tally, const struct tl_tally_facts *facts, FILE *file,
                                   struct tl_error *err)
{
    const bool has_rows = facts->settings->shard.count == 0 || tally->total.photo_count > 0;
    bool is_applied = facts->settings->recipe.exif == TL_EXIF_APPLY;
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_CEILING_BYTES);
    if (has_rows)
        tl_text_append(&text, "\n");
    append_work(&text, tally, facts);
    if (tally->total.turned_count > 0)
        tl_text_append_format(&text, "%zu photo%s an EXIF tag that turns it; %s.\n", tally->total.turned_count,
                              tally->total.turned_count == 1 ? " carries" : "s carry",
                              is_applied ? "it was applied" : "it was ignored, as Keras does (--exif apply turns)");
    append_copies(&text, tally);
    if (facts->missing_count > 0)
        tl_text_append_format(&text, "%" PRId64 " photo%s no longer there: marked as missing, features kept.\n",
                              facts->missing_count, facts->missing_count == 1 ? " is" : "s are");
    append_failures(&text, &tally->total);
    status = tl_text_check(&text, err);
    if (status == TL_OK && has_rows)
        status = write_table(tally, facts->is_stopped, file, err);
    if (status == TL_OK && fputs(text.bytes, file) < 0)
        status = tl_error_set(err, TL_IO, "the summary cannot be written");
    tl_text_free(&text);
    return status;
}

static void append_counts(struct tl_text *text, const struct tl_tally_row *row)
{
    tl_text_append_format(
        text,
        "\"photos\": %zu, \"computed\": %zu, \"there\": %zu, \"failed\": %zu, \"known_failures\": %zu, \"left\": %zu"
        ", \"turned_by_exif\": %zu",
        row->photo_count, row->new_count, row->there_count, row->failed_count, row->known_failure_count, row->left_count,
        row->turned_count);
}

static void append_string(struct tl_text *text, const char *name, const char *value)
{
    tl_text_append_format(text, "\"%s\": ", name);
    tl_text_append_json_string(text, value);
    tl_text_append(text, ", ");
}

static void append_sources(struct tl_text *text, const struct tl_tally_facts *facts)
{
    tl_text_append(text, "\"sources\": [");
    for (size_t i = 0; i < facts->scan_count; i++) {
        const struct tl_scan *scan = facts->scans[i];

        tl_text_append(text, i > 0 ? ", {" : "{");
        append_string(text, "name", scan->name);
        append_string(text, "root", scan->root);
        tl_text_append_format(text, "\"hidden\": %zu, \"ignored\": %zu, \"linked_folders\": %zu, \"outside\": %zu"
                              ", \"unlisted_folders\": %zu}",
                              scan->hidden_count, scan->ignored_count, scan->linked_folder_count, scan->outside_count,
                              scan->unlisted_count);
    }
    tl_text_append(text, "], ");
}

static void append_effort(struct tl_text *text, const struct tl_effort *effort)
{
    const struct {
        const char *before;
        double seconds;
    } parts[] = {
        {", \"cpu_seconds\": {\"read\": ", effort->read_cpu_seconds}, {", \"augment\": ", effort->augment_cpu_seconds},
        {", \"network\": ", effort->network_cpu_seconds},             {", \"compress\": ", effort->compress_cpu_seconds},
        {", \"store\": ", effort->store_cpu_seconds},                 {"}, \"network_seconds\": ", effort->network_busy_seconds},
        {", \"awaited_seconds\": ", effort->photos_awaited_seconds},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        tl_text_append(text, parts[i].before);
        tl_text_append_json_number(text, parts[i].seconds);
    }
}

enum tl_status tl_tally_write_json(const struct tl_tally *tally, const struct tl_tally_facts *facts, FILE *file,
                                   struct tl_error *err)
{
    const struct tl_settings *settings = facts->settings;
    size_t class_clash_count = 0;
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_CEILING_BYTES);
    tl_text_append(&text, "{");
    append_string(&text, "store", settings->store_path);
    append_sources(&text, facts);
    append_string(&text, "label_set", settings->label_set);
    append_string(&text, "arithmetic", facts->arithmetic);
    append_string(&text, "exif", tl_recipe_exif_names[settings->recipe.exif]);
    append_string(&text, "augmentation", settings->variant_count > 0 ? settings->augmentation_name : NULL);
    tl_text_append_format(&text, "\"variants\": %u, ", (unsigned)settings->variant_count);
    append_counts(&text, &tally->total);
    tl_text_append(&text, ", \"classes\": [");
    for (size_t i = 0; i < tally->row_count; i++) {
        tl_text_append(&text, i > 0 ? ", {" : "{");
        append_string(&text, "class", tally->rows[i].class_name);
        append_string(&text, "split", tally->rows[i].split);
        append_counts(&text, &tally->rows[i]);
        tl_text_append(&text, "}");
    }
    for (size_t i = 0; i < tally->clash_count; i++)
        class_clash_count += !tally->clashes[i].is_of_split;
    tl_text_append_format(&text, "], \"copies\": %zu, \"in_two_classes\": %zu, \"on_both_sides\": %zu, \"missing\": %" PRId64
                          ", \"features\": %" PRIu64 ", \"blob_bytes\": %" PRIu64 ", \"seconds\": ", tally->copy_count,
                          class_clash_count, tally->clash_count - class_clash_count, facts->missing_count,
                          facts->written.feature_count, facts->written.blob_bytes);
    tl_text_append_json_number(&text, facts->seconds);
    append_effort(&text, &facts->effort);
    tl_text_append_format(&text, ", \"stopped\": %s}\n", facts->is_stopped ? "true" : "false");
    status = tl_text_check(&text, err);
    if (status == TL_OK && fputs(text.bytes, file) < 0)
        status = tl_error_set(err, TL_IO, "the summary cannot be written");
    tl_text_free(&text);
    return status;
}
