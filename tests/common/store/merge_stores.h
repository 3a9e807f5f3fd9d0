/* merge_stores.h - small stores with blobs that decode, to be merged, and what a merge told.
 */
#ifndef TL_TESTS_MERGE_STORES_H
#define TL_TESTS_MERGE_STORES_H

#include "common/codec/codec.h"
#include "common/store/store_merge.h"
#include "tests/common/store/small_store.h"

enum { MERGE_TOLD_BYTES = 8192 };

struct merge_told {
    char lines[MERGE_TOLD_BYTES]; /* of all events, each with a newline */
    uint64_t stop_after;          /* calls of go_on; 0: never */
    uint64_t calls;
};

static inline void note_told(void *context, enum tl_store_merge_event event, const char *line)
{
    struct merge_told *told = context;
    const size_t used = strlen(told->lines);
    (void)event;
    snprintf(told->lines + used, sizeof told->lines - used, "%s\n", line);
}

static inline bool note_going_on(void *context, uint64_t done_count, uint64_t feature_count)
{
    struct merge_told *told = context;
    ck_assert_uint_le(done_count, feature_count);
    told->calls++;
    return told->stop_after == 0 || told->calls < told->stop_after;
}

/* Paths in one folder of the case. */
static inline const char *merge_path(const char *name)
{
    static char folder[4096], paths[8][4200];
    static size_t next;
    if (folder[0] == '\0')
        snprintf(folder, sizeof folder, "%s", tl_test_make_folder());
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* A feature whose values tell content and variant, and `value`. */
static inline void put_values(tl_store *store, int64_t feature_set_id, int64_t content_id, unsigned n, int64_t augmentation_id,
                              uint32_t index, float value)
{
    struct tl_error err;
    struct tl_codec_info info;
    struct tl_digest digest;
    tl_codec *codec = NULL;
    const float values[4] = {(float)n, 0, value, (float)index};
    struct tl_store_feature feature = {.blob = NULL};
    must(tl_codec_create(&codec, &err), &err);
    must(tl_codec_encode(codec, &feature.blob, &feature.blob_bytes, &info, values, 4, &err), &err);
    feature.nonzero_count = info.nonzero_count;
    fill_sha256(feature.pixels_digest, n);
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, values, 4);
    tl_digest_finish(&digest, feature.values_digest);
    must(tl_store_put_feature(store, feature_set_id, put_variant(store, content_id, augmentation_id, index), &feature, &err),
         &err);
    tl_codec_free(codec);
}

/* The small store, with such features. */
static inline struct small_store fill_merge_store(tl_store *store)
{
    struct tl_error err;
    const struct small_store small = fill_small_store(store);
    must(tl_store_begin(store, &err), &err);
    for (unsigned n = 1; n <= 6; n++)
        for (uint32_t index = 0; index <= (n <= 3 ? 2U : 0U); index++)
            put_values(store, small.feature_set_id, small.content_ids[n], n, index == 0 ? 0 : small.mild_id, index, 0.5F);
    must(tl_store_commit(store, &err), &err);
    return small;
}

static inline struct small_store make_merge_store(const char *name)
{
    tl_store *store = open_store(merge_path(name), TL_STORE_CREATE);
    const struct small_store small = fill_merge_store(store);
    close_store(store);
    return small;
}

/* SQL on a store by name, as another program gives it. */
static inline void alter(const char *name, const char *sql)
{
    run_beside(merge_path(name), sql);
}

static inline void store_must_give(const char *name, const char *sql, const char *expected)
{
    tl_store *store = open_store(merge_path(name), TL_STORE_READ);
    must_give(store, sql, expected);
    close_store(store);
}

/* `names` are a NULL-terminated list; the wish's inputs are filled in. */
static inline enum tl_status merge_with(const char *out, const char *const *names, struct tl_store_merge_wish wish,
                                        struct merge_told *told, struct tl_store_merge_report *report, struct tl_error *err)
{
    char paths[8][4200];
    const char *inputs[8];
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        snprintf(paths[count], sizeof paths[count], "%s", merge_path(names[count]));
        inputs[count] = paths[count];
    }
    told->lines[0] = '\0';
    told->calls = 0;
    wish.inputs = inputs;
    wish.input_count = count;
    wish.context = told;
    wish.tell = note_told;
    wish.go_on = note_going_on;
    return tl_store_merge(merge_path(out), &wish, report, err);
}

static inline struct tl_store_merge_report merge_well(const char *out, const char *const *names, struct merge_told *told)
{
    struct tl_error err;
    struct tl_store_merge_report report;
    must(merge_with(out, names, (struct tl_store_merge_wish){.inputs = NULL}, told, &report, &err), &err);
    return report;
}

static inline void must_be_equal(const char *name, const char *other)
{
    struct tl_error err;
    uint8_t digests[2][TL_DIGEST_BYTES];
    const char *const names[] = {name, other};
    for (size_t i = 0; i < 2; i++) {
        tl_store *store = open_store(merge_path(names[i]), TL_STORE_READ);
        must(tl_store_compute_digest(store, digests[i], &err), &err);
        close_store(store);
    }
    ck_assert_mem_eq(digests[0], digests[1], TL_DIGEST_BYTES);
}

static inline bool merge_is_there(const char *name)
{
    FILE *file = fopen(merge_path(name), "rb");
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

#endif
