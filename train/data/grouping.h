/* grouping.h - which photos belong together, so that training and evaluation never share them: groups over the contents of labels.
 *
 *     tl_grouping_create(&grouping, labels, label_count, err);               each content alone; equal bytes are one content
 *     tl_grouping_join_likenesses(grouping, thumbnails, confirm, context, err);
 *     tl_grouping_join_paths(grouping, labels, label_count, pattern, err);
 *     tl_grouping_join_shots(grouping, shots, shot_count, seconds, err);
 *     ... tl_grouping_find(grouping, content_index) ...
 *     tl_grouping_free(grouping);
 *
 * Contents are counted in the order of the labels, which is by sha256. Joining is transitive: a group is what any chain of joins
 * connects. grouping_read.h does all of it from a store.
 */
#ifndef TL_TRAIN_GROUPING_H
#define TL_TRAIN_GROUPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/store_sample.h"

struct tl_grouping {
    size_t content_count;
    uint32_t *parents; /* of each content, never behind it; the module's own */
};

/* `labels` as tl_store_list_labels() gives them. The caller frees. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_grouping_create(struct tl_grouping **out, const struct tl_store_label *labels, size_t label_count,
                                              struct tl_error *err);
void tl_grouping_free(struct tl_grouping *grouping);

void tl_grouping_join(struct tl_grouping *grouping, size_t first, size_t second);
/* The first content of the group, the one with the smallest digest. Not by several threads at once. */
size_t tl_grouping_find(const struct tl_grouping *grouping, size_t content);

/* Near-duplicates: thumbnails that are alike (likeness.h) and that `confirm` finds to be the same in what the network sees of them.
 * Pairs that are together already are not confirmed, nor is a content that was too often found not to be the same. `thumbnails`:
 * one a content. Fails with: as `confirm`, TL_NO_MEMORY. */
typedef enum tl_status tl_grouping_confirm(void *context, bool *out_is_same, size_t first, size_t second, struct tl_error *err);
TL_MUST_USE enum tl_status tl_grouping_join_likenesses(struct tl_grouping *grouping, const uint8_t *thumbnails,
                                                       tl_grouping_confirm *confirm, void *context, struct tl_error *err);

/* Contents of whose paths the POSIX extended regular expression `pattern` finds the same words: those of its first parentheses,
 * without any the whole match. A path without a match joins nothing. Fails with: TL_BAD_INPUT (no such expression, or one that
 * would cost too much), TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_grouping_join_paths(struct tl_grouping *grouping, const struct tl_store_label *labels,
                                                  size_t label_count, const char *pattern, struct tl_error *err);

/* One place of a content whose photo tells its time. */
struct tl_grouping_shot {
    const char *source, *camera;
    int64_t captured_s;
    size_t content;
};
/* Bursts: shots of one source and camera, each less than `seconds` after another. Sorts `shots`. */
void tl_grouping_join_shots(struct tl_grouping *grouping, struct tl_grouping_shot *shots, size_t shot_count, double seconds);

#endif
