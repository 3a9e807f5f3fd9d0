/* metrics_report.h - the figures of a role's photos as people and programs read them.
 */
#ifndef TL_TRAIN_METRICS_REPORT_H
#define TL_TRAIN_METRICS_REPORT_H

#include <stdio.h>

#include "common/base/text.h"
#include "train/fit/metrics.h"

/* Lines that stand below "Test - loss: ... - accuracy: ...": the accuracy's interval, the calibration error, top k where there are
 * twice as many classes, and the accuracy without copies where there are any. */
void tl_metrics_report_lines(FILE *file, const struct tl_metrics *metrics);

/* A row a class: precision, recall, F1, photos; their means last. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_metrics_report_classes(FILE *file, const struct tl_metrics *metrics, const char *const *class_names,
                                                     struct tl_error *err);

/* `, "metrics": {name: value, ...}, "per_class": {class: {name: value, ...}, ...}` with the names of tl_metrics_list(). */
void tl_metrics_report_append_json(struct tl_text *text, const struct tl_metrics *metrics, const char *const *class_names);

#endif
