/* blas.c - see blas.h. */
#include "common/network/blas.h"

#include <assert.h>
#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

/* What was loaded is the process's and stays: OpenBLAS's threads would run on without it. */
static struct {
    pthread_once_t once;
    __typeof__(cblas_sgemm) *multiply; /* NULL: not there */
} blas = {.once = PTHREAD_ONCE_INIT};

static void load(void)
{
    void (*set_thread_count)(int count);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (library == NULL)
        return;
    /* POSIX's way; ISO C knows none from an object's address to a function's. */
    *(void **)&set_thread_count = dlsym(library, "openblas_set_num_threads");
    if (set_thread_count == NULL)
        return;
    set_thread_count(1);
    *(void **)&blas.multiply = dlsym(library, "cblas_sgemm");
}

bool tl_blas_is_there(void)
{
    pthread_once(&blas.once, load);
    return blas.multiply != NULL;
}

void tl_blas_multiply(float *c, size_t c_stride, size_t rows, size_t columns, size_t length, struct tl_blas_matrix a,
                      struct tl_blas_matrix b, bool is_added)
{
    assert(blas.multiply != NULL && rows <= INT_MAX && columns <= INT_MAX && length <= INT_MAX);
    blas.multiply(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)columns, (int)length, 1.0F, a.values, (int)a.stride,
                  b.values, (int)b.stride, is_added ? 1.0F : 0.0F, c, (int)c_stride);
}
