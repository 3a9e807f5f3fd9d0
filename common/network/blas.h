/* blas.h - OpenBLAS's matrix product, loaded when the first kernel asks whether it is there.
 *
 * Linked to the program, OpenBLAS would start its threads before main(), though most runs multiply by kernels of our own: for one
 * photo in one process that costs a fifth of the time.
 */
#ifndef TL_NETWORK_BLAS_H
#define TL_NETWORK_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* Loads it, once, and has it use one thread: ours are the threads, and its bits depend on how many share a product. Any thread. */
bool tl_blas_is_there(void);

/* A row-major matrix: its rows lie `stride` floats apart. */
struct tl_blas_matrix {
    const float *values;
    size_t stride;
};

/* c (rows, columns) = a (rows, length) * b (length, columns), or that is added to c. Sizes are below INT_MAX. Only where it is
 * there. */
void tl_blas_multiply(float *c, size_t c_stride, size_t rows, size_t columns, size_t length, struct tl_blas_matrix a,
                      struct tl_blas_matrix b, bool is_added);

#endif
