/* hostile_photos.c - makes photos that were damaged on purpose, and reads them as an extraction would, without a network.
 *
 *     hostile_photos make GOLDEN FOLDER COUNT    COUNT files in FOLDER, each from one of the photos in GOLDEN; always the same ones
 *     hostile_photos read FOLDER                 reads them; a line says how many were photos, refused, crashes and too slow
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"
#include "common/base/tool.h"
#include "common/image/decoders.h"

enum {
    FILE_BYTES_MAX = 1 << 16, /* of what is made */
    GOLDEN_BYTES_MAX = 1 << 14,
    NAMES_MAX = 4096,
    HEADER_BYTES = 96, /* where most damages are */
    DAMAGES_MAX = 3,
};

struct file {
    uint8_t bytes[FILE_BYTES_MAX];
    size_t size_bytes;
};

static const struct tl_command COMMAND = {.program = "hostile_photos"};

/* Paths of a folder's photos, sorted; the caller ends with it, so nobody frees them. */
static enum tl_status list_photos(char **out_paths, size_t *out_count, const char *folder, struct tl_error *err)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, NULL, alphasort);

    *out_count = 0;
    if (count < 0)
        return tl_error_set(err, TL_NOT_FOUND, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count && *out_count < NAMES_MAX; i++)
        if (entries[i]->d_name[0] != '.' && tl_photo_is_photo_name(entries[i]->d_name))
            out_paths[(*out_count)++] = tl_system_join_path(folder, entries[i]->d_name);
    return *out_count > 0 ? TL_OK : tl_error_set(err, TL_NOT_FOUND, "%s holds no photos", folder);
}

static enum tl_status read_golden(struct file *out, const char *path, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    enum tl_status status = tl_system_read_file(&bytes, &out->size_bytes, path, GOLDEN_BYTES_MAX, err);

    if (status == TL_OK)
        memcpy(out->bytes, bytes, out->size_bytes);
    tl_memory_free(bytes);
    return status;
}

static size_t choose_place(struct tl_random *random, const struct file *file)
{
    const size_t header_bytes = file->size_bytes < HEADER_BYTES ? file->size_bytes : HEADER_BYTES;

    return (size_t)tl_random_below(random, tl_random_below(random, 4) > 0 ? header_bytes : file->size_bytes);
}

/* Numbers at the ends of their range, of 1, 2 or 4 bytes. */
static void put_extreme(struct tl_random *random, struct file *file, size_t at)
{
    static const uint8_t extremes[][4] = {{0, 0, 0, 0},   {255, 255, 255, 255}, {127, 255, 255, 255}, {255, 255, 255, 127},
                                          {128, 0, 0, 0}, {0, 0, 0, 128},       {0, 1, 0, 1}};
    size_t count = (size_t)1 << tl_random_below(random, 3);

    if (count > file->size_bytes - at)
        count = file->size_bytes - at;
    memcpy(file->bytes + at, extremes[tl_random_below(random, sizeof extremes / sizeof *extremes)], count);
}

static void cut_out(struct tl_random *random, struct file *file, size_t at)
{
    const size_t count = 1 + (size_t)tl_random_below(random, file->size_bytes - at);

    if (count == file->size_bytes)
        return;
    memmove(file->bytes + at, file->bytes + at + count, file->size_bytes - at - count);
    file->size_bytes -= count;
}

static void repeat(struct tl_random *random, struct file *file, size_t at)
{
    const size_t count = 1 + (size_t)tl_random_below(random, file->size_bytes - at);

    if (file->size_bytes + count > FILE_BYTES_MAX)
        return;
    memmove(file->bytes + at + count, file->bytes + at, file->size_bytes - at);
    file->size_bytes += count;
}

/* The end of another photo behind the beginning of this one. */
static enum tl_status splice(struct tl_random *random, struct file *file, size_t at, const char *other_path, struct tl_error *err)
{
    static struct file other;
    enum tl_status status = read_golden(&other, other_path, err);

    if (status != TL_OK)
        return status;
    const size_t from = (size_t)tl_random_below(random, other.size_bytes), count = other.size_bytes - from;
    memcpy(file->bytes + at, other.bytes + from, count);
    file->size_bytes = at + count;
    return TL_OK;
}

static enum tl_status damage(struct tl_random *random, struct file *file, char *const *paths, size_t path_count,
                             struct tl_error *err)
{
    const size_t at = choose_place(random, file);

    switch (tl_random_below(random, 10)) {
    case 0:
    case 1:
        file->bytes[at] = (uint8_t)tl_random_below(random, 256);
        return TL_OK;
    case 2:
    case 3:
        file->bytes[at] ^= (uint8_t)(1u << tl_random_below(random, 8));
        return TL_OK;
    case 4:
    case 5:
        put_extreme(random, file, at);
        return TL_OK;
    case 6:
        file->size_bytes = 1 + (size_t)tl_random_below(random, file->size_bytes);
        return TL_OK;
    case 7:
        cut_out(random, file, at);
        return TL_OK;
    case 8:
        repeat(random, file, at);
        return TL_OK;
    default:
        return at > GOLDEN_BYTES_MAX ? TL_OK : splice(random, file, at, paths[tl_random_below(random, path_count)], err);
    }
}

static enum tl_status write_file(const char *folder, size_t number, const char *golden, const struct file *photo,
                                 struct tl_error *err)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%04zu-%s", folder, number, strrchr(golden, '/') + 1);
    file = fopen(path, "wb");
    if (!file || fwrite(photo->bytes, 1, photo->size_bytes, file) != photo->size_bytes || fclose(file) != 0)
        return tl_error_set(err, TL_IO, "%s: %s", path, strerror(errno));
    return TL_OK;
}

static enum tl_status make(const char *golden, const char *folder, size_t count, struct tl_error *err)
{
    static char *paths[NAMES_MAX];
    static struct file file;
    struct tl_random random;
    size_t path_count = 0;
    enum tl_status status = list_photos(paths, &path_count, golden, err);

    tl_random_init(&random, 0, "hostile");
    if (status == TL_OK && mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = tl_error_set(err, TL_IO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < count && status == TL_OK; i++) {
        const char *path = paths[i % path_count];

        status = read_golden(&file, path, err);
        for (uint64_t k = 1 + tl_random_below(&random, DAMAGES_MAX); k > 0 && status == TL_OK; k--)
            status = damage(&random, &file, paths, path_count, err);
        if (status == TL_OK)
            status = write_file(folder, i + 1, path, &file, err);
    }
    return status;
}

static enum tl_status read_all(tl_decoders *decoders, char *const *paths, size_t count, struct tl_error *err)
{
    static struct tl_photo photo;
    size_t read_count = 0, crash_count = 0, slow_count = 0;

    for (size_t i = 0; i < count; i++) {
        const enum tl_status status = tl_decoders_read(decoders, &photo, paths[i], err);

        if (status != TL_OK && tl_decoders_check(decoders, err) != TL_OK)
            return err->status;
        read_count += status == TL_OK;
        crash_count += status == TL_CRASHED;
        slow_count += status == TL_TOO_SLOW;
        if (status == TL_CRASHED || status == TL_TOO_SLOW)
            tl_tool_say(&COMMAND, "%s: %s", paths[i], err->message);
    }
    printf("%zu photos: %zu read, %zu refused, %zu crashed, %zu too slow\n", count, read_count,
           count - read_count - crash_count - slow_count, crash_count, slow_count);
    return TL_OK;
}

static enum tl_status read_folder(const char *folder, struct tl_error *err)
{
    static char *paths[NAMES_MAX];
    struct tl_decoders_terms terms;
    tl_decoders *decoders = NULL;
    struct tl_recipe recipe;
    size_t path_count = 0;
    enum tl_status status = list_photos(paths, &path_count, folder, err);

    tl_recipe_init(&recipe);
    tl_decoders_terms_init(&terms);
    if (status == TL_OK)
        status = tl_decoders_create(&decoders, 1, &recipe, &terms, err);
    if (status == TL_OK)
        status = read_all(decoders, paths, path_count, err);
    tl_decoders_free(decoders);
    return status;
}

int main(int argc, char **argv)
{
    struct tl_error err;
    enum tl_status status;

    if (argc == 5 && strcmp(argv[1], "make") == 0)
        status = make(argv[2], argv[3], (size_t)strtoul(argv[4], NULL, 10), &err);
    else if (argc == 3 && strcmp(argv[1], "read") == 0)
        status = read_folder(argv[2], &err);
    else
        status = tl_error_set(&err, TL_BAD_INPUT, "make GOLDEN FOLDER COUNT, or read FOLDER");
    if (status != TL_OK)
        tl_tool_say(&COMMAND, "%s", err.message);
    return (int)tl_tool_end(&COMMAND, status == TL_OK ? TL_EXIT_OK : TL_EXIT_NOTHING);
}
