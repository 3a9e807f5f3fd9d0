/* mutate.c - a fuzzer's loop for where there is no libFuzzer: files, changed a little at random, to libFuzzer's entry.
 *
 *     fuzz_codec_mutate SECONDS SEED FILE...     seed 0: another one each time, which is told
 *
 * It learns nothing from what the code does with its inputs, but needs nothing either. A crash is repeated by its seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/system.h"

enum { FILE_BYTES_MAX = 1 << 24, CHANGES_MAX = 8, GROWTH_BYTES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* One change: a bit, a byte, a run that is copied elsewhere, a cut at the end, bytes more. */
static size_t change(uint8_t *bytes, size_t size_bytes, size_t capacity, struct tl_random *random)
{
    const size_t at = tl_random_below(random, size_bytes), other = tl_random_below(random, size_bytes);
    size_t run = 1 + tl_random_below(random, 16);

    switch (tl_random_below(random, 6)) {
    case 0:
    case 1:
        bytes[at] ^= (uint8_t)(1U << tl_random_below(random, 8));
        return size_bytes;
    case 2:
        bytes[at] = (uint8_t)tl_random_next(random);
        return size_bytes;
    case 3:
        run = run > size_bytes - at ? size_bytes - at : run;
        run = run > size_bytes - other ? size_bytes - other : run;
        memmove(bytes + at, bytes + other, run);
        return size_bytes;
    case 4:
        return at > 0 ? at : 1;
    default:
        for (; run > 0 && size_bytes < capacity; run--)
            bytes[size_bytes++] = (uint8_t)tl_random_next(random);
        return size_bytes;
    }
}

static void try_once(const uint8_t *seed_file, size_t seed_bytes, struct tl_random *random)
{
    const size_t capacity = seed_bytes + GROWTH_BYTES_MAX;
    uint8_t *bytes = tl_memory_alloc(capacity, 1);
    size_t size_bytes = seed_bytes;

    if (bytes == NULL)
        return;
    memcpy(bytes, seed_file, seed_bytes);
    for (uint64_t left = tl_random_below(random, CHANGES_MAX + 1); left > 0; left--)
        size_bytes = change(bytes, size_bytes, capacity, random);
    /* Of exactly this size, so that a sanitizer sees reads beyond it. */
    uint8_t *exact = tl_memory_copy(bytes, size_bytes);
    if (exact != NULL)
        LLVMFuzzerTestOneInput(exact, size_bytes);
    tl_memory_free(exact);
    tl_memory_free(bytes);
}

int main(int argc, char **argv)
{
    struct tl_random random;
    struct tl_error err;
    size_t try_count = 0;

    if (argc < 4) {
        fprintf(stderr, "mutate: SECONDS, SEED and at least one FILE are needed\n");
        return 2;
    }
    const double seconds = strtod(argv[1], NULL), start = tl_system_seconds();
    const uint64_t given = strtoull(argv[2], NULL, 10), seed = given > 0 ? given : (uint64_t)tl_system_time_ms();
    tl_random_init(&random, seed, "mutate");
    printf("mutating %d files for %g s, seed %llu\n", argc - 3, seconds, (unsigned long long)seed);
    fflush(stdout);
    while (tl_system_seconds() - start < seconds) {
        uint8_t *bytes = NULL;
        size_t size_bytes = 0;

        if (tl_system_read_file(&bytes, &size_bytes, argv[3 + try_count % (size_t)(argc - 3)], FILE_BYTES_MAX, &err) != TL_OK) {
            fprintf(stderr, "mutate: %s: %s\n", argv[3 + try_count % (size_t)(argc - 3)], err.message);
            return 2;
        }
        for (size_t i = 0; i < 100; i++)
            try_once(bytes, size_bytes, &random);
        tl_memory_free(bytes);
        try_count++;
    }
    printf("%zu inputs, none of them harmful\n", try_count * 100);
    return 0;
}
