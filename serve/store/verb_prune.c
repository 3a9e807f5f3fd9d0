/* verb_prune.c - tl-store prune: deletes stale features, or those of a feature set or an augmentation. */
#include <inttypes.h>
#include <string.h>

#include "common/base/system.h"
#include "common/store/store_feature.h"
#include "common/store/store_prune.h"
#include "serve/store/held_store.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

struct settings {
    const char *features, *augment;
    bool missing, dry_run, json, quiet;
};

static enum tl_status choose_augmentation(struct tl_store_prune_wish *wish, tl_store *store, const char *wanted,
                                          struct tl_error *err)
{
    struct tl_store_augmentation *augmentations = NULL;
    size_t count = 0, index = 0;
    enum tl_status status;

    if (strcmp(wanted, "none") == 0)
        return tl_error_set(err, TL_BAD_INPUT,
                            "plain features are of no augmentation; they go with their feature set: --features NAME");
    status = tl_store_list_augmentations(store, wish->feature_set_id, &augmentations, &count, err);
    for (size_t i = 0; i < count; i++)
        augmentations[i].is_stale = false;
    if (status == TL_OK)
        status = tl_store_choose_augmentation(&index, augmentations, count, wanted, err);
    if (status == TL_OK)
        wish->augmentation_id = augmentations[index].augmentation_id;
    tl_store_free_augmentations(augmentations, count);
    return status;
}

/* What --features and --augment name. Here stale ones count as others do: a name that a fresh one shares with them is neither's. */
static enum tl_status choose(struct tl_store_prune_wish *wish, tl_store *store, const struct settings *settings,
                             struct tl_error *err)
{
    struct tl_store_feature_set *sets = NULL;
    size_t count = 0, index = 0;
    enum tl_status status = TL_OK;

    *wish = (struct tl_store_prune_wish){.only_gone = settings->missing};
    if (settings->features) {
        status = tl_store_list_feature_sets(store, &sets, &count, err);
        for (size_t i = 0; i < count; i++)
            sets[i].is_stale = false;
        if (status == TL_OK)
            status = tl_store_choose_feature_set(&index, sets, count, settings->features, err);
        if (status == TL_OK)
            wish->feature_set_id = sets[index].feature_set_id;
        tl_store_free_feature_sets(sets, count);
    }
    if (status == TL_OK && settings->augment)
        status = choose_augmentation(wish, store, settings->augment, err);
    return status;
}

static void append_json(struct tl_text *text, const struct tl_store_pruned *pruned, bool is_dry_run)
{
    tl_text_append_format(text,
                          "{\"dry_run\": %s, \"features\": %" PRId64 ", \"bytes\": %" PRId64 ", \"photos\": %" PRId64
                          ", \"contents_kept_for_runs\": %" PRId64,
                          is_dry_run ? "true" : "false", pruned->features, pruned->feature_bytes, pruned->photos,
                          pruned->kept_contents);
    if (!is_dry_run)
        tl_text_append_format(text, ", \"variants\": %" PRId64 ", \"contents\": %" PRId64 ", \"augmentations\": %" PRId64
                              ", \"feature_sets\": %" PRId64, pruned->variants, pruned->contents, pruned->augmentations,
                              pruned->feature_sets);
    tl_text_append(text, "}\n");
}

static void append_words(struct tl_text *text, const struct tl_store_pruned *pruned, const struct settings *settings)
{
    tl_text_append_format(text, "%" PRId64 " feature%s of %" PRId64 " bytes %s deleted", pruned->features,
                          pruned->features == 1 ? "" : "s", pruned->feature_bytes,
                          settings->dry_run ? "would be" : pruned->features == 1 ? "is" : "are");
    if (settings->missing && !settings->features && !settings->augment)
        tl_text_append_format(text, ", and %" PRId64 " photo%s no longer there", pruned->photos,
                              pruned->photos == 1 ? " that is" : "s that are");
    tl_text_append(text, "\n");
    if (pruned->kept_contents > 0)
        tl_text_append_format(text, "%" PRId64 " photo%s no longer there %s named by runs: %s known, without features\n",
                              pruned->kept_contents, pruned->kept_contents == 1 ? " that is" : "s that are",
                              pruned->kept_contents == 1 ? "is" : "are", pruned->kept_contents == 1 ? "it stays" : "they stay");
    if (!settings->dry_run && pruned->features > 0)
        tl_text_append(text, "tl-store vacuum gives their room back to the disk; until then new features fill it\n");
}

static enum tl_status print_result(const struct tl_store_pruned *pruned, const struct settings *settings, struct tl_error *err)
{
    struct tl_text text;

    tl_text_init(&text, 1 << 16);
    if (settings->json)
        append_json(&text, pruned, settings->dry_run);
    else
        append_words(&text, pruned, settings);
    return tl_store_command_print(&text, err);
}

/* A dry run reads: read-only media and an extraction at work are no hindrance. */
static enum tl_status prune(struct tl_store_pruned *out, const char *path, const struct settings *settings, struct tl_error *err)
{
    struct tl_held_store held = {NULL, NULL};
    struct tl_store_prune_wish wish;
    enum tl_status status =
        settings->dry_run ? tl_store_open(&held.store, path, TL_STORE_READ, err) : tl_held_store_open(&held, path, err);

    if (status == TL_OK)
        status = choose(&wish, held.store, settings, err);
    if (status == TL_OK)
        status = tl_store_prune(held.store, out, &wish, settings->dry_run, tl_system_is_interrupted, err);
    return tl_held_store_close_after(&held, status, err);
}

enum tl_exit tl_verb_prune_run(int argc, char **argv)
{
    struct settings settings = {NULL};
    const struct tl_option options[] = {
        {.name = "features",
         .argument = "NAME|DIGEST",
         .kind = TL_OPTION_STRING,
         .target = &settings.features,
         .help = "all features of this set, not only stale ones"},
        {.name = "augment",
         .argument = "NAME|DIGEST",
         .kind = TL_OPTION_STRING,
         .target = &settings.augment,
         .help = "all variants of this augmentation; with --features, of that set's"},
        {.name = "missing",
         .kind = TL_OPTION_FLAG,
         .target = &settings.missing,
         .help = "only what belongs to photos that changed or are gone, and what the store knows of the latter"},
        {.name = "dry-run",
         .kind = TL_OPTION_FLAG,
         .target = &settings.dry_run,
         .help = "tell what would be deleted; change nothing"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "the result as a JSON object"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &settings.quiet, .help = "no summary"},
    };
    const struct tl_command command = {
        "tl-store prune",
        "tl-store prune [options] STORE",
        "Deletes stale features: of photos that changed or are gone, and of recipes and draws that an older program computed\n"
        "(the view `stale` lists them). Runs, heads and predictions stay, and so does what they refer to.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 done, also where there was nothing to delete; 2 not; 3 stopped on request, the rest is left.",
    };
    struct tl_operands operands;
    struct tl_store_pruned pruned = {0};
    struct tl_error err;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    tl_system_catch_signals();
    status = prune(&pruned, operands.items[0], &settings, &err);
    if (status == TL_OK && (settings.json || !settings.quiet))
        status = print_result(&pruned, &settings, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
