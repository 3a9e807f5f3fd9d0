/* samples_load.c - see samples.h. Rows are listed and laid out first; then threads decode them, each taking some hundred kilobytes
 * of blobs from the store in turn. */
#include "train/data/samples.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/team.h"
#include "common/codec/codec.h"
#include "common/store/store_blob.h"
#include "train/data/sample_rows.h"

enum { CHUNK_ROWS = 32, THREADS_MAX = 64, FAULTS_MAX = TL_STORE_DAMAGES_MAX };

/* A row that could not be decoded. */
struct fault {
    size_t row;
    struct tl_error failure;
};

/* Places of rows in the order in which their blobs lie in the file. */
struct place {
    int64_t feature_id;
    size_t row;
};

struct loading {
    const struct tl_selection *selection;
    const struct tl_samples_source *source;
    tl_store *store;
    struct tl_samples *samples;
    struct tl_sample_rows rows;
    struct place *places;
    pthread_mutex_t mutex; /* of the store and all below */
    struct fault *faults;  /* by row once all is done */
    size_t fault_count, fault_capacity;
    enum tl_status status; /* what ends the loading */
    struct tl_error err;
};

/* A thread's own. */
struct decoder {
    struct loading *loading;
    tl_codec *codec;
    uint8_t *bytes;
    size_t byte_capacity, ends[CHUNK_ROWS];
    bool is_lost[CHUNK_ROWS];
    bool is_out_of_memory;
};

struct crew {
    struct loading *loading;
    struct decoder decoders[THREADS_MAX];
    size_t count;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *first = a, *second = b;

    return first->feature_id < second->feature_id ? -1 : first->feature_id > second->feature_id;
}

static int compare_faults(const void *a, const void *b)
{
    const struct fault *first = a, *second = b;

    return first->row < second->row ? -1 : first->row > second->row;
}

static bool take_blob(void *context, size_t i, const void *blob, size_t blob_bytes)
{
    struct decoder *decoder = context;
    const size_t start = i > 0 ? decoder->ends[i - 1] : 0;

    if (start + blob_bytes > decoder->byte_capacity) {
        const size_t capacity = 2 * (start + blob_bytes);
        uint8_t *bytes = tl_memory_resize(decoder->bytes, capacity, 1);

        decoder->is_out_of_memory = !bytes;
        if (!bytes)
            return false;
        decoder->bytes = bytes;
        decoder->byte_capacity = capacity;
    }
    if (blob_bytes > 0)
        memcpy(decoder->bytes + start, blob, blob_bytes);
    decoder->ends[i] = start + blob_bytes;
    decoder->is_lost[i] = !blob;
    return true;
}

/* What ends it all: only the first is told. The mutex is held. */
static void end_loading(struct loading *loading, enum tl_status status, const struct tl_error *failure)
{
    if (loading->status != TL_OK)
        return;
    loading->status = status;
    loading->err = *failure;
}

/* False where the loading has ended. */
static bool read_chunk(struct decoder *decoder, const struct place *places, size_t count)
{
    struct loading *loading = decoder->loading;
    int64_t feature_ids[CHUNK_ROWS];
    struct tl_error failure;
    enum tl_status status;
    bool goes_on;

    for (size_t i = 0; i < count; i++)
        feature_ids[i] = places[i].feature_id;
    pthread_mutex_lock(&loading->mutex);
    if (loading->status == TL_OK) {
        status = tl_store_read_blobs(loading->store, feature_ids, count, take_blob, decoder, &failure);
        if (status == TL_OK && decoder->is_out_of_memory)
            status = tl_error_set_no_memory(&failure, "stored features", 2 * decoder->byte_capacity);
        if (status != TL_OK)
            end_loading(loading, status, &failure);
    }
    goes_on = loading->status == TL_OK;
    pthread_mutex_unlock(&loading->mutex);
    return goes_on;
}

static enum tl_status decode(struct decoder *decoder, size_t i, size_t row, struct tl_error *failure)
{
    const struct loading *loading = decoder->loading;
    const size_t start = i > 0 ? decoder->ends[i - 1] : 0;
    const uint32_t *indices;
    const float *values;
    size_t count;
    enum tl_status status;

    if (decoder->is_lost[i])
        return tl_error_set(failure, TL_CORRUPT, "its values are lost");
    status = tl_codec_decode_sparse(decoder->codec, &indices, &values, &count, loading->source->feature_count,
                                    decoder->bytes + start, decoder->ends[i] - start, failure);
    return status == TL_OK ? tl_matrix_put(loading->samples->matrix, row, indices, values, count, failure) : status;
}

/* Damage is noted and the other rows are tried; beyond FAULTS_MAX it is enough. */
static void note_fault(struct loading *loading, size_t row, enum tl_status status, struct tl_error *failure)
{
    const struct tl_sample_row *listed = &loading->rows.items[row];
    struct fault *faults;

    (void)tl_error_prefix(failure, "the stored feature of %s, variant %u%s",
                          loading->selection->samples[listed->sample_index].label->path, listed->variant_index,
                          status == TL_CORRUPT ? ", is damaged" : "");
    pthread_mutex_lock(&loading->mutex);
    if (status != TL_CORRUPT) {
        end_loading(loading, status, failure);
    } else if (loading->fault_count < FAULTS_MAX) {
        if (loading->fault_count == loading->fault_capacity) {
            const size_t capacity = 2 * loading->fault_capacity + 4;

            faults = tl_memory_resize(loading->faults, capacity, sizeof *faults);
            if (faults) {
                loading->faults = faults;
                loading->fault_capacity = capacity;
            } else {
                (void)tl_error_set_no_memory(failure, "damaged features", capacity * sizeof *faults);
                end_loading(loading, TL_NO_MEMORY, failure);
            }
        }
        if (loading->fault_count < loading->fault_capacity)
            loading->faults[loading->fault_count++] = (struct fault){row, *failure};
    }
    pthread_mutex_unlock(&loading->mutex);
}

static void load_chunk(void *context, size_t task, size_t thread_index)
{
    struct crew *crew = context;
    struct decoder *decoder = &crew->decoders[thread_index];
    struct loading *loading = crew->loading;
    const struct place *places = loading->places + task * CHUNK_ROWS;
    const size_t left = loading->rows.count - task * CHUNK_ROWS, count = left < CHUNK_ROWS ? left : CHUNK_ROWS;

    if (!read_chunk(decoder, places, count))
        return;
    for (size_t i = 0; i < count; i++) {
        struct tl_error failure;
        const enum tl_status status = decode(decoder, i, places[i].row, &failure);

        if (status != TL_OK)
            note_fault(loading, places[i].row, status, &failure);
    }
}

/* Exactly as many entries as the rows of the store say, so that no memory is left over. */
static enum tl_status lay_out(struct loading *loading, struct tl_error *err)
{
    const size_t count = loading->rows.count, feature_count = loading->source->feature_count;
    uint32_t *capacities = tl_memory_alloc(count, sizeof *capacities);
    enum tl_status status;

    loading->places = tl_memory_alloc(count, sizeof *loading->places);
    if (!capacities || !loading->places) {
        tl_memory_free(capacities);
        return tl_error_set_no_memory(err, "the list of features", count * sizeof *loading->places);
    }
    for (size_t r = 0; r < count; r++) {
        const uint32_t nonzero_count = loading->rows.items[r].nonzero_count;

        capacities[r] = nonzero_count < feature_count ? nonzero_count : (uint32_t)feature_count;
        loading->places[r] = (struct place){loading->rows.items[r].feature_id, r};
    }
    qsort(loading->places, count, sizeof *loading->places, compare_places);
    status = tl_matrix_lay_out(loading->samples->matrix, capacities, count, err);
    tl_memory_free(capacities);
    return status;
}

static enum tl_status decode_all(struct loading *loading, struct tl_error *err)
{
    const size_t chunk_count = (loading->rows.count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    struct crew *crew = tl_memory_alloc(1, sizeof *crew);
    tl_team *team = NULL;
    enum tl_status status = crew ? TL_OK : tl_error_set_no_memory(err, "the decoders", sizeof *crew);

    if (status == TL_OK) {
        crew->loading = loading;
        crew->count = tl_system_core_count();
        crew->count = crew->count < THREADS_MAX ? crew->count : THREADS_MAX;
        if (crew->count > chunk_count)
            crew->count = chunk_count > 0 ? chunk_count : 1;
        status = tl_team_create(&team, crew->count, err);
    }
    for (size_t i = 0; status == TL_OK && i < crew->count; i++) {
        crew->decoders[i].loading = loading;
        status = tl_codec_create(&crew->decoders[i].codec, err);
    }
    if (status == TL_OK) {
        tl_team_run(team, chunk_count, load_chunk, crew);
        if (loading->status != TL_OK)
            *err = loading->err;
        status = loading->status;
    }
    tl_team_free(team);
    for (size_t i = 0; crew && i < crew->count; i++) {
        tl_codec_free(crew->decoders[i].codec);
        tl_memory_free(crew->decoders[i].bytes);
    }
    tl_memory_free(crew);
    return status;
}

/* The damage in the order of training, whoever found it when. */
static enum tl_status tell_faults(struct loading *loading, struct tl_store_damages *damages, struct tl_error *err)
{
    enum tl_status status = TL_OK;

    if (loading->fault_count == 0)
        return TL_OK;
    qsort(loading->faults, loading->fault_count, sizeof *loading->faults, compare_faults);
    for (size_t i = 0; i < loading->fault_count && status == TL_OK; i++) {
        const struct tl_sample_row *row = &loading->rows.items[loading->faults[i].row];

        status = tl_store_note_damage(damages, loading->selection->samples[row->sample_index].label->sha256,
                                      &loading->faults[i].failure, err);
    }
    if (status != TL_OK)
        return status;
    *err = damages->items[0].failure;
    return TL_CORRUPT;
}

enum tl_status tl_samples_load(struct tl_samples **out, struct tl_store_damages *damages, tl_store *store,
                               const struct tl_selection *selection, const struct tl_samples_source *source, struct tl_error *err)
{
    struct loading loading = {.selection = selection, .source = source, .store = store, .mutex = PTHREAD_MUTEX_INITIALIZER};
    struct tl_samples *samples = tl_memory_alloc(1, sizeof *samples);
    enum tl_status status;

    *out = NULL;
    if (samples)
        samples->items = tl_memory_alloc(selection->sample_count, sizeof *samples->items);
    if (!samples || !samples->items) {
        status = tl_error_set_no_memory(err, "the samples", selection->sample_count * sizeof *samples->items);
        goto done;
    }
    samples->count = selection->sample_count;
    loading.samples = samples;
    status = tl_matrix_create(&samples->matrix, source->feature_count, source->transform, err);
    if (status == TL_OK)
        status = tl_sample_rows_list(&loading.rows, samples, store, selection, source, err);
    if (status == TL_OK)
        status = lay_out(&loading, err);
    if (status == TL_OK)
        status = decode_all(&loading, err);
    if (status == TL_OK)
        status = tell_faults(&loading, damages, err);
    if (status != TL_OK)
        goto done;
    *out = samples;
    samples = NULL;
done:
    tl_sample_rows_free(&loading.rows);
    tl_memory_free(loading.places);
    tl_memory_free(loading.faults);
    (void)pthread_mutex_destroy(&loading.mutex);
    tl_samples_free(samples);
    return status;
}
