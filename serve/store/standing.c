/* standing.c - see standing.h. */
#include "serve/store/standing.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { TIME_BYTES = 40 };

enum tl_status tl_standing_read(struct tl_standing *out, tl_store *store, struct tl_error *err)
{
    enum tl_status status;

    memset(out, 0, sizeof *out);
    status = tl_store_read_condition(store, &out->condition, err);
    if (status == TL_OK)
        status = tl_store_get_shard(store, &out->shard, err);
    if (status == TL_OK)
        status = tl_store_list_extractions(store, &out->extractions, &out->extraction_count, 1, err);
    if (status != TL_OK)
        tl_standing_free(out);
    return status;
}

void tl_standing_free(struct tl_standing *standing)
{
    tl_store_free_extractions(standing->extractions, standing->extraction_count);
    memset(standing, 0, sizeof *standing);
}

static int64_t count_stale(const struct tl_store_condition *condition)
{
    return condition->missing + condition->changed + condition->recipe + condition->draw;
}

static void append_key_string(struct tl_text *text, const char *key, const char *value)
{
    tl_text_append_format(text, ", \"%s\": ", key);
    tl_text_append_json_string(text, value);
}

static void append_extraction(struct tl_text *text, const struct tl_store_extraction *extraction)
{
    tl_text_append(text, "{\"uuid\": ");
    tl_text_append_json_string(text, extraction->uuid);
    append_key_string(text, "outcome", extraction->outcome);
    append_key_string(text, "message", extraction->message);
    append_key_string(text, "host", extraction->host);
    tl_text_append_format(text, ", \"pid\": %" PRId64 ", \"started_ms\": %" PRId64 ", \"updated_ms\": %" PRId64 ", \"ended_ms\": ",
                          extraction->pid, extraction->started_ms, extraction->updated_ms);
    if (extraction->ended_ms)
        tl_text_append_format(text, "%" PRId64, extraction->ended_ms);
    else
        tl_text_append(text, "null");
    tl_text_append_format(text, ", \"photos_to_do\": %" PRId64 ", \"photos_done\": %" PRId64 ", \"photos_failed\": %" PRId64
                          ", \"features_made\": %" PRId64 "}", extraction->photos_to_do, extraction->photos_done,
                          extraction->photos_failed, extraction->features_made);
}

void tl_standing_append_json(struct tl_text *text, const struct tl_standing *standing)
{
    const struct tl_store_condition *condition = &standing->condition;

    tl_text_append_format(text,
                          "\"stale\": {\"features\": %" PRId64 ", \"bytes\": %" PRId64 ", \"missing\": %" PRId64
                          ", \"changed\": %" PRId64 ", \"recipe\": %" PRId64 ", \"draw\": %" PRId64
                          "}, \"damaged_photos\": %" PRId64 ", \"free_bytes\": %" PRId64,
                          count_stale(condition), condition->stale_bytes, condition->missing, condition->changed, condition->recipe,
                          condition->draw, condition->damaged_photos, condition->free_bytes);
    if (standing->shard.count > 0)
        tl_text_append_format(text, ", \"shard\": [%u, %u]", (unsigned)standing->shard.index, (unsigned)standing->shard.count);
    else
        tl_text_append(text, ", \"shard\": null");
    tl_text_append(text, ", \"last_extraction\": ");
    if (standing->extraction_count > 0)
        append_extraction(text, &standing->extractions[0]);
    else
        tl_text_append(text, "null");
}

static void format_time(char out[TIME_BYTES], int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;

    if (!gmtime_r(&seconds, &parts) || strftime(out, TIME_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        (void)snprintf(out, TIME_BYTES, "%" PRId64 " ms after 1970", time_ms);
}

static void write_part(FILE *file, int64_t count, const char *why, bool *is_first)
{
    if (count == 0)
        return;
    fprintf(file, "%s%" PRId64 " %s", *is_first ? "" : ", ", count, why);
    *is_first = false;
}

static void write_stale(const struct tl_store_condition *condition, FILE *file)
{
    const int64_t count = count_stale(condition);
    bool is_first = true;

    fprintf(file, "Stale: %" PRId64 " feature%s, %" PRId64 " bytes: ", count, count == 1 ? "" : "s", condition->stale_bytes);
    write_part(file, condition->missing, "of photos that are gone", &is_first);
    write_part(file, condition->changed, "of photos that have changed since", &is_first);
    write_part(file, condition->recipe, "of an older program's recipe", &is_first);
    write_part(file, condition->draw, "of an older program's draw", &is_first);
    fputs(". tl-store prune deletes them.\n", file);
}

static void write_extraction(const struct tl_store_extraction *extraction, FILE *file)
{
    char at[TIME_BYTES];

    format_time(at, extraction->ended_ms ? extraction->ended_ms : extraction->updated_ms);
    if (extraction->outcome)
        fprintf(file, "The last extraction %s at %s", extraction->outcome, at);
    else
        fprintf(file, "The last extraction has not ended: at work, or killed, after %s", at);
    fprintf(file, ": %" PRId64 " of %" PRId64 " photos done, %" PRId64 " failed, %" PRId64 " features made%s%s.\n",
            extraction->photos_done, extraction->photos_to_do, extraction->photos_failed, extraction->features_made,
            extraction->message ? "; " : "", extraction->message ? extraction->message : "");
}

void tl_standing_write(const struct tl_standing *standing, FILE *file)
{
    const struct tl_store_condition *condition = &standing->condition;

    if (standing->shard.count > 0)
        fprintf(file, "Part %u of %u of its photos.\n", (unsigned)standing->shard.index, (unsigned)standing->shard.count);
    if (count_stale(condition) > 0)
        write_stale(condition, file);
    if (condition->damaged_photos > 0)
        fprintf(file, "Damaged: features of %" PRId64 " photo%s; the next tl-extract computes them again.\n",
                condition->damaged_photos, condition->damaged_photos == 1 ? "" : "s");
    if (condition->free_bytes > 0)
        fprintf(file, "Free: %" PRId64 " bytes of the file; new features fill them, or tl-store vacuum gives them back.\n",
                condition->free_bytes);
    if (standing->extraction_count > 0)
        write_extraction(&standing->extractions[0], file);
}
