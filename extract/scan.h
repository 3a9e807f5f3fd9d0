/* scan.h - a DIR as a list of photo files, each with its class and split.
 *
 * DIR holds one folder per class, or folders named as splits (layout.h) that hold those. The order is
 * that of Keras's flow_from_directory: classes by the bytes of their names, below a class all folders by their path, files by
 * their name. Names that begin with a dot are skipped, links to folders below a class are not followed (a class folder
 * itself may be a link), names that do not end as a photo's are ignored; all of it is counted and told in `notices`. A
 * thing that is named as a photo but is none (a folder "x.jpg", a FIFO, a dangling link) is an entry: reading it fails,
 * and so it is recorded.
 *
 *     tl_scan_read(&scan, dir, NULL, NULL, err);
 *     ... scan->entries ...
 *     tl_scan_free(scan);
 *
 * Nothing is opened but folders. A folder of DIR is of a split or of a class, never guessed: where some folders are
 * named as splits and others are not, and it cannot be told from what they hold, the scan is refused.
 */
#ifndef TL_EXTRACT_SCAN_H
#define TL_EXTRACT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

/* Names and paths are raw bytes. */
struct tl_scan_entry {
    const char *path;       /* below the root; borrowed from the scan */
    const char *class_name; /* borrowed from the scan */
    const char *split;      /* "train", "val", "test" or NULL; static */
    int64_t size_bytes, mtime_ns;
};

/* A class folder, of a split or of none. */
struct tl_scan_place {
    const char *path; /* below the root */
    const char *class_name, *split;
};

struct tl_scan {
    char *name; /* of the source: as given, else of the root's last folder */
    char *root; /* real path */
    struct tl_scan_entry *entries;
    size_t entry_count, entry_capacity;
    struct tl_scan_place *places; /* in the order of the entries in them */
    size_t place_count;
    struct tl_arena paths, names; /* of the entries; of the places */
    char **class_names; /* sorted; empty classes are there too */
    size_t class_count;
    size_t hidden_count, ignored_count, linked_folder_count, outside_count, unlisted_count;
    bool has_splits; /* some entry may have a split */
    char **notices;  /* one line each, for a person; the visible form of names */
    size_t notice_count;
};

/* `source_name` NULL takes the folder's own; `split` NULL takes it from the folders. An unreadable folder below a class is
 * counted in unlisted_count and noticed: what it holds is unknown, not gone. Fails with: TL_NOT_FOUND (no such DIR),
 * TL_BAD_INPUT (not a folder; no class folders, with what is needed; `split` for a DIR with split folders; split folders
 * mixed with others), TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_scan_read(struct tl_scan **out, const char *directory, const char *source_name, const char *split,
                                        struct tl_error *err);
void tl_scan_free(struct tl_scan *scan);
/* Frees the entries and their paths, most of a scan's memory, once they are not needed any more; all else stays. */
void tl_scan_forget_entries(struct tl_scan *scan);

/* The class folder that holds the photo with this path, whether or not the scan met it; NULL where there is none. */
const struct tl_scan_place *tl_scan_find_place(const struct tl_scan *scan, const char *path);
/* Below, at or above 0 as the first path of a class folder comes before, is, or comes after the second of the same. */
int tl_scan_compare_paths(const char *first, const char *second);

#endif
