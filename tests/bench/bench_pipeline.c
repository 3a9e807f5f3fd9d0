/* bench_pipeline.c - whole runs of tl-extract against the network alone, in turn, and where the CPU time goes: `make bench`.
 *
 *     bench_pipeline TL_EXTRACT WORK PHOTOS [options]     WORK: an empty folder for the sample's links and the stores
 *
 * The network alone computes as many vectors of the same photos, in blocks as the tool's. TL_KERNELS chooses for both. Of the
 * tool's time, its start (reading and packing weights) does not count, which does not grow with the photos.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/table.h"
#include "common/base/tool.h"
#include "extract/scan.h"
#include "extract/stage.h"
#include "tests/bench/bench_pipeline.h"

enum { ROUNDS_MAX = 100, BLOCK = TL_STAGE_BLOCK, PATH_BYTES = 4096 };

struct bench_pipeline {
    const char *tool, *work, *photos;
    long round_count, photo_count, variant_count, thread_count;
    char **paths; /* of the sample */
    size_t path_count;
    tl_features *features;
    tl_features_session *session;
    float *inputs, *vectors; /* BLOCK of each */
    struct bench_run runs[ROUNDS_MAX];
    double alone_rates[ROUNDS_MAX], alone_cpu_ms[ROUNDS_MAX]; /* vectors a second; CPU ms a vector */
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double take_median(const double *values, size_t count)
{
    double sorted[ROUNDS_MAX];

    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* One photo of the sample: a link below WORK/photos/CLASS. */
static enum tl_status link_photo(struct bench_pipeline *bench, const struct tl_scan *scan, const struct tl_scan_entry *entry,
                                 struct tl_error *err)
{
    char link[PATH_BYTES];
    char *path = tl_system_join_path(scan->root, entry->path);

    if (!path)
        return tl_error_set_no_memory(err, "a path", PATH_BYTES);
    bench->paths[bench->path_count++] = path;
    (void)snprintf(link, sizeof link, "%s/photos/%s", bench->work, entry->class_name);
    if (mkdir(link, 0777) != 0 && errno != EEXIST)
        return tl_error_set(err, TL_IO, "%s: %s", link, strerror(errno));
    (void)snprintf(link, sizeof link, "%s/photos/%s/%zu.jpg", bench->work, entry->class_name, bench->path_count);
    return symlink(path, link) == 0 ? TL_OK : tl_error_set(err, TL_IO, "%s: %s", link, strerror(errno));
}

/* Every n-th photo, so that all classes are there. */
static enum tl_status take_sample(struct bench_pipeline *bench, struct tl_error *err)
{
    struct tl_scan *scan = NULL;
    char folder[PATH_BYTES];
    size_t wished = (size_t)bench->photo_count;
    enum tl_status status = tl_scan_read(&scan, bench->photos, NULL, NULL, err);

    if (status != TL_OK)
        return status;
    wished = wished < scan->entry_count ? wished : scan->entry_count;
    bench->paths = tl_memory_alloc(wished, sizeof *bench->paths);
    (void)snprintf(folder, sizeof folder, "%s/photos", bench->work);
    if (!bench->paths)
        status = tl_error_set_no_memory(err, "the sample", wished * sizeof *bench->paths);
    else if (wished == 0)
        status = tl_error_set(err, TL_BAD_INPUT, "there are no photos in %s", bench->photos);
    else if (mkdir(folder, 0777) != 0)
        status = tl_error_set(err, TL_IO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < wished && status == TL_OK; i++)
        status = link_photo(bench, scan, &scan->entries[i * scan->entry_count / wished], err);
    tl_scan_free(scan);
    return status;
}

static enum tl_status open_network(struct bench_pipeline *bench, struct tl_error *err)
{
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    struct tl_recipe recipe;
    struct tl_variant plain;
    char *weights = NULL;
    enum tl_status status = tl_features_find_weights(&weights, NULL, "vgg16", err);

    tl_recipe_init(&recipe);
    tl_variant_init_plain(&plain);
    if (status == TL_OK)
        status = tl_features_create(&bench->features, &recipe, "vgg16", weights, NULL, err);
    if (status == TL_OK)
        status = tl_features_session_create(&bench->session, bench->features, (size_t)bench->thread_count, err);
    if (status == TL_OK) {
        bench->inputs = tl_memory_alloc_large(BLOCK * tl_features_input_count(bench->features), sizeof *bench->inputs);
        bench->vectors = tl_memory_alloc_large(BLOCK * tl_features_vector_count(bench->features), sizeof *bench->vectors);
        if (!photo || !bench->inputs || !bench->vectors)
            status = tl_error_set_no_memory(err, "a block of photos",
                                            BLOCK * tl_features_input_count(bench->features) * sizeof(float));
    }
    for (size_t i = 0; i < BLOCK && status == TL_OK; i++) {
        status = tl_photo_read(photo, bench->paths[i % bench->path_count], &recipe, err);
        if (status == TL_OK)
            status = tl_features_prepare(bench->features, bench->inputs + i * tl_features_input_count(bench->features),
                                         photo->pixels, &plain, err);
    }
    tl_memory_free(weights);
    tl_memory_free(photo);
    return status;
}

static void run_alone(struct bench_pipeline *bench, size_t round, size_t vector_count)
{
    const double start = tl_system_seconds(), cpu_start = tl_effort_process_seconds();

    for (size_t done = 0; done < vector_count; done += BLOCK)
        tl_features_run(bench->session, bench->vectors, bench->inputs, vector_count - done < BLOCK ? vector_count - done : BLOCK);
    bench->alone_rates[round] = (double)vector_count / (tl_system_seconds() - start);
    bench->alone_cpu_ms[round] = (tl_effort_process_seconds() - cpu_start) * 1e3 / (double)vector_count;
}

static enum tl_status run_tool(struct bench_pipeline *bench, size_t round, struct tl_error *err)
{
    char store[PATH_BYTES], photos[PATH_BYTES], variants[32], threads[32];
    char program[PATH_BYTES], json[] = "--json", quiet[] = "--quiet", variants_name[] = "--variants", threads_name[] = "--threads";
    char *const arguments[] = {program, store, photos, variants_name, variants, threads_name, threads, json, quiet, NULL};

    (void)snprintf(program, sizeof program, "%s", bench->tool);
    (void)snprintf(store, sizeof store, "%s/store.tl", bench->work);
    (void)snprintf(photos, sizeof photos, "%s/photos", bench->work);
    (void)snprintf(variants, sizeof variants, "%ld", bench->variant_count);
    (void)snprintf(threads, sizeof threads, "%ld", bench->thread_count);
    (void)unlink(store);
    return tl_bench_run_tool(&bench->runs[round], arguments, err);
}

static double take_run_median(const struct bench_pipeline *bench, double (*measure)(const struct bench_run *run))
{
    double values[ROUNDS_MAX];

    for (size_t i = 0; i < (size_t)bench->round_count; i++)
        values[i] = measure(&bench->runs[i]);
    return take_median(values, (size_t)bench->round_count);
}

static double measure_rate(const struct bench_run *run) { return run->vector_count / run->seconds; }
static double measure_busy(const struct bench_run *run) { return run->effort.network_busy_seconds / run->seconds; }
static double measure_awaited(const struct bench_run *run) { return run->effort.photos_awaited_seconds / run->seconds; }
static double measure_read(const struct bench_run *run) { return run->effort.read_cpu_seconds * 1e3 / run->vector_count; }
static double measure_augment(const struct bench_run *run) { return run->effort.augment_cpu_seconds * 1e3 / run->vector_count; }
static double measure_network(const struct bench_run *run) { return run->effort.network_cpu_seconds * 1e3 / run->vector_count; }
static double measure_compress(const struct bench_run *run) { return run->effort.compress_cpu_seconds * 1e3 / run->vector_count; }
static double measure_store(const struct bench_run *run) { return run->effort.store_cpu_seconds * 1e3 / run->vector_count; }

static void write_rates(const struct bench_pipeline *bench)
{
    const size_t count = (size_t)bench->round_count;
    double ratios[ROUNDS_MAX];

    for (size_t i = 0; i < count; i++)
        ratios[i] = measure_rate(&bench->runs[i]) / bench->alone_rates[i];
    printf("\ntl-extract, %zu photos with %ld variants, %.0f vectors, %s by %ld threads: vectors a second\n\n", bench->path_count,
           bench->variant_count, bench->runs[0].vector_count, tl_features_identify(bench->features).arithmetic,
           bench->thread_count);
    printf("the network alone %8.2f\n", take_median(bench->alone_rates, count));
    printf("tl-extract        %8.2f, %.1f%% of it, of %zu rounds: ", take_run_median(bench, measure_rate),
           100 * take_median(ratios, count), count);
    for (size_t i = 0; i < count; i++)
        printf("%s%.1f%%", i > 0 ? ", " : "", 100 * ratios[i]);
    printf("\nIts network computed %.1f%% of the time, and waited for photos %.1f%%.\n", 100 * take_run_median(bench, measure_busy),
           100 * take_run_median(bench, measure_awaited));
}

static enum tl_status write_stages(const struct bench_pipeline *bench, struct tl_error *err)
{
    static const struct {
        const char *name;
        double (*measure)(const struct bench_run *run);
    } stages[] = {{"read", measure_read},         {"augment", measure_augment}, {"network", measure_network},
                  {"compress", measure_compress}, {"store", measure_store}};
    double total = 0, ms[sizeof stages / sizeof stages[0]];
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, 3, err);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++)
        total += ms[i] = take_run_median(bench, stages[i].measure);
    tl_table_add(table, "stage");
    tl_table_add(table, "CPU ms a vector");
    tl_table_add(table, "share");
    for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
        tl_table_add(table, stages[i].name);
        tl_table_add_format(table, "%.3f", ms[i]);
        tl_table_add_format(table, "%.1f%%", 100 * ms[i] / total);
    }
    tl_table_add(table, "the network alone");
    tl_table_add_format(table, "%.3f", take_median(bench->alone_cpu_ms, (size_t)bench->round_count));
    tl_table_add(table, "");
    printf("\n");
    status = tl_table_write(table, stdout, err);
    printf("\nBy CPU time alone, which a busy machine troubles less, tl-extract would reach %.1f%%.\n",
           100 * take_median(bench->alone_cpu_ms, (size_t)bench->round_count) / total);
    tl_table_free(table);
    return status;
}

static enum tl_status write_parts(const struct bench_pipeline *bench, struct tl_error *err)
{
    struct bench_parts parts;
    enum tl_status status = tl_bench_measure_parts(&parts, bench->paths, bench->path_count,
                                                   tl_features_recipe(bench->features), err);

    if (status == TL_OK)
        printf("\nAlone, CPU ms a photo: file %.2f, digests %.2f, decode %.2f, resize %.2f; a variant: augment %.2f, "
               "preprocess %.2f\n",
               parts.file_ms, parts.digest_ms, parts.decode_ms, parts.resize_ms, parts.augment_ms, parts.preprocess_ms);
    return status;
}

static enum tl_status run_bench(struct bench_pipeline *bench, struct tl_error *err)
{
    enum tl_status status = take_sample(bench, err);

    if (status == TL_OK)
        status = open_network(bench, err);
    if (status == TL_OK)
        status = run_tool(bench, 0, err); /* files come into the page cache */
    for (size_t i = 0; i < (size_t)bench->round_count && status == TL_OK; i++) {
        status = run_tool(bench, i, err);
        if (status == TL_OK)
            run_alone(bench, i, (size_t)bench->runs[i].vector_count);
    }
    if (status == TL_OK)
        write_rates(bench);
    if (status == TL_OK)
        status = write_stages(bench, err);
    return status == TL_OK ? write_parts(bench, err) : status;
}

static void close_bench(struct bench_pipeline *bench)
{
    tl_features_session_free(bench->session);
    tl_features_free(bench->features);
    for (size_t i = 0; i < bench->path_count; i++)
        tl_memory_free(bench->paths[i]);
    tl_memory_free(bench->paths);
    tl_memory_free(bench->inputs);
    tl_memory_free(bench->vectors);
}

int main(int argc, char **argv)
{
    struct bench_pipeline bench = {.round_count = 3, .photo_count = 80, .variant_count = 5,
                                   .thread_count = (long)tl_system_core_count()};
    const struct tl_option options[] = {
        {.name = "rounds", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.round_count, .minimum = 1,
         .maximum = ROUNDS_MAX, .help = "rounds of which medians are told (3)"},
        {.name = "sample", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.photo_count, .minimum = 1,
         .maximum = 100000, .help = "photos, spread over the folder (80)"},
        {.name = "variants", .argument = "K", .kind = TL_OPTION_INTEGER, .target = &bench.variant_count, .minimum = 1,
         .maximum = 100, .help = "variants of each besides the plain photo (5)"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.thread_count, .minimum = 1,
         .maximum = 1024, .help = "threads of either (all cores)"},
    };
    const struct tl_command command = {"bench_pipeline", "bench_pipeline [options] TL_EXTRACT WORK PHOTOS",
                                       "Measures whole extractions against the network alone.", options,
                                       sizeof options / sizeof *options, NULL};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    if (operands.count != 3) {
        tl_tool_say(&command, "TL_EXTRACT, WORK and PHOTOS are needed (see --help)");
        return (int)TL_EXIT_NOTHING;
    }
    bench.tool = operands.items[0];
    bench.work = operands.items[1];
    bench.photos = operands.items[2];
    status = run_bench(&bench, &err);
    if (status != TL_OK)
        tl_tool_say(&command, "%s", err.message);
    close_bench(&bench);
    return (int)tl_tool_end(&command, status == TL_OK ? TL_EXIT_OK : TL_EXIT_NOTHING);
}
