/* grouping_wish.h - what --group-by says: by which signs photos belong together.
 *
 *     struct tl_grouping_wish wish;
 *     tl_grouping_wish_read(&wish, "near-duplicates,path:^(person[0-9]+)/,capture-time:60s", err);
 */
#ifndef TL_TRAIN_GROUPING_WISH_H
#define TL_TRAIN_GROUPING_WISH_H

#include <stdbool.h>

#include "common/base/error.h"

enum { TL_GROUPING_PATTERN_BYTES = 256 };

struct tl_grouping_wish {
    bool has_near_duplicates;
    char path_pattern[TL_GROUPING_PATTERN_BYTES]; /* empty: not by paths */
    double capture_seconds;                       /* 0: not by time */
};

/* NULL is the default, near-duplicates. A comma within a pattern belongs to it, unless one of the words follows. Fails with:
 * TL_BAD_INPUT; *out is then unspecified. */
TL_MUST_USE enum tl_status tl_grouping_wish_read(struct tl_grouping_wish *out, const char *text, struct tl_error *err);

#endif
