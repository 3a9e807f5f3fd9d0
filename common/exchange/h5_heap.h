/* h5_heap.h - variable-length strings of an HDF5 attribute, fetched without HDF5's own heap reader.
 *
 * HDF5 1.10.8 keeps such strings in "global heaps" and trusts what it finds there: one changed byte in the attribute or
 * the heap and H5Aread() overruns memory or never returns (seen in 22 of 1500 randomly damaged files; 1.10.8 is the version
 * packaged today). So the attribute is read as raw references, through a conversion that copies them, and the heap is read
 * here, every length checked. Source: HDF5 File Format Specification 3.0, III.E (global heap) and IV.B (variable-length data).
 */
#ifndef TL_EXCHANGE_H5_HEAP_H
#define TL_EXCHANGE_H5_HEAP_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct tl_h5_heap tl_h5_heap;

/* Reads the `count` references of `attribute`, whose type is `type`, in a file opened with the sec2 driver. The heap borrows the
 * file's descriptor: free it before the file is closed. Fails with: TL_BAD_INPUT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_heap_open(tl_h5_heap **out, hid_t attribute, hid_t type, size_t count, struct tl_error *err);
void tl_h5_heap_close(tl_h5_heap *heap);

/* The bytes of string `index`, not terminated, borrowed until the next call. Fails with: TL_BAD_INPUT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_h5_heap_get(const char **out, size_t *out_bytes, tl_h5_heap *heap, size_t index,
                                          struct tl_error *err);

#endif
