/* fit_json.h - an outcome as one JSON object, for programs (`tl-train --json`).
 *
 *     {"run": 3, "uuid": "...", "name": null, "feature_set": "<digest>", "augmentation": "mild" or null, "variants": "all",
 *      "transform": "none", "scale": 1.5, "initial": "zero", "epochs": 20, "batch_size": 32, "learning_rate": 0.001, "l2": 0,
 * "seed": 0, "classes": ["a", "b"], "photos": {"train": [80, 80], "validation": [20, 20], "test": [0, 0]}, "vectors": 160,
 *      "left_out": [{"reason": "conflict", "photos": ["a/1.jpg", "b/1.jpg"]}],
 *      "history": [{"epoch": 1, "loss": 0.5, "accuracy": 0.75, "val_loss": 0.5, "val_accuracy": 0.75}],
 *      "refitted": true, "validation": {"photos": 40, "loss": 0.1, "accuracy": 0.9, "confusion": [[19, 1], [3, 17]]} or null,
 * "test": likewise, "load_seconds": 0.1, "train_seconds": 0.2}
 */
#ifndef TL_TRAIN_FIT_JSON_H
#define TL_TRAIN_FIT_JSON_H

#include "common/base/text.h"
#include "train/experiment/outcome.h"

/* Appends the object without a newline; tl_text_check() tells whether it fitted. */
void tl_fit_json_append(struct tl_text *text, const struct tl_outcome *outcome);

#endif
