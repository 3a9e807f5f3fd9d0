/* classifier.c - see classifier.h. */
#include "serve/classify/classifier.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/features/features.h"
#include "common/head/head_record.h"

struct tl_classifier {
    struct tl_head *head;
    tl_features *features;
    char *weights_path;
};

struct tl_classifier_session {
    const tl_classifier *classifier;
    tl_features_session *features;
    float *vector;
};

enum tl_status tl_answer_create(struct tl_answer **out, size_t class_count, struct tl_error *err)
{
    struct tl_answer *answer = tl_memory_alloc(1, sizeof *answer);

    *out = NULL;
    if (!answer)
        return tl_error_set_no_memory(err, "an answer", sizeof *answer);
    answer->probabilities = tl_memory_alloc(class_count, sizeof *answer->probabilities);
    answer->order = tl_memory_alloc(class_count, sizeof *answer->order);
    if (!answer->probabilities || !answer->order) {
        tl_answer_free(answer);
        return tl_error_set_no_memory(err, "an answer", class_count * sizeof *answer->probabilities);
    }
    *out = answer;
    return TL_OK;
}

void tl_answer_free(struct tl_answer *answer)
{
    if (!answer)
        return;
    tl_memory_free(answer->path);
    tl_memory_free(answer->probabilities);
    tl_memory_free(answer->order);
    tl_memory_free(answer);
}

enum tl_status tl_classifier_read_head(struct tl_head **out, const struct tl_store_chosen_head *chosen, struct tl_error *err)
{
    const struct tl_head_record record = {.feature_count = chosen->feature_count,
                                          .channel_count = chosen->channel_count,
                                          .hidden_count = chosen->hidden_count,
                                          .class_count = chosen->class_count,
                                          .pool = chosen->pool,
                                          .transform = chosen->transform,
                                          .scale = chosen->scale,
                                          .hidden_kernel = chosen->hidden_kernel,
                                          .hidden_bias = chosen->hidden_bias,
                                          .kernel = chosen->kernel,
                                          .bias = chosen->bias,
                                          .class_names = (const char *const *)chosen->class_names};
    const enum tl_status status = tl_head_record_read(out, &record, err);

    return status == TL_CORRUPT ? tl_error_prefix(err, "the stored head is damaged") : status;
}

enum tl_status tl_classifier_confirm(const tl_classifier *classifier, const struct tl_store_chosen_head *chosen,
                                     struct tl_error *err)
{
    enum tl_status status = tl_features_confirm(classifier->features, err);
    struct tl_features_identity identity;
    char found[TL_DIGEST_HEX_BYTES], expected[TL_DIGEST_HEX_BYTES];

    if (status != TL_OK)
        return status;
    identity = tl_features_identify(classifier->features);
    if (memcmp(identity.tensors_sha256, chosen->tensors_sha256, TL_DIGEST_BYTES) != 0) {
        tl_digest_to_hex(found, identity.tensors_sha256);
        tl_digest_to_hex(expected, chosen->tensors_sha256);
        return tl_error_set(err, TL_BAD_INPUT,
                            "%s holds the tensors %s, but the head was trained on features of %s: name those with --weights",
                            classifier->weights_path, found, expected);
    }
    if (strcmp(identity.layer, chosen->layer) != 0)
        return tl_error_set(err, TL_BAD_INPUT, "the head was trained on the output of %s, this program computes %s", chosen->layer,
                            identity.layer);
    if (tl_features_vector_count(classifier->features) != chosen->feature_count)
        return tl_error_set(err, TL_BAD_INPUT, "the head takes %zu features, %s gives %zu", chosen->feature_count, identity.layer,
                            tl_features_vector_count(classifier->features));
    return TL_OK;
}

enum tl_status tl_classifier_create(tl_classifier **out, const struct tl_store_chosen_head *chosen, const char *weights_path,
                                    const char *kernels, bool is_for_few, struct tl_error *err)
{
    const struct tl_features_wish wish = {.arithmetic = chosen->arithmetic, .kernels = kernels, .is_for_few = is_for_few};
    tl_classifier *classifier = NULL;
    struct tl_recipe recipe;
    enum tl_status status;

    *out = NULL;
    classifier = tl_memory_alloc(1, sizeof *classifier);
    if (!classifier)
        return tl_error_set_no_memory(err, "a classifier", sizeof *classifier);
    status = tl_classifier_read_head(&classifier->head, chosen, err);
    if (status != TL_OK)
        goto done;
    status = tl_recipe_from_json(&recipe, chosen->input_json, err);
    if (status != TL_OK) {
        (void)tl_error_prefix(err, "the head's photos were prepared in a way this program does not know");
        goto done;
    }
    status = tl_features_find_weights(&classifier->weights_path, weights_path, chosen->network, err);
    if (status != TL_OK)
        goto done;
    status = tl_features_create(&classifier->features, &recipe, chosen->network, classifier->weights_path, &wish, err);
    if (status != TL_OK)
        goto done;
    status = tl_features_set_stored_type(classifier->features, chosen->stored_type, err);
    if (status != TL_OK)
        goto done;
    if (tl_features_vector_count(classifier->features) != chosen->feature_count) {
        status = tl_classifier_confirm(classifier, chosen, err); /* which says what is wrong */
        goto done;
    }
    *out = classifier;
    classifier = NULL;
done:
    tl_classifier_free(classifier);
    return status;
}

void tl_classifier_free(tl_classifier *classifier)
{
    if (!classifier)
        return;
    tl_features_free(classifier->features);
    tl_head_free(classifier->head);
    tl_memory_free(classifier->weights_path);
    tl_memory_free(classifier);
}

enum tl_status tl_classifier_session_create(tl_classifier_session **out, const tl_classifier *classifier, size_t thread_count,
                                            struct tl_error *err)
{
    tl_classifier_session *session = tl_memory_alloc(1, sizeof *session);
    size_t count = tl_features_vector_count(classifier->features);
    enum tl_status status;

    *out = NULL;
    if (!session)
        return tl_error_set_no_memory(err, "a part of a classifier", sizeof *session);
    session->classifier = classifier;
    status = tl_features_session_create(&session->features, classifier->features, thread_count, err);
    if (status != TL_OK)
        goto done;
    session->vector = tl_memory_alloc_aligned(count, sizeof *session->vector);
    if (!session->vector) {
        status = tl_error_set_no_memory(err, "a feature vector", count * sizeof *session->vector);
        goto done;
    }
    *out = session;
    session = NULL;
done:
    tl_classifier_session_free(session);
    return status;
}

void tl_classifier_session_free(tl_classifier_session *session)
{
    if (!session)
        return;
    tl_features_session_free(session->features);
    tl_memory_free(session->vector);
    tl_memory_free(session);
}

enum tl_status tl_classifier_judge(const struct tl_head *head, double *probabilities, size_t *order, const float *vector,
                                   struct tl_error *err)
{
    tl_head_logits(head, probabilities, vector);
    for (size_t i = 0; i < head->class_count; i++)
        if (!isfinite(probabilities[i]))
            return tl_error_set(err, TL_CORRUPT, "the head's sum for class '%s' is not a finite number", head->class_names[i]);
    tl_head_softmax(probabilities, head->class_count);
    tl_head_rank(order, probabilities, head->class_count);
    return TL_OK;
}

static enum tl_status run_standard_input(tl_classifier_session *session, struct tl_answer *answer)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status = tl_system_read_stream(&bytes, &size_bytes, STDIN_FILENO, (size_t)TL_PHOTO_FILE_BYTES_MAX,
                                                  &answer->problem);

    if (status == TL_OK)
        status = tl_features_of_bytes(session->features, &answer->photo, session->vector, bytes, size_bytes, &answer->problem);
    tl_memory_free(bytes);
    return status;
}

void tl_classifier_answer(tl_classifier_session *session, struct tl_answer *answer, const char *path)
{
    enum tl_status status;

    if (strcmp(path, "-") == 0)
        status = run_standard_input(session, answer);
    else
        status = tl_features_of_path(session->features, &answer->photo, session->vector, path, &answer->problem);
    if (status == TL_OK)
        status = tl_classifier_judge(session->classifier->head, answer->probabilities, answer->order, session->vector,
                                     &answer->problem);
    answer->problem.status = status;
}
