/* verify_text.c - see verify_text.h. */
#include "serve/store/verify_text.h"

#include <inttypes.h>
#include <stdbool.h>

#include "common/base/digest.h"
#include "common/base/text.h"

enum { TEXT_BYTES = 1 << 16 };

enum tl_status tl_verify_name_damage(struct tl_error *failure, const struct tl_store_feature_name *name)
{
    char hex[TL_DIGEST_HEX_BYTES];

    if (name->is_orphan)
        return tl_error_prefix(failure, "feature %" PRId64 ", of which nothing else is known any more, is damaged",
                               name->feature_id);
    tl_digest_to_hex(hex, name->sha256);
    if (name->path[0] == '\0' && name->variant_index == 0)
        return tl_error_prefix(failure, "the stored feature of a photo that is gone (%.12s) is damaged", hex);
    if (name->path[0] == '\0')
        return tl_error_prefix(failure, "the stored feature of a photo that is gone (%.12s), variant %u of %s, is damaged", hex,
                               (unsigned)name->variant_index, name->augmentation);
    if (name->variant_index == 0)
        return tl_error_prefix(failure, "%s/%s: the stored feature is damaged", name->source, name->path);
    return tl_error_prefix(failure, "%s/%s: the stored feature of variant %u of %s is damaged", name->source, name->path,
                           (unsigned)name->variant_index, name->augmentation);
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static void append_json(struct tl_text *text, const struct tl_verify_result *result)
{
    const struct tl_store_rechecked *rechecked = &result->rechecked;

    tl_text_append_format(text,
                          "{\"features\": %" PRId64 ", \"damaged\": %" PRId64 ", \"recorded\": %zu, \"beyond_mending\": %" PRId64
                          ", \"file_faults\": %zu, \"complete\": %s",
                          result->verified.features, result->verified.damaged, result->recorded, result->beyond_mending,
                          result->file_faults, result->is_incomplete ? "false" : "true");
    tl_text_append_format(text,
                          ", \"recomputed\": {\"equal\": %" PRId64 ", \"different\": %" PRId64 ", \"other_pixels\": %" PRId64
                          ", \"gone\": %" PRId64 ", \"changed\": %" PRId64 ", \"unable\": %" PRId64 ", \"damaged\": %" PRId64
                          "}}\n",
                          rechecked->equal, rechecked->different, rechecked->other_pixels, rechecked->gone, rechecked->changed,
                          rechecked->unable, rechecked->damaged);
}

static void append_left(struct tl_text *text, int64_t count, const char *why, bool *is_first)
{
    if (count == 0)
        return;
    tl_text_append_format(text, "%s%" PRId64 " %s", *is_first ? "; not computed: " : ", ", count, why);
    *is_first = false;
}

static void append_recomputed(struct tl_text *text, const struct tl_store_rechecked *rechecked)
{
    const int64_t computed = rechecked->equal + rechecked->different + rechecked->other_pixels;
    bool is_first = true;

    if (computed + rechecked->gone + rechecked->changed + rechecked->unable + rechecked->damaged == 0)
        return;
    tl_text_append_format(text, "%" PRId64 " feature%s computed again", computed, plural(computed));
    if (rechecked->equal == computed)
        tl_text_append(text, computed == 0 ? "" : ": the same bits");
    else
        tl_text_append_format(text, ": %" PRId64 " with the same bits, %" PRId64 " with others, %" PRId64 " from other pixels",
                              rechecked->equal, rechecked->different, rechecked->other_pixels);
    append_left(text, rechecked->damaged, "damaged", &is_first);
    append_left(text, rechecked->gone, "whose photo is not there or cannot be read", &is_first);
    append_left(text, rechecked->changed, "whose photo has changed", &is_first);
    append_left(text, rechecked->unable, "that this machine cannot", &is_first);
    tl_text_append(text, "\n");
}

static void append_damage(struct tl_text *text, const struct tl_verify_result *result)
{
    const int64_t damaged = result->verified.damaged + result->rechecked.different;

    if (result->file_faults > 0) {
        tl_text_append(text, "The file itself is damaged, so that nothing was recorded in it: use a backup\n");
        return;
    }
    if (damaged > result->beyond_mending && !result->is_unrecorded)
        tl_text_append(text, "Run tl-extract again as before, and what is damaged is computed anew\n");
    if (result->beyond_mending > 0)
        tl_text_append_format(text, "%" PRId64 " of the damaged %s of photos that are no longer there: tl-store prune removes %s\n",
                              result->beyond_mending, result->beyond_mending == 1 ? "is" : "are",
                              result->beyond_mending == 1 ? "it" : "them");
}

enum tl_status tl_verify_write(const struct tl_verify_result *result, bool is_json, FILE *file, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_BYTES);
    if (is_json) {
        append_json(&text, result);
    } else {
        tl_text_append_format(&text, "%" PRId64 " feature%s verified, %" PRId64 " damaged\n", result->verified.features,
                              plural(result->verified.features), result->verified.damaged);
        append_recomputed(&text, &result->rechecked);
        append_damage(&text, result);
    }
    status = tl_text_check(&text, err);
    if (status == TL_OK && fputs(text.bytes, file) < 0)
        status = tl_error_set(err, TL_IO, "the summary could not be written");
    tl_text_free(&text);
    return status;
}
