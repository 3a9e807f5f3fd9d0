/* store_extraction.c - see store_extraction.h. */
#include "common/store/store_extraction.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/store/column.h"

/* Strings that a list owns are const in the struct, because put borrows them. */
static void free_string(const char *string)
{
    tl_memory_free((void *)(uintptr_t)string);
}

/* 0 is NULL in the table. */
static void bind_id(struct tl_statement *statement, int64_t id)
{
    if (id == 0)
        tl_statement_bind_text(statement, NULL);
    else
        tl_statement_bind_int(statement, id);
}

enum tl_status tl_store_put_extraction(tl_store *store, struct tl_store_extraction *extraction, struct tl_error *err)
{
    struct tl_statement s;
    char host[HOST_NAME_MAX + 1] = "";
    enum tl_status status = tl_uuid_make(extraction->uuid, err);
    if (status != TL_OK)
        return status;
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        strcpy(host, "unknown");
    extraction->pid = getpid();
    extraction->started_ms = extraction->updated_ms = tl_system_time_ms();
    extraction->ended_ms = 0;
    extraction->outcome = extraction->message = extraction->host = NULL;
    tl_statement_begin(&s, store,
                       "INSERT INTO extraction (uuid, program_version, command, host, pid, feature_set_id, augmentation_id,"
                       " started_ms, updated_ms, photos_to_do, photos_done, photos_failed, features_made)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING extraction_id",
                       err);
    tl_statement_bind_text(&s, extraction->uuid);
    tl_statement_bind_text(&s, extraction->program_version);
    tl_statement_bind_text(&s, extraction->command);
    tl_statement_bind_text(&s, host);
    tl_statement_bind_int(&s, extraction->pid);
    bind_id(&s, extraction->feature_set_id);
    bind_id(&s, extraction->augmentation_id);
    tl_statement_bind_int(&s, extraction->started_ms);
    tl_statement_bind_int(&s, extraction->updated_ms);
    tl_statement_bind_int(&s, extraction->photos_to_do);
    tl_statement_bind_int(&s, extraction->photos_done);
    tl_statement_bind_int(&s, extraction->photos_failed);
    tl_statement_bind_int(&s, extraction->features_made);
    if (tl_statement_step(&s))
        extraction->extraction_id = tl_column_int(&s, 0);
    return tl_statement_end(&s);
}

enum tl_status tl_store_renew_extraction(tl_store *store, struct tl_store_extraction *extraction, struct tl_error *err)
{
    struct tl_statement s;
    extraction->updated_ms = tl_system_time_ms();
    tl_statement_begin(&s, store,
                       "UPDATE extraction SET updated_ms = ?, photos_to_do = ?, photos_done = ?, photos_failed = ?,"
                       " features_made = ? WHERE extraction_id = ?",
                       err);
    tl_statement_bind_int(&s, extraction->updated_ms);
    tl_statement_bind_int(&s, extraction->photos_to_do);
    tl_statement_bind_int(&s, extraction->photos_done);
    tl_statement_bind_int(&s, extraction->photos_failed);
    tl_statement_bind_int(&s, extraction->features_made);
    tl_statement_bind_int(&s, extraction->extraction_id);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_end_extraction(tl_store *store, struct tl_store_extraction *extraction, const char *outcome,
                                       const char *message, struct tl_error *err)
{
    struct tl_statement s;
    enum tl_status status = tl_store_renew_extraction(store, extraction, err);
    if (status != TL_OK)
        return status;
    extraction->ended_ms = extraction->updated_ms;
    tl_statement_begin(&s, store, "UPDATE extraction SET ended_ms = ?, outcome = ?, message = ? WHERE extraction_id = ?", err);
    tl_statement_bind_int(&s, extraction->ended_ms);
    tl_statement_bind_text(&s, outcome);
    tl_statement_bind_text(&s, message);
    tl_statement_bind_int(&s, extraction->extraction_id);
    return tl_statement_finish(&s);
}

static void read_row(struct tl_store_extraction *out, struct tl_statement *s)
{
    const char *uuid = tl_column_text(s, 1, NULL);
    *out = (struct tl_store_extraction){.extraction_id = tl_column_int(s, 0)};
    if (uuid != NULL)
        strncpy(out->uuid, uuid, sizeof out->uuid - 1);
    out->program_version = tl_column_copy_text(s, 2);
    out->command = tl_column_copy_text(s, 3);
    out->host = tl_column_copy_text(s, 4);
    out->pid = tl_column_int(s, 5);
    out->feature_set_id = tl_column_int(s, 6);
    out->augmentation_id = tl_column_int(s, 7);
    out->started_ms = tl_column_int(s, 8);
    out->updated_ms = tl_column_int(s, 9);
    out->ended_ms = tl_column_int(s, 10);
    out->outcome = tl_column_copy_text(s, 11);
    out->message = tl_column_copy_text(s, 12);
    out->photos_to_do = tl_column_int(s, 13);
    out->photos_done = tl_column_int(s, 14);
    out->photos_failed = tl_column_int(s, 15);
    out->features_made = tl_column_int(s, 16);
}

enum tl_status tl_store_list_extractions(tl_store *store, struct tl_store_extraction **out, size_t *out_count, size_t limit,
                                         struct tl_error *err)
{
    struct tl_statement s;
    struct tl_store_extraction *list = NULL;
    size_t count = 0;
    enum tl_status status = TL_OK;
    *out = NULL;
    *out_count = 0;
    tl_statement_begin(&s, store,
                       "SELECT extraction_id, uuid, program_version, command, host, pid, coalesce(feature_set_id, 0),"
                       " coalesce(augmentation_id, 0), started_ms, updated_ms, coalesce(ended_ms, 0), outcome, message,"
                       " photos_to_do, photos_done, photos_failed, features_made"
                       " FROM extraction ORDER BY extraction_id DESC LIMIT ?",
                       err);
    tl_statement_bind_int(&s, (int64_t)limit);
    while (status == TL_OK && tl_statement_step(&s)) {
        struct tl_store_extraction *larger = tl_memory_resize(list, count + 1, sizeof *list);
        if (larger == NULL) {
            status = tl_error_set_no_memory(err, "the list of extractions", (count + 1) * sizeof *list);
            break;
        }
        list = larger;
        read_row(&list[count++], &s);
    }
    const enum tl_status end_status = tl_statement_end(&s);
    if (status == TL_OK)
        status = end_status;
    if (status != TL_OK) {
        tl_store_free_extractions(list, count);
        return status;
    }
    *out = list;
    *out_count = count;
    return TL_OK;
}

void tl_store_free_extractions(struct tl_store_extraction *extractions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free_string(extractions[i].program_version);
        free_string(extractions[i].command);
        free_string(extractions[i].host);
        free_string(extractions[i].outcome);
        free_string(extractions[i].message);
    }
    tl_memory_free(extractions);
}
