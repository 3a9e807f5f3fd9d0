/* page_parts.h - the parts of the page, for page.c: each appends one, or nothing where the run has nothing to show there.
 */
#ifndef TL_TRAIN_PAGE_PARTS_H
#define TL_TRAIN_PAGE_PARTS_H

#include "train/report/gallery.h"
#include "train/report/page.h"

/* The style sheet, in pieces; NULL ends them. */
extern const char *const tl_page_style[];

/* Headline figures, and what a reader has to know before believing them. */
void tl_page_append_figures(struct tl_text *out, const struct tl_findings *findings);
void tl_page_append_notes(struct tl_text *out, const struct tl_findings *findings);

void tl_page_append_classes(struct tl_text *out, const struct tl_findings *findings);
/* The most frequent mistakes, in words and numbers. */
void tl_page_append_mistakes(struct tl_text *out, const struct tl_findings *findings);
void tl_page_append_folds(struct tl_text *out, const struct tl_findings *findings);
void tl_page_append_sweep(struct tl_text *out, const struct tl_findings *findings);
/* Everything that the run's row says. */
void tl_page_append_choices(struct tl_text *out, const struct tl_findings *findings);

/* Fails with: TL_CORRUPT, TL_IO, TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_page_append_gallery(struct tl_text *out, tl_store *store, const struct tl_findings *findings,
                                                  struct tl_error *err);

/* 0.98667 -> "98.7%". */
void tl_page_append_percent(struct tl_text *out, double share);

/* Milliseconds since 1970, as text -> "2026-11-24 20:41:07 UTC". */
void tl_page_append_time(struct tl_text *out, const char *milliseconds);

#endif
