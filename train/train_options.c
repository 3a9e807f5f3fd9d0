/* train_options.c - see train_options.h. */
#include "train/train_options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/quantity.h"
#include "common/base/text.h"
#include "train/experiment/course_json.h"
#include "train/option_rows.h"

static const double DEFAULT_FRACTION = 0.2, SGD_LEARNING_RATE = 0.01;
enum { KERAS_EPOCHS = 5, LBFGS_ITERATIONS = 200, AUTO_FOLDS = 5, AUTO_SECONDS = 10 };

/* An action that is no training: what it does, for the message, and the options that mean something beside it. */
struct action_rule {
    const char *option, *deed;
    const char *companions[6];
};
static const struct action_rule RULES[] = {
    {"use", "trains nothing", {"json", "quiet", NULL}},
    {"list", "trains nothing", {"json", NULL}},
    {"compare", "trains nothing", {"json", NULL}},
    {"repeat", "trains as the run did", {"json", "quiet", "threads", "memory", NULL}},
    {"export", "trains nothing", {"run", "input", "weights", "json", "quiet", NULL}},
    {"import", "trains nothing", {"name", "classes", "features", "json", "quiet", NULL}},
    {"run", "trains nothing", {"report", "plot", "quiet", NULL}},
};
enum { RULE_COUNT = sizeof RULES / sizeof RULES[0] };

void tl_train_options_init(struct tl_train_options *options)
{
    struct tl_course course;

    tl_course_init(&course);
    *options = (struct tl_train_options){.epochs = course.epochs,
                                         .batch_size = course.batch_size,
                                         .learning_rate = course.learning_rate,
                                         .momentum = course.momentum,
                                         .tolerance = course.tolerance,
                                         .variants = (int)course.variants,
                                         .label_set = "default"};
    tl_dataset_wish_init(&options->data);
    tl_option_rows_add_data(options);
    tl_option_rows_add_course(options);
    tl_option_rows_add_search(options);
    tl_option_rows_add_results(options);
    tl_option_rows_add_actions(options);
}

bool tl_train_options_is_given(const struct tl_train_options *options, const void *target)
{
    for (size_t i = 0; i < options->row_count; i++)
        if (options->rows[i].target == target)
            return options->given[i];
    return false;
}

static bool is_given_name(const struct tl_train_options *options, const char *name)
{
    for (size_t i = 0; i < options->row_count; i++)
        if (strcmp(options->rows[i].name, name) == 0)
            return options->given[i];
    return false;
}

static bool is_companion(const struct action_rule *rule, const char *name)
{
    bool is_one = strcmp(rule->option, name) == 0;

    for (size_t i = 0; rule->companions[i]; i++)
        is_one = is_one || strcmp(rule->companions[i], name) == 0;
    return is_one;
}

/* Of runs as of imported heads. */
static enum tl_status check_name(const char *name, struct tl_error *err)
{
    if (name && !tl_text_is_plain(name, strlen(name)))
        return tl_error_set(err, TL_BAD_INPUT, "--name takes UTF-8 text without control characters, not '%s'", name);
    if (name && name[strspn(name, "0123456789")] == '\0')
        return tl_error_set(err, TL_BAD_INPUT, "--name %s would be taken for the id of a run", name);
    return TL_OK;
}

/* Options that only an export heeds. */
static enum tl_status check_export(const struct tl_train_options *options, struct tl_error *err)
{
    static const char *const words[] = {"input", "weights"};

    for (size_t i = 0; !options->export && i < sizeof words / sizeof *words; i++)
        if (is_given_name(options, words[i]))
            return tl_error_set(err, TL_BAD_INPUT, "--%s belongs to --export FILE", words[i]);
    return TL_OK;
}

static enum tl_status check_action(const struct tl_train_options *options, const struct action_rule *rule, struct tl_error *err)
{
    for (size_t i = 0; i < options->row_count; i++)
        if (options->given[i] && !is_companion(rule, options->rows[i].name))
            return tl_error_set(err, TL_BAD_INPUT, "--%s %s, --%s has no meaning beside it", rule->option, rule->deed,
                                options->rows[i].name);
    if (options->import && !options->name)
        return tl_error_set(err, TL_BAD_INPUT, "--import takes the name that the head is to have: --name NAME");
    return check_name(options->name, err);
}

static enum tl_status settle_validation(struct tl_train_options *options, struct tl_error *err)
{
    const char *text = options->validation;
    struct tl_dataset_wish *wish = &options->data;
    char *end;

    wish->validation = TL_SELECT_AUTO;
    wish->fraction = DEFAULT_FRACTION;
    if (!text)
        return TL_OK;
    if (strcasecmp(text, "val") == 0) {
        wish->validation = TL_SELECT_SPLIT;
        return TL_OK;
    }
    if (strcasecmp(text, "test") == 0)
        return tl_error_set(err, TL_BAD_INPUT, "--validation %s: the test split is reported once at the end and chooses nothing",
                            text);
    wish->validation = TL_SELECT_FRACTION;
    wish->fraction = strtod(text, &end);
    if (text[strspn(text, "0123456789.eE-")] != '\0' || *end != '\0' || !(wish->fraction >= 0 && wish->fraction < 1))
        return tl_error_set(err, TL_BAD_INPUT, "--validation takes val or a share from 0 to below 1, not '%s'", text);
    return TL_OK;
}

/* What may be taken of the machine; the bits do not depend on the threads. */
static enum tl_status settle_machine(struct tl_train_options *options, struct tl_error *err)
{
    options->wish.thread_count = (size_t)options->threads;
    return options->memory ? tl_quantity_read_bytes(&options->wish.memory_bytes, "memory", options->memory, err) : TL_OK;
}

static enum tl_status settle_data(struct tl_train_options *options, struct tl_error *err)
{
    enum tl_status status;

    if (options->augment && options->variants == TL_FIT_PLAIN)
        return tl_error_set(err, TL_BAD_INPUT, "--variants plain takes no variants, --augment has no meaning beside it");
    status = settle_validation(options, err);
    options->data.label_set = options->label_set;
    options->data.merges = options->merges.items;
    options->data.merge_count = options->merges.count;
    options->wish = (struct tl_material_wish){.data = options->data,
                                              .features = options->features,
                                              .augment = options->augment,
                                              .variants = (enum tl_fit_variants)options->variants,
                                              .memory_bytes = options->wish.memory_bytes,
                                              .thread_count = options->wish.thread_count};
    return status == TL_OK ? tl_dataset_wish_check(&options->data, err) : status;
}

/* Defaults that depend on other options. */
static void settle_defaults(struct tl_train_options *options)
{
    if (options->is_keras) {
        options->initial = 1;
        if (!tl_train_options_is_given(options, &options->epochs))
            options->epochs = KERAS_EPOCHS;
    }
    if (options->solver == TL_COURSE_LBFGS && !tl_train_options_is_given(options, &options->epochs))
        options->epochs = LBFGS_ITERATIONS;
    if (options->solver == TL_COURSE_SGD && !tl_train_options_is_given(options, &options->learning_rate))
        options->learning_rate = SGD_LEARNING_RATE;
}

/* An option that the course would not heed. */
static enum tl_status check_solver(const struct tl_train_options *o, struct tl_error *err)
{
    const char *solver = tl_course_solver_names[o->solver];

    if (o->solver != TL_COURSE_SGD && tl_train_options_is_given(o, &o->momentum))
        return tl_error_set(err, TL_BAD_INPUT, "--momentum belongs to --solver sgd, %s has none", solver);
    if (o->solver != TL_COURSE_LBFGS && tl_train_options_is_given(o, &o->tolerance))
        return tl_error_set(err, TL_BAD_INPUT, "--tolerance belongs to --solver lbfgs, %s goes through all its epochs", solver);
    if (o->solver == TL_COURSE_LBFGS && tl_train_options_is_given(o, &o->learning_rate))
        return tl_error_set(err, TL_BAD_INPUT, "--solver lbfgs finds its steps itself, --learning-rate has no meaning beside it");
    if (o->solver == TL_COURSE_LBFGS && tl_train_options_is_given(o, &o->batch_size))
        return tl_error_set(err, TL_BAD_INPUT, "--solver lbfgs takes all photos at once, --batch-size has no meaning beside it");
    if (o->solver == TL_COURSE_LBFGS && o->hidden > 0)
        return tl_error_set(err, TL_BAD_INPUT, "--solver lbfgs fits no hidden layer; take adam or sgd for --hidden");
    return TL_OK;
}

static enum tl_status check_head(const struct tl_train_options *o, struct tl_error *err)
{
    if (o->is_keras && o->transform != TL_HEAD_TRANSFORM_NONE)
        return tl_error_set(err, TL_BAD_INPUT, "--keras takes raw features, --transform %s has no meaning beside it",
                            tl_head_transform_names[o->transform]);
    if (o->hidden == 0 && tl_train_options_is_given(o, &o->dropout))
        return tl_error_set(err, TL_BAD_INPUT, "--dropout leaves out hidden units; --hidden N makes some");
    if (o->monitor == TL_COURSE_LAST_EPOCH && tl_train_options_is_given(o, &o->patience))
        return tl_error_set(err, TL_BAD_INPUT, "--patience needs something to watch: --monitor val_loss or val_accuracy");
    return TL_OK;
}

static enum tl_status settle_course(struct tl_train_options *o, struct tl_error *err)
{
    enum tl_status status = check_solver(o, err);

    if (status == TL_OK)
        status = check_head(o, err);
    if (status != TL_OK)
        return status;
    settle_defaults(o);
    tl_course_init(&o->course);
    o->course.variants = (enum tl_fit_variants)o->variants;
    o->course.pool = (enum tl_head_pool)o->pool;
    o->course.transform = (enum tl_head_transform)o->transform;
    o->course.is_glorot = o->initial == 1;
    o->course.solver = (enum tl_course_solver)o->solver;
    o->course.epochs = o->epochs;
    o->course.batch_size = o->batch_size;
    o->course.learning_rate = o->learning_rate;
    o->course.momentum = o->momentum;
    o->course.l2 = o->l2;
    o->course.tolerance = o->tolerance;
    o->course.hidden_count = o->hidden;
    o->course.dropout = o->dropout;
    o->course.monitor = (enum tl_course_monitor)o->monitor;
    o->course.patience = o->patience;
    o->course.has_refit = !o->has_no_refit;
    o->course.has_calibration = o->has_calibration;
    o->course.seed = (uint64_t)o->seed;
    return o->class_weights ? tl_course_set(&o->course, "class-weights", o->class_weights, err) : TL_OK;
}

/* What --auto searches, or does without, cannot be wished for besides. */
static enum tl_status check_auto(const struct tl_train_options *o, struct tl_error *err)
{
    static const char *const searched[] = {"solver", "pool", "transform", "l2", "learning-rate", "momentum", "tolerance",
                                           "hidden", "dropout", "initial", "keras"};

    for (size_t i = 0; o->is_auto && i < sizeof searched / sizeof *searched; i++)
        if (is_given_name(o, searched[i]))
            return tl_error_set(err, TL_BAD_INPUT, "--auto chooses by itself what it tries, --%s has no meaning beside it",
                                searched[i]);
    return TL_OK;
}

static enum tl_status check_search(const struct tl_train_options *o, struct tl_error *err)
{
    const bool has_folds = o->is_auto || o->folds > 0;

    if (o->sweep.count == 0 && o->trials > 0)
        return tl_error_set(err, TL_BAD_INPUT, "--trials draws from what --sweep gives; say what to vary");
    if (o->sweep.count == 0 && tl_train_options_is_given(o, &o->keep_heads))
        return tl_error_set(err, TL_BAD_INPUT, "--keep-heads is of the runs of a --sweep");
    if (o->is_auto && o->sweep.count > 0)
        return tl_error_set(err, TL_BAD_INPUT, "--auto chooses by itself what it tries, --sweep has no meaning beside it");
    if (!o->is_auto && o->budget)
        return tl_error_set(err, TL_BAD_INPUT, "--budget is the time of --auto");
    if (has_folds && o->validation)
        return tl_error_set(err, TL_BAD_INPUT, "%s measures all photos in folds, --validation has no meaning beside it",
                            o->is_auto ? "--auto" : "--folds");
    if (has_folds && o->has_no_refit)
        return tl_error_set(err, TL_BAD_INPUT, "%s keeps a head of all photos, --no-refit has no meaning beside it",
                            o->is_auto ? "--auto" : "--folds");
    if (has_folds && o->monitor != TL_COURSE_LAST_EPOCH)
        return tl_error_set(err, TL_BAD_INPUT, "%s measures whole fits, --monitor has no meaning beside it",
                            o->is_auto ? "--auto" : "--folds");
    return TL_OK;
}

static enum tl_status settle_search(struct tl_train_options *o, struct tl_error *err)
{
    enum tl_status status = check_search(o, err);

    if (status == TL_OK)
        status = check_auto(o, err);
    if (status != TL_OK)
        return status;
    if (o->is_auto && o->folds == 0)
        o->folds = AUTO_FOLDS;
    o->wish.data.fold_count = (size_t)o->folds;
    o->budget_seconds = AUTO_SECONDS;
    return o->budget ? tl_quantity_read_seconds(&o->budget_seconds, "budget", o->budget, err) : TL_OK;
}

enum tl_status tl_train_options_check(struct tl_train_options *options, const struct tl_operands *operands, struct tl_error *err)
{
    enum tl_status status;

    if (options->compare && operands->count != 2)
        return tl_error_set(err, TL_BAD_INPUT, "give one STORE and two runs: tl-train STORE --compare A B (see --help)");
    if (!options->compare && operands->count != 1)
        return tl_error_set(err, TL_BAD_INPUT, "give one STORE, not %zu (see --help)", operands->count);
    status = check_export(options, err);
    if (status != TL_OK)
        return status;
    if (options->run && !options->export && !options->report && options->plots.count == 0)
        return tl_error_set(err, TL_BAD_INPUT, "--run %s: say what is wanted of it: --export FILE, --report FILE or --plot "
                            "PLOT=FILE",
                            options->run);
    status = settle_machine(options, err);
    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (is_given_name(options, RULES[i].option))
            return check_action(options, &RULES[i], err);
    status = check_name(options->name, err);
    if (status == TL_OK)
        status = settle_data(options, err);
    if (status == TL_OK)
        status = settle_search(options, err);
    return status == TL_OK ? settle_course(options, err) : status;
}
