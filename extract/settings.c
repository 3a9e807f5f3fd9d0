/* settings.c - see settings.h. */
#include "extract/settings.h"

#include <stdio.h>
#include <string.h>

#include "common/base/quantity.h"
#include "common/base/system.h"
#include "common/base/text.h"
#include "common/features/features.h"

static const char *const SPLITS[] = {"train", "val", "test", NULL};
enum { SET_MILD, SET_KERAS, NOTES_BYTES = 2048 };
static const char *const SETS[] = {"mild", "keras", NULL};

static const char SUMMARY[] =
    "Reads photos from folders, one per class (DIR/cloudy/1.jpg) or split into Train, Test and Val folders that hold those\n"
    "(DIR/Train/cloudy/1.jpg), sends each once through VGG16, and keeps the features in STORE, an SQLite file that is made\n"
    "when absent. What is there already is not computed again, so a run that was stopped is simply started again.";

static const char NOTES[] =
    "Exit codes: 0 all well; 1 finished, but some photos could not be read (each is named when it is tried);\n"
    "2 nothing useful done; 3 stopped on request (Ctrl-C, --stop-after, --max-size) after a commit.\n"
    "\n"
    "  tl-extract weather.tl weather/                      the plain photos\n"
    "  tl-extract weather.tl weather/ --variants 5         and five mild variants of each training photo";

const struct tl_command tl_settings_program = {
    .program = "tl-extract", .synopsis = "tl-extract [options] STORE DIR...", .summary = SUMMARY, .notes = NOTES};

/* Options as given, before they are put together. */
struct given {
    int split, resize, exif, preprocess, set, stored_type;
    long variant_count, seed, thread_count;
    double shear_degrees, zoom, zoom_both[2];
    const char *precision, *shard, *stop_after, *max_size;
    bool has_split, has_stored_type, has_resize, has_variants, has_set, has_shear, has_zoom, has_zoom_both, has_seed;
    bool flip_horizontal, flip_vertical, no_flip_horizontal, no_flip_vertical;
};

static bool has_parameters(const struct given *given)
{
    return given->has_shear || given->has_zoom || given->has_zoom_both || given->flip_horizontal || given->flip_vertical ||
           given->no_flip_horizontal || given->no_flip_vertical;
}

/* The named set with what was given by itself put over it; of the two kinds of zoom one puts out the other. */
static enum tl_status choose_augmentation(struct tl_settings *settings, const struct given *given, struct tl_error *err)
{
    struct tl_augmentation *augmentation = &settings->augmentation;

    if (given->set == SET_KERAS)
        tl_augmentation_init_keras(augmentation);
    else
        tl_augmentation_init_mild(augmentation);
    augmentation->seed = (uint64_t)given->seed;
    if (!given->has_variants) {
        if (given->has_set || given->has_seed || has_parameters(given))
            return tl_error_set(err, TL_BAD_INPUT,
                                "options of augmentation need --variants K, the number of variants of each photo");
        return TL_OK;
    }
    if (given->has_zoom && given->has_zoom_both)
        return tl_error_set(err, TL_BAD_INPUT, "--zoom and --zoom-both exclude each other");
    if ((given->flip_horizontal && given->no_flip_horizontal) || (given->flip_vertical && given->no_flip_vertical))
        return tl_error_set(err, TL_BAD_INPUT, "a flip is both asked for and refused");
    if (given->has_shear)
        augmentation->shear_degrees = given->shear_degrees;
    if (given->has_zoom) {
        augmentation->zoom = given->zoom;
        augmentation->zoom_both[0] = augmentation->zoom_both[1] = 1.0;
    }
    if (given->has_zoom_both) {
        augmentation->zoom = 0.0;
        memcpy(augmentation->zoom_both, given->zoom_both, sizeof augmentation->zoom_both);
    }
    augmentation->flip_horizontal = (augmentation->flip_horizontal || given->flip_horizontal) && !given->no_flip_horizontal;
    augmentation->flip_vertical = (augmentation->flip_vertical || given->flip_vertical) && !given->no_flip_vertical;
    settings->augmentation_name = tl_augmentation_name(augmentation);
    return tl_augmentation_check(augmentation, err);
}

static enum tl_status put_together(struct tl_settings *settings, const struct given *given, const struct tl_operands *operands,
                                   struct tl_error *err)
{
    if (operands->count < 2)
        return tl_error_set(err, TL_BAD_INPUT, "a STORE and at least one DIR are needed (see --help)");
    settings->store_path = operands->items[0];
    settings->directories = operands->items + 1;
    settings->directory_count = operands->count - 1;
    if (settings->source_name && settings->directory_count > 1)
        return tl_error_set(err, TL_BAD_INPUT, "--source names one DIR, and there are %zu", settings->directory_count);
    if (given->shard && tl_shard_read(&settings->shard, given->shard, err) != TL_OK)
        return TL_BAD_INPUT;
    settings->stop_after = given->stop_after;
    settings->max_size = given->max_size;
    if (given->stop_after && tl_quantity_read_seconds(&settings->stop_after_seconds, "stop-after", given->stop_after, err) != TL_OK)
        return TL_BAD_INPUT;
    if (given->max_size && tl_quantity_read_bytes(&settings->max_size_bytes, "max-size", given->max_size, err) != TL_OK)
        return TL_BAD_INPUT;
    settings->split = given->has_split ? SPLITS[given->split] : NULL;
    /* A crop is meant to keep detail, and nearest would alias it: only who names it gets it. */
    settings->recipe.resize = settings->recipe.crop && !given->has_resize ? TL_RESIZE_BILINEAR : (enum tl_resize)given->resize;
    settings->recipe.exif = (enum tl_exif)given->exif;
    settings->recipe.preprocess = (enum tl_preprocess)given->preprocess;
    if (tl_recipe_check(&settings->recipe, err) != TL_OK)
        return tl_error_prefix(err, "--shrink-on-load");
    settings->variant_count = given->has_variants ? (uint32_t)given->variant_count : 0;
    settings->thread_count = (unsigned)given->thread_count;
    settings->stored_type = given->has_stored_type ? tl_features_stored_types[given->stored_type] : NULL;
    settings->has_precision = given->precision != NULL;
    settings->arithmetic = given->precision && strcmp(given->precision, "exact") != 0 ? given->precision : NULL;
    if (settings->kernels && settings->has_precision && !settings->arithmetic)
        return tl_error_set(err, TL_BAD_INPUT,
                            "--precision exact takes this machine's own kernels: beside --kernels name an arithmetic");
    if (settings->kernels) {
        const enum tl_status status = tl_features_check_kernels(settings->kernels, err);

        if (status != TL_OK)
            return tl_error_prefix(err, "--kernels");
    }
    return choose_augmentation(settings, given, err);
}

/* The notes of --help, which tell what this machine can compute, and by what. */
static void write_notes(char out[NOTES_BYTES])
{
    struct tl_text text;

    tl_text_init(&text, NOTES_BYTES - 1);
    tl_text_append(&text, NOTES);
    tl_text_append(&text, "\n\nArithmetics for --precision on this machine: ");
    tl_features_append_arithmetics(&text);
    tl_text_append(&text, "\nKernels for --kernels on this machine: ");
    tl_features_append_kernels(&text);
    (void)snprintf(out, NOTES_BYTES, "%s", tl_text_check(&text, NULL) == TL_OK ? text.bytes : NOTES);
    tl_text_free(&text);
}

bool tl_settings_read(struct tl_settings *out, enum tl_exit *out_exit, int argc, char **argv)
{
    char notes[NOTES_BYTES];
    struct given given = {.set = SET_MILD, .thread_count = (long)tl_system_core_count()};
    const struct tl_option options[] = {
        {.name = "source", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &out->source_name,
         .help = "what the store calls this tree of photos (the name of DIR)"},
        {.name = "split", .argument = "NAME", .kind = TL_OPTION_CHOICE, .target = &given.split, .choices = SPLITS,
         .is_given = &given.has_split, .help = "train, val or test: the split of all photos of a DIR without split folders (none)"},
        {.name = "label-set", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &out->label_set,
         .help = "the set of labels that the folders' names go to (default)"},
        {.name = "shard", .argument = "i/n", .kind = TL_OPTION_STRING, .target = &given.shard,
         .help = "only the i-th of n parts of the photos, into a store of its own; tl-store merge joins the parts (all)"},
        {.name = "resize", .argument = "KIND", .kind = TL_OPTION_CHOICE, .target = &given.resize, .choices = tl_recipe_resize_names,
         .is_given = &given.has_resize,
         .help = "nearest, bilinear, area or lanczos3 (nearest, as Keras; with --crop bilinear, antialiased)"},
        {.name = "crop", .kind = TL_OPTION_FLAG, .target = &out->recipe.crop,
         .help = "short side to 256, then the centre 224 x 224, instead of stretching to 224 x 224"},
        {.name = "shrink-on-load", .kind = TL_OPTION_FLAG, .target = &out->recipe.shrink_on_load,
         .help = "decode large JPEGs at 1/2 to 1/8, never below twice the size needed: faster, other pixels; not with nearest"},
        {.name = "exif", .argument = "WHAT", .kind = TL_OPTION_CHOICE, .target = &given.exif, .choices = tl_recipe_exif_names,
         .help = "ignore or apply the EXIF tag that turns a photo (ignore, as Keras)"},
        {.name = "preprocess", .argument = "KIND", .kind = TL_OPTION_CHOICE, .target = &given.preprocess,
         .choices = tl_recipe_preprocess_names, .help = "caffe, what VGG16 was trained with, or rescale, 1/255 (caffe)"},
        {.name = "variants", .argument = "K", .kind = TL_OPTION_INTEGER, .target = &given.variant_count, .minimum = 1,
         .maximum = 10000, .is_given = &given.has_variants,
         .help = "besides the plain photo K augmented variants of each; where there are splits, of training photos only (none)"},
        {.name = "augment", .argument = "SET", .kind = TL_OPTION_CHOICE, .target = &given.set, .choices = SETS,
         .is_given = &given.has_set,
         .help = "mild: horizontal flip, zoom 0.75 to 1.05 at any place; keras: shear 0.5, zoom 0.7, both flips (mild)"},
        {.name = "shear", .argument = "DEGREES", .kind = TL_OPTION_NUMBER, .target = &given.shear_degrees, .minimum = 0,
         .maximum = 89, .is_given = &given.has_shear, .help = "instead of the set's: shear by -DEGREES to DEGREES"},
        {.name = "zoom", .argument = "Z", .kind = TL_OPTION_NUMBER, .target = &given.zoom, .minimum = 0, .maximum = 0.99,
         .is_given = &given.has_zoom, .help = "instead of the set's: two independent factors from 1-Z to 1+Z, as Keras"},
        {.name = "zoom-both", .argument = "MIN,MAX", .kind = TL_OPTION_RANGE, .target = given.zoom_both, .minimum = 0.01,
         .maximum = 10,
         .is_given = &given.has_zoom_both, .help = "instead of the set's: one factor for both axes; below 1 magnifies"},
        {.name = "flip-horizontal", .kind = TL_OPTION_FLAG, .target = &given.flip_horizontal,
         .help = "besides the set: left for right, every other time"},
        {.name = "flip-vertical", .kind = TL_OPTION_FLAG, .target = &given.flip_vertical,
         .help = "besides the set: upside down, every other time"},
        {.name = "no-flip-horizontal", .kind = TL_OPTION_FLAG, .target = &given.no_flip_horizontal,
         .help = "the set without its horizontal flip"},
        {.name = "no-flip-vertical", .kind = TL_OPTION_FLAG, .target = &given.no_flip_vertical,
         .help = "the set without its vertical flip"},
        {.name = "seed", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &given.seed, .minimum = 0,
         .maximum = 9007199254740991.0,
         .is_given = &given.has_seed, .help = "what variants are drawn from, with the photo's bytes and the variant's number (0)"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &given.thread_count, .minimum = 1,
         .maximum = 1024, .help = "threads that compute (all cores); results do not depend on it"},
        {.name = "weights", .argument = "FILE", .kind = TL_OPTION_STRING, .target = &out->weights_path,
         .help = "VGG16 as Keras HDF5 (TL_WEIGHTS, else where `make weights` puts it)"},
        {.name = "precision", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &given.precision,
         .help = "exact, fast, or an arithmetic's name, listed below (the store's, else exact)"},
        {.name = "store-precision", .argument = "TYPE", .kind = TL_OPTION_CHOICE, .target = &given.stored_type,
         .choices = tl_features_stored_types, .is_given = &given.has_stored_type,
         .help = "float32, or float16: 11 bits instead of 24, about half the size (the store's, else float32)"},
        {.name = "kernels", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &out->kernels,
         .help = "what computes, listed below (TL_KERNELS, else the fastest of the arithmetic)"},
        {.name = "plan", .kind = TL_OPTION_FLAG, .target = &out->is_plan,
         .help = "only tell what there is to do, how long it will take and how large it will be; changes nothing"},
        {.name = "stop-after", .argument = "TIME", .kind = TL_OPTION_STRING, .target = &given.stop_after,
         .help = "end after that time, as 90s, 45m, 8h or 2d, with what is done until then (when all is done)"},
        {.name = "max-size", .argument = "SIZE", .kind = TL_OPTION_STRING, .target = &given.max_size,
         .help = "end when the store has that size, as 500M, 50G or 1.5T (no limit)"},
        {.name = "retry-failed", .kind = TL_OPTION_FLAG, .target = &out->is_retrying,
         .help = "try known failures again: unreadable photos, and those that crashed or took too long in 3 runs "
                 "(only when they change)"},
        {.name = "wait", .kind = TL_OPTION_FLAG, .target = &out->is_waiting,
         .help = "wait while another tl-extract works on the store (say so, and end)"},
        {.name = "log", .argument = "FILE", .kind = TL_OPTION_STRING, .target = &out->log_path,
         .help = "append JSON lines to it: the start, progress, each failure, the end (none)"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &out->is_quiet, .help = "only failures and errors"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &out->is_json, .help = "the summary as one JSON object"},
    };
    struct tl_command command = tl_settings_program;
    struct tl_operands operands;
    struct tl_error err;

    *out = (struct tl_settings){.label_set = "default"};
    tl_recipe_init(&out->recipe);
    given.resize = (int)out->recipe.resize;
    given.exif = (int)out->recipe.exif;
    given.preprocess = (int)out->recipe.preprocess;
    command.options = options;
    command.option_count = sizeof options / sizeof options[0];
    write_notes(notes);
    command.notes = notes;
    if (!tl_tool_begin(&operands, out_exit, &command, argc, argv))
        return false;
    if (put_together(out, &given, &operands, &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        *out_exit = TL_EXIT_NOTHING;
        return false;
    }
    return true;
}
