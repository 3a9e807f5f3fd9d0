/* bench_tool.c - one run of tl-extract, and what its JSON says; see bench_pipeline.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench_pipeline.h"

enum { ANSWER_BYTES = 1 << 20 };

/* The number after "name": behind `from`, or less than 0 where it is not. */
static double find_number(const char *from, const char *name)
{
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof key, "\"%s\": ", name);
    at = from ? strstr(from, key) : NULL;
    return at ? strtod(at + strlen(key), NULL) : -1;
}

static enum tl_status read_answer(struct bench_run *out, const char *answer, struct tl_error *err)
{
    const char *cpu = strstr(answer, "\"cpu_seconds\": ");

    *out = (struct bench_run){
        .vector_count = find_number(answer, "features"),
        .seconds = find_number(answer, "seconds"),
        .effort = {
            .read_cpu_seconds = find_number(cpu, "read"),
            .augment_cpu_seconds = find_number(cpu, "augment"),
            .network_cpu_seconds = find_number(cpu, "network"),
            .compress_cpu_seconds = find_number(cpu, "compress"),
            .store_cpu_seconds = find_number(cpu, "store"),
            .network_busy_seconds = find_number(cpu, "network_seconds"),
            .photos_awaited_seconds = find_number(cpu, "awaited_seconds"),
        },
    };
    if (!cpu || out->seconds <= 0 || out->vector_count <= 0)
        return tl_error_set(err, TL_IO, "tl-extract answered %.100s", answer[0] ? answer : "nothing");
    return TL_OK;
}

enum tl_status tl_bench_run_tool(struct bench_run *out, char *const *arguments, struct tl_error *err)
{
    static const size_t last = ANSWER_BYTES - 1;
    char *answer = NULL;
    size_t length = 0;
    ssize_t taken = 1;
    int ends[2], state = 0;
    pid_t child;
    enum tl_status status;

    if (pipe(ends) != 0)
        return tl_error_set(err, TL_IO, "no pipe: %s", strerror(errno));
    child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(arguments[0], arguments);
        _exit(127);
    }
    (void)close(ends[1]);
    answer = calloc(ANSWER_BYTES, 1);
    while (child > 0 && answer && length < last && taken > 0) {
        taken = read(ends[0], answer + length, last - length);
        length += taken > 0 ? (size_t)taken : 0;
    }
    (void)close(ends[0]);
    if (child < 0 || !answer || waitpid(child, &state, 0) < 0 || !WIFEXITED(state) || WEXITSTATUS(state) != 0)
        status = tl_error_set(err, TL_IO, "%s did not end well", arguments[0]);
    else
        status = read_answer(out, answer, err);
    free(answer);
    return status;
}
