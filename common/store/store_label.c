/* store_label.c - what photos are called; see store_photo.h. */
#include <string.h>

#include "common/base/text.h"
#include "common/store/statement.h"
#include "common/store/store_photo.h"

enum { VISIBLE_CEILING_BYTES = 1 << 16 };

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
    struct tl_text visible; /* a class is named after a folder, whose name may be any bytes */
    tl_text_init(&visible, VISIBLE_CEILING_BYTES);
    tl_text_append_visible(&visible, class_name, strlen(class_name));
    enum tl_status status = tl_text_check(&visible, err);
    if (status == TL_OK)
        status = delete_other_folder_labels(store, photo_id, label_set, visible.bytes, err);
    if (status != TL_OK)
        goto done;
    tl_statement_begin(&s, store,
                       "INSERT INTO label (label_set, photo_id, class, split, origin) VALUES (?, ?, ?, ?, 'folder')"
                       " ON CONFLICT (label_set, photo_id, class) DO UPDATE SET split = excluded.split"
                       " WHERE origin = 'folder' AND split IS NOT excluded.split",
                       err);
    tl_statement_bind_text(&s, label_set);
    tl_statement_bind_int(&s, photo_id);
    tl_statement_bind_text(&s, visible.bytes);
    tl_statement_bind_text(&s, split);
    status = tl_statement_finish(&s);
done:
    tl_text_free(&visible);
    return status;
}
