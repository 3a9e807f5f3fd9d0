/* suite.c - see suite.h. */
#include "tests/support/suite.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"

enum { PATH_RING = 8, FOLDER_LIMIT = 32 };

/* The next of a ring of buffers, so that the last few paths stay valid. */
static char *next_path_buffer(void)
{
    static char buffers[PATH_RING][PATH_MAX];
    static size_t next_index;

    return buffers[next_index++ % PATH_RING];
}

static const char *join(const char *folder, const char *name)
{
    char *path = next_path_buffer();
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    ck_assert_msg(length > 0 && length < PATH_MAX, "the path %s/%s is too long", folder, name);
    return path;
}

const char *tl_test_path(const char *folder, const char *name)
{
    return join(folder, name);
}

static const char *path_or_skip(const char *path)
{
    if (access(path, R_OK) == 0)
        return path;
    printf("skipped: there is no %s\n", path);
    return NULL;
}

const char *tl_test_shared_path(const char *below)
{
    const char *shared = getenv("TL_SHARED");

    return path_or_skip(join(shared && *shared ? shared : "../shared", below));
}

const char *tl_test_weights_path(void)
{
    const char *named = getenv("TL_WEIGHTS");
    char *path = next_path_buffer();
    char *default_path = NULL;

    if (named && *named)
        return path_or_skip(named);
    if (tl_system_weights_path(&default_path, "vgg16.h5", NULL) != TL_OK) {
        printf("skipped: neither TL_WEIGHTS nor a home folder says where the weights are\n");
        return NULL;
    }
    snprintf(path, PATH_MAX, "%s", default_path);
    tl_memory_free(default_path);
    return path_or_skip(path);
}

/* The folders of this process, for the exit; a forked process leaves its parent's alone. */
static struct {
    pid_t owner;
    size_t count;
    char paths[FOLDER_LIMIT][PATH_MAX];
} folders;

static void remove_tree(const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return;
    if (!S_ISDIR(info.st_mode)) {
        unlink(path);
        return;
    }
    chmod(path, 0700); /* a case may have made it read-only */
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char below[PATH_MAX];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below)
            remove_tree(below);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

void tl_test_remove_folder(const char *folder)
{
    remove_tree(folder);
}

static void remove_folders_at_exit(void)
{
    if (folders.owner != getpid())
        return;
    for (size_t i = 0; i < folders.count; i++)
        remove_tree(folders.paths[i]);
}

const char *tl_test_make_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    char *path;

    if (folders.owner != getpid()) {
        folders.owner = getpid();
        folders.count = 0;
        atexit(remove_folders_at_exit);
    }
    ck_assert_msg(folders.count < FOLDER_LIMIT, "a case makes at most %d folders", FOLDER_LIMIT);
    path = folders.paths[folders.count];
    snprintf(path, PATH_MAX, "%s/tl-test-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    ck_assert_msg(mkdtemp(path) != NULL, "cannot make a folder %s", path);
    folders.count++;
    return path;
}

void tl_test_write_file(const char *path, const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "wb");

    ck_assert_msg(file != NULL, "cannot create %s", path);
    if (size_bytes > 0)
        ck_assert_uint_eq(fwrite(bytes, 1, size_bytes, file), size_bytes);
    ck_assert_msg(fclose(file) == 0, "cannot write %s", path);
}
