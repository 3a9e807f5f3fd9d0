/* effort.h - where a run's CPU time went, stage by stage, so that users and benchmarks see what slows an extraction.
 *
 * A stage's seconds are those its threads, and processes of its own, worked, added up; waiting is in none of them. The network's
 * are what remains of this process's, because it has threads of its own.
 */
#ifndef TL_EXTRACT_EFFORT_H
#define TL_EXTRACT_EFFORT_H

struct tl_effort {
    double read_cpu_seconds;     /* file, digest, decoding, resizing */
    double augment_cpu_seconds;  /* with preprocessing */
    double network_cpu_seconds;
    double compress_cpu_seconds; /* with the digest of the values */
    double store_cpu_seconds;    /* in the calling thread */
    double network_busy_seconds; /* by the clock: as long as the network computed */
    double photos_awaited_seconds; /* by the clock: as long as it had no photo to compute */
};

/* CPU seconds of the calling thread and of the process so far; for differences only. */
double tl_effort_thread_seconds(void);
double tl_effort_process_seconds(void);

#endif
