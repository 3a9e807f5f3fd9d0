/* location.c - see location.h. */
#include "common/store/location.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/memory.h"

/* What follows the last slash starts here; 0 without one. */
static size_t find_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

void tl_location_copy_folder(char *out, const char *path)
{
    char resolved[PATH_MAX];
    const char *full = realpath(path, resolved) != NULL ? resolved : path;
    const size_t name_at = find_name(full);
    if (name_at == 0)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", (int)(name_at < PATH_MAX ? name_at : PATH_MAX - 1), full);
}

bool tl_location_has_journal(const char *path, const char *suffix)
{
    char resolved[PATH_MAX], journal[PATH_MAX + 16];
    struct stat info;
    snprintf(journal, sizeof journal, "%s%s", realpath(path, resolved) != NULL ? resolved : path, suffix);
    return stat(journal, &info) == 0 && info.st_size > 0;
}

/* The numbers are those of statfs(2) and of linux/magic.h, or of the file systems' own sources where neither has them. */
const char *tl_location_name_network(long type)
{
    static const struct {
        unsigned long type;
        const char *name;
    } networks[] = {
        {0x6969, "NFS"},       {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},    {0x517b, "SMB"},      {0x65735546, "FUSE"},
        {0x0bd00bd0, "Lustre"}, {0x01021997, "9p"},     {0x00c36400, "Ceph"},   {0x5346414f, "AFS"},  {0x6b414653, "AFS"},
        {0x47504653, "GPFS"},  {0x19830326, "BeeGFS"}, {0x20030528, "OrangeFS"}, {0x73757245, "Coda"}, {0x564c, "NCP"},
        {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},   {0x786f4256, "vboxsf"}, {0xbacbacbc, "vmhgfs"},
    };
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        if (networks[i].type == ((unsigned long)type & 0xffffffffUL)) /* the field is signed, and 32 bits on some machines */
            return networks[i].name;
    return NULL;
}

static const char *find_network(const char *folder)
{
    struct statfs info;
    return statfs(folder, &info) == 0 ? tl_location_name_network((long)info.f_type) : NULL;
}

enum tl_status tl_location_refuse_empty(const char *path, struct tl_error *err)
{
    return tl_error_set(err, TL_BAD_INPUT, "%s: an empty file, not a store; tl-extract fills it", path);
}

static enum tl_status check_absent(const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    char folder[PATH_MAX];
    struct stat info;
    if (mode != TL_STORE_CREATE)
        return tl_error_set(err, TL_NOT_FOUND, "%s: no such store; tl-extract makes one", path);
    tl_location_copy_folder(folder, path);
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return tl_error_set(err, TL_IO, "%s: cannot be made: there is no folder %s", path, folder);
    if (access(folder, W_OK | X_OK) != 0)
        return tl_error_set(err, TL_IO, "%s: cannot be made: the folder %s cannot be written (%s)", path, folder,
                            strerror(errno));
    return TL_OK;
}

enum tl_status tl_location_check(struct tl_location *out, const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    char folder[PATH_MAX];
    struct stat info;
    *out = (struct tl_location){.is_still = false};
    if (path[0] == '\0' || strlen(path) >= PATH_MAX - 16)
        return tl_error_set(err, TL_BAD_INPUT, "a store's path has 1 to %d bytes, not %zu", PATH_MAX - 17, strlen(path));
    tl_location_copy_folder(folder, path);
    out->network_name = find_network(folder);
    if (stat(path, &info) != 0)
        return errno == ENOENT ? check_absent(path, mode, err)
                               : tl_error_set(err, TL_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return tl_error_set(err, TL_BAD_INPUT, "%s: a folder, not a store; name a file", path);
    if (!S_ISREG(info.st_mode))
        return tl_error_set(err, TL_BAD_INPUT, "%s: neither a file nor a folder; a store is a file", path);
    out->has_wal = tl_location_has_journal(path, "-wal");
    out->has_rollback_journal = tl_location_has_journal(path, "-journal");
    if (info.st_size == 0 && mode != TL_STORE_CREATE && !out->has_wal)
        return tl_location_refuse_empty(path, err);
    if (access(path, R_OK) != 0)
        return tl_error_set(err, TL_IO, "%s: cannot be read: %s", path, strerror(errno));
    const bool is_folder_writable = access(folder, W_OK | X_OK) == 0;
    if (mode == TL_STORE_READ) {
        out->is_still = !is_folder_writable && !out->has_wal && !out->has_rollback_journal;
        return TL_OK;
    }
    if (access(path, W_OK) != 0)
        return tl_error_set(err, TL_IO, "%s: the store is read-only (%s); make it writable or work on a copy", path,
                            strerror(errno));
    if (!is_folder_writable)
        return tl_error_set(
            err, TL_IO, "%s: the folder %s cannot be written, and SQLite's journal must lie there; work on a copy", path, folder);
    return TL_OK;
}

char *tl_location_to_uri(const char *path, bool is_still)
{
    static const char digits[] = "0123456789ABCDEF", suffix[] = "?immutable=1";
    /* A relative path gets "./", an absolute one an empty authority: the path then never starts where a name would. */
    const char *prefix = path[0] == '/' ? "file://" : "file:./";
    char *uri = tl_memory_alloc(strlen(prefix) + 3 * strlen(path) + sizeof suffix, 1);
    if (uri == NULL)
        return NULL;
    size_t used = strlen(prefix);
    memcpy(uri, prefix, used);
    for (const char *p = path; *p != '\0'; p++) {
        const unsigned char byte = (unsigned char)*p;
        const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (is_letter || (byte >= '0' && byte <= '9') || strchr("/-_.", byte) != NULL) {
            uri[used++] = *p;
        } else {
            uri[used++] = '%';
            uri[used++] = digits[byte >> 4];
            uri[used++] = digits[byte & 15];
        }
    }
    memcpy(uri + used, suffix, is_still ? sizeof suffix : 0);
    return uri;
}
