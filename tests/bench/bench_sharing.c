/* bench_sharing.c - how long others wait at a store while it is written: a second writer, a reader, and how long the -wal gets.
 *
 *     bench_sharing STORE SECONDS        beside an extraction into STORE; prints the longest waits
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/system.h"
#include "common/store/store.h"
#include "common/store/store_source.h"

static bool take_row(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count;
    (void)names;
    *(long *)context = strtol(values[0], NULL, 10);
    return true;
}

/* Seconds until another writer has its turn. */
static double write_once(tl_store *store, struct tl_error *err)
{
    int64_t source_id;
    const double start = tl_system_seconds();
    double waited = -1;

    if (tl_store_begin(store, err) != TL_OK)
        return -1;
    waited = tl_system_seconds() - start;
    if (tl_store_put_source(store, &source_id, "bench_sharing", "/bench_sharing", err) != TL_OK ||
        tl_store_commit(store, err) != TL_OK)
        return -1;
    return waited;
}

/* Seconds until a reader that has just come has its answer. */
static double read_once(const char *path, long *out_count, struct tl_error *err)
{
    tl_store *store = NULL;
    const double start = tl_system_seconds();
    enum tl_status status = tl_store_open(&store, path, TL_STORE_READ, err);

    if (status == TL_OK)
        status = tl_store_query(store, "SELECT count(*) FROM feature", take_row, out_count, err);
    status = tl_store_close_after(&store, status, err);
    return status == TL_OK ? tl_system_seconds() - start : -1;
}

int main(int argc, char **argv)
{
    tl_store *store = NULL;
    struct tl_error err;
    double longest_write = 0, longest_read = 0, end_seconds;
    long count = 0, turns = 0;
    int64_t longest_wal = 0;
    char wal[4096];
    struct stat info;

    if (argc != 3)
        return 2;
    end_seconds = tl_system_seconds() + strtod(argv[2], NULL);
    (void)snprintf(wal, sizeof wal, "%s-wal", argv[1]);
    if (tl_store_open(&store, argv[1], TL_STORE_WRITE, &err) != TL_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    while (tl_system_seconds() < end_seconds) {
        const double written = write_once(store, &err), read = written < 0 ? -1 : read_once(argv[1], &count, &err);

        if (read < 0) {
            (void)fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        longest_write = fmax(longest_write, written);
        longest_read = fmax(longest_read, read);
        if (stat(wal, &info) == 0 && info.st_size > longest_wal)
            longest_wal = info.st_size;
        turns++;
        (void)usleep(10000);
    }
    if (tl_store_close(&store, &err) != TL_OK)
        return 1;
    printf("%ld turns beside %ld features: a writer waited %.0f ms at the longest, a reader had its answer within %.0f ms; -wal "
           "%.1f MB\n",
           turns, count, 1e3 * longest_write, 1e3 * longest_read, (double)longest_wal / 1e6);
    return longest_write <= 1 && longest_read <= 1 ? 0 : 1;
}
