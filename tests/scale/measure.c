/* measure.c - runs a command and prints on one line its wall seconds, its peak memory in MB and its exit code.
 *
 *     measure [--cold FILE] COMMAND [ARGUMENT...]
 *
 * What the command prints on standard output is dropped. --cold takes FILE's pages out of the system's cache first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/system.h"

/* What is not written yet cannot be dropped, so it is written first. */
static void forget_pages(const char *path)
{
    int descriptor = open(path, O_RDONLY);

    if (descriptor < 0 || fsync(descriptor) != 0 || posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) != 0)
        fprintf(stderr, "measure: the pages of %s cannot be dropped\n", path);
    if (descriptor >= 0)
        (void)close(descriptor);
}

static void run(char **command)
{
    int descriptor = open("/dev/null", O_WRONLY);

    if (descriptor >= 0)
        (void)dup2(descriptor, STDOUT_FILENO);
    (void)execvp(command[0], command);
    fprintf(stderr, "measure: %s cannot be run\n", command[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct rusage usage;
    char **command = argv + 1;
    double start_seconds;
    int state = 0;
    pid_t child;

    if (argc > 3 && strcmp(argv[1], "--cold") == 0) {
        forget_pages(argv[2]);
        command = argv + 3;
    }
    if (!command[0]) {
        fprintf(stderr, "measure: no command\n");
        return 2;
    }
    start_seconds = tl_system_seconds();
    child = fork();
    if (child == 0)
        run(command);
    if (child < 0 || wait4(child, &state, 0, &usage) != child) {
        fprintf(stderr, "measure: %s cannot be waited for\n", command[0]);
        return 2;
    }
    printf("%.2f %.1f %d\n", tl_system_seconds() - start_seconds, (double)usage.ru_maxrss / 1024,
           WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state));
    return 0;
}
