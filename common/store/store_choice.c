/* store_choice.c - which feature sets and augmentations are there, and which one is meant; see store_feature.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/store/column.h"
#include "common/store/store_feature.h"

enum { PREFIX_DIGITS_MIN = 4, CHOICES_CEILING_BYTES = 700 };

/* Strings that a list owns are const in the structs, because put borrows them. */
static void free_string(const char *string)
{
    tl_memory_free((void *)(uintptr_t)string);
}

void tl_store_free_feature_sets(struct tl_store_feature_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free_string(sets[i].input_json);
        free_string(sets[i].network);
        free_string(sets[i].layer);
        free_string(sets[i].arithmetic);
        free_string(sets[i].stored_type);
        free_string(sets[i].recipe);
    }
    tl_memory_free(sets);
}

void tl_store_free_augmentations(struct tl_store_augmentation *augmentations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free_string(augmentations[i].name);
        free_string(augmentations[i].json);
    }
    tl_memory_free(augmentations);
}

/* `items` with room for one more, zeroed; NULL when there is no memory, and the statement says so. */
static void *grow(struct tl_statement *s, void *items, size_t count, size_t item_bytes)
{
    void *larger = tl_memory_resize(items, count + 1, item_bytes);
    if (larger == NULL)
        s->status = tl_error_set_no_memory(s->err, "a list of choices", (unsigned long long)(count + 1) * item_bytes);
    else
        memset((char *)larger + count * item_bytes, 0, item_bytes);
    return larger;
}

static void read_feature_set(struct tl_statement *s, struct tl_store_feature_set *set)
{
    set->feature_set_id = tl_column_int(s, 0);
    tl_column_digest(s, 1, set->digest);
    set->input_json = tl_column_copy_text(s, 2);
    tl_column_digest(s, 3, set->input_digest);
    set->network = tl_column_copy_text(s, 4);
    tl_column_digest(s, 5, set->tensors_sha256);
    set->layer = tl_column_copy_text(s, 6);
    set->arithmetic = tl_column_copy_text(s, 7);
    set->stored_type = tl_column_copy_text(s, 8);
    set->height = (uint32_t)tl_column_int_within(s, 9, 1, UINT32_MAX);
    set->width = (uint32_t)tl_column_int_within(s, 10, 1, UINT32_MAX);
    set->channels = (uint32_t)tl_column_int_within(s, 11, 1, UINT32_MAX);
    set->feature_count = tl_column_int(s, 12);
    set->recipe = tl_column_copy_text(s, 13);
    set->is_stale = tl_column_int_within(s, 14, 0, 1) != 0;
    if (s->status == TL_OK && (!set->input_json || !set->network || !set->layer || !set->arithmetic || !set->stored_type ||
                               !set->recipe))
        s->status = tl_error_set(s->err, TL_CORRUPT, "%s: a feature set with a text that is NULL", s->store->path);
}

enum tl_status tl_store_list_feature_sets(tl_store *store, struct tl_store_feature_set **out, size_t *out_count,
                                          struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_feature_set *sets = NULL;
    size_t count = 0;
    *out = NULL;
    *out_count = 0;
    tl_statement_begin(
        &s, store,
        "SELECT fs.feature_set_id, fs.digest, i.json, i.digest, b.network, b.tensors_sha256, fs.layer, fs.arithmetic,"
        " fs.stored_type, fs.height, fs.width, fs.channels,"
        " (SELECT count(*) FROM feature f WHERE f.feature_set_id = fs.feature_set_id) AS feature_count,"
        " iif(i.json ->> 'crop', 'crop ', '') || ifnull(i.json ->> 'resize', '') ||"
        " iif(i.json ->> 'exif' = 'apply', ' exif', '') || iif(i.json ->> 'shrink_on_load', ' shrink', '') ||"
        " iif(i.json ->> 'preprocess' <> 'caffe', ' ' || (i.json ->> 'preprocess'), '') ||"
        " iif(fs.stored_type <> 'float32', ' ' || fs.stored_type, '') AS recipe,"
        " i.compat < (SELECT compat FROM current_versions) AS is_stale"
        " FROM feature_set fs JOIN input i USING (input_id) JOIN backbone b USING (backbone_id) ORDER BY fs.digest",
        err);
    while (tl_statement_step(&s)) {
        struct tl_store_feature_set *larger = grow(&s, sets, count, sizeof *sets);
        if (larger == NULL)
            break;
        sets = larger;
        read_feature_set(&s, &sets[count++]);
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK) {
        *out = sets;
        *out_count = count;
    } else {
        tl_store_free_feature_sets(sets, count);
    }
    return status;
}

/* The same with and without a feature set: the former goes along an index. */
static const char of_set[] =
    "SELECT a.augmentation_id, a.digest, a.name, a.json, n.variant_count,"
    " ifnull(a.draw < (SELECT draw FROM current_versions), 0) AS is_stale FROM augmentation a JOIN"
    " (SELECT v.augmentation_id, count(*) AS variant_count FROM feature f JOIN variant v USING (variant_id)"
    " WHERE f.feature_set_id = ? AND v.augmentation_id <> 0 GROUP BY v.augmentation_id) n USING (augmentation_id)"
    " ORDER BY a.digest";
static const char of_all[] =
    "SELECT a.augmentation_id, a.digest, a.name, a.json, n.variant_count,"
    " ifnull(a.draw < (SELECT draw FROM current_versions), 0) AS is_stale FROM augmentation a JOIN"
    " (SELECT v.augmentation_id, count(*) AS variant_count FROM feature f JOIN variant v USING (variant_id)"
    " WHERE v.augmentation_id <> 0 GROUP BY v.augmentation_id) n USING (augmentation_id) ORDER BY a.digest";

enum tl_status tl_store_list_augmentations(tl_store *store, int64_t feature_set_id, struct tl_store_augmentation **out,
                                           size_t *out_count, struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_augmentation *augmentations = NULL;
    size_t count = 0;
    *out = NULL;
    *out_count = 0;
    tl_statement_begin(&s, store, feature_set_id != 0 ? of_set : of_all, err);
    if (feature_set_id != 0)
        tl_statement_bind_int(&s, feature_set_id);
    while (tl_statement_step(&s)) {
        struct tl_store_augmentation *larger = grow(&s, augmentations, count, sizeof *augmentations);
        if (larger == NULL)
            break;
        augmentations = larger;
        struct tl_store_augmentation *augmentation = &augmentations[count++];
        augmentation->augmentation_id = tl_column_int(&s, 0);
        tl_column_digest(&s, 1, augmentation->digest);
        augmentation->name = tl_column_copy_text(&s, 2);
        augmentation->json = tl_column_copy_text(&s, 3);
        augmentation->variant_count = tl_column_int(&s, 4);
        augmentation->is_stale = tl_column_int_within(&s, 5, 0, 1) != 0;
        if (s.status == TL_OK && (!augmentation->name || !augmentation->json))
            s.status = tl_error_set(err, TL_CORRUPT, "%s: an augmentation with a text that is NULL", store->path);
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK) {
        *out = augmentations;
        *out_count = count;
    } else {
        tl_store_free_augmentations(augmentations, count);
    }
    return status;
}

/* One thing that can be chosen, whichever kind it is. */
struct choice {
    const uint8_t *digest;
    const char *name, *other_name; /* either may be what is wanted; other_name may be NULL */
    const char *recipe;            /* shown; may be NULL */
    int64_t feature_count;
    bool is_stale; /* taken only by its digest */
};
typedef struct choice get_choice(const void *items, size_t index);

static struct choice get_feature_set(const void *items, size_t index)
{
    const struct tl_store_feature_set *set = (const struct tl_store_feature_set *)items + index;
    return (struct choice){set->digest, set->network, set->arithmetic, set->recipe, set->feature_count, set->is_stale};
}

static struct choice get_augmentation(const void *items, size_t index)
{
    const struct tl_store_augmentation *augmentation = (const struct tl_store_augmentation *)items + index;
    return (struct choice){augmentation->digest, augmentation->name, NULL, NULL, augmentation->variant_count,
                           augmentation->is_stale};
}

static bool is_wanted(const struct choice *choice, const char *wanted)
{
    char hex[TL_DIGEST_HEX_BYTES], lower[TL_DIGEST_HEX_BYTES];
    const size_t length = strlen(wanted);
    if (!choice->is_stale &&
        (strcmp(choice->name, wanted) == 0 || (choice->other_name != NULL && strcmp(choice->other_name, wanted) == 0)))
        return true;
    if (length < PREFIX_DIGITS_MIN || length >= sizeof lower)
        return false;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)tolower((unsigned char)wanted[i]);
    tl_digest_to_hex(hex, choice->digest);
    return strncmp(hex, lower, length) == 0;
}

/* "1f2e3d4c (mild, 1200 features), ..." as far as it fits a message. */
static void list_choices(char out[CHOICES_CEILING_BYTES], const void *items, size_t count, get_choice *get)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char hex[TL_DIGEST_HEX_BYTES], piece[160];
        const struct choice choice = get(items, i);
        tl_digest_to_hex(hex, choice.digest);
        const int length = snprintf(piece, sizeof piece, "%s%.8s (%.60s%s%.40s%s%.40s, %lld features%s)", i == 0 ? "" : ", ", hex,
                                    choice.name, choice.other_name != NULL ? " " : "",
                                    choice.other_name != NULL ? choice.other_name : "",
                                    choice.recipe != NULL ? ", " : "", choice.recipe != NULL ? choice.recipe : "",
                                    (long long)choice.feature_count, choice.is_stale ? ", stale" : "");
        if (length < 0 || used + (size_t)length + sizeof ", ..." > CHOICES_CEILING_BYTES) {
            snprintf(out + used, CHOICES_CEILING_BYTES - used, ", ...");
            return;
        }
        memcpy(out + used, piece, (size_t)length + 1);
        used += (size_t)length;
    }
}

static enum tl_status choose(size_t *out_index, const void *items, size_t count, get_choice *get, const char *wanted,
                             const char *kind, const char *option, const char *remedy, struct tl_error *err)
{
    char choices[CHOICES_CEILING_BYTES];
    size_t match_count = 0, match = 0, stale_count = 0;
    *out_index = 0;
    if (count == 0)
        return tl_error_set(err, TL_NOT_FOUND, "the store has no %s; %s", kind, remedy);
    for (size_t i = 0; i < count; i++) {
        const struct choice choice = get(items, i);
        stale_count += choice.is_stale;
        if (wanted != NULL ? !is_wanted(&choice, wanted) : choice.is_stale)
            continue;
        match = i;
        match_count++;
    }
    if (match_count == 1) {
        *out_index = match;
        return TL_OK;
    }
    list_choices(choices, items, count, get);
    if (match_count == 0 && stale_count == count)
        return tl_error_set(err, TL_NOT_FOUND,
                            "each %s is of an older program, so stale: run tl-extract again, or name one by its digest with "
                            "%s: %s",
                            kind, option, choices);
    if (match_count == 0)
        return tl_error_set(err, TL_NOT_FOUND, "no %s '%s'; there are: %s", kind, wanted, choices);
    if (wanted != NULL)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' fits %zu of these, give more digits of the one you mean: %s", wanted,
                            match_count, choices);
    return tl_error_set(err, TL_BAD_INPUT, "several %ss, name one with %s: %s", kind, option, choices);
}

enum tl_status tl_store_choose_feature_set(size_t *out_index, const struct tl_store_feature_set *sets, size_t count,
                                           const char *wanted, struct tl_error *err)
{
    return choose(out_index, sets, count, get_feature_set, wanted, "feature set", "--features", "tl-extract computes one", err);
}

enum tl_status tl_store_choose_augmentation(size_t *out_index, const struct tl_store_augmentation *augmentations, size_t count,
                                            const char *wanted, struct tl_error *err)
{
    return choose(out_index, augmentations, count, get_augmentation, wanted, "augmentation", "--augment",
                  "tl-extract --variants K makes variants", err);
}
