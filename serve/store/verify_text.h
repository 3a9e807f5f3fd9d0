/* verify_text.h - what a verification found, in words and as JSON.
 */
#ifndef TL_SERVE_STORE_VERIFY_TEXT_H
#define TL_SERVE_STORE_VERIFY_TEXT_H

#include <stdio.h>

#include "common/store/store_integrity.h"
#include "common/store/store_recheck.h"
#include "common/store/store_verify.h"

struct tl_verify_result {
    size_t file_faults;
    bool is_incomplete; /* the file could not be read to its end */
    struct tl_store_verified verified;
    struct tl_store_rechecked rechecked;
    int64_t beyond_mending; /* damaged, and of photos that are not there any more */
    size_t recorded;
    bool is_unrecorded;
};

/* Puts the feature's name before what is wrong with it; returns its status. */
enum tl_status tl_verify_name_damage(struct tl_error *failure, const struct tl_store_feature_name *name);
/* Fails with: TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_verify_write(const struct tl_verify_result *result, bool is_json, FILE *file, struct tl_error *err);

#endif
