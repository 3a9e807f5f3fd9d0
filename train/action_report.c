/* action_report.c - tl-train --report and --plot: a stored run as a page and as plots, of the run just made or of one named. */
#include <inttypes.h>
#include <string.h>

#include "common/store/store_head.h"
#include "train/actions.h"
#include "train/report/report_file.h"

static struct tl_report_wish get_wish(const struct tl_train_options *options)
{
    return (struct tl_report_wish){options->report, &options->plots};
}

static bool is_wanted(const struct tl_train_options *options)
{
    return options->report || options->plots.count > 0;
}

enum tl_status tl_action_check_report(const struct tl_action *action, struct tl_error *err)
{
    const struct tl_report_wish wish = get_wish(action->options);

    return is_wanted(action->options) ? tl_report_file_check(&wish, err) : TL_OK;
}

static void say_written(const struct tl_action *action)
{
    const struct tl_train_options *options = action->options;

    if (options->is_quiet)
        return;
    if (options->report)
        tl_tool_say(action->command, "written: %s", options->report);
    for (size_t i = 0; i < options->plots.count; i++)
        tl_tool_say(action->command, "written: %s", strchr(options->plots.items[i], '=') + 1);
}

/* Of the run that `wanted` names, or where that is NULL of run_id. */
static enum tl_status write_report(const struct tl_action *action, const char *wanted, int64_t run_id, struct tl_error *err)
{
    const struct tl_report_wish wish = get_wish(action->options);
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, action->store_path, TL_STORE_READ, err);

    if (status == TL_OK && wanted)
        status = tl_store_find_run(store, &run_id, wanted, err);
    if (status == TL_OK)
        status = tl_report_file_write(&wish, store, run_id, action->store_path, err);
    return tl_store_close_after(&store, status, err);
}

enum tl_exit tl_action_report(const struct tl_action *action)
{
    struct tl_error err;

    if (write_report(action, action->options->run, 0, &err) != TL_OK)
        return tl_action_fail(action, &err);
    say_written(action);
    return TL_EXIT_OK;
}

enum tl_exit tl_action_report_kept(const struct tl_action *action, int64_t run_id, enum tl_exit exit_code)
{
    struct tl_error err;

    if (!is_wanted(action->options))
        return exit_code;
    (void)fflush(stdout); /* the results stand before what is said of files */
    if (write_report(action, NULL, run_id, &err) == TL_OK) {
        say_written(action);
        return exit_code;
    }
    tl_tool_say(action->command, "%s", err.message);
    tl_tool_say(action->command, "run %" PRId64 " is kept all the same; --run %" PRId64 " with --report or --plot tries again",
                run_id, run_id);
    return exit_code == TL_EXIT_OK ? TL_EXIT_SKIPPED : exit_code;
}
