/* store_merge.c - see store_merge.h: the new file from its first page to its name; the rows are the steps' affair. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/publish.h"
#include "common/base/text.h"
#include "common/store/column.h"
#include "common/store/location.h"
#include "common/store/store_beside.h"
#include "common/store/store_merge_shards.h"
#include "common/store/store_merge_steps.h"

static const char PART_SUFFIX[] = ".part";

/* The new store while it is made. */
struct part {
    char path[PATH_MAX];
    int descriptor; /* holds the lock that keeps a second merge away, until SQLite has closed the file; -1: none */
};

static void remove_journals(const struct part *part)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    char path[PATH_MAX + 16];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", part->path, suffixes[i]);
        (void)unlink(path);
    }
}

/* Whether the lock is on the file that has the name, not on one that another merge has finished meanwhile. */
static bool is_named_so(const struct part *part)
{
    struct stat held, named;
    return fstat(part->descriptor, &held) == 0 && lstat(part->path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* What an earlier merge left that was killed is written over. */
static enum tl_status open_part(struct part *out, const char *out_path, struct tl_error *err)
{
    struct stat info;
    if (out_path[0] == '\0' || strlen(out_path) + sizeof PART_SUFFIX + 16 > sizeof out->path)
        return tl_error_set(err, TL_BAD_INPUT, "the new store's path has %zu bytes", strlen(out_path));
    if (lstat(out_path, &info) == 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s is there already: name a new file; to add to a store, name it among those that are merged",
                            out_path);
    const enum tl_status status = tl_store_beside_check(out_path, err);
    if (status != TL_OK)
        return status;
    (void)snprintf(out->path, sizeof out->path, "%s%s", out_path, PART_SUFFIX);
    const int descriptor = open(out->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        return tl_error_set(err, TL_IO, "%s cannot be made: %s", out->path, strerror(errno));
    out->descriptor = descriptor;
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !is_named_so(out)) {
        close(descriptor);
        out->descriptor = -1;
        return tl_error_set(err, TL_IO, "%s is being written by another merge", out->path);
    }
    remove_journals(out);
    if (ftruncate(descriptor, 0) != 0)
        return tl_error_set(err, TL_IO, "%s: %s", out->path, strerror(errno));
    return TL_OK;
}

static enum tl_status publish(const struct part *part, const char *out_path, struct tl_error *err)
{
    const enum tl_status status = tl_store_beside_check(out_path, err);
    return status == TL_OK ? tl_publish_file(part->path, out_path, TL_PUBLISH_NEW, err) : status;
}

/* Of the newest extraction; a store without one has no end to reach. */
static enum tl_status tell_unfinished(tl_store *store, const char *path, const struct tl_store_merge_wish *wish,
                                      struct tl_store_merge_report *report, struct tl_error *err)
{
    struct tl_store_merging merging = {.wish = wish, .report = report, .input = path};
    int64_t how = 0;
    enum tl_status status =
        tl_connection_read_int(store, &how,
                               "SELECT CASE coalesce(outcome, '') WHEN 'finished' THEN 0 WHEN '' THEN 2 ELSE 1 END"
                               " FROM extraction ORDER BY extraction_id DESC LIMIT 1",
                               err);
    if (status == TL_OK && how != 0)
        tl_store_merge_tell(&merging, TL_STORE_MERGE_UNFINISHED, "its last extraction %s; photos may be missing",
                            how == 1 ? "was stopped or failed" : "has not ended, or was killed");
    return status;
}

/* Opens each input as readers do, so that what is none is found and named before anything is written. */
static enum tl_status look_at_inputs(struct tl_store_shard *shards, struct tl_store_merge_report *report,
                                     const struct tl_store_merge_wish *wish, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < wish->input_count && status == TL_OK; i++) {
        tl_store *store = NULL;
        int64_t feature_count = 0;
        status = tl_store_open(&store, wish->inputs[i], TL_STORE_READ, err);
        if (status == TL_OK)
            status = tl_store_get_shard(store, &shards[i], err);
        if (status == TL_OK)
            status = tl_connection_read_int(store, &feature_count, "SELECT count(*) FROM feature", err);
        report->feature_count += (uint64_t)feature_count;
        if (status == TL_OK)
            status = tell_unfinished(store, wish->inputs[i], wish, report, err);
        status = tl_store_close_after(&store, status, err);
    }
    return status;
}

static enum tl_status attach(tl_store *out, const char *path, struct tl_error *err)
{
    sqlite3_stmt *prepared = NULL;
    struct tl_text uri;
    struct tl_location location;
    char *address = NULL;
    enum tl_status status = tl_location_check(&location, path, TL_STORE_READ, err);
    if (status != TL_OK)
        return status;
    tl_text_init(&uri, 4 * PATH_MAX);
    address = tl_location_to_uri(path, location.is_still);
    if (address == NULL) {
        status = tl_error_set_no_memory(err, "a store's address", 3 * strlen(path));
        goto done;
    }
    tl_text_append_format(&uri, "%s%cmode=ro", address, location.is_still ? '&' : '?');
    status = tl_text_check(&uri, err);
    if (status != TL_OK)
        goto done;
    int code = sqlite3_prepare_v2(out->db, "ATTACH ? AS other", -1, &prepared, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(prepared, 1, uri.bytes, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(prepared);
    if (code != SQLITE_DONE)
        status = tl_connection_report(out, code, err);
    sqlite3_finalize(prepared);
done:
    tl_memory_free(address);
    tl_text_free(&uri);
    return status;
}

static enum tl_status merge_names(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = tl_store_begin(merging->out, err);
    if (status == TL_OK)
        status = tl_store_merge_names(merging, err);
    if (status == TL_OK)
        status = tl_store_merge_runs(merging, err);
    if (status == TL_OK)
        status = tl_store_commit(merging->out, err);
    return status;
}

/* One step with each input attached in turn. */
static enum tl_status merge_each(struct tl_store_merging *merging, const struct tl_store_shard *shards,
                                 enum tl_status (*step)(struct tl_store_merging *, struct tl_error *), struct tl_error *err)
{
    const struct tl_store_merge_wish *wish = merging->wish;
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < wish->input_count && status == TL_OK; i++) {
        merging->input = wish->inputs[i];
        merging->shard = shards[i];
        status = attach(merging->out, wish->inputs[i], err);
        if (status == TL_OK) {
            status = step(merging, err);
            tl_store_rollback(merging->out);
            if (status == TL_OK)
                status = tl_connection_run(merging->out, "DETACH other", err);
        }
        if (status == TL_OK && wish->go_on != NULL &&
            !wish->go_on(wish->context, merging->done_count, merging->report->feature_count))
            status = tl_error_set(err, TL_STOPPED, "stopped on request");
        if (status != TL_OK && status != TL_STOPPED && err != NULL)
            status = tl_error_prefix(err, "merging %s", wish->inputs[i]);
    }
    return status;
}

/* Before anything else is put: a part that stays one has to say so. */
static enum tl_status begin_rows(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = tl_store_begin(merging->out, err);
    if (status == TL_OK && merging->report->shard.count > 0)
        status = tl_store_claim_shard(merging->out, merging->report->shard, err);
    if (status == TL_OK)
        status = tl_store_merge_prepare_damage(merging, err);
    return status == TL_OK ? tl_store_commit(merging->out, err) : status;
}

static enum tl_status prepare_features(struct tl_store_merging *merging, struct tl_error *err)
{
    enum tl_status status = tl_store_begin(merging->out, err);
    if (status == TL_OK)
        status = tl_store_merge_prepare_features(merging, err);
    return status == TL_OK ? tl_store_commit(merging->out, err) : status;
}

static enum tl_status merge_rows(struct tl_store_merging *merging, const struct tl_store_shard *shards, struct tl_error *err)
{
    /* Nobody reads the file before it has its name, and a crash leaves nothing: one journal on the disk, so that memory stays
     * flat, and a single wait for the disk at the end. */
    enum tl_status status =
        tl_connection_run(merging->out, "PRAGMA main.journal_mode = DELETE; PRAGMA main.synchronous = OFF", err);
    if (status == TL_OK)
        status = begin_rows(merging, err);
    if (status == TL_OK)
        status = merge_each(merging, shards, merge_names, err);
    if (status == TL_OK)
        status = prepare_features(merging, err);
    if (status == TL_OK)
        status = merge_each(merging, shards, tl_store_merge_features, err);
    return status == TL_OK ? tl_store_merge_settle_damage(merging, err) : status;
}

static enum tl_status fill_part(const struct part *part, const struct tl_store_merge_wish *wish,
                                struct tl_store_merge_report *report, const struct tl_store_shard *shards, bool is_one_job,
                                struct tl_error *err)
{
    struct tl_store_merging merging = {.wish = wish, .report = report, .is_one_job = is_one_job};
    enum tl_status status = tl_stored_feature_open(&merging.checker, err);
    if (status == TL_OK)
        status = tl_store_open(&merging.out, part->path, TL_STORE_CREATE, err);
    if (status == TL_OK) {
        merging.out->is_part = true;
        status = merge_rows(&merging, shards, err);
    }
    status = tl_store_close_after(&merging.out, status, err);
    tl_stored_feature_close(&merging.checker);
    return status;
}

enum tl_status tl_store_merge(const char *out_path, const struct tl_store_merge_wish *wish,
                              struct tl_store_merge_report *out_report, struct tl_error *err)
{
    struct tl_store_merge_report report = {.feature_count = 0};
    struct tl_store_shard *shards = tl_memory_alloc(wish->input_count, sizeof *shards);
    struct part part = {.descriptor = -1};
    bool is_one_job = false;
    enum tl_status status;
    *out_report = report;
    if (shards == NULL)
        return tl_error_set_no_memory(err, "the list of stores", wish->input_count * sizeof *shards);
    status = look_at_inputs(shards, &report, wish, err);
    if (status == TL_OK)
        status = tl_store_merge_judge_shards(&report, &is_one_job, shards, wish->input_count, wish->is_partial, err);
    if (status == TL_OK)
        status = open_part(&part, out_path, err);
    if (status == TL_OK)
        status = fill_part(&part, wish, &report, shards, is_one_job, err);
    if (status == TL_OK)
        status = publish(&part, out_path, err);
    if (part.descriptor >= 0) {
        if (status != TL_OK) {
            remove_journals(&part);
            (void)unlink(part.path);
        }
        close(part.descriptor);
    }
    if (status == TL_OK)
        *out_report = report;
    tl_memory_free(shards);
    return status;
}
