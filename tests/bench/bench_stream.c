/* bench_stream.c - streamed training against its decoder alone, on a store that holds labels and features.
 *
 *     bench_stream [options] STORE
 *
 * The decoder alone reads every vector that an epoch goes through, by the store's order, and decodes it into its non-zero
 * entries, on all threads; nothing is kept of it. Epochs and passes of the decoder take turns.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "common/base/tool.h"
#include "common/store/store_blob.h"
#include "common/store/store_feature.h"
#include "common/codec/codec.h"
#include "train/data/stream_load.h"
#include "train/fit/fit.h"

enum { ROUNDS_MAX = 99, CHUNK_ROWS = 32, BLOB_BYTES_MAX = 1 << 18 };

struct settings {
    long memory_mib, rounds, batch_size, thread_count;
};

struct bench {
    struct settings settings;
    tl_store *store;
    struct tl_store_label *labels;
    struct tl_selection *selection;
    struct tl_samples *samples;
    size_t feature_count;
    int64_t *ids; /* of an epoch's vectors, rising */
    size_t id_count;
    tl_team *team;
    pthread_mutex_t mutex;
};

/* A thread of the decoder alone. */
struct chunk {
    tl_codec *codec;
    uint8_t *bytes;
    size_t ends[CHUNK_ROWS];
};

struct cost {
    double seconds, cpu_seconds;
};

struct passing {
    struct bench *bench;
    struct chunk *chunks;
    bool is_faulty;
};

static int compare_ids(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

static bool take_blob(void *context, size_t i, const void *blob, size_t blob_bytes)
{
    struct chunk *chunk = context;
    const size_t start = i > 0 ? chunk->ends[i - 1] : 0;

    if (!blob || start + blob_bytes > (size_t)CHUNK_ROWS * BLOB_BYTES_MAX)
        return false;
    memcpy(chunk->bytes + start, blob, blob_bytes);
    chunk->ends[i] = start + blob_bytes;
    return true;
}

static void decode_chunk(void *context, size_t task, size_t thread_index)
{
    struct passing *passing = context;
    struct bench *bench = passing->bench;
    struct chunk *chunk = &passing->chunks[thread_index];
    const size_t first = task * CHUNK_ROWS, left = bench->id_count - first, count = left < CHUNK_ROWS ? left : CHUNK_ROWS;
    const uint32_t *indices;
    const float *values;
    size_t nonzero_count;
    enum tl_status status;

    pthread_mutex_lock(&bench->mutex);
    status = tl_store_read_blobs(bench->store, bench->ids + first, count, take_blob, chunk, NULL);
    pthread_mutex_unlock(&bench->mutex);
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        const size_t start = i > 0 ? chunk->ends[i - 1] : 0;

        status = tl_codec_decode_sparse(chunk->codec, &indices, &values, &nonzero_count, bench->feature_count, chunk->bytes + start,
                                        chunk->ends[i] - start, NULL);
    }
    if (status != TL_OK)
        passing->is_faulty = true;
}

/* Of the whole process, on all cores: steadier than the clock where other programs run. */
static double cpu_seconds(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static enum tl_status run_decoder(struct bench *bench, struct cost *out, struct tl_error *err)
{
    const size_t thread_count = tl_team_thread_count(bench->team);
    struct passing passing = {bench, tl_memory_alloc(thread_count, sizeof *passing.chunks), false};
    enum tl_status status = TL_OK;
    double start, cpu_start;

    if (!passing.chunks)
        return tl_error_set_no_memory(err, "the decoder", thread_count * sizeof *passing.chunks);
    for (size_t i = 0; i < thread_count && status == TL_OK; i++) {
        status = tl_codec_create(&passing.chunks[i].codec, err);
        passing.chunks[i].bytes = tl_memory_alloc(CHUNK_ROWS, BLOB_BYTES_MAX);
        if (status == TL_OK && !passing.chunks[i].bytes)
            status = tl_error_set_no_memory(err, "the decoder", (size_t)CHUNK_ROWS * BLOB_BYTES_MAX);
    }
    start = tl_system_seconds();
    cpu_start = cpu_seconds();
    if (status == TL_OK)
        tl_team_run(bench->team, (bench->id_count + CHUNK_ROWS - 1) / CHUNK_ROWS, decode_chunk, &passing);
    *out = (struct cost){tl_system_seconds() - start, cpu_seconds() - cpu_start};
    if (passing.is_faulty)
        status = tl_error_set(err, TL_CORRUPT, "a feature does not decode");
    for (size_t i = 0; passing.chunks && i < thread_count; i++) {
        tl_codec_free(passing.chunks[i].codec);
        tl_memory_free(passing.chunks[i].bytes);
    }
    tl_memory_free(passing.chunks);
    return status;
}

static enum tl_status load(struct bench *bench, struct tl_error *err)
{
    const struct tl_select_wish wish = {.validation = TL_SELECT_FRACTION};
    struct tl_store_feature_set *sets = NULL;
    struct tl_store_augmentation *augmentations = NULL;
    size_t set_count = 0, augmentation_count = 0, label_count = 0;
    struct tl_samples_source source = {.transform = TL_HEAD_TRANSFORM_NONE};
    struct tl_stream_wish stream_wish = {.memory_bytes = (size_t)bench->settings.memory_mib << 20,
                                         .thread_count = (size_t)bench->settings.thread_count};
    enum tl_status status = tl_store_list_feature_sets(bench->store, &sets, &set_count, err);

    if (status == TL_OK && set_count != 1)
        status = tl_error_set(err, TL_BAD_INPUT, "%zu feature sets; one is expected", set_count);
    if (status == TL_OK)
        status = tl_store_list_augmentations(bench->store, sets[0].feature_set_id, &augmentations, &augmentation_count, err);
    if (status == TL_OK)
        status = tl_store_list_labels(bench->store, &bench->labels, &label_count, "default", sets[0].feature_set_id, err);
    if (status == TL_OK)
        status = tl_select_samples(&bench->selection, bench->labels, label_count, NULL, &wish, err);
    if (status == TL_OK) {
        source.feature_set_id = sets[0].feature_set_id;
        source.augmentation_id = augmentation_count > 0 ? augmentations[0].augmentation_id : 0;
        bench->feature_count = source.feature_count = (size_t)sets[0].height * sets[0].width * sets[0].channels;
        stream_wish.channel_count = sets[0].channels;
        status = tl_stream_load(&bench->samples, bench->store, bench->selection, &source, &stream_wish, err);
    }
    tl_store_free_augmentations(augmentations, augmentation_count);
    tl_store_free_feature_sets(sets, set_count);
    return status;
}

static enum tl_status list_ids(struct bench *bench, struct tl_error *err)
{
    bench->id_count = tl_stream_row_count(bench->samples->stream);
    bench->ids = tl_memory_alloc(bench->id_count, sizeof *bench->ids);
    if (!bench->ids)
        return tl_error_set_no_memory(err, "the ids", bench->id_count * sizeof *bench->ids);
    for (size_t i = 0; i < bench->id_count; i++)
        bench->ids[i] = tl_stream_row_at(bench->samples->stream, i)->feature_id;
    qsort(bench->ids, bench->id_count, sizeof *bench->ids, compare_ids);
    return TL_OK;
}

static enum tl_status run_epoch(struct bench *bench, struct cost *out, struct tl_head *head, struct tl_error *err)
{
    struct tl_course course;
    struct tl_store_epoch history;
    const double start = tl_system_seconds(), cpu_start = cpu_seconds();
    enum tl_status status;

    tl_course_init(&course);
    course.epochs = 1;
    course.batch_size = bench->settings.batch_size;
    status = tl_fit_head(NULL, head, &history, bench->samples, &course, NULL, err);
    *out = (struct cost){tl_system_seconds() - start, cpu_seconds() - cpu_start};
    return status;
}

static int compare_costs(const void *a, const void *b)
{
    const struct cost *first = a, *second = b;

    return first->seconds < second->seconds ? -1 : first->seconds > second->seconds;
}

static struct cost median(struct cost *costs, long count)
{
    qsort(costs, (size_t)count, sizeof *costs, compare_costs);
    return costs[count / 2];
}

static void print_results(const struct bench *bench, struct cost decoder, struct cost epoch)
{
    const double count = (double)bench->id_count;
    struct rusage usage = {.ru_maxrss = 0};

    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%zu vectors of %zu, %zu classes, batches of %ld, %ld threads, windows of %zu vectors in %ld MiB\n", bench->id_count,
           bench->feature_count, bench->selection->class_count, bench->settings.batch_size, bench->settings.thread_count,
           tl_stream_window_size(bench->samples->stream), bench->settings.memory_mib);
    printf("the decoder alone   %8.0f vectors/s, %5.1f us of a core each\n", count / decoder.seconds,
           1e6 * decoder.cpu_seconds / count);
    printf("streamed training   %8.0f vectors/s, %5.1f us of a core each; %.0f%% of the decoder's rate (at least 90)\n",
           count / epoch.seconds, 1e6 * epoch.cpu_seconds / count, 100 * decoder.seconds / epoch.seconds);
    printf("peak memory         %8.0f MiB\n", (double)usage.ru_maxrss / 1024);
}

static enum tl_status measure(struct bench *bench, struct tl_error *err)
{
    struct cost decoder[ROUNDS_MAX], epoch[ROUNDS_MAX];
    struct tl_head *head = NULL;
    const struct tl_head_shape shape = {.feature_count = bench->feature_count, .class_count = bench->selection->class_count};
    enum tl_status status = tl_head_create(&head, &shape, bench->selection->class_names, err);

    if (status == TL_OK)
        status = tl_fit_find_scale(&head->scale, bench->samples, TL_FIT_ALL, err);
    for (long r = 0; r < bench->settings.rounds && status == TL_OK; r++) {
        status = run_decoder(bench, &decoder[r], err);
        if (status == TL_OK)
            status = run_epoch(bench, &epoch[r], head, err);
    }
    if (status == TL_OK)
        print_results(bench, median(decoder, bench->settings.rounds), median(epoch, bench->settings.rounds));
    tl_head_free(head);
    return status;
}

static enum tl_status run(struct bench *bench, const char *path, struct tl_error *err)
{
    enum tl_status status = tl_store_open(&bench->store, path, TL_STORE_WRITE, err);

    pthread_mutex_init(&bench->mutex, NULL);
    if (status == TL_OK)
        status = load(bench, err);
    if (status == TL_OK)
        status = list_ids(bench, err);
    if (status == TL_OK)
        status = tl_team_create(&bench->team, (size_t)bench->settings.thread_count, err);
    if (status == TL_OK)
        status = measure(bench, err);
    tl_team_free(bench->team);
    tl_memory_free(bench->ids);
    tl_samples_free(bench->samples);
    tl_selection_free(bench->selection);
    tl_store_free_labels(bench->labels);
    return tl_store_close_after(&bench->store, status, err);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.settings = {.memory_mib = 384, .rounds = 3, .batch_size = 32}};
    const struct tl_option options[] = {
        {.name = "memory", .argument = "MIB", .kind = TL_OPTION_INTEGER, .target = &bench.settings.memory_mib, .minimum = 1,
         .maximum = 1 << 20, .help = "for the windows (384)"},
        {.name = "rounds", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.settings.rounds, .minimum = 1,
         .maximum = ROUNDS_MAX, .help = "epochs, and passes of the decoder (3)"},
        {.name = "batch-size", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.settings.batch_size, .minimum = 1,
         .maximum = 1000000, .help = "vectors a step (32)"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.settings.thread_count, .minimum = 1,
         .maximum = 1024, .help = "that decode (a core each)"},
    };
    const struct tl_command command = {"bench_stream", "bench_stream [options] STORE",
                                       "Times streamed training against its decoder alone.", options,
                                       sizeof options / sizeof options[0], NULL};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    bench.settings.thread_count = (long)tl_system_core_count();
    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    if (operands.count != 1) {
        tl_tool_say(&command, "one store is needed (see --help)");
        return TL_EXIT_NOTHING;
    }
    if (run(&bench, operands.items[0], &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return TL_EXIT_NOTHING;
    }
    return (int)tl_tool_end(&command, TL_EXIT_OK);
}
