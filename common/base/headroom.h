/* headroom.h - how much memory a process may still take before the machine, or its control group, has none left.
 */
#ifndef TL_BASE_HEADROOM_H
#define TL_BASE_HEADROOM_H

#include <stdint.h>

/* What Linux calls MemAvailable, or less where the limit of a control group (memory.max of version 2, memory.limit_in_bytes
 * of version 1) is below that. INT64_MAX where nobody can tell. */
int64_t tl_headroom_bytes(void);

/* The same of files like /proc/meminfo and /proc/self/cgroup, and a folder like /sys/fs/cgroup. */
int64_t tl_headroom_measure(const char *meminfo_path, const char *membership_path, const char *groups_folder);

#endif
