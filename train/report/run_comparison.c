/* run_comparison.c - reading and measuring; the words are in run_comparison_words.c. See run_comparison.h. */
#include "train/report/run_comparison.h"

#include <math.h>
#include <string.h>

#include "common/base/flat_json.h"
#include "common/base/memory.h"
#include "train/fit/loss.h"

/* The photos of one part while they are gathered. */
struct gathering {
    double *probabilities[2]; /* (N, L) */
    uint32_t *true_classes;   /* (N) */
    const struct tl_store_judgement **photos; /* (N): of the first run */
    size_t count;
};

static enum tl_status find_class(size_t *out, struct tl_run_comparison *comparison, const char *name, struct tl_error *err)
{
    for (*out = 0; *out < comparison->class_count; (*out)++)
        if (strcmp(comparison->class_names[*out], name) == 0)
            return TL_OK;
    if (comparison->class_count % 64 == 0) {
        char **names = tl_memory_alloc(comparison->class_count + 64, sizeof *names);

        if (!names)
            return tl_error_set_no_memory(err, "the classes", (comparison->class_count + 64) * sizeof *names);
        for (size_t l = 0; l < comparison->class_count; l++)
            names[l] = comparison->class_names[l];
        tl_memory_free(comparison->class_names);
        comparison->class_names = names;
    }
    comparison->class_names[*out] = tl_memory_copy_string(name);
    if (!comparison->class_names[*out])
        return tl_error_set_no_memory(err, "a class", strlen(name) + 1);
    comparison->class_count++;
    return TL_OK;
}

/* `probabilities` NULL: the classes are only met. */
static enum tl_status read_probabilities(double *probabilities, struct tl_run_comparison *comparison,
                                         const struct tl_store_judgement *judgement, struct tl_error *err)
{
    struct tl_flat_json reader;
    struct tl_flat_json_pair pair;
    enum tl_status status;

    tl_flat_json_init(&reader, judgement->probabilities_json);
    while ((status = tl_flat_json_next(&reader, &pair, err)) == TL_OK) {
        size_t l;

        status = find_class(&l, comparison, pair.key, err);
        if (status == TL_OK && !pair.is_number)
            status = tl_error_set(err, TL_CORRUPT, "a probability that is no number: '%.40s'", pair.text);
        if (status != TL_OK)
            break;
        if (probabilities)
            probabilities[l] = pair.number;
    }
    tl_flat_json_release(&reader);
    return status == TL_NOT_FOUND ? TL_OK : status;
}

static size_t part_of(const struct tl_store_judgement *judgement)
{
    return strcmp(judgement->origin, "test") == 0;
}

static enum tl_status meet_classes(struct tl_run_comparison *comparison, struct tl_error *err)
{
    enum tl_status status = TL_OK;
    size_t l;

    for (size_t r = 0; r < 2; r++) {
        for (size_t i = 0; i < comparison->judgement_counts[r] && status == TL_OK; i++) {
            status = find_class(&l, comparison, comparison->judgements[r][i].true_class, err);
            if (status == TL_OK)
                status = read_probabilities(NULL, comparison, &comparison->judgements[r][i], err);
        }
    }
    return status;
}

static enum tl_status allocate(struct gathering *gathering, const struct tl_run_comparison *comparison, struct tl_error *err)
{
    const size_t count = comparison->judgement_counts[0] < comparison->judgement_counts[1] ? comparison->judgement_counts[0]
                                                                                         : comparison->judgement_counts[1];

    for (size_t r = 0; r < 2; r++)
        gathering->probabilities[r] = tl_memory_alloc(count * comparison->class_count, sizeof(double));
    gathering->true_classes = tl_memory_alloc(count, sizeof *gathering->true_classes);
    gathering->photos = tl_memory_alloc(count, sizeof *gathering->photos);
    if (!gathering->probabilities[0] || !gathering->probabilities[1] || !gathering->true_classes || !gathering->photos)
        return tl_error_set_no_memory(err, "the photos compared", 2 * count * comparison->class_count * sizeof(double));
    return TL_OK;
}

static void release(struct gathering *gathering)
{
    tl_memory_free(gathering->probabilities[0]);
    tl_memory_free(gathering->probabilities[1]);
    tl_memory_free(gathering->true_classes);
    tl_memory_free(gathering->photos);
}

/* The photos of `part` that both have judged, called the same: both lists are by sha256. */
static enum tl_status gather(struct gathering *gathering, struct tl_run_comparison *comparison, size_t part, struct tl_error *err)
{
    const struct tl_store_judgement *a = comparison->judgements[0], *b = comparison->judgements[1];
    const struct tl_store_judgement *a_end = a + comparison->judgement_counts[0], *b_end = b + comparison->judgement_counts[1];
    enum tl_status status = TL_OK;

    while (a < a_end && b < b_end && status == TL_OK) {
        const int order = memcmp(a->sha256, b->sha256, TL_DIGEST_BYTES);

        if (order != 0 || part_of(a) != part || part_of(b) != part) {
            const bool moves_first = order < 0 || (order == 0 && part_of(a) != part);
            a += moves_first;
            b += !moves_first;
            continue;
        }
        if (strcmp(a->true_class, b->true_class) == 0) {
            const size_t n = gathering->count++, class_count = comparison->class_count;
            size_t l = 0;

            gathering->photos[n] = a;
            status = find_class(&l, comparison, a->true_class, err);
            gathering->true_classes[n] = (uint32_t)l;
            if (status == TL_OK)
                status = read_probabilities(gathering->probabilities[0] + n * class_count, comparison, a, err);
            if (status == TL_OK)
                status = read_probabilities(gathering->probabilities[1] + n * class_count, comparison, b, err);
        }
        a++;
        b++;
    }
    return status;
}

static enum tl_status list_disagreements(struct tl_run_part *part, const struct gathering *gathering,
                                         const struct tl_run_comparison *comparison, struct tl_error *err)
{
    const size_t class_count = comparison->class_count;

    part->disagreements =
        tl_memory_alloc(part->comparison.first_right + part->comparison.second_right, sizeof *part->disagreements);
    if (!part->disagreements)
        return tl_error_set_no_memory(err, "the photos only one has right", gathering->count * sizeof *part->disagreements);
    for (size_t n = 0; n < gathering->count; n++) {
        const size_t first = tl_loss_predicted_class(gathering->probabilities[0] + n * class_count, class_count);
        const size_t second = tl_loss_predicted_class(gathering->probabilities[1] + n * class_count, class_count);
        const size_t true_class = gathering->true_classes[n];

        if ((first == true_class) != (second == true_class))
            part->disagreements[part->disagreement_count++] = (struct tl_run_disagreement){
                gathering->photos[n]->path, gathering->photos[n]->true_class, comparison->class_names[first],
                comparison->class_names[second], first == true_class};
    }
    return TL_OK;
}

static void measure_run(struct tl_run_part *part, size_t run, const struct gathering *gathering, size_t class_count)
{
    const double *probabilities = gathering->probabilities[run];
    double loss = 0, right_count = 0;

    for (size_t n = 0; n < gathering->count; n++) {
        loss += tl_metrics_loss(probabilities[n * class_count + gathering->true_classes[n]]);
        right_count += tl_loss_predicted_class(probabilities + n * class_count, class_count) == gathering->true_classes[n];
    }
    part->losses[run] = loss / (double)gathering->count;
    part->accuracies[run] = right_count / (double)gathering->count;
}

static enum tl_status measure_part(struct tl_run_comparison *comparison, size_t index, struct tl_error *err)
{
    struct tl_run_part *part = &comparison->parts[index];
    struct gathering gathering = {.count = 0};
    enum tl_status status = allocate(&gathering, comparison, err);

    if (status == TL_OK)
        status = gather(&gathering, comparison, index, err);
    if (status == TL_OK && gathering.count > 0) {
        const struct tl_metrics_photos photos = {.probabilities = gathering.probabilities[0],
                                                 .true_classes = gathering.true_classes,
                                                 .photo_count = gathering.count,
                                                 .class_count = comparison->class_count};

        part->photo_count = gathering.count;
        measure_run(part, 0, &gathering, comparison->class_count);
        measure_run(part, 1, &gathering, comparison->class_count);
        status = tl_comparison_measure(&part->comparison, &photos, gathering.probabilities[1], err);
        if (status == TL_OK)
            status = list_disagreements(part, &gathering, comparison, err);
    }
    release(&gathering);
    return status;
}

static enum tl_status read_run(struct tl_run_comparison *comparison, size_t r, tl_store *store, const char *wanted,
                               struct tl_error *err)
{
    enum tl_status status = tl_store_get_run(store, &comparison->runs[r], wanted, err);

    if (status == TL_OK)
        status = tl_store_list_judgements(store, &comparison->judgements[r], &comparison->judgement_counts[r],
                                          comparison->runs[r]->run_id, err);
    return status;
}

enum tl_status tl_run_comparison_read(struct tl_run_comparison **out, tl_store *store, const char *first, const char *second,
                                      struct tl_error *err)
{
    struct tl_run_comparison *comparison = tl_memory_alloc(1, sizeof *comparison);
    enum tl_status status;

    *out = NULL;
    if (!comparison)
        return tl_error_set_no_memory(err, "the comparison", sizeof *comparison);
    status = tl_store_begin_reading(store, err);
    if (status == TL_OK) {
        status = read_run(comparison, 0, store, first, err);
        if (status == TL_OK)
            status = read_run(comparison, 1, store, second, err);
        tl_store_end_reading(store);
    }
    if (status == TL_OK)
        status = meet_classes(comparison, err);
    for (size_t part = 0; part < TL_RUN_PARTS && status == TL_OK; part++)
        status = measure_part(comparison, part, err);
    if (status == TL_OK) {
        *out = comparison;
        return TL_OK;
    }
    tl_run_comparison_free(comparison);
    return status;
}

void tl_run_comparison_free(struct tl_run_comparison *comparison)
{
    if (!comparison)
        return;
    for (size_t r = 0; r < 2; r++) {
        tl_store_free_runs(comparison->runs[r], 1);
        tl_store_free_judgements(comparison->judgements[r], comparison->judgement_counts[r]);
    }
    for (size_t l = 0; l < comparison->class_count; l++)
        tl_memory_free(comparison->class_names[l]);
    tl_memory_free(comparison->class_names);
    for (size_t part = 0; part < TL_RUN_PARTS; part++)
        tl_memory_free(comparison->parts[part].disagreements);
    tl_memory_free(comparison);
}
