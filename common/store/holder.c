/* holder.c - see holder.h. The bytes that SQLite locks are in its file format, sections 1.2 (lock byte page) and 2.2.2 (-shm). */
#include "common/store/holder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every connection to a database in WAL mode shares a lock on the -shm's byte 128; with a rollback journal, readers and writers
 * lock some of the 512 bytes from 2^30 on of the file itself. */
enum { SHM_OPEN_AT = 128, SHM_OPEN_BYTES = 1, PENDING_AT = 1 << 30, PENDING_BYTES = 512 };

static long find_lock(const char *path, off_t start, off_t size_bytes)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = size_bytes};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    long process_id = 0;
    if (fd < 0)
        return 0;
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
        process_id = lock.l_pid;
    close(fd);
    return process_id;
}

long tl_holder_find(const char *path)
{
    char resolved[PATH_MAX], shm[PATH_MAX + 8];
    if (realpath(path, resolved) == NULL) /* SQLite follows links too, and puts the -shm beside what they lead to */
        return 0;
    snprintf(shm, sizeof shm, "%s-shm", resolved);
    const long process_id = find_lock(shm, SHM_OPEN_AT, SHM_OPEN_BYTES);
    return process_id != 0 ? process_id : find_lock(resolved, PENDING_AT, PENDING_BYTES);
}

void tl_holder_describe(char out[TL_HOLDER_WORDS_BYTES], long process_id)
{
    char path[64], name[32] = "";
    if (process_id == 0) {
        snprintf(out, TL_HOLDER_WORDS_BYTES, "another program");
        return;
    }
    snprintf(path, sizeof path, "/proc/%ld/comm", process_id);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof name, file) == NULL)
            name[0] = '\0';
        fclose(file);
        name[strcspn(name, "\n")] = '\0';
    }
    snprintf(out, TL_HOLDER_WORDS_BYTES, "process %ld%s%s%s", process_id, name[0] != '\0' ? " (" : "", name,
             name[0] != '\0' ? ")" : "");
}
