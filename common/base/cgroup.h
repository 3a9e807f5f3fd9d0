/* cgroup.h - how many CPUs the control groups of Linux let a process use: containers and service managers limit it there.
 *
 * A group's limit is time a period (150 ms of every 100 ms), in version 2 in the file cpu.max, in version 1 in cpu.cfs_quota_us
 * and cpu.cfs_period_us. It is the least along the way from the process's own group up to the top that counts. What cannot be
 * read or understood limits nothing.
 */
#ifndef TL_BASE_CGROUP_H
#define TL_BASE_CGROUP_H

#include <limits.h>
#include <stdbool.h>

/* A place where a hierarchy with the CPU controller is mounted. */
struct tl_cgroup_mount {
    bool is_unified;       /* version 2 */
    char root[PATH_MAX];   /* the group that is seen at `folder` */
    char folder[PATH_MAX];
};

/* What /proc/self/cgroup and /proc/self/mountinfo, or files like them, say together: whole CPUs, rounded up, at least 1; 0 where
 * nothing limits. Allocates nothing through memory.h. */
unsigned tl_cgroup_cpu_count(const char *membership_path, const char *mountinfo_path);

/* The parts of it that are pure, for lines and contents as they are. */

/* CPUs of a "cpu.max": "150000 100000" is 2; 0 for "max 100000" and for nonsense. */
unsigned tl_cgroup_parse_max(const char *text);
/* The same of version 1's two files; a quota of -1 is none. */
unsigned tl_cgroup_parse_quota(const char *quota_us, const char *period_us);
/* A line of mountinfo. False where it mounts no hierarchy with the CPU controller. */
bool tl_cgroup_parse_mount(struct tl_cgroup_mount *out, const char *line);
/* A line of the membership, "0::/a/b" or "4:cpu,cpuacct:/a/b". False where it is of another hierarchy. */
bool tl_cgroup_parse_membership(char out_path[PATH_MAX], const char *line, bool is_unified);
/* The folder of a group; the mount's own where the group lies outside of what is mounted. */
void tl_cgroup_find_folder(char out_folder[PATH_MAX], const struct tl_cgroup_mount *mount, const char *path);

#endif
