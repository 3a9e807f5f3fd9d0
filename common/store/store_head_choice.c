/* store_head_choice.c - which head a person means, and which answers when none is named; see store_head.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/column.h"
#include "common/store/store_head.h"

enum { UUID_PREFIX_DIGITS_MIN = 8, NAMED_RUNS_MAX = 12, BECAUSE_BYTES = 96 };

/* What a look for one row gave. */
struct found {
    size_t count;
    int64_t run_id, head_id; /* head_id 0: the run kept no head */
};

/* The SQL gives run_id and head_id, either may be NULL, and takes one parameter or two. */
static enum tl_status look(tl_store *store, struct found *out, const char *sql, const char *first, const char *second,
                           struct tl_error *err)
{
    struct tl_statement s;
    memset(out, 0, sizeof *out);
    tl_statement_begin(&s, store, sql, err);
    tl_statement_bind_text(&s, first);
    if (second != NULL)
        tl_statement_bind_text(&s, second);
    while (tl_statement_step(&s)) {
        out->run_id = tl_column_is_null(&s, 0) ? 0 : tl_column_int(&s, 0);
        out->head_id = tl_column_is_null(&s, 1) ? 0 : tl_column_int(&s, 1);
        out->count++;
    }
    return tl_statement_end(&s);
}

static enum tl_status look_by_uuid(tl_store *store, struct found *out, const char *wanted, struct tl_error *err)
{
    char low[TL_STORE_UUID_BYTES], high[TL_STORE_UUID_BYTES + 1];
    const size_t length = strlen(wanted);
    memset(out, 0, sizeof *out);
    if (length < UUID_PREFIX_DIGITS_MIN || length >= sizeof low || strspn(wanted, "0123456789abcdefABCDEF-") != length)
        return TL_OK;
    for (size_t i = 0; i <= length; i++)
        low[i] = (char)tolower((unsigned char)wanted[i]);
    snprintf(high, sizeof high, "%s~", low); /* behind every digit */
    return look(store, out,
                "SELECT r.run_id, h.head_id FROM run r LEFT JOIN head h USING (run_id) WHERE r.uuid >= ? AND r.uuid < ?", low,
                high, err);
}

/* "3 'mild', 2, head 'from-keras'", the newest first, as far as it helps. */
static enum tl_status list_runs(tl_store *store, struct tl_text *text, struct tl_error *err)
{
    struct tl_statement s;
    int count = 0;
    tl_statement_begin(&s, store,
                       "SELECT run_id, name FROM (SELECT run_id, name, 1 AS kind FROM run UNION ALL"
                       " SELECT NULL, name, 2 FROM head WHERE run_id IS NULL) ORDER BY kind, run_id DESC, name",
                       err);
    while (tl_statement_step(&s) && ++count <= NAMED_RUNS_MAX) {
        tl_text_append(text, count == 1 ? "" : ", ");
        if (tl_column_is_null(&s, 0))
            tl_text_append(text, "head");
        else
            tl_text_append_format(text, "%lld", (long long)tl_column_int(&s, 0));
        const char *name = tl_column_is_null(&s, 1) ? NULL : tl_column_text(&s, 1, NULL);
        if (name != NULL)
            tl_text_append_format(text, " '%.60s'", name);
    }
    if (count > NAMED_RUNS_MAX)
        tl_text_append(text, ", ...");
    const enum tl_status status = tl_statement_end(&s);
    return status == TL_OK ? tl_text_check(text, err) : status;
}

static enum tl_status report_absent(tl_store *store, const char *wanted, struct tl_error *err)
{
    struct tl_text runs;
    tl_text_init(&runs, 1 << 16);
    enum tl_status status = list_runs(store, &runs, err);
    if (status == TL_OK && runs.length_bytes == 0)
        status = tl_error_set(err, TL_NOT_FOUND, "no run '%s': the store has no runs; tl-train makes one", wanted);
    else if (status == TL_OK)
        status = tl_error_set(err, TL_NOT_FOUND, "no run '%s'; there are: %s", wanted, runs.bytes);
    tl_text_free(&runs);
    return status;
}

/* A name is tried before a uuid's beginning: names may look like one, and are what people type. */
static enum tl_status find_wanted(tl_store *store, struct found *out, const char *wanted, struct tl_error *err)
{
    struct found found = {0};
    enum tl_status status = TL_OK;
    const size_t length = strlen(wanted);
    if (length > 0 && length < 19 && strspn(wanted, "0123456789") == length)
        status = look(store, &found,
                      "SELECT r.run_id, h.head_id FROM run r LEFT JOIN head h USING (run_id) WHERE r.run_id = CAST(? AS INTEGER)",
                      wanted, NULL, err);
    if (status == TL_OK && found.count == 0)
        status = look(store, &found, "SELECT r.run_id, h.head_id FROM run r LEFT JOIN head h USING (run_id) WHERE r.name = ?",
                      wanted, NULL, err);
    if (status == TL_OK && found.count == 0)
        status = look(store, &found, "SELECT NULL AS run_id, head_id FROM head WHERE name = ?", wanted, NULL, err);
    if (status == TL_OK && found.count == 0)
        status = look_by_uuid(store, &found, wanted, err);
    if (status != TL_OK)
        return status;
    if (found.count == 0)
        return report_absent(store, wanted, err);
    if (found.count > 1)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' is the beginning of %zu runs' uuids; give more digits", wanted, found.count);
    *out = found;
    return TL_OK;
}

static enum tl_status find_wanted_head(tl_store *store, int64_t *out_head_id, const char *wanted, struct tl_error *err)
{
    struct found found;
    enum tl_status status = find_wanted(store, &found, wanted, err);
    if (status != TL_OK)
        return status;
    if (found.head_id == 0)
        return tl_error_set(err, TL_NOT_FOUND, "run %lld kept no head; choose another, or tl-train --repeat %lld makes it again",
                            (long long)found.run_id, (long long)found.run_id);
    *out_head_id = found.head_id;
    return TL_OK;
}

enum tl_status tl_store_find_run(tl_store *store, int64_t *out_run_id, const char *wanted, struct tl_error *err)
{
    struct found found;
    *out_run_id = 0;
    enum tl_status status = find_wanted(store, &found, wanted, err);
    if (status != TL_OK)
        return status;
    if (found.run_id == 0)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' is an imported head, which no run here made", wanted);
    *out_run_id = found.run_id;
    return TL_OK;
}

static enum tl_status find_pinned(tl_store *store, int64_t *out_head_id, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "SELECT head_id FROM head WHERE is_pinned = 1", err);
    if (tl_statement_step(&s))
        *out_head_id = tl_column_int(&s, 0);
    return tl_statement_end(&s);
}

/* Only a loss on validation photos chooses, never the test, and only among runs measured on the same ones: those of the most
 * photos, of equally many those of the newest run. The view leaderboard ranks alike. */
static enum tl_status find_best(tl_store *store, int64_t *out_head_id, char because[BECAUSE_BYTES], struct tl_error *err)
{
    struct tl_statement s;
    int64_t head_count = 0, run_count = 0;
    tl_statement_begin(
        &s, store,
        "SELECT h.head_id, r.val_loss, count(*) OVER () AS heads, count(r.run_id) OVER () AS runs, r.validation_photos"
        " FROM head h LEFT JOIN (SELECT q.run_id, q.val_loss, q.started_ms, d.validation_photos, d.validation_digest,"
        " max(q.started_ms) OVER (PARTITION BY q.val_loss IS NULL, d.validation_digest) AS newest_ms"
        " FROM run q JOIN dataset d USING (dataset_id)) r USING (run_id)"
        " ORDER BY r.val_loss IS NULL, r.validation_photos DESC, r.newest_ms DESC, r.validation_digest, r.val_loss, r.started_ms,"
        " r.run_id, h.head_id LIMIT 1",
        err);
    if (tl_statement_step(&s)) {
        const int64_t head_id = tl_column_int(&s, 0);
        head_count = tl_column_int(&s, 2);
        run_count = tl_column_int(&s, 3);
        const bool is_validated = !tl_column_is_null(&s, 1);
        if (run_count == 1 && (head_count == 1 || is_validated))
            snprintf(because, BECAUSE_BYTES, "the only run");
        else if (head_count == 1)
            snprintf(because, BECAUSE_BYTES, "the only head");
        else if (is_validated) {
            const int64_t photo_count = tl_column_int(&s, 4);
            snprintf(because, BECAUSE_BYTES, "best by validation loss %.4f over %lld photo%s", tl_column_double(&s, 1),
                     (long long)photo_count, photo_count == 1 ? "" : "s");
        }
        if (because[0] != '\0')
            *out_head_id = head_id;
    }
    const enum tl_status status = tl_statement_end(&s);
    if (status != TL_OK || *out_head_id != 0)
        return status;
    if (head_count == 0)
        return tl_error_set(err, TL_NOT_FOUND, "the store has no trained head; tl-train makes one");
    return tl_error_set(err, TL_NOT_FOUND,
                        "none of the %lld heads was validated, so that none is known to be best; name one with --run, or "
                        "pin one with tl-train --use",
                        (long long)head_count);
}

enum tl_status tl_store_find_head(tl_store *store, int64_t *out_head_id, char **out_because, const char *wanted,
                                  struct tl_error *err)
{
    char because[BECAUSE_BYTES] = "";
    int64_t head_id = 0;
    enum tl_status status;
    *out_head_id = 0;
    if (out_because != NULL)
        *out_because = NULL;
    if (wanted != NULL) {
        status = find_wanted_head(store, &head_id, wanted, err);
        snprintf(because, sizeof because, "named");
    } else {
        status = find_pinned(store, &head_id, err);
        if (head_id != 0)
            snprintf(because, sizeof because, "pinned");
        else if (status == TL_OK)
            status = find_best(store, &head_id, because, err);
    }
    if (status != TL_OK)
        return status;
    if (out_because != NULL) {
        *out_because = tl_memory_copy_string(because);
        if (*out_because == NULL)
            return tl_error_set_no_memory(err, "why a head was chosen", sizeof because);
    }
    *out_head_id = head_id;
    return TL_OK;
}
