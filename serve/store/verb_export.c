/* verb_export.c - tl-store export: features for other programs, as HDF5 or NumPy's arrays. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/progress.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/store_feature.h"
#include "serve/store/export_rows.h"
#include "serve/store/verbs.h"

static const char *const SPLIT_NAMES[] = {"train", "val", "test", NULL};

struct settings {
    const char *features, *augment, *label_set;
    int split;
    bool is_split_given, is_label_set_given, plain, force, json, quiet;
};

struct job {
    const struct settings *settings;
    const struct tl_command *command;
    tl_store *store;
    const char *out_path;
    size_t shape[3]; /* H, W, C */
    struct tl_export_rows what;
    struct tl_export_places places;
    struct tl_store_damages damages;
    tl_progress *progress;
    size_t row_count;
};

static bool tell_progress(void *context, size_t place_count)
{
    struct job *job = context;

    if (job->progress)
        tl_progress_set(job->progress, place_count, 0);
    return !tl_system_is_interrupted();
}

/* The feature set that --features means, and the augmentation that --augment does. */
static enum tl_status choose(struct job *job, struct tl_error *err)
{
    const struct settings *settings = job->settings;
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    size_t set_count = 0, augmentation_count = 0, index = 0;
    enum tl_status status = tl_store_list_feature_sets(job->store, &sets, &set_count, err);

    if (status != TL_OK)
        return status;
    status = tl_store_choose_feature_set(&index, sets, set_count, settings->features, err);
    if (status != TL_OK)
        goto done;
    job->what.feature_set_id = sets[index].feature_set_id;
    memcpy(job->damages.feature_set_digest, sets[index].digest, sizeof job->damages.feature_set_digest);
    job->shape[0] = sets[index].height;
    job->shape[1] = sets[index].width;
    job->shape[2] = sets[index].channels;
    job->what.feature_count = job->shape[0] * job->shape[1] * job->shape[2];
    job->what.split = settings->is_split_given ? SPLIT_NAMES[settings->split] : NULL;
    if (settings->plain)
        goto done;
    status = tl_store_list_augmentations(job->store, job->what.feature_set_id, &augmentations, &augmentation_count, err);
    if (status != TL_OK || (augmentation_count == 0 && !settings->augment))
        goto done;
    status = tl_store_choose_augmentation(&index, augmentations, augmentation_count, settings->augment, err);
    if (status == TL_OK)
        job->what.augmentation_id = augmentations[index].augmentation_id;
done:
    tl_store_free_augmentations(augmentations, augmentation_count);
    tl_store_free_feature_sets(sets, set_count);
    return status;
}

static enum tl_status write_file(struct job *job, struct tl_error *err)
{
    tl_feature_file *file = NULL;
    enum tl_status status = tl_feature_file_create(&file, job->out_path, job->shape, (const char *const *)job->places.class_names,
                                                   job->places.class_count, err);

    if (status == TL_OK && !job->settings->quiet)
        status = tl_progress_create(&job->progress, stderr, "export", "photos", job->places.count, err);
    if (status == TL_OK)
        status = tl_export_rows_write(&job->row_count, &job->damages, file, job->store, &job->places, &job->what, tell_progress,
                                      job, err);
    tl_progress_finish(job->progress);
    job->progress = NULL;
    if (status == TL_OK && job->row_count == 0)
        status = tl_error_set(err, TL_NOT_FOUND, "no photo with features%s%s", job->what.split ? " is in the split " : "",
                              job->what.split ? job->what.split : "");
    if (status != TL_OK) {
        tl_feature_file_discard(file);
        return status;
    }
    return tl_feature_file_close(&file, err);
}

static enum tl_status print_summary(const struct job *job, struct tl_error *err)
{
    const struct tl_export_places *places = &job->places;
    struct tl_text line;
    enum tl_status status;

    if (!job->settings->quiet && places->unlabelled_count > 0)
        tl_tool_say(job->command, "%zu photos have no label in the set '%s'; theirs is -1", places->unlabelled_count,
                    job->settings->label_set);
    if (!job->settings->quiet && places->several_count > 0)
        tl_tool_say(job->command, "%zu photos have several labels in the set '%s'; theirs is -1", places->several_count,
                    job->settings->label_set);
    tl_text_init(&line, 1 << 20);
    if (job->settings->json) {
        tl_text_append(&line, "{\"file\": ");
        tl_text_append_json_string(&line, job->out_path);
        tl_text_append_format(&line, ", \"rows\": %zu, \"features\": %zu, \"classes\": %zu}\n", job->row_count,
                              job->what.feature_count, places->class_count);
    } else {
        tl_text_append_visible(&line, job->out_path, strlen(job->out_path));
        tl_text_append_format(&line, ": %zu rows of %zu features, %zu classes\n", job->row_count, job->what.feature_count,
                              places->class_count);
    }
    status = tl_text_check(&line, err);
    if (status == TL_OK)
        fputs(line.bytes, stdout);
    tl_text_free(&line);
    return status;
}

static bool is_same_file(const char *first, const char *second)
{
    struct stat a, b;

    return stat(first, &a) == 0 && stat(second, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Nothing in the way, before the features are read. */
static enum tl_status check_file(const struct job *job, const char *path, const char *store_path, struct tl_error *err)
{
    struct stat facts;

    if (is_same_file(store_path, path))
        return tl_error_set(err, TL_BAD_INPUT, "%s is the store itself; name another file to write", path);
    if (!job->settings->force && lstat(path, &facts) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "%s is there already (--force replaces it)", path);
    return TL_OK;
}

static enum tl_status check_out_path(const struct job *job, const char *store_path, struct tl_error *err)
{
    static const char *const endings[] = {".labels.npy", ".csv"};
    enum tl_status status = check_file(job, job->out_path, store_path, err);

    for (size_t i = 0; status == TL_OK && tl_feature_file_is_npy(job->out_path) && i < 2; i++) {
        char *path = tl_feature_file_copy_npy_path(job->out_path, endings[i]);

        status = path ? check_file(job, path, store_path, err) : tl_error_set_no_memory(err, "a path", strlen(job->out_path));
        tl_memory_free(path);
    }
    return status;
}

static enum tl_status read_and_write(struct job *job, struct tl_error *err)
{
    enum tl_status status = choose(job, err);

    if (status == TL_OK)
        status = tl_export_places_read(&job->places, job->store, job->settings->label_set, err);
    if (status == TL_OK && job->places.class_count == 0 && job->settings->is_label_set_given)
        status = tl_error_set(err, TL_NOT_FOUND, "no photo has a class in the label set '%s'", job->settings->label_set);
    if (status == TL_OK)
        status = write_file(job, err);
    return status;
}

/* Exporting reads, and may do so on read-only media; only to record damage is the store opened to write. */
static enum tl_status record_damage(const struct job *job, const char *store_path, struct tl_error *err)
{
    tl_store *store = NULL;
    struct tl_error unrecorded;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_WRITE, &unrecorded);

    if (status == TL_OK)
        status = tl_store_put_damages(store, &job->damages, &unrecorded);
    status = tl_store_close_after(&store, status, &unrecorded);
    return tl_store_tell_damages(&job->damages, status == TL_OK ? NULL : &unrecorded, err);
}

/* Another program may write meanwhile: what is exported is the store of one moment. */
static enum tl_status export_store(struct job *job, const char *store_path, struct tl_error *err)
{
    enum tl_status status = tl_store_open(&job->store, store_path, TL_STORE_READ, err);

    if (status == TL_OK)
        status = check_out_path(job, store_path, err);
    if (status == TL_OK)
        status = tl_store_begin_reading(job->store, err);
    if (status == TL_OK)
        status = read_and_write(job, err);
    status = tl_store_close_after(&job->store, status, err);
    if (job->damages.count > 0)
        status = record_damage(job, store_path, err);
    if (status == TL_OK)
        status = print_summary(job, err);
    tl_export_places_free(&job->places);
    tl_store_free_damages(&job->damages);
    return status;
}

enum tl_exit tl_verb_export_run(int argc, char **argv)
{
    struct settings settings = {.label_set = "default"};
    const struct tl_option options[] = {
        {.name = "split", .argument = "train|val|test", .kind = TL_OPTION_CHOICE, .target = &settings.split, .choices = SPLIT_NAMES,
         .is_given = &settings.is_split_given, .help = "only photos of this split (all)"},
        {.name = "plain", .kind = TL_OPTION_FLAG, .target = &settings.plain, .help = "only the plain photos, no variants"},
        {.name = "features", .argument = "NAME|DIGEST", .kind = TL_OPTION_STRING, .target = &settings.features,
         .help = "the feature set, by a name or its digest's beginning (the only one)"},
        {.name = "augment", .argument = "NAME|DIGEST", .kind = TL_OPTION_STRING, .target = &settings.augment,
         .help = "whose variants are exported beside the plain photos (the only augmentation)"},
        {.name = "label-set", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &settings.label_set,
         .is_given = &settings.is_label_set_given, .help = "whose classes (default)"},
        {.name = "force", .kind = TL_OPTION_FLAG, .target = &settings.force, .help = "replace OUT when it is there"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "the summary as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &settings.quiet, .help = "no progress and no notices"},
    };
    const struct tl_command command = {
        "tl-store export",
        "tl-store export [options] STORE OUT.h5|OUT.npy",
        "Writes features (N, F) with the attribute shape, labels, class_names, paths, variant and split. One row for each\n"
        "place of a photo and each variant. A photo without a label, or with several, has label -1. OUT.npy has the features\n"
        "alone, OUT.labels.npy the labels, OUT.csv a line a row: path, class, label, split, variant.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 written; 2 not, and OUT is as it was.",
    };
    struct job job = {.settings = &settings, .command = &command};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return exit_code;
    if (operands.count != 2 || (settings.plain && settings.augment)) {
        tl_tool_say(&command, operands.count != 2 ? "a store and the file to write are needed (see --help)"
                                                  : "--plain and --augment exclude each other");
        return TL_EXIT_NOTHING;
    }
    tl_system_catch_signals();
    job.out_path = operands.items[1];
    exit_code = TL_EXIT_OK;
    if (export_store(&job, operands.items[0], &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        exit_code = TL_EXIT_NOTHING;
    }
    return tl_tool_end(&command, exit_code);
}
