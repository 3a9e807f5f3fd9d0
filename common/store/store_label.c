/* store_label.c - what photos are called; see store_photo.h. */
#include <string.h>

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/store/column.h"
#include "common/store/store_photo.h"

static enum tl_status delete_other_folder_labels(tl_store *store, int64_t photo_id, const char *label_set, const char *class_name,
                                                 struct tl_error *err)
{
    struct tl_statement s;
    tl_statement_begin(&s, store, "DELETE FROM label WHERE photo_id = ? AND label_set = ? AND class <> ? AND origin = 'folder'",
                       err);
    tl_statement_bind_int(&s, photo_id);
    tl_statement_bind_text(&s, label_set);
    tl_statement_bind_text(&s, class_name);
    return tl_statement_finish(&s);
}

enum tl_status tl_store_put_folder_label(tl_store *store, int64_t photo_id, const char *label_set, const char *class_name,
                                         const char *split, struct tl_error *err)
{
    struct tl_statement s;
    char *visible = tl_text_copy_visible(class_name); /* a class is named after a folder, whose name may be any bytes */
    if (visible == NULL)
        return tl_error_set_no_memory(err, "a class's name", strlen(class_name) + 1);
    enum tl_status status = delete_other_folder_labels(store, photo_id, label_set, visible, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store,
                       "INSERT INTO label (label_set, photo_id, class, split, origin) VALUES (?, ?, ?, ?, 'folder')"
                       " ON CONFLICT (label_set, photo_id, class) DO UPDATE SET split = excluded.split"
                       " WHERE origin = 'folder' AND split IS NOT excluded.split",
                       err);
    tl_statement_bind_text(&s, label_set);
    tl_statement_bind_int(&s, photo_id);
    tl_statement_bind_text(&s, visible);
    tl_statement_bind_text(&s, split);
    status = tl_statement_finish(&s);
done:
    tl_memory_free(visible);
    return status;
}

enum tl_status tl_store_has_folder_label(tl_store *store, bool *out, int64_t photo_id, const char *label_set,
                                         const char *class_name, const char *split, struct tl_error *err)
{
    struct tl_statement s;
    bool has_class = false, has_other = false;
    char *visible = tl_text_copy_visible(class_name);
    *out = false;
    if (visible == NULL)
        return tl_error_set_no_memory(err, "a class's name", strlen(class_name) + 1);
    tl_statement_begin(&s, store,
                       "SELECT class = ?3, origin = 'folder', split IS ?4 FROM label WHERE photo_id = ?1 AND label_set = ?2", err);
    tl_statement_bind_int(&s, photo_id);
    tl_statement_bind_text(&s, label_set);
    tl_statement_bind_text(&s, visible);
    tl_statement_bind_text(&s, split);
    while (tl_statement_step(&s)) {
        const bool is_class = tl_column_int(&s, 0) != 0, is_of_folder = tl_column_int(&s, 1) != 0,
                   is_of_split = tl_column_int(&s, 2) != 0;
        has_class = has_class || (is_class && (!is_of_folder || is_of_split));
        has_other = has_other || (!is_class && is_of_folder);
    }
    const enum tl_status status = tl_statement_end(&s);
    tl_memory_free(visible);
    if (status == TL_OK)
        *out = has_class && !has_other;
    return status;
}
