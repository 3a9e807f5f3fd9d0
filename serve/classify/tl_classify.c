/* tl_classify.c - the tool tl-classify: names photos with a head from a store. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/memory.h"
#include "common/base/system.h"
#include "common/base/tool.h"
#include "serve/classify/answer_text.h"
#include "serve/classify/classifier.h"
#include "serve/classify/ordered_work.h"
#include "serve/classify/photo_walk.h"
#include "serve/classify/prediction_batch.h"

enum { THREADS_MAX = 256, SLOTS_PER_THREAD = 3, FEW_PHOTOS_MAX = 4 };

struct settings {
    const char *run, *weights, *kernels;
    long top, threads;
    bool is_top_given, json, csv, save, quiet;
};

/* All that a run of the tool needs while photos pass through. */
struct job {
    const struct tl_command *command;
    const struct settings *settings;
    const struct tl_store_chosen_head *chosen;
    const tl_classifier *classifier;
    struct tl_answer_style style;
    tl_photo_walk *walk;
    size_t photo_count; /* SIZE_MAX where it is not known beforehand */
    tl_prediction_batch *batch; /* NULL without --save */
    struct tl_text line;
    size_t answered_count, failed_count;
    bool has_begun; /* the head is confirmed, and what stands before the first answer printed */
    int output_errno; /* why standard output takes no more; 0 while it does */
};

/* A slot is a tl_answer; its path, or the problem with its folder, comes from the walk. */
static enum tl_status fill_slot(void *context, void *slot, struct tl_error *err)
{
    struct job *job = context;
    struct tl_answer *answer = slot;
    struct tl_photo_walk_item item;
    enum tl_status status;

    tl_memory_free(answer->path);
    answer->path = NULL;
    if (tl_system_is_interrupted() || job->output_errno != 0)
        return tl_error_set(err, TL_NOT_FOUND, "no more photos are wanted");
    status = tl_photo_walk_next(job->walk, &item, err);
    if (status != TL_OK)
        return status;
    answer->path = item.path;
    answer->problem = item.problem;
    return TL_OK;
}

static void compute_slot(void *worker, void *slot)
{
    struct tl_answer *answer = slot;

    if (answer->problem.status == TL_OK)
        tl_classifier_answer(worker, answer, answer->path);
}

static void end_worker(void *worker)
{
    (void)worker;
    tl_photo_end_thread();
}

static void print_line(struct job *job)
{
    if (job->output_errno != 0 || job->line.length_bytes == 0)
        return;
    if (fwrite(job->line.bytes, 1, job->line.length_bytes, stdout) != job->line.length_bytes || fflush(stdout) != 0)
        job->output_errno = errno;
}

/* Before the first answer, which is the first thing to tell whether the head may be asked at all. */
static enum tl_status begin_output(struct job *job, struct tl_error *err)
{
    enum tl_status status;

    if (job->has_begun)
        return TL_OK;
    status = tl_classifier_confirm(job->classifier, job->chosen, err);
    if (status != TL_OK)
        return status;
    tl_answer_text_append_head(&job->line, &job->style);
    status = tl_text_check(&job->line, err);
    if (status != TL_OK)
        return status;
    print_line(job);
    job->has_begun = true;
    return TL_OK;
}

static enum tl_status hand_on_slot(void *context, void *slot, struct tl_error *err)
{
    struct job *job = context;
    struct tl_answer *answer = slot;
    enum tl_status status = begin_output(job, err);

    if (status != TL_OK)
        return status;
    if (answer->problem.status != TL_OK) {
        struct tl_error named = answer->problem;

        (void)tl_error_prefix(&named, "%s", answer->path);
        tl_tool_say(job->command, "%s", named.message);
        job->failed_count++;
    } else {
        job->answered_count++;
    }
    tl_text_clear(&job->line);
    tl_answer_text_append_line(&job->line, &job->style, answer);
    status = tl_text_check(&job->line, err);
    if (status != TL_OK)
        return status;
    print_line(job);
    if (job->batch && answer->problem.status == TL_OK)
        return tl_prediction_batch_add(job->batch, answer, err);
    return TL_OK;
}

/* Threads for one worker. Where there are fewer photos than threads, each worker has several. */
static size_t share_threads(size_t thread_count, size_t worker_count, size_t worker)
{
    return thread_count / worker_count + (worker < thread_count % worker_count);
}

/* Photos through the threads, until there are no more. */
static enum tl_status classify_all(struct job *job, size_t thread_count, struct tl_error *err)
{
    const struct tl_ordered_work work = {job, fill_slot, compute_slot, end_worker, hand_on_slot};
    size_t worker_count = job->photo_count < thread_count ? job->photo_count : thread_count;
    size_t slot_count = SLOTS_PER_THREAD * worker_count, class_count = job->style.class_count;
    void **workers = tl_memory_alloc(worker_count, sizeof *workers);
    void **slots = tl_memory_alloc(slot_count, sizeof *slots);
    enum tl_status status = TL_OK;

    if (!workers || !slots) {
        status = tl_error_set_no_memory(err, "threads", slot_count * sizeof *slots);
        goto done;
    }
    for (size_t i = 0; i < worker_count; i++) {
        tl_classifier_session *session = NULL;

        status = tl_classifier_session_create(&session, job->classifier, share_threads(thread_count, worker_count, i), err);
        if (status != TL_OK)
            goto done;
        workers[i] = session;
    }
    for (size_t i = 0; i < slot_count; i++) {
        struct tl_answer *answer = NULL;

        status = tl_answer_create(&answer, class_count, err);
        if (status != TL_OK)
            goto done;
        slots[i] = answer;
    }
    status = tl_ordered_work_run(&work, workers, worker_count, slots, slot_count, err);
    if (status == TL_OK)
        status = begin_output(job, err); /* no photo at all has the same beginning */
    if (job->batch) { /* what was answered is kept, even when the rest came to nothing */
        struct tl_error write_err;
        enum tl_status write_status = tl_prediction_batch_write(job->batch, status == TL_OK ? err : &write_err);

        status = status == TL_OK ? write_status : status;
    }
done:
    for (size_t i = 0; workers && i < worker_count; i++)
        tl_classifier_session_free(workers[i]);
    for (size_t i = 0; slots && i < slot_count; i++)
        tl_answer_free(slots[i]);
    tl_memory_free(workers);
    tl_memory_free(slots);
    return status;
}

static void say_head(const struct tl_command *command, const struct tl_store_chosen_head *chosen)
{
    if (chosen->run_id == 0)
        tl_tool_say(command, "head '%s' (%s): %zu classes", chosen->name ? chosen->name : "", chosen->chosen_because,
                    chosen->class_count);
    else if (chosen->name)
        tl_tool_say(command, "run %lld '%s' (%s): %zu classes", (long long)chosen->run_id, chosen->name, chosen->chosen_because,
                    chosen->class_count);
    else
        tl_tool_say(command, "run %lld (%s): %zu classes", (long long)chosen->run_id, chosen->chosen_because, chosen->class_count);
}

static void set_style(struct tl_answer_style *style, const struct settings *settings, const struct tl_store_chosen_head *chosen)
{
    style->format = settings->json ? TL_ANSWER_JSON : settings->csv ? TL_ANSWER_CSV : TL_ANSWER_TABLE;
    style->class_names = (const char *const *)chosen->class_names;
    style->class_count = chosen->class_count;
    style->top_count = settings->is_top_given ? (size_t)settings->top : settings->json ? chosen->class_count : 1;
    style->run_id = chosen->run_id;
    style->run_name = chosen->name;
}

/* The last line, and how it ended. */
static enum tl_exit conclude(const struct job *job)
{
    bool is_stopped = tl_system_is_interrupted();

    if (job->output_errno != 0)
        return TL_EXIT_OK; /* nobody reads on, which is no error; tl_tool_end() tells of any other reason */
    if (!job->settings->quiet || job->failed_count > 0)
        tl_tool_say(job->command, "%zu classified, %zu could not be read%s%s", job->answered_count, job->failed_count,
                    job->batch ? ", predictions saved" : "", is_stopped ? "; stopped on request" : "");
    if (job->answered_count == 0)
        return TL_EXIT_NOTHING;
    if (is_stopped)
        return TL_EXIT_STOPPED;
    return job->failed_count > 0 ? TL_EXIT_SKIPPED : TL_EXIT_OK;
}

/* Store and head, then the photos. */
static enum tl_status run_job(struct job *job, tl_store *store, const struct tl_operands *operands, struct tl_error *err)
{
    const struct settings *settings = job->settings;
    struct tl_store_chosen_head chosen = {0};
    tl_classifier *classifier = NULL;
    size_t thread_count = settings->threads > 0 ? (size_t)settings->threads : tl_system_core_count();
    enum tl_status status;

    if (thread_count > THREADS_MAX)
        thread_count = THREADS_MAX;
    status = tl_store_get_head(store, &chosen, settings->run, err);
    if (status != TL_OK)
        return status;
    if (!settings->quiet)
        say_head(job->command, &chosen);
    status = tl_photo_walk_create(&job->walk, operands->items + 1, operands->count - 1, err);
    if (status != TL_OK)
        goto done;
    job->photo_count = tl_photo_walk_estimate(job->walk);
    status = tl_classifier_create(&classifier, &chosen, settings->weights, settings->kernels,
                                  job->photo_count <= FEW_PHOTOS_MAX, err);
    if (status != TL_OK)
        goto done;
    set_style(&job->style, settings, &chosen);
    if (settings->save) {
        status = tl_prediction_batch_create(&job->batch, store, chosen.head_id, job->style.class_names, chosen.class_count, err);
        if (status != TL_OK)
            goto done;
    }
    job->chosen = &chosen;
    job->classifier = classifier;
    status = classify_all(job, thread_count, err);
done:
    tl_photo_walk_free(job->walk);
    job->walk = NULL;
    tl_classifier_free(classifier);
    tl_store_free_head(&chosen);
    return status;
}

static enum tl_exit classify(const struct tl_command *command, const struct settings *settings, const struct tl_operands *operands)
{
    struct job job = {.command = command, .settings = settings};
    tl_store *store = NULL;
    struct tl_error err;
    enum tl_exit exit_code = TL_EXIT_NOTHING;
    enum tl_status status;

    tl_text_init(&job.line, TL_ANSWER_LINE_BYTES);
    status = tl_store_open(&store, operands->items[0], settings->save ? TL_STORE_WRITE : TL_STORE_READ, &err);
    if (status == TL_OK && settings->save && tl_store_notice(store))
        tl_tool_say(command, "%s: %s", operands->items[0], tl_store_notice(store));
    if (status == TL_OK)
        status = run_job(&job, store, operands, &err);
    if (status == TL_OK)
        exit_code = conclude(&job);
    else
        tl_tool_say(command, "%s", err.message);
    tl_prediction_batch_free(job.batch);
    tl_text_free(&job.line);
    if (tl_store_close(&store, &err) != TL_OK) {
        tl_tool_say(command, "%s", err.message);
        exit_code = TL_EXIT_NOTHING;
    }
    errno = job.output_errno; /* what tl_tool_end() is to judge */
    return tl_tool_end(command, exit_code);
}

static size_t count_streams(const struct tl_operands *operands)
{
    size_t count = 0;

    for (size_t i = 1; i < operands->count; i++)
        count += strcmp(operands->items[i], "-") == 0;
    return count;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tl_option options[] = {
        {.name = "run", .argument = "ID|NAME", .kind = TL_OPTION_STRING, .target = &settings.run,
         .help = "the run or imported head that answers (the pinned one, else the best by validation)"},
        {.name = "weights", .argument = "FILE", .kind = TL_OPTION_STRING, .target = &settings.weights,
         .help = "the network's weights, Keras HDF5 (TL_WEIGHTS, else where `make weights` puts it)"},
        {.name = "kernels", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &settings.kernels,
         .help = "what computes, of the head's arithmetic (TL_KERNELS, else the fastest; tl-extract --help lists them)"},
        {.name = "top", .argument = "K", .kind = TL_OPTION_INTEGER, .target = &settings.top, .minimum = 1,
         .maximum = TL_HEAD_CLASSES_MAX,
         .is_given = &settings.is_top_given, .help = "show the K likeliest classes (1; all with --json)"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json,
         .help = "one JSON object a line, also for photos that cannot be read"},
        {.name = "csv", .kind = TL_OPTION_FLAG, .target = &settings.csv, .help = "CSV with a column for each class"},
        {.name = "save", .kind = TL_OPTION_FLAG, .target = &settings.save, .help = "add the answers to the store as predictions"},
        {.name = "threads", .argument = "N", .kind = TL_OPTION_INTEGER, .target = &settings.threads, .minimum = 1,
         .maximum = THREADS_MAX, .help = "threads that compute (all cores); answers do not depend on it"},
        {.name = "quiet", .kind = TL_OPTION_FLAG, .target = &settings.quiet, .help = "say only what went wrong"},
    };
    const struct tl_command command = {
        "tl-classify",
        "tl-classify [options] STORE PHOTO|DIR|-...",
        "Names the class of photos with a head that tl-train put into STORE. A DIR's photos are taken in the order of their\n"
        "paths, hidden ones left out; - is one photo on standard input. The answer is on standard output, one line a photo, in\n"
        "the order given.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 all photos classified; 1 some could not be read (each is named); 2 none was; 3 stopped on request.",
    };
    struct tl_operands operands;
    enum tl_exit exit_code;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return (int)exit_code;
    tl_system_catch_signals();
    if (operands.count < 2) {
        tl_tool_say(&command,
                    operands.count == 0 ? "a store and photos are needed (see --help)" : "photos are needed (see --help)");
        return (int)tl_tool_end(&command, TL_EXIT_NOTHING);
    }
    if (settings.json && settings.csv) {
        tl_tool_say(&command, "--json and --csv exclude each other");
        return (int)tl_tool_end(&command, TL_EXIT_NOTHING);
    }
    if (count_streams(&operands) > 1) {
        tl_tool_say(&command, "standard input (-) can be read once");
        return (int)tl_tool_end(&command, TL_EXIT_NOTHING);
    }
    return (int)classify(&command, &settings, &operands);
}
