/* peer_tl.c - tl's network as a contender of peers.py: commands on standard input, answers on standard output.
 *
 *     peer_tl --list                               the kernels this CPU can run, but for the slow definitions
 *     peer_tl KERNEL WEIGHTS INPUTS THREADS        INPUTS: float32 photos x 224 x 224 x 3
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/network/plan.h"

enum { INPUT_COUNT = 224 * 224 * 3, ERROR_PHOTOS = 8 };

struct peer {
    tl_backbone *backbone;
    struct session {
        tl_plan *plan;
        tl_workspace *workspace;
    } many, alone; /* for photos in batches, made at the start, and for one, made when asked for */
    const struct tl_conv_kernel *kernel;
    size_t thread_count;
    double peak_mib; /* before `alone` was made */
    float *inputs, *features;
    size_t photo_count, feature_count;
};

static int list_kernels(void)
{
    for (size_t i = 0; i < tl_conv_kernel_count; i++) {
        const struct tl_conv_kernel *kernel = tl_conv_kernels[i];
        if (kernel->is_supported() && kernel != &tl_conv_reference && strstr(kernel->name, "scalar") == NULL)
            printf("%s\n", kernel->name);
    }
    return 0;
}

static enum tl_status open_session(struct session *session, const struct peer *peer, enum tl_conv_use use, struct tl_error *err)
{
    enum tl_status status = tl_plan_create(&session->plan, peer->backbone, peer->kernel, NULL, use, err);
    if (status == TL_OK)
        status = tl_workspace_create(&session->workspace, session->plan, peer->thread_count, err);
    return status;
}

static enum tl_status open_peer(struct peer *peer, char **arguments, struct tl_error *err)
{
    const struct tl_conv_kernel *kernel = tl_conv_kernel_find(arguments[0]);
    uint8_t *bytes;
    size_t size_bytes;
    enum tl_status status;

    if (kernel == NULL)
        return tl_error_set(err, TL_NOT_FOUND, "no kernel %s here", arguments[0]);
    status = tl_system_read_file(&bytes, &size_bytes, arguments[2], (size_t)1 << 31, err);
    if (status != TL_OK)
        return status;
    peer->inputs = (float *)(void *)bytes;
    peer->photo_count = size_bytes / (INPUT_COUNT * sizeof(float));
    status = tl_backbone_read(&peer->backbone, &tl_network_vgg16, arguments[1], err);
    peer->kernel = kernel;
    peer->thread_count = strtoul(arguments[3], NULL, 10);
    if (status == TL_OK)
        status = open_session(&peer->many, peer, TL_CONV_BATCHES, err);
    if (status != TL_OK)
        return status;
    const struct tl_shape shape = tl_plan_feature_shape(peer->many.plan);
    peer->feature_count = (size_t)shape.height * shape.width * shape.channels;
    peer->features = tl_memory_alloc(peer->photo_count * peer->feature_count, sizeof(float));
    if (peer->features == NULL)
        return tl_error_set_no_memory(err, "features", peer->photo_count * peer->feature_count * sizeof(float));
    return TL_OK;
}

static double read_peak_mib(void)
{
    char line[256];
    double kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (file != NULL)
        (void)fclose(file);
    return kib / 1024;
}

static double time_run(struct peer *peer, size_t count)
{
    struct tl_error err;

    if (count == 1 && peer->alone.plan == NULL) {
        peer->peak_mib = read_peak_mib();
        if (open_session(&peer->alone, peer, TL_CONV_SINGLES, &err) != TL_OK) {
            (void)fprintf(stderr, "peer_tl: %s\n", err.message);
            exit(2);
        }
        time_run(peer, 1); /* memory is given when it is first touched */
    }
    const struct session *session = count == 1 ? &peer->alone : &peer->many;
    const double start = tl_system_seconds();
    tl_plan_run(session->plan, session->workspace, peer->features, peer->inputs,
                count < peer->photo_count ? count : peer->photo_count);
    return tl_system_seconds() - start;
}

static void write_features(struct peer *peer, const char *path)
{
    FILE *file = fopen(path, "wb");

    time_run(peer, ERROR_PHOTOS);
    for (size_t i = 0; file != NULL && i < ERROR_PHOTOS * peer->feature_count; i++) {
        const double value = (double)peer->features[i];
        (void)fwrite(&value, sizeof value, 1, file);
    }
    if (file == NULL || fclose(file) != 0)
        perror(path);
}

int main(int argc, char **argv)
{
    struct peer peer = {0};
    struct tl_error err;
    char line[4096];

    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list_kernels();
    if (argc != 5) {
        (void)fprintf(stderr, "usage: peer_tl --list | KERNEL WEIGHTS INPUTS THREADS\n");
        return 2;
    }
    if (open_peer(&peer, argv + 1, &err) != TL_OK) {
        (void)fprintf(stderr, "peer_tl: %s\n", err.message);
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "run ", 4) == 0)
            printf("%.9f\n", time_run(&peer, strtoul(line + 4, NULL, 10)));
        else if (strncmp(line, "features ", 9) == 0) {
            write_features(&peer, line + 9);
            printf("done\n");
        } else if (strcmp(line, "memory") == 0)
            printf("%.1f\n", peer.peak_mib > 0 ? peer.peak_mib : read_peak_mib());
    }
    return 0;
}
