/* target.c - see target.h. */
#include "extract/target.h"

#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_shard.h"
#include "common/store/store_source.h"

static const char NETWORK[] = "vgg16";
static const char STORED_TYPE[] = "float32"; /* what the codec keeps */

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
        .stored_type = STORED_TYPE,
        .height = identity.height,
        .width = identity.width,
        .channels = identity.channels,
    };
    tl_recipe_to_json(json, tl_features_recipe(features));
    tl_recipe_digest(out->input_digest, tl_features_recipe(features));
    memcpy(out->tensors_sha256, identity.tensors_sha256, TL_DIGEST_BYTES);
}

/* Equal but for the arithmetic. */
static bool is_akin(const struct tl_store_feature_set *a, const struct tl_store_feature_set *b)
{
    return memcmp(a->input_digest, b->input_digest, TL_DIGEST_BYTES) == 0 &&
           memcmp(a->tensors_sha256, b->tensors_sha256, TL_DIGEST_BYTES) == 0 && strcmp(a->network, b->network) == 0 &&
           strcmp(a->layer, b->layer) == 0 && strcmp(a->stored_type, b->stored_type) == 0;
}

/* The arithmetic that the store's features of this recipe and network have, the caller's to free; NULL when there are none
 * or it is ours. */
static enum tl_status find_stored_arithmetic(char **out, tl_store *store, const struct tl_store_feature_set *ours,
                                             struct tl_error *err)
{
    struct tl_store_feature_set *sets = NULL;
    const char *found = NULL;
    size_t count = 0;
    enum tl_status status = tl_store_list_feature_sets(store, &sets, &count, err);

    *out = NULL;
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        if (!is_akin(&sets[i], ours))
            continue;
        if (found && strcmp(found, sets[i].arithmetic) != 0)
            status = tl_error_set(err, TL_BAD_INPUT,
                                  "the store has features of this recipe in more than one arithmetic (%s, %s): name one by "
                                  "--precision NAME", found, sets[i].arithmetic);
        found = sets[i].arithmetic;
    }
    if (status == TL_OK && found && strcmp(found, ours->arithmetic) != 0) {
        *out = tl_memory_copy_string(found);
        if (!*out)
            status = tl_error_set_no_memory(err, "the name of an arithmetic", strlen(found) + 1);
    }
    tl_store_free_feature_sets(sets, count);
    return status;
}

/* A store goes on in the arithmetic that it has, so that nothing is computed twice or mixed. Which of its features are of these
 * weights only their digest tells; so where the arithmetic is not the default, the weights are read and packed twice. */
static enum tl_status follow_store(struct tl_target *target, const struct tl_settings *settings, const char *weights_path,
                                   struct tl_error *err)
{
    char json[TL_RECIPE_JSON_BYTES];
    struct tl_store_feature_set ours;
    char *arithmetic = NULL;
    enum tl_status status;

    describe(&ours, target->features, json);
    status = find_stored_arithmetic(&arithmetic, target->store, &ours, err);
    if (status == TL_OK && arithmetic) {
        tl_features_free(target->features);
        target->features = NULL;
        const struct tl_features_wish wish = {.arithmetic = arithmetic, .kernels = settings->kernels};
        status = tl_features_create(&target->features, &settings->recipe, NETWORK, weights_path, &wish, err);
        if (status != TL_OK)
            status = tl_error_prefix(err, "the store's features are of the arithmetic %s (--precision NAME begins others)",
                                     arithmetic);
    }
    tl_memory_free(arithmetic);
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
                                           settings->variant_count};
    return status;
}

static enum tl_status open_all(struct tl_target *target, const struct tl_settings *settings, struct tl_scan *const *scans,
                               size_t scan_count, const char *weights_path, struct tl_error *err)
{
    const struct tl_features_wish wish = {.arithmetic = settings->arithmetic, .kernels = settings->kernels};
    enum tl_status status = TL_OK;

    target->source_ids = tl_memory_alloc(scan_count, sizeof *target->source_ids);
    if (!target->source_ids)
        return tl_error_set_no_memory(err, "the list of sources", scan_count * sizeof *target->source_ids);
    if (is_there(settings->store_path))
        status = tl_store_open(&target->store, settings->store_path, TL_STORE_WRITE, err);
    if (status == TL_OK)
        status = tl_features_create(&target->features, &settings->recipe, NETWORK, weights_path, &wish, err);
    if (status == TL_OK && target->store && !settings->has_precision)
        status = follow_store(target, settings, weights_path, err);
    if (status == TL_OK && !target->store)
        status = tl_store_open(&target->store, settings->store_path, TL_STORE_CREATE, err);
    if (status == TL_OK)
        status = tl_store_begin(target->store, err);
    if (status == TL_OK)
        status = put_rows(target, settings, scans, scan_count, err);
    if (status == TL_OK)
        status = tl_store_commit(target->store, err);
    return status;
}

enum tl_status tl_target_open(struct tl_target *out, const struct tl_settings *settings, struct tl_scan *const *scans,
                              size_t scan_count, struct tl_error *err)
{
    struct tl_target target = {.store = NULL};
    char *weights_path = NULL;
    enum tl_status status = tl_features_find_weights(&weights_path, settings->weights_path, NETWORK, err);

    *out = target;
    if (status == TL_OK)
        status = open_all(&target, settings, scans, scan_count, weights_path, err);
    tl_memory_free(weights_path);
    if (status != TL_OK) {
        enum tl_status later = tl_target_close(&target, NULL); /* the first failure is the one to tell */

        (void)later;
        return status;
    }
    *out = target;
    return TL_OK;
}

enum tl_status tl_target_close(struct tl_target *target, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (target->store) {
        tl_store_rollback(target->store);
        status = tl_store_close(&target->store, err);
    }
    tl_features_free(target->features);
    tl_memory_free(target->source_ids);
    *target = (struct tl_target){.store = NULL};
    return status;
}
