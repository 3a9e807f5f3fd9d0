/* agenda.h - which photos have to be read, and which of their variants have to be computed.
 *
 * A photo whose size and time are as stored, whose content is known and whose features are all there is left alone; where its
 * rows are as they should be too, it is only counted, and 8 bytes are kept of it. All others are photos of the agenda, and of these
 * those whose features are not all there are jobs, but those whose failure lasts. Jobs are read, and only then, when their bytes
 * are known, tl_agenda_claim() says what of them is still missing. Equal bytes are computed once: the first that claims gets them.
 *
 * Made for stores of a million features and folders of a million photos: some 40 bytes for each content that has features, and
 * some 200 for each photo that is not only counted. The scans' entries are not needed after tl_agenda_create().
 *
 * Augmented variants are for the training photos, where any photo of the label set has a split, and else for all. Bytes that
 * are on an evaluation side as well get none. To know that, photos on an evaluation side (val, test) are the first jobs, and
 * no claim for another photo may be made before all of them were claimed for or have failed.
 */
#ifndef TL_EXTRACT_AGENDA_H
#define TL_EXTRACT_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/store/store.h"
#include "extract/known.h"
#include "extract/scan.h"

enum tl_agenda_outcome {
    TL_AGENDA_LEFT,   /* not reached yet; so it stays for the jobs that a stop cut off */
    TL_AGENDA_THERE,  /* nothing of it had to be computed */
    TL_AGENDA_NEW,    /* some of it was computed */
    TL_AGENDA_FAILED  /* it could not be read, or a variant of it not be made */
};

/* What the store knew of a file before this run. */
enum tl_agenda_state {
    TL_AGENDA_UNKNOWN,    /* no row */
    TL_AGENDA_KNOWN,      /* content known, size and time as then */
    TL_AGENDA_CHANGED,    /* content known, and size or time are others now */
    TL_AGENDA_UNREADABLE, /* it could not be read; the file may have changed since */
};

/* One place. What the store said of it; later changed by the writer alone. */
struct tl_agenda_photo {
    const struct tl_scan *scan;
    const struct tl_scan_entry *entry; /* the agenda's own */
    int64_t source_id;
    int64_t photo_id;                /* 0 while it has no row */
    int64_t content_id;              /* 0 while unknown */
    uint8_t sha256[TL_DIGEST_BYTES]; /* valid when content_id is not 0, as is exif_orientation */
    unsigned exif_orientation;
    bool is_job;
    bool is_as_stored; /* the photo's row need not be written: the file is as it says, and it is not marked as missing */
    bool is_missing;   /* by its row: the last complete scan did not meet it */
    bool is_known_failure; /* not tried: it failed before, by a cause that lasts, and the file is as it was */
    bool is_other_file;    /* than the row's: by its size or time */
    bool has_other_size;   /* of a changed one */
    enum tl_agenda_state state;
    enum tl_agenda_outcome outcome;
};

/* What the features are to be. */
struct tl_agenda_wish {
    const char *label_set;
    int64_t feature_set_id;
    int64_t augmentation_id; /* 0 without variants */
    uint32_t variant_count;  /* augmented ones a photo */
    bool is_retrying;        /* known failures, too */
};

typedef struct tl_agenda tl_agenda;

/* `scans` are borrowed; source_ids[i] is scans[i]'s. Without a store, NULL, nothing is known; one is only read. Fails with: TL_IO,
 * TL_CORRUPT, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_agenda_create(tl_agenda **out, tl_store *store, const struct tl_agenda_wish *wish,
                                            struct tl_scan *const *scans, const int64_t *source_ids, size_t scan_count,
                                            struct tl_error *err);
void tl_agenda_free(tl_agenda *agenda);

/* As given; borrowed. */
const struct tl_agenda_wish *tl_agenda_wish(const tl_agenda *agenda);
/* Photos that are only counted; borrowed. */
const struct tl_known *tl_agenda_known(const tl_agenda *agenda);
/* Photos of the scans, and of the agenda. */
size_t tl_agenda_scanned_count(const tl_agenda *agenda);
size_t tl_agenda_photo_count(const tl_agenda *agenda);
/* In the order of the scans. */
struct tl_agenda_photo *tl_agenda_photo(tl_agenda *agenda, size_t photo_index);
size_t tl_agenda_job_count(const tl_agenda *agenda);
/* The first of the jobs are those on an evaluation side. */
size_t tl_agenda_evaluation_job_count(const tl_agenda *agenda);
/* The photo_index of a job. */
size_t tl_agenda_job(const tl_agenda *agenda, size_t job_index);

size_t tl_agenda_known_failure_count(const tl_agenda *agenda);
/* How many variants a photo can need, the plain one included: by its own split, while its bytes may be on an evaluation side as
 * well. */
size_t tl_agenda_variant_count(const tl_agenda *agenda, size_t photo_index);

/* The most variants a photo can have, the plain one included. */
size_t tl_agenda_variants_max(const tl_agenda *agenda);
/* Variants of a photo with these bytes that nobody has claimed: ascending into `indices` (tl_agenda_variants_max() of them).
 * Any thread. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_agenda_claim(tl_agenda *agenda, uint32_t *indices, size_t *out_count, size_t photo_index,
                                         const uint8_t sha256[TL_DIGEST_BYTES], struct tl_error *err);

#endif
