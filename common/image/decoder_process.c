/* decoder_process.c - see decoder_process.h. */
#include "common/image/decoder_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Data and stack of this process as it is, in bytes; 0 where it cannot be told. Sanitizers make it terabytes. */
static size_t measure_data(void)
{
    unsigned long pages[6] = {0};
    FILE *file = fopen("/proc/self/statm", "re");
    int count = 0;

    if (!file)
        return 0;
    count = fscanf(file, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]);
    (void)fclose(file);
    return count == 6 ? (size_t)pages[5] * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

/* None of it is worth a photo: where the system refuses, the process goes on. */
static void give_up_rights(size_t memory_bytes_max)
{
    const rlim_t most = (rlim_t)(measure_data() + memory_bytes_max);
    const struct rlimit limit = {most, most};
    const int first_to_go = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (first_to_go >= 0) {
        const ssize_t written = write(first_to_go, "1000", 4);

        (void)written;
        (void)close(first_to_go);
    }
    (void)setrlimit(RLIMIT_DATA, &limit);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0); /* also where core files go to a program, which RLIMIT_CORE does not hinder */
    (void)prctl(PR_SET_NAME, "tl-decoder");
}

static double measure_cpu_seconds(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool send_answer(int socket, uint64_t number, enum tl_status status, const struct tl_error *failure, double cpu_seconds)
{
    struct tl_decoder_answer answer = {.number = number, .status = (int32_t)status, .cpu_seconds = cpu_seconds};

    if (status != TL_OK)
        memcpy(answer.message, failure->message, sizeof answer.message);
    return send(socket, &answer, sizeof answer, MSG_NOSIGNAL) == (ssize_t)sizeof answer;
}

/* False once the owner is gone. */
static bool receive_request(int socket, struct tl_decoder_request *out)
{
    ssize_t length;

    do
        length = recv(socket, out, sizeof *out, 0);
    while (length < 0 && errno == EINTR);
    if (length <= (ssize_t)offsetof(struct tl_decoder_request, path))
        return false;
    return ((const char *)out)[length - 1] == '\0';
}

void tl_decoder_process_run(const struct tl_decoder_process *process, int socket)
{
    struct tl_decoder_request request;
    struct tl_error failure = {.status = TL_OK};
    double before_seconds = 0, now_seconds;
    enum tl_status status;

    give_up_rights(process->memory_bytes_max);
    status = process->start(&failure);
    now_seconds = measure_cpu_seconds();
    if (!send_answer(socket, 0, status, &failure, now_seconds) || status != TL_OK)
        return;
    while (receive_request(socket, &request)) {
        before_seconds = now_seconds;
        status = process->read(process->photo, request.path, &request.recipe, &failure);
        now_seconds = measure_cpu_seconds();
        if (!send_answer(socket, request.number, status, &failure, now_seconds - before_seconds))
            return;
    }
}
