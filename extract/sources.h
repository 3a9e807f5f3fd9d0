/* sources.h - the DIRs of a command line, scanned: which photos there are, of the shard that is wanted.
 */
#ifndef TL_EXTRACT_SOURCES_H
#define TL_EXTRACT_SOURCES_H

#include "common/base/error.h"
#include "extract/scan.h"
#include "extract/settings.h"

struct tl_sources {
    struct tl_scan **scans;
    size_t count;
};

/* Says the scans' notices, and how much of each the shard has. Free with tl_sources_free(), in any case. Fails with: as
 * tl_scan_read(); TL_BAD_INPUT (a DIR given twice, two of one name, no photos at all). */
TL_MUST_USE enum tl_status tl_sources_read(struct tl_sources *out, const struct tl_settings *settings, struct tl_error *err);
void tl_sources_free(struct tl_sources *sources);

/* Whether some folder could not be listed. */
bool tl_sources_has_unlisted(const struct tl_sources *sources);

#endif
