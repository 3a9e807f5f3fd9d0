/* bench_network.c - how fast the network is on this machine, kernel by kernel: `make bench`.
 *
 * Kernels take turns in rounds, and medians are told, so that a busy machine troubles all alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/system.h"
#include "common/base/tool.h"
#include "common/network/cpu.h"
#include "tests/bench/bench.h"
#include "tests/bench/fma_peak.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tl_bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double measure_peak(double (*run)(size_t count, float *sink))
{
    enum { TRIES = 9, COUNT = 1000000 };
    double best = 0;
    float sink[FMA_CHAINS] = {0.5F};

    for (size_t i = 0; i < TRIES; i++) {
        const double start = tl_system_seconds(), operations = run(COUNT, sink), rate = operations / (tl_system_seconds() - start);
        best = rate > best ? rate : best;
    }
    return best * 1e-9;
}

double tl_bench_peak(const struct tl_conv_kernel *kernel)
{
#if defined(__x86_64__)
    if (kernel == &tl_conv_winograd_vnni || kernel == &tl_conv_winograd_amx || kernel == &tl_conv_winograd_amx3)
        return 0; /* of other instructions */
    if (strstr(kernel->name, "avx2") == NULL && tl_cpu_has_avx512())
        return measure_peak(tl_fma_peak_avx512);
    return tl_cpu_has_avx2() ? measure_peak(tl_fma_peak_avx2) : 0;
#elif defined(__aarch64__)
    (void)kernel;
    return measure_peak(tl_fma_peak_neon);
#else
    (void)kernel;
    return 0;
#endif
}

/* Of all kernels, those asked for; without a wish, those that someone would wait for. */
static void choose_kernels(struct bench *bench, const char *wish)
{
    for (size_t i = 0; i < tl_conv_kernel_count && bench->kernel_count < BENCH_KERNELS_MAX; i++) {
        const struct tl_conv_kernel *kernel = tl_conv_kernels[i];
        const bool is_slow = kernel == &tl_conv_reference || strstr(kernel->name, "scalar") != NULL;
        const char *at = wish != NULL ? strstr(wish, kernel->name) : NULL;
        const size_t length = strlen(kernel->name);
        const bool is_named = at != NULL && (at == wish || at[-1] == ',') && (at[length] == '\0' || at[length] == ',');
        if (kernel->is_supported() && (wish != NULL ? is_named : !is_slow))
            bench->kernels[bench->kernel_count++] = kernel;
    }
}

static void write_machine(void)
{
    char line[256];
    const char *name = "an unknown CPU";
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            line[strcspn(line, "\n")] = '\0';
            name = colon + 2;
            break;
        }
    }
    printf("%s, %u cores, commit %s\n", name, tl_system_core_count(),
           getenv("TL_COMMIT") != NULL ? getenv("TL_COMMIT") : "unknown");
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; tl_conv_kernel_missing(i) != NULL; i++)
        printf("%s: not run here\n", tl_conv_kernel_missing(i));
    printf("\n");
}

int main(int argc, char **argv)
{
    struct bench bench = {.round_count = 5, .thread_count = (long)tl_system_core_count()};
    const char *kernels = NULL;
    bool has_layers = false, has_photos = false;
    const struct tl_option options[] = {
        {.name = "rounds", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.round_count, .minimum = 1,
         .maximum = BENCH_ROUNDS_MAX, .help = "rounds of which medians are told (5)"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &bench.thread_count, .minimum = 1,
         .maximum = 1024, .help = "threads of the whole network (all cores)"},
        {.name = "kernels", .argument = "NAME,...", .kind = TL_OPTION_STRING, .target = &kernels,
         .help = "kernels to try (all fast ones)"},
        {.name = "layers", .kind = TL_OPTION_FLAG, .target = &has_layers, .help = "single layers only"},
        {.name = "photos", .kind = TL_OPTION_FLAG, .target = &has_photos, .help = "the whole network only"},
    };
    const struct tl_command command = {"bench_network", "bench_network [options]",
                                       "Measures the network, kernel by kernel.", options,
                                       sizeof options / sizeof *options, NULL};
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status = TL_OK;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    choose_kernels(&bench, kernels);
    write_machine();
    if (!has_photos || has_layers)
        status = tl_bench_layers(&bench, &err);
    if (status == TL_OK && (!has_layers || has_photos))
        status = tl_bench_photos(&bench, &err);
    if (status != TL_OK)
        tl_tool_say(&command, "%s", err.message);
    return (int)tl_tool_end(&command, status == TL_OK ? TL_EXIT_OK : TL_EXIT_NOTHING);
}
