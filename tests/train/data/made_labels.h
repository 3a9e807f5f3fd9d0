/* made_labels.h - many labels of two classes, for tests that select among them. */
#ifndef TL_TESTS_MADE_LABELS_H
#define TL_TESTS_MADE_LABELS_H

#include "common/store/store_sample.h"

enum { MANY = 400 };

/* Two of three are "a"; hashes look like hashes. */
static inline void make_many(struct tl_store_label labels[MANY], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        labels[i] = (struct tl_store_label){.source = "s", .path = "p", .class_name = i % 3 ? "a" : "b", .split = ""};
        tl_digest_bytes(labels[i].sha256, &i, sizeof i);
        labels[i].sha256[0] = (uint8_t)(i >> 8);
        labels[i].sha256[1] = (uint8_t)i;
    }
}

#endif
