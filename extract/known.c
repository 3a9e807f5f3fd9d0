/* known.c - see known.h. */
#include "extract/known.h"

#include "common/base/memory.h"

/* The count of the entry's class and split, made when new; NULL when out of memory. */
static struct tl_known_count *find_count(struct tl_known *known, const struct tl_scan *scan, const struct tl_scan_entry *entry)
{
    struct tl_known_count *counts;

    /* Photos of a class come together, so the last is the likeliest; a scan has one pointer for each name. */
    for (size_t i = known->count_count; i > 0; i--)
        if (known->counts[i - 1].class_name == entry->class_name && known->counts[i - 1].split == entry->split)
            return &known->counts[i - 1];
    counts = tl_memory_resize(known->counts, known->count_count + 1, sizeof *counts);
    if (!counts)
        return NULL;
    known->counts = counts;
    counts[known->count_count] = (struct tl_known_count){.scan = scan, .class_name = entry->class_name, .split = entry->split};
    return &counts[known->count_count++];
}

enum tl_status tl_known_add(struct tl_known *known, const struct tl_scan *scan, const struct tl_scan_entry *entry, int64_t photo_id,
                            bool is_turned, struct tl_error *err)
{
    struct tl_known_count *count;

    if (known->photo_count == known->photo_capacity) {
        const size_t wanted = known->photo_capacity ? known->photo_capacity * 2 : 256;
        int64_t *photo_ids = tl_memory_resize(known->photo_ids, wanted, sizeof *photo_ids);

        if (!photo_ids)
            return tl_error_set_no_memory(err, "the list of photos", wanted * sizeof *photo_ids);
        known->photo_ids = photo_ids;
        known->photo_capacity = wanted;
    }
    count = find_count(known, scan, entry);
    if (!count)
        return tl_error_set_no_memory(err, "the counts of photos", (known->count_count + 1) * sizeof *count);
    count->photo_count++;
    count->turned_count += is_turned;
    known->photo_ids[known->photo_count++] = photo_id;
    return TL_OK;
}

void tl_known_free(struct tl_known *known)
{
    tl_memory_free(known->counts);
    tl_memory_free(known->photo_ids);
    *known = (struct tl_known){.counts = NULL};
}
