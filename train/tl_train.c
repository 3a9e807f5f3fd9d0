/* tl_train.c - the tool tl-train: fits softmax heads to the features of a store and keeps the runs in it. */
#include "train/actions.h"

enum tl_exit tl_action_fail(const struct tl_action *action, const struct tl_error *err)
{
    (void)fflush(stdout); /* so that the message stands after what it is about */
    tl_tool_say(action->command, "%s", err->message);
    return TL_EXIT_NOTHING;
}

static enum tl_exit act(const struct tl_action *action)
{
    const struct tl_train_options *options = action->options;

    if (options->use)
        return tl_action_use(action);
    if (options->has_list)
        return tl_action_list(action);
    if (options->compare)
        return tl_action_compare(action);
    if (options->export)
        return tl_action_export(action);
    if (options->import)
        return tl_action_import(action);
    if (options->repeat)
        return tl_action_repeat(action);
    if (options->is_auto)
        return tl_action_auto(action);
    if (options->sweep.count > 0 || options->folds > 0)
        return tl_action_sweep(action);
    if (options->run)
        return tl_action_report(action);
    return tl_action_train(action);
}

int main(int argc, char **argv)
{
    struct tl_train_options options;
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;

    tl_train_options_init(&options);
    const struct tl_command command = {
        "tl-train",
        "tl-train [options] STORE",
        "Fits a softmax head to the features that tl-extract put into STORE, and keeps the run there: its epochs, data set,\n"
        "predictions, confusion matrix and head.",
        options.rows,
        options.row_count,
        "Validation chooses among runs; a test split is reported once, at the end, and chooses nothing. Where validation is a "
        "share\n"
        "of the training photos, the head is fitted once more to all of them before it is kept and tested.\n"
        "Exit codes: 0 all well; 1 some photos were left out (each is named); 2 nothing was trained."};
    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    const struct tl_action action = {.command = &command,
                                     .options = &options,
                                     .store_path = operands.count > 0 ? operands.items[0] : NULL,
                                     .words = (const char *const *)argv + 1,
                                     .word_count = (size_t)argc - 1,
                                     .operands = &operands};
    if (tl_train_options_check(&options, &operands, &err) != TL_OK || tl_action_check_report(&action, &err) != TL_OK)
        return (int)tl_action_fail(&action, &err);
    return (int)tl_tool_end(&command, act(&action));
}
