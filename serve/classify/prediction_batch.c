/* prediction_batch.c - see prediction_batch.h. */
#include "serve/classify/prediction_batch.h"

#include <assert.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/head/head.h"
#include "common/store/store_photo.h"
#include "serve/classify/answer_text.h"

static const double WRITE_AFTER_SECONDS = 2;

struct row {
    struct tl_store_content content; /* its strings and thumbnail are the ones below */
    char format[sizeof ((struct tl_photo *)0)->format];
    char captured_at[sizeof ((struct tl_photo *)0)->captured_at];
    char camera[sizeof ((struct tl_photo *)0)->camera];
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES];
    char *photo, *probabilities_json;
    size_t class_index;
    double probability;
};

struct tl_prediction_batch {
    tl_store *store;
    int64_t head_id;
    const char *const *class_names;
    size_t class_count;
    struct row rows[TL_PREDICTION_BATCH_COUNT];
    size_t row_count;
    double first_seconds; /* when the first row came */
};

enum tl_status tl_prediction_batch_create(tl_prediction_batch **out, tl_store *store, int64_t head_id,
                                          const char *const *class_names, size_t class_count, struct tl_error *err)
{
    *out = tl_memory_alloc(1, sizeof **out);
    if (!*out)
        return tl_error_set_no_memory(err, "predictions to be saved", sizeof **out);
    (*out)->store = store;
    (*out)->head_id = head_id;
    (*out)->class_names = class_names;
    (*out)->class_count = class_count;
    return TL_OK;
}

static void clear_rows(tl_prediction_batch *batch)
{
    for (size_t i = 0; i < batch->row_count; i++) {
        tl_memory_free(batch->rows[i].photo);
        tl_memory_free(batch->rows[i].probabilities_json);
    }
    batch->row_count = 0;
}

void tl_prediction_batch_free(tl_prediction_batch *batch)
{
    if (!batch)
        return;
    clear_rows(batch);
    tl_memory_free(batch);
}

static void copy_content(struct row *row, const struct tl_photo *photo)
{
    static_assert(sizeof row->thumbnail == sizeof photo->thumbnail, "one size of thumbnail");
    memcpy(row->format, photo->format, sizeof row->format);
    memcpy(row->captured_at, photo->captured_at, sizeof row->captured_at);
    memcpy(row->camera, photo->camera, sizeof row->camera);
    memcpy(row->thumbnail, photo->thumbnail, sizeof row->thumbnail);
    memcpy(row->content.sha256, photo->sha256, sizeof row->content.sha256);
    row->content.width_px = photo->width_px;
    row->content.height_px = photo->height_px;
    row->content.exif_orientation = photo->exif_orientation;
    row->content.format = row->format;
    row->content.captured_at = row->captured_at;
    row->content.camera = row->camera;
    row->content.thumbnail = row->thumbnail;
}

enum tl_status tl_prediction_batch_add(tl_prediction_batch *batch, const struct tl_answer *answer, struct tl_error *err)
{
    struct row *row = &batch->rows[batch->row_count];
    char *photo = tl_text_copy_visible(answer->path);
    struct tl_text json;
    enum tl_status status;

    assert(answer->problem.status == TL_OK);
    tl_text_init(&json, TL_ANSWER_LINE_BYTES);
    tl_head_append_json(&json, batch->class_names, answer->order, answer->probabilities, batch->class_count);
    status = photo ? tl_text_check(&json, err) : tl_error_set_no_memory(err, "a photo's path", strlen(answer->path) + 1);
    if (status != TL_OK) {
        tl_memory_free(photo);
        tl_text_free(&json);
        return status;
    }
    memset(row, 0, sizeof *row);
    copy_content(row, &answer->photo);
    row->photo = photo;
    row->probabilities_json = json.bytes;
    row->class_index = answer->order[0];
    row->probability = answer->probabilities[row->class_index];
    if (batch->row_count++ == 0)
        batch->first_seconds = tl_system_seconds();
    if (batch->row_count == TL_PREDICTION_BATCH_COUNT || tl_system_seconds() - batch->first_seconds > WRITE_AFTER_SECONDS) {
        status = tl_prediction_batch_write(batch, err);
        if (status != TL_OK) { /* the batch must have room again for the next */
            clear_rows(batch);
            return status;
        }
    }
    return TL_OK;
}

static enum tl_status put_row(tl_prediction_batch *batch, const struct row *row, struct tl_error *err)
{
    struct tl_store_prediction prediction = {
        .origin = "classify",
        .photo = row->photo,
        .class_name = batch->class_names[row->class_index],
        .probability = row->probability,
        .probabilities_json = row->probabilities_json,
    };
    enum tl_status status = tl_store_put_content(batch->store, &prediction.content_id, &row->content, err);

    if (status != TL_OK)
        return status;
    return tl_store_put_predictions(batch->store, batch->head_id, &prediction, 1, err);
}

enum tl_status tl_prediction_batch_write(tl_prediction_batch *batch, struct tl_error *err)
{
    enum tl_status status;

    if (batch->row_count == 0)
        return TL_OK;
    status = tl_store_begin(batch->store, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; status == TL_OK && i < batch->row_count; i++)
        status = put_row(batch, &batch->rows[i], err);
    if (status == TL_OK)
        status = tl_store_commit(batch->store, err);
    if (status != TL_OK) {
        tl_store_rollback(batch->store);
        return status;
    }
    clear_rows(batch);
    return TL_OK;
}
