/* bench_pipeline.h - what the benchmark of whole extractions is made of: runs of the tool, and parts of its work alone.
 */
#ifndef TL_TESTS_BENCH_PIPELINE_H
#define TL_TESTS_BENCH_PIPELINE_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/features/features.h"
#include "extract/effort.h"

/* What one run of tl-extract told of itself with --json. */
struct bench_run {
    double vector_count, seconds; /* the seconds are without starting and reading weights */
    struct tl_effort effort;
};

/* Runs the tool at `arguments[0]`, which end with NULL and ask for --json, and reads its answer. Fails with: TL_IO. */
TL_MUST_USE enum tl_status tl_bench_run_tool(struct bench_run *out, char *const *arguments, struct tl_error *err);

/* Mean CPU milliseconds of parts of the work, in one thread with nothing beside. */
struct bench_parts {
    double file_ms, digest_ms, decode_ms, resize_ms; /* a photo; a digest of the file and one of the pixels */
    double augment_ms, preprocess_ms;                /* a variant */
};

/* Measures them over the photos, which are readable. Fails with: as tl_photo_read(). */
TL_MUST_USE enum tl_status tl_bench_measure_parts(struct bench_parts *out, char *const *paths, size_t path_count,
                                                  const struct tl_recipe *recipe, struct tl_error *err);

#endif
