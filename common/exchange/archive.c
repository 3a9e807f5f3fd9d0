/* archive.c - see archive.h. */
#include "common/exchange/archive.h"

#include <string.h>
#include <zip.h>

#include "common/base/memory.h"

enum {
    TIMES_STORED_MAX = 1000,
    EARLIEST_TIME = 315619200 /* 1 January 1980, noon UTC: where zip's times begin, in any zone */
};

struct tl_archive {
    zip_t *zip;
};

static enum tl_status fail(zip_error_t *error, const char *path, struct tl_error *err)
{
    return tl_error_set(err, zip_error_code_zip(error) == ZIP_ER_MEMORY ? TL_NO_MEMORY : TL_IO, "cannot write '%s': %s", path,
                        zip_error_strerror(error));
}

static bool add_entry(zip_t *zip, const struct tl_archive_entry *entry)
{
    zip_source_t *source = zip_source_buffer(zip, entry->bytes, entry->size_bytes, 0);
    zip_int64_t index = source ? zip_file_add(zip, entry->name, source, ZIP_FL_ENC_UTF_8) : -1;

    if (index < 0) {
        zip_source_free(source); /* NULL is fine */
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_mtime(zip, (zip_uint64_t)index, EARLIEST_TIME, 0) == 0;
}

enum tl_status tl_archive_write(const char *path, const struct tl_archive_entry *entries, size_t count, struct tl_error *err)
{
    zip_error_t error;
    enum tl_status status = TL_OK;
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

    if (!zip) {
        zip_error_init_with_code(&error, code);
        status = fail(&error, path, err);
        zip_error_fini(&error);
        return status;
    }
    for (size_t i = 0; i < count && status == TL_OK; i++)
        if (!add_entry(zip, &entries[i]))
            status = fail(zip_get_error(zip), path, err);
    if (status == TL_OK && zip_close(zip) == 0)
        return TL_OK;
    if (status == TL_OK)
        status = fail(zip_get_error(zip), path, err);
    zip_discard(zip);
    return status;
}

bool tl_archive_is_one(const uint8_t *head, size_t head_bytes)
{
    return head_bytes >= 4 && memcmp(head, "PK\3\4", 4) == 0;
}

enum tl_status tl_archive_open(tl_archive **out, const char *path, struct tl_error *err)
{
    tl_archive *archive = tl_memory_alloc(1, sizeof *archive);
    enum tl_status status = TL_OK;
    zip_error_t error;
    int code = 0;

    *out = NULL;
    if (!archive)
        return tl_error_set_no_memory(err, "an archive", sizeof *archive);
    archive->zip = zip_open(path, ZIP_RDONLY, &code);
    if (!archive->zip) {
        zip_error_init_with_code(&error, code);
        status = tl_error_set(err, code == ZIP_ER_MEMORY ? TL_NO_MEMORY : TL_BAD_INPUT, "expected a whole zip archive: %s",
                              zip_error_strerror(&error));
        zip_error_fini(&error);
        tl_memory_free(archive);
        return status;
    }
    *out = archive;
    return TL_OK;
}

void tl_archive_close(tl_archive *archive)
{
    if (!archive)
        return;
    zip_discard(archive->zip);
    tl_memory_free(archive);
}

/* Whether the entry is one to be read, by what the archive says of it. */
static enum tl_status check_entry(const zip_stat_t *facts, const char *name, size_t ceiling_bytes, struct tl_error *err)
{
    const zip_uint64_t wanted =
        ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

    if ((facts->valid & wanted) != wanted)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' in the archive is damaged", name);
    if (facts->encryption_method != ZIP_EM_NONE)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' in the archive is encrypted", name);
    if (facts->comp_method != ZIP_CM_STORE && facts->comp_method != ZIP_CM_DEFLATE)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' in the archive is compressed by method %u; stored and deflated are read",
                            name, facts->comp_method);
    if (facts->size > ceiling_bytes || facts->size / TIMES_STORED_MAX > facts->comp_size)
        return tl_error_set(err, TL_BAD_INPUT, "'%s' in the archive claims %llu bytes, stored in %llu: too many", name,
                            (unsigned long long)facts->size, (unsigned long long)facts->comp_size);
    return TL_OK;
}

static enum tl_status read_entry(uint8_t *out, zip_t *zip, const zip_stat_t *facts, const char *name, struct tl_error *err)
{
    zip_file_t *file = zip_fopen_index(zip, facts->index, 0);
    zip_int64_t got = file ? zip_fread(file, out, facts->size) : -1;
    uint8_t beyond;
    bool is_whole =
        got >= 0 && (zip_uint64_t)got == facts->size && zip_fread(file, &beyond, 1) == 0; /* the checksum is seen here */

    if (file && zip_fclose(file) != 0)
        is_whole = false;
    return is_whole ? TL_OK : tl_error_set(err, TL_BAD_INPUT, "'%s' in the archive is damaged", name);
}

enum tl_status tl_archive_read(uint8_t **out, size_t *out_bytes, tl_archive *archive, const char *name, size_t ceiling_bytes,
                               struct tl_error *err)
{
    zip_stat_t facts;
    uint8_t *bytes;
    enum tl_status status;

    *out = NULL;
    zip_stat_init(&facts);
    if (zip_stat(archive->zip, name, 0, &facts) != 0)
        return tl_error_set(err, TL_NOT_FOUND, "expected '%s' in the archive, found none", name);
    status = check_entry(&facts, name, ceiling_bytes, err);
    if (status != TL_OK)
        return status;
    bytes = tl_memory_alloc(facts.size + 1, 1);
    if (!bytes)
        return tl_error_set_no_memory(err, "an entry of an archive", facts.size);
    status = read_entry(bytes, archive->zip, &facts, name, err);
    if (status != TL_OK) {
        tl_memory_free(bytes);
        return status;
    }
    *out = bytes;
    *out_bytes = facts.size;
    return TL_OK;
}
