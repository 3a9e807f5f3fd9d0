/* crafty_reader.h - a reader of photos that does what its path says, so that tests can send a decoder process into any trouble.
 *
 *     start_decoders(count);  expect_read("good 7", 7);  expect_failure("abort", TL_CRASHED, "crashed twice");
 *
 * "good N" is a photo of shade N; what else there is, read_crafty() says.
 */
#ifndef TL_TESTS_CRAFTY_READER_H
#define TL_TESTS_CRAFTY_READER_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/image/decoders.h"
#include "tests/support/suite.h"

enum { CRAFTY_MEMORY_BYTES = 64 << 20 };

static inline void fill_photo(struct tl_photo *out, unsigned shade)
{
    memset(out, 0, sizeof *out);
    out->width_px = out->height_px = 1;
    out->exif_orientation = 1;
    (void)snprintf(out->format, sizeof out->format, "png");
    (void)snprintf(out->captured_at, sizeof out->captured_at, "2015-03-01 12:30:00");
    (void)snprintf(out->camera, sizeof out->camera, "crafty");
    memset(out->pixels, (int)(shade & 255), sizeof out->pixels);
    out->sha256[0] = (uint8_t)shade;
}

/* A photo that cannot be: one field of it is wrong. */
static inline void spoil_photo(struct tl_photo *out, const char *field)
{
    if (strcmp(field, "width") == 0)
        out->width_px = 0;
    else if (strcmp(field, "size") == 0)
        out->width_px = out->height_px = UINT32_MAX;
    else if (strcmp(field, "orientation") == 0)
        out->exif_orientation = 9;
    else if (strcmp(field, "format") == 0)
        memset(out->format, 'p', sizeof out->format);
    else if (strcmp(field, "strange format") == 0)
        (void)snprintf(out->format, sizeof out->format, "pn");
    else if (strcmp(field, "time") == 0)
        out->captured_at[19] = '0';
    else if (strcmp(field, "letters") == 0)
        out->captured_at[0] = 'x';
    else if (strcmp(field, "camera") == 0)
        memset(out->camera, 'c', sizeof out->camera);
    else if (strcmp(field, "camera's bytes") == 0)
        out->camera[0] = '\xff';
    else
        memset(out, 0xff, sizeof *out);
}

static inline void take_memory(void)
{
    volatile char *last = NULL;

    for (size_t i = 0; i < 64; i++) {
        char *memory = tl_memory_alloc((size_t)CRAFTY_MEMORY_BYTES / 8, 1);

        if (!memory)
            abort();
        memset(memory, 1, (size_t)CRAFTY_MEMORY_BYTES / 8);
        last = memory;
    }
    (void)last;
}

static inline void burn(double seconds)
{
    const clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);

    while (clock() < end)
        ;
}

/* Whatever goes out here comes before the decoder's own answer. */
static inline void send_everywhere(const void *bytes, size_t size_bytes)
{
    for (int descriptor = 3; descriptor < 64; descriptor++)
        (void)send(descriptor, bytes, size_bytes, MSG_NOSIGNAL);
}

static inline enum tl_status tell_descriptors(struct tl_error *err)
{
    char text[256] = "";

    for (int descriptor = 0; descriptor < 256; descriptor++)
        if (fcntl(descriptor, F_GETFD) >= 0)
            (void)snprintf(text + strlen(text), sizeof text - strlen(text), " %d", descriptor);
    return tl_error_set(err, TL_BAD_INPUT, "descriptors%s", text);
}

static inline enum tl_status read_crafty(struct tl_photo *out, const char *path, const struct tl_recipe *recipe,
                                         struct tl_error *err)
{
    static const struct timespec hour = {.tv_sec = 3600};
    const char *operand = strchr(path, ' ') ? strchr(path, ' ') + 1 : "";

    fill_photo(out, (unsigned)atoi(operand));
    if (strncmp(path, "recipe", 6) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "resize %d", (int)recipe->resize);
    if (strncmp(path, "bad", 3) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "no photo");
    if (strncmp(path, "abort", 5) == 0)
        abort();
    if (strncmp(path, "kill", 4) == 0)
        (void)raise(SIGKILL);
    if (strncmp(path, "exit", 4) == 0)
        _exit(3);
    if (strncmp(path, "loop", 4) == 0)
        burn(3600);
    if (strncmp(path, "sleep", 5) == 0)
        (void)nanosleep(&hour, NULL);
    if (strncmp(path, "burn", 4) == 0)
        burn(0.1);
    if (strncmp(path, "memory", 6) == 0)
        take_memory();
    if (strncmp(path, "interrupts", 10) == 0)
        (void)(raise(SIGINT) + raise(SIGTERM));
    if (strncmp(path, "once", 4) == 0 && access(operand, F_OK) != 0) { /* the operand is a file to be made */
        (void)close(open(operand, O_CREAT | O_WRONLY, 0600));
        abort();
    }
    if (strncmp(path, "spoil", 5) == 0)
        spoil_photo(out, operand);
    if (strncmp(path, "status", 6) == 0) {
        (void)tl_error_set(err, TL_IO, "said");
        return (enum tl_status)atoi(operand);
    }
    if (strncmp(path, "message", 7) == 0) {
        memset(err->message, 'm', sizeof err->message);
        return TL_IO;
    }
    if (strncmp(path, "forge", 5) == 0)
        send_everywhere("forged", (size_t)atoi(operand));
    if (strncmp(path, "beyond", 6) == 0) /* where other decoders' photos lie */
        for (ptrdiff_t photo = -64; photo < 64; photo++)
            if (photo != 0)
                ((volatile uint8_t *)(out + photo))[sizeof *out / 2] = 1;
    if (strncmp(path, "descriptors", 11) == 0)
        return tell_descriptors(err);
    if (strncmp(path, "pids", 4) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "%d %d", (int)getpid(), (int)getppid());
    if (strncmp(path, "rights", 6) == 0)
        return tl_error_set(err, TL_BAD_INPUT, "dumpable %d, no new privileges %d", prctl(PR_GET_DUMPABLE),
                            prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return TL_OK;
}

static inline enum tl_status start_well(struct tl_error *err)
{
    (void)err;
    return TL_OK;
}

static tl_decoders *decoders;
static struct tl_decoders_terms terms = {start_well, read_crafty, 20000, 20000, CRAFTY_MEMORY_BYTES};

static inline void start_decoders(size_t count)
{
    struct tl_recipe recipe;
    struct tl_error err;

    tl_recipe_init(&recipe);
    recipe.resize = TL_RESIZE_AREA;
    ck_assert_msg(tl_decoders_create(&decoders, count, &recipe, &terms, &err) == TL_OK, "%s", err.message);
}

static inline void expect_read(const char *path, unsigned shade)
{
    struct tl_photo photo;
    struct tl_error err;

    ck_assert_msg(tl_decoders_read(decoders, &photo, path, &err) == TL_OK, "%s: %s", path, err.message);
    ck_assert_uint_eq(photo.pixels[TL_PHOTO_VALUES - 1], shade);
    ck_assert_uint_eq(photo.sha256[0], shade);
}

static inline void expect_failure(const char *path, enum tl_status status, const char *message)
{
    struct tl_photo photo;
    struct tl_error err;

    ck_assert_int_eq(tl_decoders_read(decoders, &photo, path, &err), status);
    ck_assert_int_eq(err.status, status);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s: '%s' is not in '%s'", path, message, err.message);
}

/* The decoder's process and the nursery's. */
static inline void ask_pids(pid_t *decoder, pid_t *nursery)
{
    struct tl_photo photo;
    struct tl_error err;
    int pids[2];

    ck_assert_int_eq(tl_decoders_read(decoders, &photo, "pids", &err), TL_BAD_INPUT);
    ck_assert_int_eq(sscanf(err.message, "%d %d", &pids[0], &pids[1]), 2);
    *decoder = pids[0];
    *nursery = pids[1];
}

/* True once nothing runs under that number: gone, or dead and waiting for a parent that does not look. */
static inline bool is_gone(pid_t pid)
{
    char path[64], state = 'Z';
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    if (file)
        (void)fclose(file);
    return state == 'Z' || state == 'X';
}

static inline void expect_gone(pid_t pid)
{
    const double end = tl_system_seconds() + 10;

    while (!is_gone(pid) && tl_system_seconds() < end)
        (void)usleep(10000);
    ck_assert_msg(is_gone(pid), "process %d is left", (int)pid);
}

#endif
