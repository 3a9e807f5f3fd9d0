/* grouping_read.c - see grouping_read.h. */
#include "train/data/grouping_read.h"

#include <math.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/codec/codec.h"
#include "common/store/store_look.h"
#include "train/data/likeness.h"

/* The plain feature of a content, not decoded again while the same one is asked for. */
struct decoded {
    tl_codec *codec;
    size_t content;
    const uint32_t *indices;
    const float *values;
    size_t count; /* 0: it does not decode */
    bool is_there;
};

struct reading {
    tl_store *store;
    const struct tl_store_label *labels;
    size_t label_count;
    int64_t feature_set_id;
    size_t feature_count;
    struct tl_grouping *grouping;
    uint8_t *thumbnails;             /* one a content */
    struct tl_grouping_shot *shots;  /* at most one a label */
    char (*cameras)[64];             /* of each shot; a longer name is cut */
    size_t shot_count;
    size_t next_label, next_content; /* while looks are read */
    int64_t *content_ids;
    struct decoded decoded[2];
};

/* The looks and the labels come in the same order. */
static enum tl_status take_look(void *context, const struct tl_store_look *look, struct tl_error *err)
{
    struct reading *reading = context;
    const struct tl_store_label *labels = reading->labels;
    size_t i = reading->next_label;

    (void)err;
    if (i == reading->label_count || memcmp(labels[i].sha256, look->sha256, TL_DIGEST_BYTES) != 0)
        return TL_OK;
    for (; i < reading->label_count && memcmp(labels[i].sha256, look->sha256, TL_DIGEST_BYTES) == 0; i++) {
        if (!look->has_time || !reading->shots)
            continue;
        (void)strncpy(reading->cameras[reading->shot_count], look->camera, sizeof reading->cameras[0] - 1);
        reading->shots[reading->shot_count] = (struct tl_grouping_shot){
            labels[i].source, reading->cameras[reading->shot_count], look->captured_s, reading->next_content};
        reading->shot_count++;
    }
    if (reading->thumbnails)
        memcpy(reading->thumbnails + reading->next_content * TL_LIKENESS_PIXELS, look->thumbnail, TL_LIKENESS_PIXELS);
    reading->content_ids[reading->next_content++] = look->content_id;
    reading->next_label = i;
    return TL_OK;
}

static enum tl_status read_looks(struct reading *reading, const struct tl_grouping_wish *wish, struct tl_error *err)
{
    const size_t content_count = reading->grouping->content_count;
    enum tl_status status;

    reading->content_ids = tl_memory_alloc(content_count, sizeof *reading->content_ids);
    if (wish->has_near_duplicates)
        reading->thumbnails = tl_memory_alloc(content_count, TL_LIKENESS_PIXELS);
    if (wish->capture_seconds > 0) {
        reading->shots = tl_memory_alloc(reading->label_count, sizeof *reading->shots);
        reading->cameras = tl_memory_alloc(reading->label_count, sizeof *reading->cameras);
    }
    if (!reading->content_ids || (wish->has_near_duplicates && !reading->thumbnails) ||
        (wish->capture_seconds > 0 && (!reading->shots || !reading->cameras)))
        return tl_error_set_no_memory(err, "the looks of photos", content_count * TL_LIKENESS_PIXELS);
    status = tl_store_visit_looks(reading->store, reading->feature_set_id, take_look, reading, err);
    if (status == TL_OK && reading->next_label < reading->label_count)
        return tl_error_set(err, TL_CORRUPT, "%s: its features are not in the store", reading->labels[reading->next_label].path);
    return status;
}

struct decoding {
    struct decoded *into;
    size_t feature_count;
};

static enum tl_status decode(void *context, const void *blob, size_t blob_bytes, struct tl_error *err)
{
    const struct decoding *decoding = context;
    struct decoded *into = decoding->into;
    enum tl_status status;

    into->count = 0;
    if (!blob)
        return TL_OK;
    status = tl_codec_decode_sparse(into->codec, &into->indices, &into->values, &into->count, decoding->feature_count, blob,
                                    blob_bytes, err);
    if (status == TL_CORRUPT)
        into->count = 0;
    return status == TL_CORRUPT ? TL_OK : status;
}

static enum tl_status read_feature(struct reading *reading, struct decoded *into, size_t content, struct tl_error *err)
{
    struct decoding decoding = {into, reading->feature_count};
    enum tl_status status;

    if (into->is_there && into->content == content)
        return TL_OK;
    status = tl_store_use_plain_blob(reading->store, reading->feature_set_id, reading->content_ids[content], decode, &decoding,
                                     err);
    into->content = content;
    into->is_there = status == TL_OK;
    return status;
}

static double square_norm(const struct decoded *decoded)
{
    double sum = 0;

    for (size_t i = 0; i < decoded->count; i++)
        sum += (double)decoded->values[i] * (double)decoded->values[i];
    return sum;
}

static double cosine(const struct decoded *a, const struct decoded *b)
{
    const double norms = sqrt(square_norm(a) * square_norm(b));
    double sum = 0;

    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->indices[i] == b->indices[k])
            sum += (double)a->values[i++] * (double)b->values[k++];
        else if (a->indices[i] < b->indices[k])
            i++;
        else
            k++;
    }
    return norms > 0 ? sum / norms : 0;
}

static enum tl_status confirm(void *context, bool *out_is_same, size_t first, size_t second, struct tl_error *err)
{
    struct reading *reading = context;
    enum tl_status status = read_feature(reading, &reading->decoded[0], first, err);

    if (status == TL_OK)
        status = read_feature(reading, &reading->decoded[1], second, err);
    if (status == TL_OK)
        *out_is_same = cosine(&reading->decoded[0], &reading->decoded[1]) >= TL_GROUPING_COSINE_MIN;
    return status;
}

static enum tl_status join_likenesses(struct reading *reading, struct tl_error *err)
{
    enum tl_status status = tl_codec_create(&reading->decoded[0].codec, err);

    if (status == TL_OK)
        status = tl_codec_create(&reading->decoded[1].codec, err);
    if (status == TL_OK)
        status = tl_grouping_join_likenesses(reading->grouping, reading->thumbnails, confirm, reading, err);
    return status;
}

enum tl_status tl_grouping_read(struct tl_grouping **out, tl_store *store, const struct tl_store_label *labels, size_t label_count,
                                int64_t feature_set_id, size_t feature_count, const struct tl_grouping_wish *wish,
                                struct tl_error *err)
{
    struct reading reading = {.store = store, .labels = labels, .label_count = label_count, .feature_set_id = feature_set_id,
                              .feature_count = feature_count};
    enum tl_status status = tl_grouping_create(&reading.grouping, labels, label_count, err);

    *out = NULL;
    if (status == TL_OK && wish->path_pattern[0] != '\0')
        status = tl_grouping_join_paths(reading.grouping, labels, label_count, wish->path_pattern, err);
    if (status == TL_OK && (wish->has_near_duplicates || wish->capture_seconds > 0))
        status = read_looks(&reading, wish, err);
    if (status == TL_OK && wish->capture_seconds > 0)
        tl_grouping_join_shots(reading.grouping, reading.shots, reading.shot_count, wish->capture_seconds);
    if (status == TL_OK && wish->has_near_duplicates)
        status = join_likenesses(&reading, err);
    if (status == TL_OK) {
        *out = reading.grouping;
        reading.grouping = NULL;
    }
    tl_codec_free(reading.decoded[0].codec);
    tl_codec_free(reading.decoded[1].codec);
    tl_memory_free(reading.thumbnails);
    tl_memory_free(reading.shots);
    tl_memory_free(reading.cameras);
    tl_memory_free(reading.content_ids);
    tl_grouping_free(reading.grouping);
    return status;
}
