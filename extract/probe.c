/* probe.c - see probe.h. */
#include "extract/probe.h"

#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "extract/pipeline.h"

enum { SAMPLE_PHOTOS = 128, SAMPLE_VARIANTS = 8 };

struct probing {
    struct tl_probe *probe;
    double started_seconds, last_seconds;
};

static enum tl_status take(void *context, struct tl_work *work, struct tl_error *err)
{
    struct probing *probing = context;

    (void)err;
    probing->probe->photo_count += 1.0 / (double)work->part_count; /* a photo of many variants is several works, and read once */
    probing->probe->failed_count += work->failed_stage != NULL;
    for (size_t i = 0; i < work->feature_count; i++) {
        probing->probe->feature_count++;
        probing->probe->blob_bytes += work->features[i].blob_bytes;
    }
    probing->last_seconds = tl_system_seconds();
    tl_work_free(work);
    return TL_OK;
}

static enum tl_status tick(void *context, struct tl_error *err)
{
    (void)context;
    (void)err;
    return TL_OK;
}

static bool should_stop(void *context)
{
    const struct probing *probing = context;

    return tl_system_is_interrupted() || tl_system_seconds() - probing->started_seconds >= TL_PROBE_SECONDS;
}

/* A scan of each photo's own, that holds nothing but it: so that the order of the sample is ours. */
static enum tl_status choose_sample(struct tl_scan **out, struct tl_scan ***out_list, int64_t **out_ids, size_t count,
                                    tl_agenda *agenda, struct tl_error *err)
{
    const size_t job_count = tl_agenda_job_count(agenda);

    *out = tl_memory_alloc(count, sizeof **out);
    *out_list = tl_memory_alloc(count, sizeof **out_list);
    *out_ids = tl_memory_alloc(count, sizeof **out_ids);
    if (!*out || !*out_list || !*out_ids)
        return tl_error_set_no_memory(err, "a sample of photos", count * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        /* Steps of the golden ratio: wherever the probe ends, what it saw lies evenly over all. */
        const double place = (double)i * 0.6180339887498949;
        const size_t job = count == job_count ? i : (size_t)((place - (double)(size_t)place) * (double)job_count);
        const struct tl_agenda_photo *photo = tl_agenda_photo(agenda, tl_agenda_job(agenda, job));

        (*out)[i] = *photo->scan;
        (*out)[i].entries = tl_memory_copy(photo->entry, sizeof *photo->entry);
        (*out)[i].entry_count = 1;
        if (!(*out)[i].entries)
            return tl_error_set_no_memory(err, "a sample of photos", sizeof *photo->entry);
        (*out_list)[i] = &(*out)[i];
        (*out_ids)[i] = (int64_t)i + 1;
    }
    return TL_OK;
}

static void free_sample(struct tl_scan *sample, size_t count)
{
    for (size_t i = 0; sample && i < count; i++)
        tl_memory_free(sample[i].entries);
    tl_memory_free(sample);
}

static void reckon(struct tl_probe *probe, const struct tl_effort *effort, const struct probing *probing)
{
    const double read = effort->read_cpu_seconds, wall = probing->last_seconds - probing->started_seconds;
    const double rest =
        effort->augment_cpu_seconds + effort->network_cpu_seconds + effort->compress_cpu_seconds + effort->store_cpu_seconds;

    if (probe->photo_count > 0)
        probe->read_seconds = read / probe->photo_count;
    if (probe->feature_count > 0)
        probe->feature_seconds = rest / (double)probe->feature_count;
    if (wall > 0)
        probe->busy_cores = (read + rest) / wall;
}

enum tl_status tl_probe_run(struct tl_probe *out, tl_agenda *agenda, const struct tl_settings *settings,
                            const struct tl_engine *engine, struct tl_error *err)
{
    struct probing probing = {.probe = out, .started_seconds = tl_system_seconds()};
    const struct tl_pipeline_sink sink = {&probing, take, tick, should_stop};
    const size_t job_count = tl_agenda_job_count(agenda), count = job_count < SAMPLE_PHOTOS ? job_count : SAMPLE_PHOTOS;
    struct tl_agenda_wish wish = *tl_agenda_wish(agenda);
    struct tl_scan *sample = NULL, **scans = NULL;
    int64_t *ids = NULL;
    tl_agenda *all = NULL;
    struct tl_effort effort;
    enum tl_status status;

    *out = (struct tl_probe){.photo_count = 0};
    probing.last_seconds = probing.started_seconds;
    if (wish.variant_count > SAMPLE_VARIANTS)
        wish.variant_count = SAMPLE_VARIANTS;
    status = choose_sample(&sample, &scans, &ids, count, agenda, err);
    if (status == TL_OK)
        status = tl_agenda_create(&all, NULL, &wish, scans, ids, count, err);
    if (status == TL_OK)
        status = tl_pipeline_run(&effort, all, &settings->augmentation, engine, settings->thread_count, &sink, err);
    if (status == TL_OK || status == TL_STOPPED)
        reckon(out, &effort, &probing);
    if (status == TL_STOPPED && !tl_system_is_interrupted())
        status = TL_OK;
    tl_agenda_free(all);
    free_sample(sample, count);
    tl_memory_free(scans);
    tl_memory_free(ids);
    return status;
}

double tl_probe_estimate_seconds(const struct tl_probe *probe, size_t photo_count, uint64_t feature_count)
{
    const double cpu_seconds = (double)photo_count * probe->read_seconds + (double)feature_count * probe->feature_seconds;

    return probe->busy_cores > 0 ? cpu_seconds / probe->busy_cores : 0;
}
