/* train_options.c - see train_options.h. */
#include "train/train_options.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"

static const double DEFAULT_FRACTION = 0.2;
enum { DEFAULT_EPOCHS = 20, KERAS_EPOCHS = 5 };

static void add_row(struct tl_train_options *options, struct tl_option row)
{
    assert(options->row_count < TL_TRAIN_OPTION_COUNT);
    row.is_given = &options->given[options->row_count];
    options->rows[options->row_count++] = row;
}

static void add_course_rows(struct tl_train_options *o)
{
    add_row(o, (struct tl_option){.name = "epochs", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &o->epochs, .minimum = 1,
                                  .maximum = 100000, .help = "passes over the training photos (20; with --keras 5)"});
    add_row(o, (struct tl_option){.name = "learning-rate",
                                  .argument = "RATE",
                                  .kind = TL_OPTION_NUMBER,
                                  .target = &o->learning_rate,
                                  .minimum = 1e-9,
                                  .maximum = 1000,
                                  .help = "Adam's step (0.001)"});
    add_row(o, (struct tl_option){.name = "batch-size",
                                  .argument = "N",
                                  .kind = TL_OPTION_INTEGER,
                                  .target = &o->batch_size,
                                  .minimum = 1,
                                  .maximum = 1000000,
                                  .help = "vectors a step; the last batch of an epoch may be short (32)"});
    add_row(o, (struct tl_option){.name = "seed", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &o->seed, .minimum = 0,
                                  .maximum = 9007199254740991.0, .help = "of the shuffles and of --keras's start (0)"});
    add_row(o, (struct tl_option){.name = "l2",
                                  .argument = "FACTOR",
                                  .kind = TL_OPTION_NUMBER,
                                  .target = &o->l2,
                                  .minimum = 0,
                                  .maximum = 1000000,
                                  .help = "penalty FACTOR x sum of squared weights; shown losses are without it (0)"});
    add_row(o, (struct tl_option){.name = "transform", .kind = TL_OPTION_CHOICE, .argument = "none|sqrt", .target = &o->transform,
                                  .choices = tl_head_transform_names, .help = "of the features; it is part of the head (none)"});
    add_row(o, (struct tl_option){.name = "keras", .kind = TL_OPTION_FLAG, .target = &o->is_keras,
                                  .help = "Keras's own head: raw features, Glorot uniform start, 5 epochs"});
}

static void add_data_rows(struct tl_train_options *o)
{
    add_row(o, (struct tl_option){.name = "validation", .argument = "val|SHARE", .kind = TL_OPTION_STRING, .target = &o->validation,
                                  .help = "the val split, or a share of the training photos (val where there is one, else 0.2)"});
    add_row(o, (struct tl_option){
                   .name = "no-refit",
                   .kind = TL_OPTION_FLAG,
                   .target = &o->has_no_refit,
                   .help = "keep the head that a share of the training photos measured, without fitting it again to all"});
    add_row(o, (struct tl_option){.name = "variants",
                                  .argument = "plain|all|cycle",
                                  .kind = TL_OPTION_CHOICE,
                                  .target = &o->variants,
                                  .choices = tl_fit_variants_names,
                                  .help = "plain photos, these and all variants, or one variant an epoch in turn (all)"});
    add_row(o, (struct tl_option){.name = "features", .argument = "NAME|DIGEST", .kind = TL_OPTION_STRING, .target = &o->features,
                                  .help = "the feature set, by a name or its digest's beginning (the only one)"});
    add_row(o, (struct tl_option){.name = "augment", .argument = "NAME|DIGEST", .kind = TL_OPTION_STRING, .target = &o->augment,
                                  .help = "the augmentation whose variants train (the only one)"});
    add_row(o, (struct tl_option){.name = "label-set", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &o->label_set,
                                  .help = "whose classes and splits (default)"});
}

static void add_dataset_rows(struct tl_train_options *o)
{
    add_row(o, (struct tl_option){.name = "split", .argument = "folder|hash[:VAL,TEST]|none", .kind = TL_OPTION_STRING,
                                  .target = &o->data.split,
                                  .help = "by folders; by a hash of content, so that it stays when photos are added "
                                          "(hash:0.15,0.15); or all train (folder)"});
    add_row(o, (struct tl_option){.name = "group-by", .argument = "none|LIST", .kind = TL_OPTION_STRING,
                                  .target = &o->data.group_by,
                                  .help = "what keeps photos together: near-duplicates, path:PATTERN, capture-time:60s "
                                          "(near-duplicates)"});
    add_row(o, (struct tl_option){.name = "classes", .argument = "A,B,...", .kind = TL_OPTION_STRING, .target = &o->data.classes,
                                  .help = "only these classes, in this order (all)"});
    add_row(o, (struct tl_option){.name = "merge", .argument = "NEW=A,B", .kind = TL_OPTION_LIST, .target = &o->merges,
                                  .help = "photos of the classes A and B are of the class NEW; may be given several times (none)"});
    add_row(o, (struct tl_option){.name = "exclude-where", .argument = "SQL", .kind = TL_OPTION_STRING,
                                  .target = &o->data.exclude_where,
                                  .help = "leave out the photos for which this is true, over the columns of the view "
                                          "photos (none)"});
}

void tl_train_options_init(struct tl_train_options *options)
{
    *options = (struct tl_train_options){.epochs = DEFAULT_EPOCHS, .batch_size = 32, .learning_rate = 0.001,
                                         .transform = TL_HEAD_TRANSFORM_NONE, .variants = TL_FIT_ALL, .label_set = "default"};
    tl_dataset_wish_init(&options->data);
    add_course_rows(options);
    add_data_rows(options);
    add_dataset_rows(options);
    add_row(options, (struct tl_option){.name = "name", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &options->name,
                                        .help = "of the run (none)"});
    add_row(options, (struct tl_option){.name = "use", .argument = "RUN", .kind = TL_OPTION_STRING, .target = &options->use,
                                        .help = "train nothing: from now on the head of this run (id, uuid, name) answers"});
    add_row(options, (struct tl_option){.name = "json", .kind = TL_OPTION_FLAG, .target = &options->is_json,
                                        .help = "one JSON object instead of the report"});
    add_row(options, (struct tl_option){.name = "quiet", .kind = TL_OPTION_FLAG, .target = &options->is_quiet,
                                        .help = "results only, no data and epochs"});
}

static bool is_given(const struct tl_train_options *options, const void *target)
{
    for (size_t i = 0; i < options->row_count; i++)
        if (options->rows[i].target == target)
            return options->given[i];
    return false;
}

static enum tl_status check_use(const struct tl_train_options *options, struct tl_error *err)
{
    for (size_t i = 0; i < options->row_count; i++) {
        const char *name = options->rows[i].name;

        if (options->given[i] && strcmp(name, "use") != 0 && strcmp(name, "json") != 0 && strcmp(name, "quiet") != 0)
            return tl_error_set(err, TL_BAD_INPUT, "--use trains nothing, --%s has no meaning beside it", name);
    }
    return TL_OK;
}

static enum tl_status settle_validation(struct tl_train_options *options, struct tl_error *err)
{
    const char *text = options->validation;
    char *end;

    options->wish = (struct tl_select_wish){.validation = TL_SELECT_AUTO, .fraction = DEFAULT_FRACTION};
    if (!text)
        return TL_OK;
    if (strcasecmp(text, "val") == 0) {
        options->wish.validation = TL_SELECT_SPLIT;
        return TL_OK;
    }
    if (strcasecmp(text, "test") == 0)
        return tl_error_set(err, TL_BAD_INPUT, "--validation %s: the test split is reported once at the end and chooses nothing",
                            text);
    options->wish.validation = TL_SELECT_FRACTION;
    options->wish.fraction = strtod(text, &end);
    if (text[strspn(text, "0123456789.eE-")] != '\0' || *end != '\0' ||
        !(options->wish.fraction >= 0 && options->wish.fraction < 1))
        return tl_error_set(err, TL_BAD_INPUT, "--validation takes val or a share from 0 to below 1, not '%s'", text);
    return TL_OK;
}

static enum tl_status settle_data(struct tl_train_options *options, struct tl_error *err)
{
    enum tl_status status = settle_validation(options, err);
    struct tl_dataset_wish data = options->data;

    if (status != TL_OK)
        return status;
    data.label_set = options->label_set;
    data.merges = options->merges.items;
    data.merge_count = options->merges.count;
    data.validation = options->wish.validation;
    data.fraction = options->wish.fraction;
    return tl_dataset_wish_check(&data, err);
}

enum tl_status tl_train_options_check(struct tl_train_options *options, const struct tl_operands *operands, struct tl_error *err)
{
    if (operands->count != 1)
        return tl_error_set(err, TL_BAD_INPUT, "give one STORE, not %zu (see --help)", operands->count);
    if (options->use)
        return check_use(options, err);
    if (options->is_keras && options->transform != TL_HEAD_TRANSFORM_NONE)
        return tl_error_set(err, TL_BAD_INPUT, "--keras takes raw features, --transform %s has no meaning beside it",
                            tl_head_transform_names[options->transform]);
    if (options->augment && options->variants == TL_FIT_PLAIN)
        return tl_error_set(err, TL_BAD_INPUT, "--variants plain takes no variants, --augment has no meaning beside it");
    if (options->name && !tl_text_is_plain(options->name, strlen(options->name)))
        return tl_error_set(err, TL_BAD_INPUT, "--name takes UTF-8 text without control characters, not '%s'", options->name);
    if (options->name && options->name[strspn(options->name, "0123456789")] == '\0')
        return tl_error_set(err, TL_BAD_INPUT, "--name %s would be taken for the id of a run", options->name);
    if (options->is_keras && !is_given(options, &options->epochs))
        options->epochs = KERAS_EPOCHS;
    return settle_data(options, err);
}
