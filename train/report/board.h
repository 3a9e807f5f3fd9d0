/* board.h - courses that are being tried, ranked by what they say of photos they did not learn from: a table that grows.
 *
 *     tl_board_create(&board, stdout, settings, setting_count, planned_count, is_live, err);
 *     tl_board_add(board, candidate);                each, as it is done; the candidates stay where they are
 *     tl_board_write_ranking(board, err);            at the end
 *     tl_board_free(board);
 *
 * Live, on a terminal, the best are drawn anew in their place, at most ten times a second; else each candidate is a line of its
 * own, in the order of adding. One thread at a time. A failed write shows when the file is flushed.
 */
#ifndef TL_TRAIN_BOARD_H
#define TL_TRAIN_BOARD_H

#include <stdio.h>

#include "train/experiment/candidates.h"
#include "train/experiment/setting.h"

enum { TL_BOARD_ROWS = 20 };

typedef struct tl_board tl_board;

/* `settings` are shown of each course; all is borrowed. A planned count of 0 is not known. Fails with: TL_NO_MEMORY. */
TL_MUST_USE enum tl_status tl_board_create(tl_board **out, FILE *file, const struct tl_setting *const *settings,
                                           size_t setting_count, size_t planned_count, bool is_live, struct tl_error *err);
void tl_board_free(tl_board *board);

void tl_board_add(tl_board *board, const struct tl_candidate *candidate);

/* The best TL_BOARD_ROWS, best first; how many there were. Fails with: TL_NO_MEMORY, TL_IO. */
TL_MUST_USE enum tl_status tl_board_write_ranking(tl_board *board, struct tl_error *err);

/* "l2 0.001, transform sqrt" of a course. */
void tl_board_describe(struct tl_text *text, const struct tl_setting *const *settings, size_t setting_count,
                       const struct tl_course *course);

#endif
