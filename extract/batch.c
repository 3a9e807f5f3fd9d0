/* batch.c - see batch.h. */
#include "extract/batch.h"

static const int64_t SMALL_COUNT = 64, MORE_COUNT = 160;
/* Of contents: about 60 pages of their index, where half of what is to be added is added. Measured by tests/scale/. */
static const int64_t HALFWAY = 60000;

size_t tl_batch_feature_count(int64_t content_count)
{
    /* More than any store has, and no product overflows. */
    const int64_t count = content_count < 0 ? 0 : content_count > INT64_C(1) << 40 ? INT64_C(1) << 40 : content_count;

    return (size_t)(SMALL_COUNT + MORE_COUNT * count / (count + HALFWAY));
}
