/* store_source.c - see store_source.h. */
#include "common/store/store_source.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/column.h"

enum { NAMED_SOURCES_MAX = 12 };

/* Both in the form that TEXT may hold; the caller frees both, in any case. */
static enum tl_status make_visible(char **out_name, char **out_root, const char *name, const char *root, struct tl_error *err)
{
    *out_name = tl_text_copy_visible(name);
    *out_root = tl_text_copy_visible(root);
    if (*out_name == NULL || *out_root == NULL)
        return tl_error_set_no_memory(err, "a source's name and root", strlen(name) + strlen(root) + 2);
    return TL_OK;
}

static enum tl_status insert_source(tl_store *store, int64_t *out_source_id, const char *visible_name, const char *root,
                                    const char *visible_root, struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "INSERT INTO source (name, root, root_bytes) VALUES (?, ?, ?) RETURNING source_id", err);
    tl_statement_bind_text(&s, visible_name);
    tl_statement_bind_text(&s, visible_root);
    tl_statement_bind_raw(&s, root, visible_root);
    if (tl_statement_step(&s))
        *out_source_id = tl_column_int(&s, 0);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_source(tl_store *store, int64_t *out_source_id, const char *name, const char *root,
                                   struct tl_error *err)
{
    struct tl_statement s;
    char *visible_name = NULL, *visible_root = NULL;
    bool is_there = false, is_elsewhere = false;
    *out_source_id = 0;
    enum tl_status status = make_visible(&visible_name, &visible_root, name, root, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store, "SELECT source_id, root FROM source WHERE name = ?", err);
    tl_statement_bind_text(&s, visible_name);
    if (tl_statement_step(&s)) {
        *out_source_id = tl_column_int(&s, 0);
        const char *found_root = tl_column_text(&s, 1, NULL);
        is_there = found_root != NULL;
        is_elsewhere = is_there && strcmp(found_root, visible_root) != 0;
        if (is_elsewhere)
            tl_error_set(err, TL_BAD_INPUT,
                         "the source '%s' is at %s, not %s: give --source NAME for a new tree; of one that was moved, tell the "
                         "store with tl-store relocate",
                         visible_name, found_root, visible_root);
    }
    status = tl_statement_end(&s);
    if (status == TL_OK && is_elsewhere)
        status = TL_BAD_INPUT;
    else if (status == TL_OK && !is_there)
        status = insert_source(store, out_source_id, visible_name, root, visible_root, err);
done:
    if (status != TL_OK)
        *out_source_id = 0;
    tl_memory_free(visible_name);
    tl_memory_free(visible_root);
    return status;
}

static enum tl_status report_absent(tl_store *store, const char *visible_name, struct tl_error *err)
{
    struct tl_statement s;
    struct tl_text names;
    size_t count = 0;
    tl_text_init(&names, 1 << 16);
    tl_statement_begin(&s, store, "SELECT name FROM source ORDER BY name", err);
    while (tl_statement_step(&s) && ++count <= NAMED_SOURCES_MAX) {
        const char *name = tl_column_text(&s, 0, NULL);
        if (name != NULL)
            tl_text_append_format(&names, "%s'%.60s'", count == 1 ? "" : ", ", name);
    }
    if (count > NAMED_SOURCES_MAX)
        tl_text_append(&names, ", ...");
    enum tl_status status = tl_statement_end(&s);
    if (status == TL_OK)
        status = tl_text_check(&names, err);
    if (status == TL_OK && count == 0)
        status = tl_error_set(err, TL_NOT_FOUND, "no source '%s': the store has none; tl-extract makes them", visible_name);
    else if (status == TL_OK)
        status = tl_error_set(err, TL_NOT_FOUND, "no source '%s'; there are: %s", visible_name, names.bytes);
    tl_text_free(&names);
    return status;
}

enum tl_status tl_store_relocate_source(tl_store *store, const char *name, const char *root, struct tl_error *err)
{
    struct tl_statement s;
    char *visible_name = NULL, *visible_root = NULL;
    bool is_there = false;
    enum tl_status status = make_visible(&visible_name, &visible_root, name, root, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store, "UPDATE source SET root = ?, root_bytes = ? WHERE name = ? RETURNING source_id", err);
    tl_statement_bind_text(&s, visible_root);
    tl_statement_bind_raw(&s, root, visible_root);
    tl_statement_bind_text(&s, visible_name);
    is_there = tl_statement_step(&s);
    status = tl_statement_finish(&s);
    if (status == TL_OK && !is_there)
        status = report_absent(store, visible_name, err);
done:
    tl_memory_free(visible_name);
    tl_memory_free(visible_root);
    return status;
}
