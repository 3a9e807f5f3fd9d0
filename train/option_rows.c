/* option_rows.c - see option_rows.h. Ranges are those of the settings (experiment/setting.c), so that sweeps take the same. */
#include "train/option_rows.h"

#include <assert.h>

static const char *const KEEP_NAMES[] = {"best", "all", NULL};
static const char *const INITIAL_NAMES[] = {"zero", "glorot", NULL};

static void add(struct tl_train_options *options, struct tl_option row)
{
    assert(options->row_count < TL_TRAIN_OPTION_MAX);
    row.is_given = &options->given[options->row_count];
    options->rows[options->row_count++] = row;
}

static void add_flag(struct tl_train_options *options, const char *name, bool *target, const char *help)
{
    add(options, (struct tl_option){.name = name, .kind = TL_OPTION_FLAG, .target = target, .help = help});
}

static void add_string(struct tl_train_options *options, const char *name, const char *argument, const char **target,
                       const char *help)
{
    add(options, (struct tl_option){
                     .name = name, .argument = argument, .kind = TL_OPTION_STRING, .target = (void *)target, .help = help});
}

static void add_choice(struct tl_train_options *options, const char *name, const char *argument, int *target,
                       const char *const *choices, const char *help)
{
    add(options, (struct tl_option){.name = name,
                                    .argument = argument,
                                    .kind = TL_OPTION_CHOICE,
                                    .target = target,
                                    .choices = choices,
                                    .help = help});
}

static void add_whole(struct tl_train_options *options, const char *name, long *target, double minimum, double maximum,
                      const char *help)
{
    add(options, (struct tl_option){.name = name,
                                    .argument = "N",
                                    .kind = TL_OPTION_INTEGER,
                                    .target = target,
                                    .minimum = minimum,
                                    .maximum = maximum,
                                    .help = help});
}

static void add_number(struct tl_train_options *options, const char *name, const char *argument, double *target, double minimum,
                       double maximum, const char *help)
{
    add(options, (struct tl_option){.name = name,
                                    .argument = argument,
                                    .kind = TL_OPTION_NUMBER,
                                    .target = target,
                                    .minimum = minimum,
                                    .maximum = maximum,
                                    .help = help});
}

/* The rows added from `first` on are a section of --help. */
static void begin_section(struct tl_train_options *options, size_t first, const char *heading)
{
    options->rows[first].heading = heading;
}

static void add_solver(struct tl_train_options *o)
{
    add_choice(o, "solver", "adam|sgd|lbfgs", &o->solver, tl_course_solver_names,
               "Keras's Adam, gradient descent with momentum, or the whole problem at once (adam)");
    add_whole(o, "epochs", &o->epochs, 1, 100000,
              "passes over the training photos (20; with --keras 5); of lbfgs at most N iterations (200)");
    add_number(o, "learning-rate", "RATE", &o->learning_rate, 1e-9, 1000, "the step of adam (0.001) and sgd (0.01)");
    add_number(o, "momentum", "SHARE", &o->momentum, 0, 0.9999, "of sgd (0.9)");
    add_whole(o, "batch-size", &o->batch_size, 1, 1000000, "vectors a step; the last batch of an epoch may be short (32)");
    add_number(o, "tolerance", "NORM", &o->tolerance, 1e-12, 1, "lbfgs ends when the gradient's norm is at most this (1e-06)");
    add_number(o, "l2", "FACTOR", &o->l2, 0, 1e6, "penalty FACTOR x sum of squared weights; shown losses are without it (0)");
    add_choice(o, "monitor", "none|val_loss|val_accuracy", &o->monitor, tl_course_monitor_names,
               "keep the head of the epoch that is best by this, not the last one's (none)");
    add_whole(o, "patience", &o->patience, 0, 100000, "with --monitor: end after N epochs without a better one (0: go on)");
    add_whole(o, "seed", &o->seed, 0, 9007199254740991.0, "of the shuffles, of dropout and of a Glorot start (0)");
}

void tl_option_rows_add_course(struct tl_train_options *o)
{
    size_t first = o->row_count;

    add_choice(o, "pool", "none|avg", &o->pool, tl_head_pool_names,
               "avg: a channel's mean over the grid instead of each place; it is part of the head (none)");
    add_choice(o, "transform", "none|sqrt", &o->transform, tl_head_transform_names,
               "of the features; it is part of the head (none)");
    add_whole(o, "hidden", &o->hidden, 0, TL_HEAD_HIDDEN_MAX, "units of a hidden ReLU layer (0: none)");
    add_number(o, "dropout", "SHARE", &o->dropout, 0, 0.99, "of the hidden units that a step leaves out (0)");
    add_choice(o, "initial", "zero|glorot", &o->initial, INITIAL_NAMES,
               "start from zero with scaled features, or from Glorot uniform with raw ones (zero)");
    add_flag(o, "keras", &o->is_keras, "Keras's own head: --initial glorot, 5 epochs");
    begin_section(o, first, "The head:");
    first = o->row_count;
    add_solver(o);
    add_string(o, "class-weights", "balanced|CLASS=W,...", &o->class_weights,
               "photos of rare classes count more, or those of each class as given (equal)");
    add_flag(o, "calibrate", &o->has_calibration, "divide the logits by a temperature fitted to the validation photos");
    begin_section(o, first, "How it is fitted:");
}

void tl_option_rows_add_data(struct tl_train_options *o)
{
    const size_t first = o->row_count;

    add_string(o, "validation", "val|SHARE", &o->validation,
               "the val split, or a share of the training photos (val where there is one, else 0.2)");
    add_flag(o, "no-refit", &o->has_no_refit,
             "keep the head that a share of the training photos measured, without fitting it again to all");
    add_choice(o, "variants", "plain|all|cycle", &o->variants, tl_fit_variants_names,
               "plain photos, these and all variants, or one variant an epoch in turn (all)");
    add_string(o, "features", "NAME|DIGEST", &o->features, "the feature set, by a name or its digest's beginning (the only one)");
    add_string(o, "augment", "NAME|DIGEST", &o->augment, "the augmentation whose variants train (the only one)");
    add_string(o, "label-set", "NAME", &o->label_set, "whose classes and splits (default)");
    add_string(o, "split", "folder|hash[:VAL,TEST]|none", &o->data.split,
               "by folders; by a hash of content, so that it stays when photos are added (hash:0.15,0.15); or all train (folder)");
    add_string(o, "group-by", "none|LIST", &o->data.group_by,
               "what keeps photos together: near-duplicates, path:PATTERN, capture-time:60s (near-duplicates)");
    add_string(o, "classes", "A,B,...", &o->data.classes, "only these classes, in this order (all)");
    add(o, (struct tl_option){.name = "merge",
                              .argument = "NEW=A,B",
                              .kind = TL_OPTION_LIST,
                              .target = &o->merges,
                              .help = "photos of the classes A and B are of the class NEW; may be given several times (none)"});
    add_string(o, "exclude-where", "SQL", &o->data.exclude_where,
               "leave out the photos for which this is true, over the columns of the view photos (none)");
    begin_section(o, first, "The photos:");
}

void tl_option_rows_add_search(struct tl_train_options *o)
{
    const size_t first = o->row_count;

    add(o, (struct tl_option){.name = "sweep",
                              .argument = "OPTION=V,V,...",
                              .kind = TL_OPTION_LIST,
                              .target = &o->sweep,
                              .help = "a run for each value, and for all combinations when given several times"});
    add_whole(o, "trials", &o->trials, 1, 10000, "with --sweep: so many combinations drawn at random; OPTION=MIN..MAX is a range");
    add_choice(o, "keep-heads", "best|all", &o->keep_heads, KEEP_NAMES, "of a sweep's runs (best)");
    add_whole(o, "folds", &o->folds, 2, 1000, "measure by cross-validation in N folds instead of on a share (0: none; --auto: 5)");
    add_flag(o, "auto", &o->is_auto, "search pooling, transform, variants, solver and penalty by cross-validation, keep the best");
    add_string(o, "budget", "TIME", &o->budget, "of --auto: 30s, 5m (10s)");
    begin_section(o, first, "Many runs:");
}

void tl_option_rows_add_results(struct tl_train_options *o)
{
    const size_t first = o->row_count;

    add_string(o, "name", "NAME", &o->name, "of the run (none)");
    add_string(o, "report", "FILE.html", &o->report,
               "write the run as a page that stands alone: curves, tables, its surest mistakes");
    add(o, (struct tl_option){.name = "plot",
                              .argument = "PLOT=FILE",
                              .kind = TL_OPTION_LIST,
                              .target = &o->plots,
                              .help = "curves, confusion, calibration or sweep as FILE.svg or .png; may be given several times"});
    add_flag(o, "json", &o->is_json, "one JSON object instead of the report");
    add_flag(o, "quiet", &o->is_quiet, "results only, no data and epochs");
    add_whole(o, "threads", &o->threads, 1, 1024, "that compute; the result is the same for any number (as many as there are)");
    add_string(o, "memory", "SIZE", &o->memory,
               "features that need more (512M, 8G) are streamed from the store in windows (three quarters of what is free)");
    begin_section(o, first, "The run:");
}

static const char *const input_names[] = {"float", "uint8", NULL};

void tl_option_rows_add_actions(struct tl_train_options *o)
{
    const size_t first = o->row_count;

    add_string(o, "use", "RUN", &o->use, "from now on the head of this run (id, uuid, name) answers");
    add_flag(o, "list", &o->has_list, "the runs, best first");
    add_string(o, "compare", "A", &o->compare, "two runs side by side: tl-train STORE --compare A B");
    add_string(o, "repeat", "RUN", &o->repeat, "train again as then, on the photos of then, and compare the heads");
    add_string(o, "export", "FILE", &o->export,
               "a head for Keras (.keras, .weights.h5, .h5), network and head (.onnx), or a run's history (.csv)");
    add_string(o, "run", "RUN", &o->run, "of which --export (the one that answers), --report and --plot are, by id, uuid or name");
    add_choice(o, "input", "float|uint8", &o->takes_bytes, input_names, "of a network in .onnx: photos of which type (float)");
    add_string(o, "weights", "FILE", &o->weights, "the network's, for .onnx (TL_WEIGHTS, else as tl-extract finds them)");
    add_string(o, "import", "FILE", &o->import, "Dense layers saved by Keras become the head --name (its classes: --classes)");
    begin_section(o, first, "Instead of training:");
}
