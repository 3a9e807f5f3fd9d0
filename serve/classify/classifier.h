/* classifier.h - a stored head with the recipe and network it was trained on: photo in, probabilities out.
 *
 *     tl_classifier_create(&classifier, &chosen, weights_path, NULL, true, err);   once; immutable, shared by threads
 *     tl_classifier_session_create(&session, classifier, 1, err);                  one a thread that asks
 *     tl_classifier_answer(session, answer, path);                                 the answer or why there is none
 *     tl_classifier_confirm(classifier, &chosen, err);                             before any answer is told
 *
 * Recipe, network, arithmetic and stored type are the head's own, and weights other than the head's are refused, so that a photo is
 * seen here exactly as the training photos were. Whose weights they are is known only once all of them were hashed, which goes on
 * while the first photos are computed; so an answer counts for nothing until it was confirmed.
 */
#ifndef TL_SERVE_CLASSIFY_CLASSIFIER_H
#define TL_SERVE_CLASSIFY_CLASSIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/head/head.h"
#include "common/image/photo.h"
#include "common/store/store_run.h"

typedef struct tl_classifier tl_classifier;
typedef struct tl_classifier_session tl_classifier_session;

/* What is known of one photo. */
struct tl_answer {
    char *path;             /* as it is shown; owned */
    struct tl_error problem; /* status TL_OK: the rest is valid */
    double *probabilities;  /* L, in the head's class order */
    size_t *order;          /* L class indices, falling probability, ties by index */
    struct tl_photo photo;
};
/* Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_answer_create(struct tl_answer **out, size_t class_count, struct tl_error *err);
void tl_answer_free(struct tl_answer *answer);

/* The stored head as a value, checked. `err` is not NULL. Fails with: as tl_head_record_read(). */
TL_MUST_USE enum tl_status tl_classifier_read_head(struct tl_head **out, const struct tl_store_chosen_head *chosen,
                                                   struct tl_error *err);

/* Reads the weights, plans the network, starts libvips. `weights_path` NULL takes TL_WEIGHTS, else "<network>.h5" in the folder of
 * weights; `kernels` NULL takes TL_KERNELS, else the best for the head's arithmetic. `is_for_few` photos begins sooner, and goes on
 * slower. Fails with: as tl_classifier_read_head() and tl_features_create(); TL_BAD_INPUT (features of another number than the
 * head's; a recipe or stored type of a newer program). */
TL_MUST_USE enum tl_status tl_classifier_create(tl_classifier **out, const struct tl_store_chosen_head *chosen,
                                                const char *weights_path, const char *kernels, bool is_for_few,
                                                struct tl_error *err);
void tl_classifier_free(tl_classifier *classifier);

/* Whether the weights are those that the head was trained on; `chosen` is what the classifier was made of. Waits where it must. Any
 * thread. Fails with: TL_BAD_INPUT (weights that are not the head's, with both digests; features of another layer or number). */
TL_MUST_USE enum tl_status tl_classifier_confirm(const tl_classifier *classifier, const struct tl_store_chosen_head *chosen,
                                                 struct tl_error *err);

/* Of one thread, with others beside it, `thread_count` in all, that work on the same photo. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_classifier_session_create(tl_classifier_session **out, const tl_classifier *classifier,
                                                        size_t thread_count, struct tl_error *err);
void tl_classifier_session_free(tl_classifier_session *session);

/* Fills all of `answer` but its path. The path "-" is a photo on standard input, which can be read once. */
void tl_classifier_answer(tl_classifier_session *session, struct tl_answer *answer, const char *path);

/* The head's part alone: probabilities and order of a feature vector. Fails with: TL_CORRUPT (a sum that is not finite). */
TL_MUST_USE enum tl_status tl_classifier_judge(const struct tl_head *head, double *probabilities, size_t *order,
                                               const float *vector, struct tl_error *err);

#endif
