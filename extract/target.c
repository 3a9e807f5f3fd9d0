/* target.c - see target.h. */
#include "extract/target.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/memory.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_shard.h"
#include "common/store/store_source.h"
#include "extract/batch.h"

enum { WAIT_MS = 200 };

static const char NETWORK[] = "vgg16";

/* An empty file is a store not made yet. */
static bool is_there(const char *store_path)
{
    struct stat info;

    return stat(store_path, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > 0);
}

/* Puts together what names the features; `json` has to live as long as *out. */
static void describe(struct tl_store_feature_set *out, const tl_features *features, char json[TL_RECIPE_JSON_BYTES])
{
    struct tl_features_identity identity = tl_features_identify(features);

    *out = (struct tl_store_feature_set){
        .input_json = json,
        .network = identity.network,
        .layer = identity.layer,
        .arithmetic = identity.arithmetic,
        .stored_type = identity.stored_type,
        .height = identity.height,
        .width = identity.width,
        .channels = identity.channels,
    };
    tl_recipe_to_json(json, tl_features_recipe(features));
    tl_recipe_digest(out->input_digest, tl_features_recipe(features));
    memcpy(out->tensors_sha256, identity.tensors_sha256, TL_DIGEST_BYTES);
}

/* Of the same recipe, network and weights, in an arithmetic and stored type that will do. */
static bool is_akin(const struct tl_store_feature_set *a, const struct tl_store_feature_set *ours,
                    const struct tl_settings *settings)
{
    return memcmp(a->input_digest, ours->input_digest, TL_DIGEST_BYTES) == 0 &&
           memcmp(a->tensors_sha256, ours->tensors_sha256, TL_DIGEST_BYTES) == 0 && strcmp(a->network, ours->network) == 0 &&
           strcmp(a->layer, ours->layer) == 0 && (!settings->has_precision || strcmp(a->arithmetic, ours->arithmetic) == 0) &&
           (!settings->stored_type || strcmp(a->stored_type, settings->stored_type) == 0);
}

/* The only one of the store's feature sets that can be gone on with, SIZE_MAX where there is none. */
static enum tl_status find_akin(size_t *out, const struct tl_store_feature_set *sets, size_t count,
                                const struct tl_store_feature_set *ours, const struct tl_settings *settings, struct tl_error *err)
{
    *out = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!is_akin(&sets[i], ours, settings))
            continue;
        if (*out != SIZE_MAX && strcmp(sets[*out].arithmetic, sets[i].arithmetic) != 0)
            return tl_error_set(err, TL_BAD_INPUT,
                                "the store has features of this recipe in more than one arithmetic (%s, %s): name one by "
                                "--precision NAME", sets[*out].arithmetic, sets[i].arithmetic);
        if (*out != SIZE_MAX)
            return tl_error_set(err, TL_BAD_INPUT,
                                "the store has features of this recipe in more than one stored type: name one by "
                                "--store-precision");
        *out = i;
    }
    return TL_OK;
}

static enum tl_status compute_by(struct tl_target *target, const char *arithmetic, const struct tl_settings *settings,
                                 const char *weights_path, struct tl_error *err)
{
    const struct tl_features_wish wish = {.arithmetic = arithmetic, .kernels = settings->kernels};
    enum tl_status status;

    tl_features_free(target->features);
    target->features = NULL;
    status = tl_features_create(&target->features, &settings->recipe, NETWORK, weights_path, &wish, err);
    if (status != TL_OK)
        status = tl_error_prefix(err, "the store's features are of the arithmetic %s (--precision NAME begins others)", arithmetic);
    return status;
}

/* A store goes on in the arithmetic and stored type that it has, so that nothing is computed twice or mixed. Which of its features
 * are of these weights only their digest tells; so where the arithmetic is not the default, the weights are read and packed twice.
 */
static enum tl_status follow_store(struct tl_target *target, const struct tl_settings *settings, const char *weights_path,
                                   struct tl_error *err)
{
    char json[TL_RECIPE_JSON_BYTES];
    struct tl_store_feature_set ours, *sets = NULL;
    size_t count = 0, akin;
    enum tl_status status = tl_store_list_feature_sets(target->store, &sets, &count, err);

    if (status != TL_OK)
        return status;
    describe(&ours, target->features, json);
    status = find_akin(&akin, sets, count, &ours, settings, err);
    if (status == TL_OK && akin != SIZE_MAX && strcmp(sets[akin].arithmetic, ours.arithmetic) != 0)
        status = compute_by(target, sets[akin].arithmetic, settings, weights_path, err);
    if (status == TL_OK && akin != SIZE_MAX)
        status = tl_features_set_stored_type(target->features, sets[akin].stored_type, err);
    tl_store_free_feature_sets(sets, count);
    return status;
}

static enum tl_status put_rows(struct tl_target *target, const struct tl_settings *settings, struct tl_scan *const *scans,
                               size_t scan_count, struct tl_error *err)
{
    char json[TL_RECIPE_JSON_BYTES], augmentation_json[TL_AUGMENTATION_JSON_BYTES];
    struct tl_store_feature_set set;
    struct tl_store_augmentation augmentation = {.name = settings->augmentation_name, .json = augmentation_json};
    enum tl_status status;

    describe(&set, target->features, json);
    status = tl_store_claim_shard(target->store, settings->shard, err);
    for (size_t i = 0; i < scan_count && status == TL_OK; i++)
        status = tl_store_put_source(target->store, &target->source_ids[i], scans[i]->name, scans[i]->root, err);
    if (status == TL_OK)
        status = tl_store_put_feature_set(target->store, &set, err);
    if (status == TL_OK && settings->variant_count > 0) {
        tl_augmentation_to_json(augmentation_json, &settings->augmentation);
        tl_augmentation_digest(augmentation.digest, &settings->augmentation);
        status = tl_store_put_augmentation(target->store, &augmentation, err);
    }
    target->wish = (struct tl_agenda_wish){settings->label_set, set.feature_set_id, augmentation.augmentation_id,
                                           settings->variant_count, settings->is_retrying};
    return status;
}

static enum tl_status open_store(struct tl_target *target, const char *store_path, struct tl_error *err)
{
    enum tl_status status = tl_store_open(&target->store, store_path, TL_STORE_CREATE, err);

    return status == TL_OK ? tl_store_limit_cache(target->store, TL_BATCH_CACHE_BYTES, err) : status;
}

static void sleep_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = WAIT_MS * 1000000};

    (void)nanosleep(&moment, NULL); /* a signal ends it, and is asked for next */
}

/* What is wrong with the command is not to be told after hours of waiting. */
static enum tl_status check_folders(const struct tl_settings *settings, struct tl_error *err)
{
    struct stat info;

    for (size_t i = 0; i < settings->directory_count; i++)
        if (stat(settings->directories[i], &info) != 0 || !S_ISDIR(info.st_mode))
            return tl_error_set(err, TL_NOT_FOUND, "%s: no such folder", settings->directories[i]);
    return TL_OK;
}

/* One extraction at a time: two would compute the same photos twice. */
static enum tl_status take_hold(struct tl_target *target, const struct tl_settings *settings, struct tl_stop *stop,
                                struct tl_error *err)
{
    char holder[TL_STORE_HOLD_NAME_BYTES];
    bool has_said = false;

    for (;;) {
        enum tl_status status = tl_store_hold_take(&target->hold, settings->store_path, err);

        if (status != TL_OK || target->hold)
            return status;
        if (!has_said || !settings->is_waiting)
            tl_store_hold_name_holder(holder, settings->store_path);
        if (!settings->is_waiting)
            return tl_error_set(err, TL_BAD_INPUT,
                                "%s: %s is at work on it; --wait waits for it, `tl-store status` tells how far it is",
                                settings->store_path, holder);
        if (!has_said && (status = check_folders(settings, err)) != TL_OK)
            return status;
        if (!has_said && !settings->is_quiet)
            tl_tool_say(&tl_settings_program, "%s: waiting for %s to end", settings->store_path, holder);
        has_said = true;
        if (tl_stop_is_due(stop, NULL))
            return tl_error_set(err, TL_STOPPED, "%s: stopped while waiting for %s", settings->store_path, holder);
        sleep_a_moment();
    }
}

static enum tl_status open_all(struct tl_target *target, const struct tl_settings *settings, struct tl_scan *const *scans,
                               size_t scan_count, struct tl_error *err)
{
    const char *weights_path = target->weights_path;
    const bool was_there = is_there(settings->store_path);
    const struct tl_features_wish wish = {.arithmetic = settings->arithmetic, .kernels = settings->kernels};
    enum tl_status status = TL_OK;

    target->source_ids = tl_memory_alloc(scan_count, sizeof *target->source_ids);
    if (!target->source_ids)
        return tl_error_set_no_memory(err, "the list of sources", scan_count * sizeof *target->source_ids);
    if (was_there)
        /* A crash may have left it without tables. */
        status = open_store(target, settings->store_path, err);
    if (status == TL_OK)
        status = tl_features_create(&target->features, &settings->recipe, NETWORK, weights_path, &wish, err);
    if (status == TL_OK && settings->stored_type)
        status = tl_features_set_stored_type(target->features, settings->stored_type, err);
    if (status == TL_OK && target->store)
        status = follow_store(target, settings, weights_path, err);
    if (status == TL_OK && !was_there)
        status = open_store(target, settings->store_path, err);
    if (status == TL_OK)
        status = tl_store_begin(target->store, err);
    if (status == TL_OK)
        status = put_rows(target, settings, scans, scan_count, err);
    if (status == TL_OK)
        status = tl_store_commit(target->store, err);
    return status;
}

/* The first failure is the one to tell. */
static enum tl_status give_up(struct tl_target *target, enum tl_status status)
{
    enum tl_status later = tl_target_close(target, NULL);

    (void)later;
    return status;
}

enum tl_status tl_target_hold(struct tl_target *out, const struct tl_settings *settings, struct tl_stop *stop, struct tl_error *err)
{
    enum tl_status status;

    *out = (struct tl_target){.store = NULL};
    status = tl_features_find_weights(&out->weights_path, settings->weights_path, NETWORK, err);
    if (status == TL_OK)
        status = take_hold(out, settings, stop, err);
    return status == TL_OK ? TL_OK : give_up(out, status);
}

enum tl_status tl_target_open(struct tl_target *target, const struct tl_settings *settings, struct tl_scan *const *scans,
                              size_t scan_count, struct tl_error *err)
{
    const enum tl_status status = open_all(target, settings, scans, scan_count, err);

    return status == TL_OK ? TL_OK : give_up(target, status);
}

enum tl_status tl_target_close(struct tl_target *target, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (target->store) {
        tl_store_rollback(target->store);
        status = tl_store_close(&target->store, err);
    }
    tl_store_hold_free(target->hold);
    tl_features_free(target->features);
    tl_memory_free(target->source_ids);
    tl_memory_free(target->weights_path);
    *target = (struct tl_target){.store = NULL};
    return status;
}
