/* actions.h - what tl-train can do, one file each; tl_train.c picks by the options.
 *
 * Each opens the store itself, says what failed, and returns how the tool ends.
 */
#ifndef TL_TRAIN_ACTIONS_H
#define TL_TRAIN_ACTIONS_H

#include "common/base/tool.h"
#include "train/train_options.h"

/* Borrowed. */
struct tl_action {
    const struct tl_command *command;
    const struct tl_train_options *options;
    const char *store_path;
    const char *const *words; /* of the command line, behind the program's name */
    size_t word_count;
    const struct tl_operands *operands; /* the store's path and what stands behind it */
};

enum tl_exit tl_action_train(const struct tl_action *action);
enum tl_exit tl_action_sweep(const struct tl_action *action);
enum tl_exit tl_action_auto(const struct tl_action *action);
enum tl_exit tl_action_use(const struct tl_action *action);
enum tl_exit tl_action_list(const struct tl_action *action);
enum tl_exit tl_action_compare(const struct tl_action *action);
enum tl_exit tl_action_export(const struct tl_action *action);
enum tl_exit tl_action_import(const struct tl_action *action);
enum tl_exit tl_action_report(const struct tl_action *action);

/* Before anything long: whether the files of --report and --plot are of kinds that can be written. Fails with: as
 * tl_report_file_check(). */
TL_MUST_USE enum tl_status tl_action_check_report(const struct tl_action *action, struct tl_error *err);
/* Once a run is kept and the store closed: writes what is wanted of it, and returns how the tool ends, which would be exit_code
 * without it. */
enum tl_exit tl_action_report_kept(const struct tl_action *action, int64_t run_id, enum tl_exit exit_code);
enum tl_exit tl_action_repeat(const struct tl_action *action);

/* Says the message and returns TL_EXIT_NOTHING; what is on standard output comes first. */
enum tl_exit tl_action_fail(const struct tl_action *action, const struct tl_error *err);

#endif
