/* failing_disk.h - a disk beneath SQLite that counts what is written to it, and fails or kills at the call that a test names.
 *
 *     set_up_disk();                                                 every store opened from here on lies on it
 *     disk = (struct disk){.fail_at = 7, .fault = DISK_IS_FULL};     the seventh call that would change a file fails
 *     ... ; disk.call_count says how many there were, disk.has_failed whether the seventh came
 *
 * It is a VFS of SQLite's that hands all calls to the system's own; nothing is really synced, which no test here could tell
 * and all wait for. One thread at a time, as a store wants it.
 */
#ifndef TL_TESTS_EXTRACT_FAILING_DISK_H
#define TL_TESTS_EXTRACT_FAILING_DISK_H

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum disk_fault {
    DISK_IS_FULL,      /* the call and all later writes fail; nothing is written */
    DISK_FAILS,        /* the call fails with an I/O error, the next ones do not */
    DISK_WRITES_SHORT, /* half of a write is done, then an I/O error; other calls as DISK_FAILS */
    DISK_IS_KILLED,    /* the process dies before the call */
    DISK_IS_KILLED_IN_WRITE, /* and after half of a write */
    DISK_FAULT_COUNT
};

static struct disk {
    size_t fail_at; /* counted from 1; 0: never */
    enum disk_fault fault;
    size_t call_count;
    bool has_failed;
} disk;

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static inline sqlite3_file *real_file(sqlite3_file *file)
{
    return ((struct disk_file *)file)->real;
}

/* Counts a call; true when it is to fail. */
static inline bool fails(bool is_write)
{
    disk.call_count++;
    if (disk.fail_at == 0 || disk.call_count < disk.fail_at)
        return false;
    if (disk.call_count > disk.fail_at)
        return disk.fault == DISK_IS_FULL && is_write;
    disk.has_failed = true;
    if (disk.fault == DISK_IS_KILLED || (disk.fault == DISK_IS_KILLED_IN_WRITE && !is_write))
        (void)kill(getpid(), SIGKILL);
    return true;
}

static inline int close_file(sqlite3_file *file)
{
    return real_file(file)->pMethods->xClose(real_file(file));
}

static inline int read_file(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    return real_file(file)->pMethods->xRead(real_file(file), bytes, count, at);
}

static inline int write_file(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    sqlite3_file *real = real_file(file);
    const bool is_to_fail = fails(true);

    if (!is_to_fail)
        return real->pMethods->xWrite(real, bytes, count, at);
    if (disk.fault == DISK_IS_FULL)
        return SQLITE_FULL;
    if (disk.fault != DISK_FAILS)
        (void)real->pMethods->xWrite(real, bytes, count / 2, at);
    if (disk.fault == DISK_IS_KILLED_IN_WRITE)
        (void)kill(getpid(), SIGKILL);
    return SQLITE_IOERR_WRITE;
}

static inline int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    return fails(false) ? SQLITE_IOERR_TRUNCATE : real_file(file)->pMethods->xTruncate(real_file(file), size);
}

static inline int sync_file(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return fails(false) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static inline int get_file_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return real_file(file)->pMethods->xFileSize(real_file(file), out);
}

static inline int lock_file(sqlite3_file *file, int kind)
{
    return real_file(file)->pMethods->xLock(real_file(file), kind);
}

static inline int unlock_file(sqlite3_file *file, int kind)
{
    return real_file(file)->pMethods->xUnlock(real_file(file), kind);
}

static inline int check_reserved_lock(sqlite3_file *file, int *out)
{
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), out);
}

static inline int control_file(sqlite3_file *file, int operation, void *argument)
{
    return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}

static inline int get_sector_size(sqlite3_file *file)
{
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static inline int get_device_characteristics(sqlite3_file *file)
{
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static inline int map_shared(sqlite3_file *file, int page, int page_size, int may_extend, void volatile **out)
{
    if (may_extend && fails(false))
        return SQLITE_IOERR_SHMSIZE;
    return real_file(file)->pMethods->xShmMap(real_file(file), page, page_size, may_extend, out);
}

static inline int lock_shared(sqlite3_file *file, int offset, int count, int flags)
{
    return real_file(file)->pMethods->xShmLock(real_file(file), offset, count, flags);
}

static inline void order_shared(sqlite3_file *file)
{
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static inline int unmap_shared(sqlite3_file *file, int is_to_delete)
{
    return real_file(file)->pMethods->xShmUnmap(real_file(file), is_to_delete);
}

static const sqlite3_io_methods DISK_METHODS = {
    .iVersion = 2, /* no mapped reads */
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = get_file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = get_sector_size,
    .xDeviceCharacteristics = get_device_characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = order_shared,
    .xShmUnmap = unmap_shared,
};

static inline int open_on_disk(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    sqlite3_vfs *system_vfs = vfs->pAppData;
    struct disk_file *opened = (struct disk_file *)file;
    int code;

    file->pMethods = NULL;
    if ((flags & SQLITE_OPEN_CREATE) && fails(false))
        return SQLITE_CANTOPEN;
    opened->real = (sqlite3_file *)(opened + 1);
    code = system_vfs->xOpen(system_vfs, name, opened->real, flags, out_flags);
    if (opened->real->pMethods)
        file->pMethods = &DISK_METHODS;
    return code;
}

static inline int delete_on_disk(sqlite3_vfs *vfs, const char *name, int is_to_sync)
{
    sqlite3_vfs *system_vfs = vfs->pAppData;

    (void)is_to_sync;
    return fails(false) ? SQLITE_IOERR_DELETE : system_vfs->xDelete(system_vfs, name, 0);
}

static inline void set_up_disk(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *system_vfs = sqlite3_vfs_find(NULL);

    vfs = *system_vfs;
    vfs.pNext = NULL;
    vfs.zName = "failing-disk";
    vfs.pAppData = system_vfs;
    vfs.szOsFile = (int)sizeof(struct disk_file) + system_vfs->szOsFile;
    vfs.xOpen = open_on_disk;
    vfs.xDelete = delete_on_disk;
    disk = (struct disk){.fail_at = 0};
    ck_assert_int_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

#endif
