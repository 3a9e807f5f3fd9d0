/* verb_merge.c - tl-store merge: several stores into a new one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/progress.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/store/store_merge.h"
#include "serve/store/verbs.h"

/* Of each kind of event so many are told in full. */
enum { LINES_SHOWN = 20 };

struct merging {
    const struct tl_command *command;
    tl_progress *progress; /* NULL: none yet, or quiet */
    uint64_t told[TL_STORE_MERGE_EVENT_COUNT];
    bool is_quiet;
};

/* What is left to say of a kind, and its name in JSON. */
static const struct {
    const char *name, *one, *several;
} EVENTS[TL_STORE_MERGE_EVENT_COUNT] = {
    [TL_STORE_MERGE_DECODED] = {"decoded_differently", "feature was decoded differently", "features were decoded differently"},
    [TL_STORE_MERGE_COMPUTED] = {"computed_differently", "feature was computed differently",
                                 "features were computed differently"},
    [TL_STORE_MERGE_DRAWN] = {"drawn_differently", "variant was drawn differently", "variants were drawn differently"},
    [TL_STORE_MERGE_BYTES] = {"other_bytes", "place has other bytes", "places have other bytes"},
    [TL_STORE_MERGE_LABEL] = {"other_splits", "label has another split", "labels have another split"},
    [TL_STORE_MERGE_NAME] = {"names_taken", "name was taken", "names were taken"},
    [TL_STORE_MERGE_DAMAGE] = {"damaged", "feature is damaged", "features are damaged"},
    [TL_STORE_MERGE_ROOT] = {"other_roots", "source lies elsewhere", "sources lie elsewhere"},
    [TL_STORE_MERGE_PIN] = {"pins_dropped", "pin was dropped", "pins were dropped"},
    [TL_STORE_MERGE_UNFINISHED] = {"unfinished", "store is of an extraction that did not finish",
                                   "stores are of extractions that did not finish"},
};

static void tell(void *context, enum tl_store_merge_event event, const char *line)
{
    struct merging *merging = context;

    if (merging->told[event]++ >= LINES_SHOWN || (merging->is_quiet && event >= TL_STORE_MERGE_ROOT))
        return;
    if (merging->progress)
        tl_progress_hide(merging->progress);
    tl_tool_say(merging->command, "%s", line);
}

static bool go_on(void *context, uint64_t done_count, uint64_t feature_count)
{
    struct merging *merging = context;
    struct tl_error err;

    /* A merge without progress is still a merge. */
    if (!merging->is_quiet && !merging->progress && feature_count > 0 &&
        tl_progress_create(&merging->progress, stderr, "merge", "features", feature_count, &err) != TL_OK)
        merging->progress = NULL;
    if (merging->progress && done_count > 0)
        tl_progress_set(merging->progress, done_count, 0);
    return !tl_system_is_interrupted();
}

static uint64_t count_conflicts(const struct tl_store_merge_report *report)
{
    uint64_t count = 0;

    for (size_t i = 0; i < TL_STORE_MERGE_CONFLICT_COUNT; i++)
        count += report->events[i];
    return count;
}

static void say_rest(const struct merging *merging)
{
    for (size_t i = 0; i < TL_STORE_MERGE_EVENT_COUNT; i++) {
        const uint64_t rest = merging->told[i] > LINES_SHOWN ? merging->told[i] - LINES_SHOWN : 0;

        if (rest > 0 && !(merging->is_quiet && i >= TL_STORE_MERGE_ROOT))
            tl_tool_say(merging->command, "... and %" PRIu64 " more: %" PRIu64 " %s in all", rest, merging->told[i],
                        merging->told[i] == 1 ? EVENTS[i].one : EVENTS[i].several);
    }
}

static enum tl_status read_photo_count(int64_t *out, const char *path, struct tl_error *err)
{
    struct tl_store_counts counts = {.photos = 0};
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, path, TL_STORE_READ, err);

    if (status == TL_OK)
        status = tl_store_count(store, &counts, err);
    *out = counts.photos;
    return tl_store_close_after(&store, status, err);
}

static void append_text(struct tl_text *text, const char *out_path, size_t input_count, int64_t photo_count,
                        const struct tl_store_merge_report *report)
{
    tl_text_append_visible(text, out_path, strlen(out_path));
    tl_text_append_format(text, ": %" PRId64 " photo%s and %" PRIu64 " feature%s of %zu store%s", photo_count,
                          photo_count == 1 ? "" : "s", report->copied_count, report->copied_count == 1 ? "" : "s", input_count,
                          input_count == 1 ? "" : "s");
    if (report->shard.count > 0)
        tl_text_append_format(text, ", part %u/%u", report->shard.index, report->shard.count);
    else if (report->parts_wanted > 0 && report->parts_there == report->parts_wanted)
        tl_text_append_format(text, ", all %u parts of one job", report->parts_wanted);
    else if (report->parts_wanted > 0)
        tl_text_append_format(text, ", %u of the %u parts of one job; tl-extract without --shard does the rest",
                              report->parts_there, report->parts_wanted);
    tl_text_append(text, ".\n");
    if (report->evaluation_count > 0)
        tl_text_append_format(text, "%" PRIu64 " augmented feature%s left out: the same bytes are also on an evaluation side.\n",
                              report->evaluation_count, report->evaluation_count == 1 ? " was" : "s were");
    for (size_t i = 0; i < TL_STORE_MERGE_EVENT_COUNT; i++)
        if (report->events[i] > 0)
            tl_text_append_format(text, "%" PRIu64 " %s.\n", report->events[i],
                                  report->events[i] == 1 ? EVENTS[i].one : EVENTS[i].several);
}

static void append_json(struct tl_text *text, const char *out_path, size_t input_count, int64_t photo_count,
                        const struct tl_store_merge_report *report)
{
    tl_text_append(text, "{\"store\": ");
    tl_text_append_json_string(text, out_path);
    tl_text_append_format(text, ", \"inputs\": %zu, \"photos\": %" PRId64 ", \"features\": %" PRIu64, input_count, photo_count,
                          report->copied_count);
    if (report->shard.count > 0)
        tl_text_append_format(text, ", \"shard\": \"%u/%u\"", report->shard.index, report->shard.count);
    if (report->parts_wanted > 0)
        tl_text_append_format(text, ", \"parts\": %u, \"parts_wanted\": %u", report->parts_there, report->parts_wanted);
    tl_text_append_format(text, ", \"left_out_for_evaluation\": %" PRIu64, report->evaluation_count);
    for (size_t i = 0; i < TL_STORE_MERGE_EVENT_COUNT; i++)
        tl_text_append_format(text, ", \"%s\": %" PRIu64, EVENTS[i].name, report->events[i]);
    tl_text_append(text, "}\n");
}

static enum tl_status print_result(const char *out_path, size_t input_count, const struct tl_store_merge_report *report,
                                   bool is_json, bool is_quiet, struct tl_error *err)
{
    struct tl_text text;
    int64_t photo_count = 0;
    enum tl_status status = read_photo_count(&photo_count, out_path, err);

    if (status != TL_OK)
        return status;
    tl_text_init(&text, 1 << 20);
    if (is_json)
        append_json(&text, out_path, input_count, photo_count, report);
    else if (!is_quiet)
        append_text(&text, out_path, input_count, photo_count, report);
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_verb_merge_run(int argc, char **argv)
{
    struct tl_store_merge_wish wish = {.tell = tell, .go_on = go_on};
    struct tl_store_merge_report report;
    bool is_json = false, is_quiet = false;
    const struct tl_option options[] = {
        {.name = "partial",
         .kind = TL_OPTION_FLAG,
         .target = &wish.is_partial,
         .help = "although parts made by tl-extract --shard are missing; the new store is no part"},
        {.name = "same-trees",
         .kind = TL_OPTION_FLAG,
         .target = &wish.is_same_trees,
         .help = "sources of one name are one tree of photos, wherever each store has it"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &is_quiet, .help = "only conflicts, damage and errors"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "the result as a JSON object"},
    };
    const struct tl_command command = {
        "tl-store merge",
        "tl-store merge [options] OUT A B ...",
        "Joins the stores A, B ... into the new store OUT: the parts that tl-extract --shard made, stores of other machines or\n"
        "of other folders. The inputs are only read. Where two disagree, the one that is named first counts, and it is told:\n"
        "a feature decoded differently (other pixels) apart from one computed differently (other values of the same pixels).\n"
        "Damaged features stay away where no store has a healthy copy; the next tl-extract computes them.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 joined; 1 joined, with conflicts or damage; 2 not; 3 stopped on request, likewise.",
    };
    struct tl_operands operands;
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return exit_code;
    if (operands.count < 2) {
        tl_tool_say(&command, "the new store and at least one that is there are needed (see --help)");
        return TL_EXIT_NOTHING;
    }
    struct merging merging = {.command = &command, .is_quiet = is_quiet};
    wish.inputs = (const char *const *)operands.items + 1;
    wish.input_count = operands.count - 1;
    wish.context = &merging;
    tl_system_catch_signals();
    status = tl_store_merge(operands.items[0], &wish, &report, &err);
    tl_progress_finish(merging.progress);
    merging.progress = NULL;
    say_rest(&merging);
    if (status == TL_OK)
        status = print_result(operands.items[0], wish.input_count, &report, is_json, is_quiet, &err);
    if (status != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return status == TL_STOPPED ? TL_EXIT_STOPPED : TL_EXIT_NOTHING;
    }
    return tl_tool_end(&command, count_conflicts(&report) > 0 ? TL_EXIT_SKIPPED : TL_EXIT_OK);
}
