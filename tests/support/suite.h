/* suite.h - what every test program shares: one main (suite_main.c), where test data lies, how to skip aloud.
 *
 * A test file defines tl_test_suite() and nothing else that is not static. Check forks for each case: start
 * libvips and OpenBLAS inside a checked fixture.
 */
#ifndef TL_TESTS_SUITE_H
#define TL_TESTS_SUITE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/* The suite of this program; suite_main.c runs it and returns 1 when a case failed. */
Suite *tl_test_suite(void);

/* A path below the shared data ("golden/keras_head.h5"), or NULL when it is not on this machine, after printing
 * "skipped: ..." to stdout. TL_SHARED names the folder; the default is ../shared. Static storage, as tl_test_path(). */
const char *tl_test_shared_path(const char *below);

/* The VGG16 weights (TL_WEIGHTS, else vgg16.h5 at tl_system_weights_path()), or NULL after printing why. */
const char *tl_test_weights_path(void);

/* A new empty folder, removed with all in it when the case's process exits, or earlier by tl_test_remove_folder();
 * a case that fails leaves it, to be looked at. Static storage. */
const char *tl_test_make_folder(void);
void tl_test_remove_folder(const char *folder);

/* "folder/name" in static storage that the next four calls leave alone. */
const char *tl_test_path(const char *folder, const char *name);
/* Writes a file; fails the case when it cannot. */
void tl_test_write_file(const char *path, const void *bytes, size_t size_bytes);

#endif
