/* outlook.c - see outlook.h. */
#include "extract/outlook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/features/choice.h"
#include "common/store/store_feature.h"
#include "common/store/store_shard.h"

/* One source of the store, while its name is looked for. */
struct seeking {
    const struct tl_sources *sources;
    int64_t *source_ids;
    enum tl_status status;
    struct tl_error *err;
};

static bool take_source(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct seeking *seeking = context;

    (void)column_count;
    (void)names;
    for (size_t i = 0; i < seeking->sources->count; i++) {
        const struct tl_scan *scan = seeking->sources->scans[i];
        char *root = tl_text_copy_visible(scan->root);

        if (!root)
            seeking->status = tl_error_set_no_memory(seeking->err, "a path", strlen(scan->root));
        else if (values[1] && strcmp(values[1], scan->name) == 0) {
            seeking->source_ids[i] = strtoll(values[0], NULL, 10);
            if (values[2] && strcmp(values[2], root) != 0)
                seeking->status = tl_error_set(seeking->err, TL_BAD_INPUT,
                                               "the source '%s' lies at %s, not at %s: --source NAME for another tree, `tl-store "
                                               "relocate` "
                                               "for one that was moved",
                                               scan->name, values[2], root);
        }
        tl_memory_free(root);
    }
    return seeking->status == TL_OK;
}

static enum tl_status find_sources(struct tl_outlook *outlook, const struct tl_sources *sources, struct tl_error *err)
{
    struct seeking seeking = {sources, outlook->source_ids, TL_OK, err};
    enum tl_status status = tl_store_query(outlook->store, "SELECT source_id, name, root FROM source", take_source, &seeking, err);

    return status != TL_OK ? status : seeking.status;
}

static enum tl_status check_shard(const struct tl_outlook *outlook, const struct tl_settings *settings, struct tl_error *err)
{
    struct tl_store_shard shard;
    enum tl_status status = tl_store_get_shard(outlook->store, &shard, err);

    if (status == TL_OK && (shard.index != settings->shard.index || shard.count != settings->shard.count))
        status = tl_error_set(err, TL_BAD_INPUT, "the store is part %u/%u (0/0: all photos), and part %u/%u is asked for",
                              shard.index, shard.count, settings->shard.index, settings->shard.count);
    return status;
}

static bool is_candidate(const struct tl_store_feature_set *set, const struct tl_settings *settings, const uint8_t *input_digest,
                         const char *arithmetic, const uint8_t *tensors_sha256)
{
    return memcmp(set->input_digest, input_digest, TL_DIGEST_BYTES) == 0 && strcmp(set->network, "vgg16") == 0 &&
           (!arithmetic || strcmp(set->arithmetic, arithmetic) == 0) &&
           (!settings->stored_type || strcmp(set->stored_type, settings->stored_type) == 0) &&
           (!tensors_sha256 || memcmp(set->tensors_sha256, tensors_sha256, TL_DIGEST_BYTES) == 0);
}

static enum tl_status take_set(struct tl_outlook *outlook, const struct tl_store_feature_set *set, struct tl_error *err)
{
    if (outlook->wish.feature_set_id != -1 && strcmp(outlook->arithmetic, set->arithmetic) != 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "the store has features of this recipe in more than one arithmetic (%s, %s): name one by --precision "
                            "NAME",
                            outlook->arithmetic, set->arithmetic);
    if (outlook->wish.feature_set_id != -1)
        return tl_error_set(err, TL_BAD_INPUT,
                            "the store has features of this recipe as %s and as %s: name one by --store-precision",
                            outlook->stored_type, set->stored_type);
    outlook->wish.feature_set_id = set->feature_set_id;
    memcpy(outlook->tensors_sha256, set->tensors_sha256, TL_DIGEST_BYTES);
    snprintf(outlook->arithmetic, sizeof outlook->arithmetic, "%s", set->arithmetic);
    snprintf(outlook->stored_type, sizeof outlook->stored_type, "%s", set->stored_type);
    return TL_OK;
}

/* Of these weights, or where they are not known, NULL, of whichever the store has. */
static enum tl_status find_set(struct tl_outlook *outlook, const struct tl_settings *settings, const uint8_t *tensors_sha256,
                               struct tl_error *err)
{
    const struct tl_features_wish wish = {.arithmetic = settings->arithmetic, .kernels = settings->kernels};
    const struct tl_conv_kernel *kernel = NULL;
    struct tl_store_feature_set *sets = NULL;
    uint8_t input_digest[TL_DIGEST_BYTES];
    size_t count = 0;
    enum tl_status status = tl_features_choose_kernel(&kernel, &wish, err);

    outlook->wish.feature_set_id = -1;
    outlook->network_count = 0;
    outlook->arithmetic[0] = outlook->stored_type[0] = '\0';
    tl_recipe_digest(input_digest, &settings->recipe);
    if (status == TL_OK)
        status = tl_store_list_feature_sets(outlook->store, &sets, &count, err);
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        if (!is_candidate(&sets[i], settings, input_digest, settings->has_precision ? kernel->arithmetic : NULL, tensors_sha256))
            continue;
        if (outlook->network_count == 0 || memcmp(outlook->tensors_sha256, sets[i].tensors_sha256, TL_DIGEST_BYTES) != 0)
            outlook->network_count++;
        if (outlook->network_count > 1)
            break;
        status = take_set(outlook, &sets[i], err);
    }
    tl_store_free_feature_sets(sets, count);
    return status;
}

static bool take_id(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    *(int64_t *)context = values[0] ? strtoll(values[0], NULL, 10) : -1;
    return false;
}

static enum tl_status find_augmentation(struct tl_outlook *outlook, const struct tl_settings *settings, struct tl_error *err)
{
    uint8_t digest[TL_DIGEST_BYTES];
    char hex[TL_DIGEST_HEX_BYTES], sql[160];

    if (settings->variant_count == 0)
        return TL_OK;
    tl_augmentation_digest(digest, &settings->augmentation);
    tl_digest_to_hex(hex, digest);
    snprintf(sql, sizeof sql, "SELECT augmentation_id FROM augmentation WHERE digest = x'%s'", hex);
    outlook->wish.augmentation_id = -1;
    return tl_store_query(outlook->store, sql, take_id, &outlook->wish.augmentation_id, err);
}

enum tl_status tl_outlook_open(struct tl_outlook *out, const struct tl_settings *settings, const struct tl_sources *sources,
                               struct tl_error *err)
{
    struct stat info;
    enum tl_status status;

    *out = (struct tl_outlook){
        .wish = {settings->label_set, -1, settings->variant_count > 0 ? -1 : 0, settings->variant_count, settings->is_retrying}};
    out->source_ids = tl_memory_alloc(sources->count, sizeof *out->source_ids);
    if (!out->source_ids)
        return tl_error_set_no_memory(err, "the list of sources", sources->count * sizeof *out->source_ids);
    for (size_t i = 0; i < sources->count; i++)
        out->source_ids[i] = -1;
    if (stat(settings->store_path, &info) != 0 || (S_ISREG(info.st_mode) && info.st_size == 0))
        return TL_OK;
    status = tl_store_open(&out->store, settings->store_path, TL_STORE_READ, err);
    if (status == TL_OK)
        status = find_sources(out, sources, err);
    if (status == TL_OK)
        status = check_shard(out, settings, err);
    if (status == TL_OK)
        status = find_set(out, settings, NULL, err);
    if (status == TL_OK)
        status = find_augmentation(out, settings, err);
    return status;
}

void tl_outlook_close(struct tl_outlook *outlook)
{
    enum tl_status status = tl_store_close(&outlook->store, NULL);

    (void)status; /* it was only read */
    tl_memory_free(outlook->source_ids);
    *outlook = (struct tl_outlook){.store = NULL};
}

enum tl_status tl_outlook_confirm(struct tl_outlook *outlook, bool *out_is_other, const struct tl_settings *settings,
                                  const uint8_t tensors_sha256[TL_DIGEST_BYTES], struct tl_error *err)
{
    const int64_t before = outlook->wish.feature_set_id;
    enum tl_status status = TL_OK;

    *out_is_other = false;
    if (!outlook->store)
        return TL_OK;
    status = find_set(outlook, settings, tensors_sha256, err);
    *out_is_other = outlook->wish.feature_set_id != before;
    return status;
}
