/* board.c - see board.h. */
#include "train/report/board.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/table.h"

static const double SECONDS_BETWEEN_DRAWINGS = 0.1;
enum { LIVE_ROWS = 10 };

struct tl_board {
    FILE *file;
    const struct tl_setting *const *settings;
    size_t setting_count, planned_count, added_count, failed_count;
    const struct tl_candidate **ranked; /* the best so far, best first */
    size_t ranked_count;
    bool is_live;
    size_t drawn_lines;
    double drawn_at;
};

enum tl_status tl_board_create(tl_board **out, FILE *file, const struct tl_setting *const *settings, size_t setting_count,
                               size_t planned_count, bool is_live, struct tl_error *err)
{
    tl_board *board = tl_memory_alloc(1, sizeof *board);

    *out = NULL;
    if (board)
        board->ranked = tl_memory_alloc(TL_BOARD_ROWS + 1, sizeof(const struct tl_candidate *));
    if (!board || !board->ranked) {
        tl_board_free(board);
        return tl_error_set_no_memory(err, "the table", TL_BOARD_ROWS * sizeof(const struct tl_candidate *));
    }
    board->file = file;
    board->settings = settings;
    board->setting_count = setting_count;
    board->planned_count = planned_count;
    board->is_live = is_live;
    *out = board;
    return TL_OK;
}

void tl_board_free(tl_board *board)
{
    if (!board)
        return;
    tl_memory_free((void *)board->ranked);
    tl_memory_free(board);
}

/* Behind its equals, so that the order of adding decides. */
static void rank(tl_board *board, const struct tl_candidate *candidate)
{
    size_t at = board->ranked_count;

    while (at > 0 && board->ranked[at - 1]->validation.loss > candidate->validation.loss) {
        board->ranked[at] = board->ranked[at - 1];
        at--;
    }
    board->ranked[at] = candidate;
    if (board->ranked_count < TL_BOARD_ROWS)
        board->ranked_count++;
}

static enum tl_status write_rows(tl_board *board, size_t row_count, struct tl_error *err)
{
    const size_t shown = board->ranked_count < row_count ? board->ranked_count : row_count;
    const bool has_folds = shown > 0 && board->ranked[0]->fold_count > 0;
    tl_table *table = NULL;
    enum tl_status status = tl_table_create(&table, board->setting_count + 3 + has_folds, err);

    if (status != TL_OK)
        return status;
    tl_table_add(table, "place");
    for (size_t s = 0; s < board->setting_count; s++)
        tl_table_add(table, board->settings[s]->name);
    tl_table_add(table, "loss");
    tl_table_add(table, "accuracy");
    if (has_folds)
        tl_table_add(table, "of folds");
    for (size_t i = 0; i < shown; i++) {
        const struct tl_candidate *candidate = board->ranked[i];

        tl_table_add_format(table, "%zu", i + 1);
        for (size_t s = 0; s < board->setting_count; s++) {
            char words[TL_SETTING_WORDS_BYTES];

            tl_setting_write(words, board->settings[s], tl_setting_get(board->settings[s], &candidate->course));
            tl_table_add(table, words);
        }
        tl_table_add_format(table, "%.4f", candidate->validation.loss);
        tl_table_add_format(table, "%.4f", candidate->validation.accuracy);
        if (has_folds)
            tl_table_add_format(table, "+-%.4f", candidate->accuracy_spread);
    }
    status = tl_table_write(table, board->file, err);
    tl_table_free(table);
    board->drawn_lines = shown + 2; /* the titles and what underlines them */
    return status;
}

static void erase(tl_board *board)
{
    if (board->drawn_lines > 0)
        fprintf(board->file, "\033[%zuA\033[J", board->drawn_lines);
    board->drawn_lines = 0;
}

static void draw(tl_board *board)
{
    const double now = tl_system_seconds();
    struct tl_error ignored;

    if (now - board->drawn_at < SECONDS_BETWEEN_DRAWINGS)
        return;
    erase(board);
    if (write_rows(board, LIVE_ROWS, &ignored) == TL_OK) {
        fprintf(board->file, "%zu", board->added_count);
        if (board->planned_count > 0)
            fprintf(board->file, " of %zu", board->planned_count);
        fprintf(board->file, " tried\n");
        board->drawn_lines++;
    }
    (void)fflush(board->file);
    board->drawn_at = now;
}

static void write_line(const tl_board *board, const struct tl_candidate *candidate)
{
    struct tl_text text;

    tl_text_init(&text, TL_ERROR_MESSAGE_BYTES);
    tl_board_describe(&text, board->settings, board->setting_count, &candidate->course);
    if (tl_text_check(&text, NULL) == TL_OK) {
        fprintf(board->file, "%zu", board->added_count);
        if (board->planned_count > 0)
            fprintf(board->file, "/%zu", board->planned_count);
        if (candidate->is_done)
            fprintf(board->file, " - %s - loss: %.4f - accuracy: %.4f\n", text.bytes, candidate->validation.loss,
                    candidate->validation.accuracy);
        else
            fprintf(board->file, " - %s - %s\n", text.bytes, candidate->failure.message);
    }
    tl_text_free(&text);
    (void)fflush(board->file);
}

void tl_board_add(tl_board *board, const struct tl_candidate *candidate)
{
    board->added_count++;
    if (candidate->is_done)
        rank(board, candidate);
    else
        board->failed_count++;
    if (board->is_live)
        draw(board);
    else
        write_line(board, candidate);
}

enum tl_status tl_board_write_ranking(tl_board *board, struct tl_error *err)
{
    const size_t done_count = board->added_count - board->failed_count;
    enum tl_status status;

    if (board->is_live)
        erase(board);
    fprintf(board->file, "\n%zu tried", board->added_count);
    if (board->planned_count > board->added_count)
        fprintf(board->file, " of %zu", board->planned_count);
    if (board->failed_count > 0)
        fprintf(board->file, ", %zu failed", board->failed_count);
    fprintf(board->file, done_count > TL_BOARD_ROWS ? ", the best %d:\n" : ", best first:\n", TL_BOARD_ROWS);
    status = write_rows(board, TL_BOARD_ROWS, err);
    fprintf(board->file, "\n");
    return status;
}

void tl_board_describe(struct tl_text *text, const struct tl_setting *const *settings, size_t setting_count,
                       const struct tl_course *course)
{
    for (size_t s = 0; s < setting_count; s++) {
        char words[TL_SETTING_WORDS_BYTES];

        tl_setting_write(words, settings[s], tl_setting_get(settings[s], course));
        tl_text_append_format(text, "%s%s %s", s > 0 ? ", " : "", settings[s]->name, words);
    }
}
