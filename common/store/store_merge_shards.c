/* store_merge_shards.c - see store_merge_shards.h. */
#include "common/store/store_merge_shards.h"

#include "common/base/memory.h"
#include "common/base/text.h"

enum { NAMED_PARTS_MAX = 12, NAMES_BYTES = 256 };

static enum tl_status report_missing(const bool *has_part, uint32_t count, uint32_t missing_count, struct tl_error *err)
{
    struct tl_text names;
    uint32_t named = 0;
    tl_text_init(&names, NAMES_BYTES);
    for (uint32_t i = 1; i <= count && named < NAMED_PARTS_MAX; i++)
        if (!has_part[i])
            tl_text_append_format(&names, "%s%u", named++ == 0 ? "" : ", ", i);
    if (missing_count > named)
        tl_text_append(&names, ", ...");
    enum tl_status status = tl_text_check(&names, err);
    if (status == TL_OK)
        status =
            tl_error_set(err, TL_BAD_INPUT, "of %u parts, %u %s not among the stores: %s; --partial joins those that are there",
                         count, missing_count, missing_count == 1 ? "is" : "are", names.bytes);
    tl_text_free(&names);
    return status;
}

/* How many of the parts of one n are among the inputs. */
static enum tl_status count_parts(uint32_t *out_there, const struct tl_store_shard *shards, size_t count, uint32_t part_count,
                                  bool is_partial, struct tl_error *err)
{
    bool *has_part = tl_memory_alloc((size_t)part_count + 1, sizeof *has_part);
    enum tl_status status = TL_OK;
    uint32_t there = 0;
    if (has_part == NULL)
        return tl_error_set_no_memory(err, "the list of parts", part_count);
    for (size_t i = 0; i < count; i++) {
        if (shards[i].count != part_count)
            continue;
        there += !has_part[shards[i].index];
        has_part[shards[i].index] = true;
    }
    if (there < part_count && !is_partial)
        status = report_missing(has_part, part_count, part_count - there, err);
    tl_memory_free(has_part);
    *out_there = there;
    return status;
}

static bool is_counted(const struct tl_store_shard *shards, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (shards[i].count == shards[end].count)
            return true;
    return false;
}

enum tl_status tl_store_merge_judge_shards(struct tl_store_merge_report *report, bool *out_is_one_job,
                                           const struct tl_store_shard *shards, size_t count, bool is_partial,
                                           struct tl_error *err)
{
    bool is_one_job = true, is_one_part = true;
    enum tl_status status = TL_OK;
    for (size_t i = 0; i < count; i++) {
        is_one_job = is_one_job && shards[i].count > 0 && shards[i].count == shards[0].count;
        is_one_part = is_one_part && shards[i].count == shards[0].count && shards[i].index == shards[0].index;
    }
    *out_is_one_job = is_one_job;
    if (is_one_job && is_one_part && shards[0].count > 1) {
        report->shard = shards[0];
        return TL_OK;
    }
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        uint32_t there = 0;
        if (shards[i].count == 0 || is_counted(shards, i))
            continue;
        status = count_parts(&there, shards, count, shards[i].count, is_partial, err);
        if (is_one_job) {
            report->parts_there = there;
            report->parts_wanted = shards[i].count;
        }
    }
    return status;
}
