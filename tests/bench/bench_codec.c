/* bench_codec.c - how small and how fast feature vectors are kept, by our codec and by others: `make bench-codec`.
 *
 *     bench_codec STORE [--rounds N] [--vectors N]
 *
 * The vectors are those of the store's only feature set. One thread; contenders take turns in rounds, and medians are told, so that
 * a busy machine troubles all alike. A contender that does not give the vectors back ends the benchmark.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/base/half.h"
#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/table.h"
#include "common/base/tool.h"
#include "common/store/store_feature.h"
#include "common/store/store_sample.h"
#include "tests/bench/bench_codec.h"

enum { ROUNDS_MAX = 200, VECTORS_MAX = 1000 };

struct result {
    double encode_seconds[ROUNDS_MAX], decode_seconds[ROUNDS_MAX]; /* of all vectors */
    size_t stored_bytes;
};

struct bench {
    long round_count, vector_count_max;
    struct bench_codec_context context;
    size_t vector_count, nonzero_count;
    float *values, *halves, *decoded; /* all vectors, the same rounded; one vector */
    uint8_t *blobs;
    size_t *blob_bytes;
    struct result *results; /* a contender each */
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double take_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static enum tl_status make_room(struct bench *bench, size_t count, struct tl_error *err)
{
    const size_t vectors = (size_t)bench->vector_count_max;
    bench->context.count = count;
    bench->values = tl_memory_alloc(vectors * count, sizeof *bench->values);
    bench->halves = tl_memory_alloc(vectors * count, sizeof *bench->halves);
    bench->decoded = tl_memory_alloc(count, sizeof *bench->decoded);
    bench->blobs = tl_memory_alloc(vectors, tl_bench_codec_bound(count));
    bench->blob_bytes = tl_memory_alloc(vectors, sizeof *bench->blob_bytes);
    bench->results = tl_memory_alloc(bench_codec_contender_count, sizeof *bench->results);
    bench->context.scratch = tl_memory_alloc(count, 4 * sizeof *bench->values);
    bench->context.compressor = ZSTD_createCCtx();
    bench->context.decompressor = ZSTD_createDCtx();
    if (!bench->values || !bench->halves || !bench->decoded || !bench->blobs || !bench->blob_bytes || !bench->results ||
        !bench->context.scratch || !bench->context.compressor || !bench->context.decompressor)
        return tl_error_set_no_memory(err, "the vectors", vectors * count * sizeof *bench->values);
    return tl_codec_create(&bench->context.codec, err);
}

static void close_bench(struct bench *bench)
{
    tl_codec_free(bench->context.codec);
    ZSTD_freeCCtx(bench->context.compressor);
    ZSTD_freeDCtx(bench->context.decompressor);
    tl_memory_free(bench->context.scratch);
    tl_memory_free(bench->values);
    tl_memory_free(bench->halves);
    tl_memory_free(bench->decoded);
    tl_memory_free(bench->blobs);
    tl_memory_free(bench->blob_bytes);
    tl_memory_free(bench->results);
}

static enum tl_status read_vectors(struct bench *bench, tl_store *store, int64_t feature_set_id, struct tl_error *err)
{
    const size_t count = bench->context.count;
    tl_store_features *features = NULL;
    struct tl_store_feature_row row;
    enum tl_status status = tl_store_open_features(&features, store, feature_set_id, 0, err);

    while (status == TL_OK && bench->vector_count < (size_t)bench->vector_count_max) {
        status = tl_store_next_feature(features, &row, err);
        if (status == TL_OK)
            status = tl_codec_decode(bench->context.codec, bench->values + bench->vector_count * count, count, row.blob,
                                     row.blob_bytes, err);
        bench->vector_count += status == TL_OK;
    }
    tl_store_close_features(features);
    if (status == TL_NOT_FOUND && bench->vector_count > 0)
        status = TL_OK;
    for (size_t i = 0; i < bench->vector_count * count; i++)
        bench->nonzero_count += bench->values[i] != 0.0F;
    memcpy(bench->halves, bench->values, bench->vector_count * count * sizeof *bench->halves);
    tl_half_round(bench->halves, bench->vector_count * count);
    return status;
}

static enum tl_status load(struct bench *bench, const char *store_path, struct tl_error *err)
{
    tl_store *store = NULL;
    struct tl_store_feature_set *sets = NULL;
    size_t set_count = 0, index = 0;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_READ, err);

    if (status != TL_OK)
        return status;
    status = tl_store_list_feature_sets(store, &sets, &set_count, err);
    if (status == TL_OK)
        status = tl_store_choose_feature_set(&index, sets, set_count, NULL, err);
    if (status == TL_OK)
        status = make_room(bench, (size_t)sets[index].height * sets[index].width * sets[index].channels, err);
    if (status == TL_OK)
        status = read_vectors(bench, store, sets[index].feature_set_id, err);
    tl_store_free_feature_sets(sets, set_count);
    if (tl_store_close(&store, status == TL_OK ? err : NULL) != TL_OK && status == TL_OK)
        status = err->status;
    return status;
}

/* One contender's turn: all vectors there, then all back. `is_checked`: what comes back is compared, which takes time. */
static bool take_turn(struct bench *bench, size_t contender_index, size_t round, bool is_checked)
{
    const struct bench_codec_contender *contender = &bench_codec_contenders[contender_index];
    struct result *result = &bench->results[contender_index];
    const size_t count = bench->context.count, capacity = tl_bench_codec_bound(count);
    const float *vectors = contender->is_half ? bench->halves : bench->values;
    bool is_good = true;

    result->stored_bytes = 0;
    double start = tl_system_seconds();
    for (size_t i = 0; i < bench->vector_count; i++) {
        bench->blob_bytes[i] = contender->encode(&bench->context, bench->blobs + i * capacity, capacity, vectors + i * count);
        result->stored_bytes += bench->blob_bytes[i];
        is_good = is_good && bench->blob_bytes[i] > 0;
    }
    result->encode_seconds[round] = tl_system_seconds() - start;
    const bool is_dense = is_checked || strstr(contender->name, "sparse") == NULL;
    start = tl_system_seconds();
    for (size_t i = 0; i < bench->vector_count && is_good; i++) {
        is_good =
            contender->decode(&bench->context, is_dense ? bench->decoded : NULL, bench->blobs + i * capacity, bench->blob_bytes[i]);
        if (is_checked && is_good)
            is_good = memcmp(bench->decoded, vectors + i * count, count * sizeof *vectors) == 0;
    }
    result->decode_seconds[round] = tl_system_seconds() - start;
    return is_good;
}

static enum tl_status write_results(struct bench *bench, struct tl_error *err)
{
    const double floats = (double)bench->vector_count * (double)bench->context.count, bytes = floats * sizeof(float);
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 4, err);

    if (status != TL_OK)
        return status;
    printf("%zu vectors of %zu float32, %.1f %% of them not zero; one thread, medians of %ld rounds; MB (10^6) of float32 a "
           "second\n\n",
           bench->vector_count, bench->context.count, 100.0 * (double)bench->nonzero_count / floats, bench->round_count);
    tl_table_add(table, "codec");
    tl_table_add(table, "bytes a vector");
    tl_table_add(table, "encode MB/s");
    tl_table_add(table, "decode MB/s");
    for (size_t i = 0; i < bench_codec_contender_count; i++) {
        struct result *result = &bench->results[i];

        if (result->stored_bytes == 0)
            continue;
        tl_table_add(table, bench_codec_contenders[i].name);
        tl_table_add_format(table, "%.0f", (double)result->stored_bytes / (double)bench->vector_count);
        tl_table_add_format(table, "%.0f", bytes * 1e-6 / take_median(result->encode_seconds, (size_t)bench->round_count));
        tl_table_add_format(table, "%.0f", bytes * 1e-6 / take_median(result->decode_seconds, (size_t)bench->round_count));
    }
    status = tl_table_write(table, stdout, err);
    tl_table_free(table);
    for (size_t i = 0; i < bench_codec_contender_count; i++)
        if (bench->results[i].stored_bytes == 0)
            printf("%s%s: not here\n", i > 0 && bench->results[i - 1].stored_bytes == 0 ? "" : "\n",
                   bench_codec_contenders[i].name);
    return status;
}

static enum tl_status run(struct bench *bench, const char *store_path, struct tl_error *err)
{
    enum tl_status status = load(bench, store_path, err);

    for (long round = -1; round < bench->round_count && status == TL_OK; round++) /* the first is checked, and warms up */
        for (size_t i = 0; i < bench_codec_contender_count && status == TL_OK; i++)
            if (bench_codec_contenders[i].is_there() && !take_turn(bench, i, round < 0 ? 0 : (size_t)round, round < 0))
                status = tl_error_set(err, TL_CORRUPT, "%s does not give the vectors back", bench_codec_contenders[i].name);
    return status == TL_OK ? write_results(bench, err) : status;
}

int main(int argc, char **argv)
{
    struct bench bench = {.round_count = 5, .vector_count_max = 200};
    const struct tl_option options[] = {
        {.name = "rounds", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.round_count, .minimum = 1,
         .maximum = ROUNDS_MAX, .help = "rounds of which medians are told (5)"},
        {.name = "vectors", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.vector_count_max, .minimum = 1,
         .maximum = VECTORS_MAX, .help = "vectors at most (200)"},
    };
    const struct tl_command command = {
        "bench_codec", "bench_codec [options] STORE",    "Measures ways to keep a store's feature vectors.",
        options,       sizeof options / sizeof *options, NULL};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    if (operands.count != 1) {
        tl_tool_say(&command, "a STORE is needed (see --help)");
        return (int)TL_EXIT_NOTHING;
    }
    status = run(&bench, operands.items[0], &err);
    if (status != TL_OK)
        tl_tool_say(&command, "%s", err.message);
    close_bench(&bench);
    return (int)tl_tool_end(&command, status == TL_OK ? TL_EXIT_OK : TL_EXIT_NOTHING);
}
