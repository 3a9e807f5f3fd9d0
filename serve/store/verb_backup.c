/* verb_backup.c - tl-store backup: a copy of a store while others use it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/progress.h"
#include "common/base/system.h"
#include "common/exchange/output_file.h"
#include "common/store/store_backup.h"
#include "common/store/store_beside.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

enum { MEGABYTE = 1000000 };

struct settings {
    bool force, json, quiet;
};

struct job {
    const struct settings *settings;
    tl_progress *progress; /* once the size is known */
    struct tl_error progress_err;
    enum tl_status progress_status;
};

static bool tell_progress(void *context, int64_t done_bytes, int64_t total_bytes)
{
    struct job *job = context;

    if (!job->settings->quiet && !job->progress && job->progress_status == TL_OK)
        job->progress_status =
            tl_progress_create(&job->progress, stderr, "backup", "MB", (uint64_t)(total_bytes / MEGABYTE), &job->progress_err);
    if (job->progress)
        tl_progress_set(job->progress, (uint64_t)(done_bytes / MEGABYTE), 0);
    return !tl_system_is_interrupted();
}

static enum tl_status check_out_path(const char *store_path, const char *out_path, bool force, struct tl_error *err)
{
    struct stat store, out;

    if (lstat(out_path, &out) != 0)
        return tl_store_beside_check(out_path, err);
    if (stat(store_path, &store) == 0 && stat(out_path, &out) == 0 && store.st_dev == out.st_dev && store.st_ino == out.st_ino)
        return tl_error_set(err, TL_BAD_INPUT, "%s is the store itself; name another file to write", out_path);
    if (!force)
        return tl_error_set(err, TL_BAD_INPUT, "%s is there already (--force replaces it)", out_path);
    return tl_store_beside_check(out_path, err);
}

static enum tl_status copy(struct job *job, const char *store_path, const char *out_path, struct tl_error *err)
{
    struct tl_output_file file = {NULL, NULL};
    enum tl_status status = check_out_path(store_path, out_path, job->settings->force, err);

    if (status == TL_OK)
        status = tl_output_file_create(&file, out_path, err);
    if (status == TL_OK)
        status = tl_store_backup(store_path, file.part_path, tell_progress, job, err);
    tl_progress_finish(job->progress);
    if (status == TL_OK)
        status = check_out_path(store_path, out_path, job->settings->force, err);
    if (status == TL_OK)
        status = tl_output_file_commit(&file, err);
    tl_output_file_discard(&file);
    return status;
}

static enum tl_status print_result(const char *out_path, bool is_json, struct tl_error *err)
{
    struct stat info = {.st_size = 0};
    struct tl_text line;

    (void)stat(out_path, &info);
    tl_text_init(&line, 1 << 20);
    if (is_json) {
        tl_text_append(&line, "{\"file\": ");
        tl_text_append_json_string(&line, out_path);
        tl_text_append_format(&line, ", \"bytes\": %" PRId64 "}\n", (int64_t)info.st_size);
    } else {
        tl_text_append_visible(&line, out_path, strlen(out_path));
        tl_text_append_format(&line, ": %" PRId64 " bytes\n", (int64_t)info.st_size);
    }
    return tl_store_command_print(&line, err);
}

enum tl_exit tl_verb_backup_run(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tl_option options[] = {
        {.name = "force", .kind = TL_OPTION_FLAG, .target = &settings.force, .help = "replace OUT when it is there"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "the result as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &settings.quiet, .help = "no progress"},
    };
    const struct tl_command command = {
        "tl-store backup",
        "tl-store backup [options] STORE OUT",
        "Copies a store as it is at one moment, also while tl-extract writes to it. OUT is one file, complete once it is there.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 copied; 2 not, and OUT is as it was; 3 stopped on request, likewise.",
    };
    struct job job = {.settings = &settings};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 2, "a store and the file to write are needed", argc, argv))
        return exit_code;
    tl_system_catch_signals();
    status = copy(&job, operands.items[0], operands.items[1], &err);
    if (status == TL_OK)
        status = print_result(operands.items[1], settings.json, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
