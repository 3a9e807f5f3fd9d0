/* stored_feature.c - see stored_feature.h. */
#include "common/store/stored_feature.h"

#include <string.h>

#include "common/base/memory.h"

enum tl_status tl_stored_feature_open(struct tl_stored_feature_checker *out, struct tl_error *err)
{
    *out = (struct tl_stored_feature_checker){.codec = NULL};
    return tl_codec_create(&out->codec, err);
}

void tl_stored_feature_close(struct tl_stored_feature_checker *checker)
{
    tl_codec_free(checker->codec);
    tl_memory_free(checker->values);
    *checker = (struct tl_stored_feature_checker){.codec = NULL};
}

static enum tl_status reserve_values(struct tl_stored_feature_checker *checker, size_t count, struct tl_error *err)
{
    if (count <= checker->capacity)
        return TL_OK;
    tl_memory_free(checker->values);
    checker->capacity = 0;
    checker->values = tl_memory_alloc(count, sizeof *checker->values);
    if (checker->values == NULL)
        return tl_error_set_no_memory(err, "a feature", (unsigned long long)count * sizeof *checker->values);
    checker->capacity = count;
    return TL_OK;
}

static enum tl_status check_values(struct tl_stored_feature_checker *checker, const struct tl_stored_feature *feature,
                                   struct tl_error *err)
{
    const size_t count = (size_t)feature->value_count;
    uint8_t found[TL_DIGEST_BYTES];
    struct tl_codec_info info;
    struct tl_digest digest;
    enum tl_status status = reserve_values(checker, count, err);
    if (status == TL_OK)
        status = tl_codec_decode(checker->codec, checker->values, count, feature->blob, feature->blob_bytes, err);
    if (status == TL_OK)
        status = tl_codec_inspect(&info, feature->blob, feature->blob_bytes, err);
    if (status != TL_OK)
        return status;
    tl_digest_init(&digest);
    tl_digest_update_floats(&digest, checker->values, count);
    tl_digest_finish(&digest, found);
    if (memcmp(found, feature->values_digest, sizeof found) != 0)
        return tl_error_set(err, TL_CORRUPT, "its values have another digest than when they were stored");
    if (feature->nonzero_count < 0 || info.nonzero_count != (uint64_t)feature->nonzero_count)
        return tl_error_set(err, TL_CORRUPT, "%zu of its values are not zero, not %lld", info.nonzero_count,
                            (long long)feature->nonzero_count);
    return TL_OK;
}

enum tl_status tl_stored_feature_check(struct tl_stored_feature_checker *checker, const struct tl_stored_feature *feature,
                                       struct tl_error *err)
{
    if (feature->value_count < 1 || feature->value_count > TL_CODEC_COUNT_MAX)
        return tl_error_set(err, TL_CORRUPT, "a feature set that no network has");
    if (feature->blob == NULL)
        return tl_error_set(err, TL_CORRUPT, "its values are lost");
    if (feature->stored_bytes < 0 || feature->blob_bytes != (uint64_t)feature->stored_bytes)
        return tl_error_set(err, TL_CORRUPT, "%zu bytes, not %lld", feature->blob_bytes, (long long)feature->stored_bytes);
    return check_values(checker, feature, err);
}
