/* fill_store.c - fills a store with made-up photos and features, as an extraction would, and says what each tenth of it cost.
 *
 *     fill_store [options] STORE FOLDER
 *
 * The photos are files without bytes below FOLDER, in class folders, made here: an extraction that finds them in the store never
 * opens them. Where STORE has a source of that name, a feature set and an augmentation (tl-extract made it from one photo), rows
 * are added to those, so that tl-extract takes them for its own; else they are made up. Vectors come from a small pool of sparse
 * ones, encoded once. Rows go in transactions of the size that tl-extract's writer uses, through the same functions.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/base/tool.h"
#include "common/codec/codec.h"
#include "common/store/connection.h"
#include "common/store/store_failure.h"
#include "common/store/store_feature.h"
#include "common/store/store_photo.h"
#include "common/store/store_source.h"
#include "extract/batch.h"

enum { VALUE_COUNT = 25088, POOL_COUNT = 200, TENTHS = 10, PATH_BYTES = 96 };
static const double NONZERO_SHARE = 0.07;

struct vector {
    uint8_t *blob;
    size_t blob_bytes, nonzero_count;
};

struct settings {
    long variant_count, per_photo, class_count;
    bool is_checked;
};

struct filling {
    struct settings settings;
    tl_store *store;
    const char *folder;
    int64_t source_id, feature_set_id, augmentation_id;
    struct vector pool[POOL_COUNT];
    struct tl_random random;
    char class_folder[32]; /* the last one made */
};

/* What a tenth took. */
struct cost {
    size_t rows;
    double seconds;
    int64_t pages;
    long peak_kb;
};

static enum tl_status make_pool(struct filling *filling, struct tl_error *err)
{
    float *values = tl_memory_alloc(VALUE_COUNT, sizeof *values);
    tl_codec *codec = NULL;
    enum tl_status status = tl_codec_create(&codec, err);

    if (status == TL_OK && !values)
        status = tl_error_set_no_memory(err, "a vector", VALUE_COUNT * sizeof *values);
    for (size_t i = 0; i < POOL_COUNT && status == TL_OK; i++) {
        struct vector *vector = &filling->pool[i];
        struct tl_codec_info info;
        const uint8_t *blob = NULL;

        for (size_t j = 0; j < VALUE_COUNT; j++) {
            double u = tl_random_uniform(&filling->random);

            /* Steps of 1/2048 make blobs about as long as those of photos. */
            values[j] = u < NONZERO_SHARE ? (float)floor(1 + 2e6 * tl_random_uniform(&filling->random) * u) / 2048 : 0.0F;
        }
        status = tl_codec_encode(codec, &blob, &vector->blob_bytes, &info, values, VALUE_COUNT, err);
        if (status != TL_OK)
            break;
        vector->nonzero_count = info.nonzero_count;
        vector->blob = tl_memory_copy(blob, vector->blob_bytes);
        if (!vector->blob)
            status = tl_error_set_no_memory(err, "a blob", vector->blob_bytes);
    }
    tl_codec_free(codec);
    tl_memory_free(values);
    return status;
}

/* The file of a photo, without bytes; its path below the folder, and its size and time as a scan will see them. */
static enum tl_status make_photo(struct filling *filling, char path[PATH_BYTES], struct stat *info, size_t photo,
                                 size_t photo_count, struct tl_error *err)
{
    char class_folder[32], *full;
    enum tl_status status = TL_OK;
    int descriptor = -1;

    (void)snprintf(class_folder, sizeof class_folder, "class_%03zu", photo * (size_t)filling->settings.class_count / photo_count);
    (void)snprintf(path, PATH_BYTES, "%s/holiday_2016_IMG_%07zu.jpg", class_folder, photo);
    if (strcmp(class_folder, filling->class_folder) != 0) {
        full = tl_system_join_path(filling->folder, class_folder);
        if (full)
            (void)mkdir(full, 0777);
        tl_memory_free(full);
        memcpy(filling->class_folder, class_folder, sizeof class_folder);
    }
    full = tl_system_join_path(filling->folder, path);
    if (full)
        descriptor = open(full, O_WRONLY | O_CREAT, 0666);
    if (descriptor < 0 || ftruncate(descriptor, 100000 + (off_t)(photo % 90001)) != 0 || fstat(descriptor, info) != 0)
        status = tl_error_set(err, TL_IO, "%s/%s cannot be made", filling->folder, path);
    if (descriptor >= 0)
        (void)close(descriptor);
    tl_memory_free(full);
    return status;
}

static void digest_number(uint8_t out[TL_DIGEST_BYTES], const char *what, size_t photo, uint32_t index)
{
    struct tl_digest digest;

    tl_digest_init(&digest);
    tl_digest_update_string(&digest, what);
    tl_digest_update_u64(&digest, photo);
    tl_digest_update_u32(&digest, index);
    tl_digest_finish(&digest, out);
}

static enum tl_status put_photo(struct filling *filling, int64_t *out_content_id, size_t photo, size_t photo_count,
                                struct tl_error *err)
{
    uint8_t thumbnail[TL_STORE_THUMBNAIL_BYTES];
    struct tl_store_content content = {.width_px = 4000,
                                       .height_px = 3000,
                                       .format = "jpeg",
                                       .exif_orientation = photo % 50 == 0 ? 6 : 1,
                                       .captured_at = "2016-07-13 12:34:56",
                                       .camera = "Canon EOS 700D",
                                       .thumbnail = thumbnail};
    char path[PATH_BYTES], class_name[32];
    struct stat info;
    int64_t photo_id = 0;
    enum tl_status status = make_photo(filling, path, &info, photo, photo_count, err);

    digest_number(content.sha256, "content", photo, 0);
    for (size_t i = 0; i < sizeof thumbnail; i++)
        thumbnail[i] = (uint8_t)tl_random_below(&filling->random, 256);
    (void)snprintf(class_name, sizeof class_name, "%s", filling->class_folder);
    if (status == TL_OK)
        status = tl_store_put_content(filling->store, out_content_id, &content, err);
    if (status == TL_OK)
        status = tl_store_put_photo(filling->store, &photo_id, filling->source_id, path, (int64_t)info.st_size,
                                    (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec, *out_content_id, err);
    if (status == TL_OK)
        status = tl_store_put_folder_label(filling->store, photo_id, "default", class_name, NULL, err);
    if (status == TL_OK)
        status = tl_store_clear_failures(filling->store, photo_id, err);
    return status;
}

static enum tl_status put_variant(struct filling *filling, size_t photo, uint32_t index, int64_t content_id, struct tl_error *err)
{
    const struct vector *vector = &filling->pool[tl_random_below(&filling->random, POOL_COUNT)];
    const struct tl_store_variant variant = {.index = index, .zoom_x = index ? 0.9 + 0.01 * index : 1, .zoom_y = index ? 0.9 : 1,
                                             .shift_x_px = index, .flip_horizontal = index % 2 == 1};
    struct tl_store_feature feature = {
        .nonzero_count = vector->nonzero_count, .blob = vector->blob, .blob_bytes = vector->blob_bytes};
    int64_t variant_id = 0;
    enum tl_status status = tl_store_put_variant(filling->store, &variant_id, content_id, index ? filling->augmentation_id : 0,
                                                 &variant, err);

    digest_number(feature.pixels_digest, "pixels", photo, 0);
    digest_number(feature.values_digest, "values", photo, index);
    return status == TL_OK ? tl_store_put_feature(filling->store, filling->feature_set_id, variant_id, &feature, err) : status;
}

static int64_t count_pages(const struct filling *filling)
{
    int pages = 0, most = 0;

    (void)sqlite3_db_status(filling->store->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &most, 0);
    return pages;
}

static long measure_peak_kb(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

/* The rows of a tenth, photo by photo. */
static enum tl_status fill_tenth(struct filling *filling, struct cost *out, size_t first, size_t end, size_t photo_count,
                                 struct tl_error *err)
{
    const uint32_t per_photo = (uint32_t)filling->settings.per_photo;
    const double start_seconds = tl_system_seconds();
    const int64_t start_pages = count_pages(filling);
    size_t gathered = 0;
    enum tl_status status = tl_store_begin(filling->store, err);

    *out = (struct cost){.rows = (end - first) * per_photo};
    for (size_t photo = first; photo < end && status == TL_OK; photo++) {
        int64_t content_id = 0;

        status = put_photo(filling, &content_id, photo, photo_count, err);
        for (uint32_t index = 0; index < per_photo && status == TL_OK; index++)
            status = put_variant(filling, photo, index, content_id, err);
        gathered += per_photo;
        if (status == TL_OK && gathered >= tl_batch_feature_count(content_id) && photo + 1 < end) {
            gathered = 0;
            status = tl_store_commit(filling->store, err);
            if (status == TL_OK)
                status = tl_store_begin(filling->store, err);
        }
    }
    if (status == TL_OK)
        status = tl_store_commit(filling->store, err);
    out->seconds = tl_system_seconds() - start_seconds;
    out->pages = count_pages(filling) - start_pages;
    out->peak_kb = measure_peak_kb();
    return status;
}

static double pages_a_row(const struct cost *cost)
{
    return cost->rows ? (double)cost->pages / (double)cost->rows : 0;
}

/* Flat: the last tenth as the first within a tenth; memory as after the second, when caches are full. */
static enum tl_status check(const struct cost costs[TENTHS], struct tl_error *err)
{
    const double first = pages_a_row(&costs[0]), last = pages_a_row(&costs[TENTHS - 1]);

    if (last > 1.1 * first || last < 0.9 * first)
        return tl_error_set(err, TL_BAD_INPUT, "not flat: %.3f pages a row in the first tenth, %.3f in the last", first, last);
    if (costs[TENTHS - 1].peak_kb > costs[1].peak_kb + costs[1].peak_kb / 20)
        return tl_error_set(err, TL_BAD_INPUT, "memory grows: %ld kB after the second tenth, %ld after the last", costs[1].peak_kb,
                            costs[TENTHS - 1].peak_kb);
    return TL_OK;
}

static enum tl_status fill(struct filling *filling, struct tl_error *err)
{
    const size_t photo_count =
        (size_t)((filling->settings.variant_count + filling->settings.per_photo - 1) / filling->settings.per_photo);
    struct cost costs[TENTHS];
    enum tl_status status = TL_OK;

    printf("%10s %9s %10s %13s %9s\n", "features", "seconds", "pages", "pages a row", "peak MB");
    for (size_t i = 0; i < TENTHS && status == TL_OK; i++) {
        status = fill_tenth(filling, &costs[i], photo_count * i / TENTHS, photo_count * (i + 1) / TENTHS, photo_count, err);
        if (status == TL_OK)
            printf("%10zu %9.2f %10" PRId64 " %13.3f %9.1f\n", costs[i].rows, costs[i].seconds, costs[i].pages,
                   pages_a_row(&costs[i]), (double)costs[i].peak_kb / 1024);
        fflush(stdout);
    }
    return status == TL_OK && filling->settings.is_checked ? check(costs, err) : status;
}

static bool take_id(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    *(int64_t *)context = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return false;
}

/* What the rows belong to: what the store has, or else made up. */
static enum tl_status put_kinds(struct filling *filling, const char *name, const char *root, struct tl_error *err)
{
    struct tl_store_feature_set set = {.input_json = "{}", .network = "vgg16", .layer = "block5_pool", .arithmetic = "synthetic",
                                       .stored_type = "float32", .height = 7, .width = 7, .channels = 512};
    struct tl_store_augmentation augmentation = {.name = "mild", .json = "{}"};
    enum tl_status status = tl_store_query(filling->store, "SELECT min(feature_set_id) FROM feature_set", take_id,
                                           &filling->feature_set_id, err);

    if (status == TL_OK)
        status = tl_store_query(filling->store, "SELECT min(augmentation_id) FROM augmentation WHERE augmentation_id > 0", take_id,
                                &filling->augmentation_id, err);
    set.input_json =
        "{\"alpha\":\"drop\",\"compat\":1,\"crop\":0,\"exif\":\"ignore\",\"preprocess\":\"caffe\",\"resize\":\"nearest\","
        "\"sixteen_bit\":\"clip\",\"size\":224}";
    digest_number(augmentation.digest, "augmentation", 0, 0);
    digest_number(set.input_digest, "input", 0, 0);
    if (status == TL_OK)
        status = tl_store_begin(filling->store, err);
    if (status == TL_OK)
        status = tl_store_put_source(filling->store, &filling->source_id, name, root, err);
    if (status == TL_OK && filling->feature_set_id == 0) {
        status = tl_store_put_feature_set(filling->store, &set, err);
        filling->feature_set_id = set.feature_set_id;
    }
    if (status == TL_OK && filling->augmentation_id == 0) {
        status = tl_store_put_augmentation(filling->store, &augmentation, err);
        filling->augmentation_id = augmentation.augmentation_id;
    }
    return status == TL_OK ? tl_store_commit(filling->store, err) : status;
}

static enum tl_status run(struct filling *filling, const char *store_path, struct tl_error *err)
{
    char *root = NULL;
    enum tl_status status = tl_store_open(&filling->store, store_path, TL_STORE_CREATE, err);

    (void)mkdir(filling->folder, 0777);
    root = realpath(filling->folder, NULL);
    if (status == TL_OK && !root)
        status = tl_error_set(err, TL_IO, "%s: no such folder, and it cannot be made", filling->folder);
    if (status == TL_OK)
        status = tl_store_limit_cache(filling->store, TL_BATCH_CACHE_BYTES, err);
    if (status == TL_OK)
        status = put_kinds(filling, strrchr(root, '/') + 1, root, err);
    if (status == TL_OK)
        status = make_pool(filling, err);
    if (status == TL_OK)
        status = fill(filling, err);
    status = tl_store_close_after(&filling->store, status, err);
    for (size_t i = 0; i < POOL_COUNT; i++)
        tl_memory_free(filling->pool[i].blob);
    free(root);
    return status;
}

int main(int argc, char **argv)
{
    static struct filling filling = {.settings = {.variant_count = 200000, .per_photo = 5, .class_count = 25}};
    const struct tl_option options[] = {
        {.name = "variants", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &filling.settings.variant_count, .minimum = 1,
         .maximum = 100000000, .help = "features to make (200000)"},
        {.name = "per-photo", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &filling.settings.per_photo, .minimum = 1,
         .maximum = 1000, .help = "features of each photo, the plain one included (5)"},
        {.name = "classes", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &filling.settings.class_count, .minimum = 1,
         .maximum = 1000, .help = "folders that the photos are spread over, one after the other (25)"},
        {.name = "check", .kind = TL_OPTION_FLAG, .target = &filling.settings.is_checked,
         .help = "fail where pages written a row or memory are not flat"},
    };
    const struct tl_command command = {"fill_store", "fill_store [options] STORE FOLDER",
                                       "Fills a store with made-up photos and features.", options,
                                       sizeof options / sizeof options[0], NULL};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    if (operands.count != 2) {
        tl_tool_say(&command, "a store and a folder are needed (see --help)");
        return TL_EXIT_NOTHING;
    }
    filling.folder = operands.items[1];
    tl_random_init(&filling.random, 1, "fill_store");
    if (run(&filling, operands.items[0], &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return TL_EXIT_NOTHING;
    }
    return (int)tl_tool_end(&command, TL_EXIT_OK);
}
