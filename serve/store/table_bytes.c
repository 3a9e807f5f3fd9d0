/* table_bytes.c - see table_bytes.h. */
#include "serve/store/table_bytes.h"

#include <inttypes.h>

#include "common/base/table.h"
#include "common/base/text.h"
#include "common/store/store_condition.h"

enum { JSON_BYTES = 1 << 20, COLUMNS = 3 };

struct listing {
    tl_table *table; /* for people; NULL for JSON */
    struct tl_text json;
};

static void add_row(void *context, const char *name, int64_t size_bytes, int64_t unused_bytes)
{
    struct listing *listing = context;

    if (listing->table) {
        tl_table_add(listing->table, name);
        tl_table_add_format(listing->table, "%" PRId64, size_bytes);
        tl_table_add_format(listing->table, "%" PRId64, unused_bytes);
        return;
    }
    tl_text_append(&listing->json, listing->json.length_bytes == 1 ? "" : ", ");
    tl_text_append_json_string(&listing->json, name);
    tl_text_append_format(&listing->json, ": {\"bytes\": %" PRId64 ", \"unused\": %" PRId64 "}", size_bytes, unused_bytes);
}

enum tl_status tl_table_bytes_write(tl_store *store, bool is_json, FILE *file, struct tl_error *err)
{
    struct listing listing = {.table = NULL};
    enum tl_status status = TL_OK;

    tl_text_init(&listing.json, JSON_BYTES);
    if (is_json)
        tl_text_append(&listing.json, "{");
    else
        status = tl_table_create(&listing.table, COLUMNS, err);
    if (listing.table) {
        tl_table_add(listing.table, "table or index");
        tl_table_add(listing.table, "bytes");
        tl_table_add(listing.table, "of which empty");
    }
    if (status == TL_OK)
        status = tl_store_measure_tables(store, add_row, &listing, err);
    if (status == TL_OK && listing.table)
        status = tl_table_write(listing.table, file, err);
    tl_text_append(&listing.json, "}\n");
    if (status == TL_OK && is_json)
        status = tl_text_check(&listing.json, err);
    if (status == TL_OK && is_json)
        fputs(listing.json.bytes, file);
    tl_text_free(&listing.json);
    tl_table_free(listing.table);
    return status;
}
