/* sources.c - see sources.h. */
#include "extract/sources.h"

#include <string.h>

#include "common/base/memory.h"

/* One name for two trees would mix them. */
static enum tl_status check_new_scan(const struct tl_sources *sources, const struct tl_scan *scan, struct tl_error *err)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->scans[i]->root, scan->root) == 0)
            return tl_error_set(err, TL_BAD_INPUT, "%s is given twice", scan->root);
        if (strcmp(sources->scans[i]->name, scan->name) == 0)
            return tl_error_set(err, TL_BAD_INPUT,
                                "%s and %s have the same name: extract them one by one, the second with --source NAME",
                                sources->scans[i]->root, scan->root);
    }
    return TL_OK;
}

static enum tl_status scan_folders(struct tl_sources *sources, const struct tl_settings *settings, struct tl_error *err)
{
    sources->scans = tl_memory_alloc(settings->directory_count, sizeof *sources->scans);
    if (!sources->scans)
        return tl_error_set_no_memory(err, "the list of folders", settings->directory_count * sizeof *sources->scans);
    for (size_t i = 0; i < settings->directory_count; i++) {
        struct tl_scan *scan = NULL;
        enum tl_status status = tl_scan_read(&scan, settings->directories[i], settings->source_name, settings->split, err);

        if (status != TL_OK)
            return status;
        status = check_new_scan(sources, scan, err);
        if (status != TL_OK) {
            tl_scan_free(scan);
            return status;
        }
        sources->scans[sources->count++] = scan;
        for (size_t j = 0; j < scan->notice_count && !settings->is_quiet; j++)
            tl_tool_say(&tl_settings_program, "%s: %s", settings->directories[i], scan->notices[j]);
    }
    return TL_OK;
}

/* The photos of other parts are not this run's affair. */
static void keep_shard(struct tl_sources *sources, const struct tl_settings *settings)
{
    const struct tl_store_shard *shard = &settings->shard;

    for (size_t i = 0; i < sources->count && shard->count > 0; i++) {
        const size_t all_count = sources->scans[i]->entry_count;

        tl_shard_keep(shard, sources->scans[i]);
        if (!settings->is_quiet)
            tl_tool_say(&tl_settings_program, "%s: part %u/%u has %zu of %zu photos", settings->directories[i], shard->index,
                        shard->count, sources->scans[i]->entry_count, all_count);
    }
}

/* Folders without a single photo are rather a wrong path or a disk that is not there than a set that became empty. */
static enum tl_status check_photos(const struct tl_sources *sources, const struct tl_settings *settings, struct tl_error *err)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->scans[i]->entry_count > 0 || sources->scans[i]->unlisted_count > 0)
            return TL_OK;
    return tl_error_set(err, TL_BAD_INPUT, "there are no photos in the class folders of %s", settings->directories[0]);
}

enum tl_status tl_sources_read(struct tl_sources *out, const struct tl_settings *settings, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct tl_sources){.scans = NULL};
    status = scan_folders(out, settings, err);
    if (status == TL_OK)
        status = check_photos(out, settings, err);
    if (status == TL_OK)
        keep_shard(out, settings);
    return status;
}

void tl_sources_free(struct tl_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        tl_scan_free(sources->scans[i]);
    tl_memory_free(sources->scans);
    *sources = (struct tl_sources){.scans = NULL};
}

bool tl_sources_has_unlisted(const struct tl_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->scans[i]->unlisted_count > 0)
            return true;
    return false;
}
