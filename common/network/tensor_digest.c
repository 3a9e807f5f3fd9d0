/* tensor_digest.c - see tensor_digest.h. */
#include "common/network/tensor_digest.h"

#include <pthread.h>

#include "common/base/errand.h"
#include "common/base/memory.h"

struct tl_tensor_digest {
    const struct tl_network *network;
    const tl_tensors *tensors;
    struct tl_errand errand;
    pthread_mutex_t mutex; /* several may wait */
    uint8_t sha256[TL_DIGEST_BYTES];
};

static void update_tensor(struct tl_digest *digest, const struct tl_tensor *tensor)
{
    tl_digest_update_u32(digest, (uint32_t)tensor->rank);
    for (size_t i = 0; i < tensor->rank; i++)
        tl_digest_update_u32(digest, (uint32_t)tensor->shape[i]);
    tl_digest_update_floats(digest, tensor->values, tl_tensor_value_count(tensor));
}

static void compute(void *context)
{
    tl_tensor_digest *job = context;
    struct tl_digest digest;
    size_t tensor_index = 0;

    tl_digest_init(&digest);
    for (size_t i = 0; i <= job->network->feature_layer; i++) {
        if (job->network->layers[i].kind != TL_LAYER_CONVOLUTION)
            continue;
        tl_digest_update_string(&digest, job->network->layers[i].name);
        update_tensor(&digest, tl_tensors_get(job->tensors, tensor_index++));
        update_tensor(&digest, tl_tensors_get(job->tensors, tensor_index++));
    }
    tl_digest_finish(&digest, job->sha256);
}

enum tl_status tl_tensor_digest_create(tl_tensor_digest **out, const struct tl_network *network, const tl_tensors *tensors,
                                       struct tl_error *err)
{
    tl_tensor_digest *digest = tl_memory_alloc(1, sizeof *digest);

    *out = NULL;
    if (digest == NULL)
        return tl_error_set_no_memory(err, "a digest", sizeof *digest);
    digest->network = network;
    digest->tensors = tensors;
    pthread_mutex_init(&digest->mutex, NULL);
    tl_errand_start(&digest->errand, compute, digest);
    *out = digest;
    return TL_OK;
}

const uint8_t *tl_tensor_digest_wait(tl_tensor_digest *digest)
{
    pthread_mutex_lock(&digest->mutex);
    tl_errand_wait(&digest->errand);
    pthread_mutex_unlock(&digest->mutex);
    return digest->sha256;
}

void tl_tensor_digest_free(tl_tensor_digest *digest)
{
    if (digest == NULL)
        return;
    tl_errand_wait(&digest->errand);
    pthread_mutex_destroy(&digest->mutex);
    tl_memory_free(digest);
}
