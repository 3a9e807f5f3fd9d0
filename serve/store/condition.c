/* condition.c - finding out how a store fares; condition_text.c tells. */
#include "serve/store/condition.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/store_hold.h"

/* Links are followed, as SQLite does: its journals lie beside the file itself. */
static int64_t measure_file(const char *path, const char *suffix)
{
    char resolved[PATH_MAX], name[PATH_MAX + 16];
    struct stat info;

    snprintf(name, sizeof name, "%s%s", realpath(path, resolved) ? resolved : path, suffix);
    return stat(name, &info) == 0 ? (int64_t)info.st_size : 0;
}

static bool take_failure(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct tl_condition *condition = context;
    struct tl_condition_failure *failure = &condition->failures[condition->failure_count++];

    (void)column_count;
    (void)names;
    failure->photo = tl_memory_copy_string(values[0]);
    failure->cause = tl_memory_copy_string(values[1]);
    failure->message = tl_memory_copy_string(values[2]);
    failure->last_at = tl_memory_copy_string(values[3]);
    return condition->failure_count < TL_CONDITION_FAILURES;
}

static bool take_count(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    *(int64_t *)context = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return false;
}

static enum tl_status read_rows(struct tl_condition *out, tl_store *store, struct tl_error *err)
{
    enum tl_status status =
        tl_store_list_extractions(store, &out->extractions, &out->extraction_count, TL_CONDITION_EXTRACTIONS, err);

    if (status == TL_OK)
        status = tl_store_query(store,
                                "SELECT s.name || '/' || p.path, f.cause, f.message, datetime(f.last_ms / 1000, 'unixepoch')"
                                " FROM failure f JOIN photo p USING (photo_id) JOIN source s USING (source_id)"
                                " WHERE p.missing_since_ms IS NULL ORDER BY f.last_ms DESC, p.path LIMIT 5",
                                take_failure, out, err);
    if (status == TL_OK)
        status = tl_store_query(store,
                                "SELECT count(DISTINCT photo_id) FROM failure JOIN photo USING (photo_id)"
                                " WHERE missing_since_ms IS NULL",
                                take_count, &out->failed_photos, err);
    return status;
}

enum tl_status tl_condition_read(struct tl_condition *out, const char *path, struct tl_error *err)
{
    tl_store *store = NULL;
    enum tl_status status;

    *out = (struct tl_condition){.path = path, .now_ms = tl_system_time_ms()};
    status = tl_store_hold_probe(&out->is_held, path, err);
    if (status != TL_OK)
        return status;
    /* Before this process opens it, which may make journals of its own. */
    out->file_bytes = measure_file(path, "");
    out->journal_bytes = measure_file(path, "-wal") + measure_file(path, "-journal");
    status = tl_store_open(&store, path, TL_STORE_READ, err);
    if (status == TL_OK)
        status = read_rows(out, store, err);
    return tl_store_close_after(&store, status, err);
}

void tl_condition_free(struct tl_condition *condition)
{
    tl_store_free_extractions(condition->extractions, condition->extraction_count);
    for (size_t i = 0; i < condition->failure_count; i++) {
        tl_memory_free(condition->failures[i].photo);
        tl_memory_free(condition->failures[i].cause);
        tl_memory_free(condition->failures[i].message);
        tl_memory_free(condition->failures[i].last_at);
    }
    *condition = (struct tl_condition){.path = NULL};
}

const char *tl_condition_outcome(const struct tl_condition *condition, size_t extraction_index)
{
    const struct tl_store_extraction *extraction = &condition->extractions[extraction_index];

    if (extraction->outcome)
        return extraction->outcome;
    return extraction_index == 0 && condition->is_held ? "running" : "killed";
}
