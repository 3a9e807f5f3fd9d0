/* kill_extract.c - the real tl-extract killed at random moments: what stays is whole, and the next run completes it.
 *
 *     kill_extract BIN PHOTOS BEGUN FOLDER COUNT SEED
 *
 * BIN holds the tools; stores are made in FOLDER. BEGUN is a store of some of the photos: every other run goes on from a copy of
 * it. Moments are spread over a whole run, its start and its end included. After each kill the store must be whole
 * (tests/extract/whole_store.h) and `tl-store verify` content; then the same command must end well and give the digest of a run
 * that nobody killed. Prints a line for every tenth kill, and at the end how many passed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/base/system.h"
#include "tests/extract/whole_store.h"

enum { PATH_BYTES = 4096, DIGEST_TEXT_BYTES = 80 };

static const char *bin, *photos, *folder;

static pid_t start(const char *tool, const char *const *arguments)
{
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        char path[PATH_BYTES];
        const char *words[16] = {path};
        size_t count = 1;

        (void)snprintf(path, sizeof path, "%s/%s", bin, tool);
        for (; arguments[count - 1]; count++)
            words[count] = arguments[count - 1];
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        (void)execv(path, (char **)(void *)words);
        _exit(127);
    }
    return child;
}

/* The exit code, or minus the signal. */
static int wait_for(pid_t child)
{
    int state = 0;

    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(state) ? -WTERMSIG(state) : WEXITSTATUS(state);
}

static pid_t start_extraction(const char *store)
{
    const char *arguments[] = {store, photos, "--variants", "2", "--threads", "2", "--quiet", NULL};

    return start("tl-extract", arguments);
}

static bool get_digest(char out[DIGEST_TEXT_BYTES], const char *store)
{
    char command[3 * PATH_BYTES];
    FILE *pipe;
    bool is_there;

    (void)snprintf(command, sizeof command, "'%s/tl-store' info '%s' --digest", bin, store);
    pipe = popen(command, "r");
    is_there = pipe && fgets(out, DIGEST_TEXT_BYTES, pipe) && strlen(out) == 65;
    return pipe && pclose(pipe) == 0 && is_there;
}

static void remove_store(const char *store)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[PATH_BYTES + 16];

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", store, suffixes[i]);
        (void)unlink(path);
    }
}

static bool copy_store(const char *to, const char *from)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    FILE *file = fopen(to, "wb");
    bool is_copied = file && tl_system_read_file(&bytes, &size_bytes, from, (size_t)1 << 30, NULL) == TL_OK &&
                     fwrite(bytes, 1, size_bytes, file) == size_bytes;

    tl_memory_free(bytes);
    return file && fclose(file) == 0 && is_copied;
}

/* What is wrong after a kill, or NULL. */
static const char *find_fault(int64_t *out_kept_count, const char *store, const char *whole_digest, struct tl_error *err)
{
    const char *verify[] = {"verify", store, "--quiet", NULL};
    char digest[DIGEST_TEXT_BYTES];
    int64_t feature_count;

    if (check_whole(out_kept_count, store, err) != TL_OK)
        return err->message;
    if (*out_kept_count > 0 && wait_for(start("tl-store", verify)) != 0)
        return "tl-store verify finds damage after the kill";
    if (wait_for(start_extraction(store)) != 0)
        return "the next run does not end well";
    if (check_whole(&feature_count, store, err) != TL_OK)
        return err->message;
    if (!get_digest(digest, store) || strcmp(digest, whole_digest) != 0)
        return "the digest is not that of an uninterrupted run";
    return NULL;
}

int main(int argc, char **argv)
{
    char whole[PATH_BYTES], store[PATH_BYTES], whole_digest[DIGEST_TEXT_BYTES];
    long count, killed_count = 0, passed_count = 0, begun_count = 0;
    struct tl_random random;
    double seconds = 1e9;

    if (argc != 7)
        return 2;
    bin = argv[1];
    photos = argv[2];
    folder = argv[4];
    count = strtol(argv[5], NULL, 10);
    tl_random_init(&random, strtoull(argv[6], NULL, 10), "kills");
    (void)snprintf(whole, sizeof whole, "%s/whole.tl", folder);
    (void)snprintf(store, sizeof store, "%s/killed.tl", folder);
    for (int i = 0; i < 3; i++) { /* the first run reads the weights from disk */
        double start_seconds = tl_system_seconds(), took;

        remove_store(whole);
        if (wait_for(start_extraction(whole)) != 0)
            return 2;
        took = tl_system_seconds() - start_seconds;
        seconds = took < seconds ? took : seconds;
    }
    if (!get_digest(whole_digest, whole))
        return 2;
    printf("an uninterrupted run takes %.2f s\n", seconds);
    for (long trial = 0; killed_count < count && trial < 4 * count; trial++) {
        const double after_seconds = 1.05 * seconds * ((double)(trial % count) + tl_random_uniform(&random)) / (double)count;
        const char *fault;
        struct tl_error err;
        int64_t kept_count = 0;
        pid_t child;

        remove_store(store);
        if (trial % 2 == 1 && !copy_store(store, argv[3]))
            return 2;
        child = start_extraction(store);
        (void)usleep((useconds_t)(1e6 * after_seconds));
        (void)kill(child, SIGKILL);
        if (wait_for(child) != -SIGKILL)
            continue; /* it had ended before */
        killed_count++;
        fault = find_fault(&kept_count, store, whole_digest, &err);
        passed_count += !fault;
        begun_count += kept_count > 0;
        if (fault)
            printf("kill %ld, after %.3f s: %s\n", killed_count, after_seconds, fault);
        if (killed_count % 10 == 0)
            printf("%ld kills, %ld survived; %ld with features to go on from\n", killed_count, passed_count, begun_count);
        (void)fflush(stdout);
    }
    printf("%ld of %ld kills survived with equality to the uninterrupted run\n", passed_count, killed_count);
    return passed_count == count ? 0 : 1;
}
