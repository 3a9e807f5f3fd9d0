/* examination.c - see examination.h. */
#include "common/network/examination.h"

#include <math.h>
#include <pthread.h>

#include "common/base/errand.h"
#include "common/base/memory.h"

/* A piece is looked at twice, and has to be in a core's own cache the second time. */
enum { PIECE_VALUES = 1 << 15, LANE_COUNT = 16 };

struct tl_examination {
    const struct tl_network *network;
    const tl_tensors *tensors;
    struct tl_errand errand;
    pthread_mutex_t mutex; /* several may wait */
    uint8_t sha256[TL_DIGEST_BYTES];
    struct tl_error problem; /* of the first value that is not finite; status TL_OK where there is none */
};

/* The same as asking each, in lanes that compilers make vectors of: 0 times a number is 0, times anything else NaN. */
static bool are_all_finite(const float *values, size_t count)
{
    float sums[LANE_COUNT] = {0};
    size_t i = 0;
    for (; i + LANE_COUNT <= count; i += LANE_COUNT)
        for (size_t lane = 0; lane < LANE_COUNT; lane++)
            sums[lane] += values[i + lane] * 0.0F;
    for (; i < count; i++)
        sums[0] += values[i] * 0.0F;
    for (size_t lane = 1; lane < LANE_COUNT; lane++)
        sums[0] += sums[lane];
    return sums[0] == 0.0F;
}

static void note_first(tl_examination *examination, const struct tl_tensor *tensor, size_t start, const char *layer,
                       const char *part)
{
    size_t i = start;
    while (isfinite(tensor->values[i]))
        i++;
    (void)tl_error_set(&examination->problem, TL_BAD_INPUT, "%s: value %zu of the %s (%s) is %f, not a finite number",
                       layer, i, part, tensor->name, (double)tensor->values[i]);
}

static void examine_tensor(tl_examination *examination, struct tl_digest *digest, const struct tl_tensor *tensor, const char *layer,
                           const char *part)
{
    const size_t count = tl_tensor_value_count(tensor);
    tl_digest_update_u32(digest, (uint32_t)tensor->rank);
    for (size_t i = 0; i < tensor->rank; i++)
        tl_digest_update_u32(digest, (uint32_t)tensor->shape[i]);
    for (size_t start = 0; start < count; start += PIECE_VALUES) {
        const size_t left = count - start, piece_count = left < PIECE_VALUES ? left : PIECE_VALUES;
        if (examination->problem.status == TL_OK && !are_all_finite(tensor->values + start, piece_count))
            note_first(examination, tensor, start, layer, part);
        tl_digest_update_floats(digest, tensor->values + start, piece_count);
    }
}

static void examine(void *context)
{
    tl_examination *examination = context;
    const struct tl_network *network = examination->network;
    struct tl_digest digest;
    size_t tensor_index = 0;

    tl_digest_init(&digest);
    for (size_t i = 0; i <= network->feature_layer; i++) {
        if (network->layers[i].kind != TL_LAYER_CONVOLUTION)
            continue;
        const char *layer = network->layers[i].name;
        tl_digest_update_string(&digest, layer);
        examine_tensor(examination, &digest, tl_tensors_get(examination->tensors, tensor_index++), layer, "kernel");
        examine_tensor(examination, &digest, tl_tensors_get(examination->tensors, tensor_index++), layer, "bias");
    }
    tl_digest_finish(&digest, examination->sha256);
}

enum tl_status tl_examination_create(tl_examination **out, const struct tl_network *network, const tl_tensors *tensors,
                                     struct tl_error *err)
{
    tl_examination *examination = tl_memory_alloc(1, sizeof *examination);

    *out = NULL;
    if (examination == NULL)
        return tl_error_set_no_memory(err, "a look at a network's weights", sizeof *examination);
    examination->network = network;
    examination->tensors = tensors;
    examination->problem.status = TL_OK;
    pthread_mutex_init(&examination->mutex, NULL);
    tl_errand_start(&examination->errand, examine, examination);
    *out = examination;
    return TL_OK;
}

void tl_examination_free(tl_examination *examination)
{
    if (examination == NULL)
        return;
    tl_errand_wait(&examination->errand);
    pthread_mutex_destroy(&examination->mutex);
    tl_memory_free(examination);
}

static void wait_for_end(tl_examination *examination)
{
    pthread_mutex_lock(&examination->mutex);
    tl_errand_wait(&examination->errand);
    pthread_mutex_unlock(&examination->mutex);
}

const uint8_t *tl_examination_sha256(tl_examination *examination)
{
    wait_for_end(examination);
    return examination->sha256;
}

enum tl_status tl_examination_check(tl_examination *examination, struct tl_error *err)
{
    wait_for_end(examination);
    if (examination->problem.status != TL_OK && err != NULL)
        *err = examination->problem;
    return examination->problem.status;
}
