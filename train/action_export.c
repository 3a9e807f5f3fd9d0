/* action_export.c - tl-train --export FILE: a head for Keras, network and head for ONNX runtimes, or a run's history. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/features/features.h"
#include "common/store/store_account.h"
#include "common/store/store_head.h"
#include "train/actions.h"
#include "train/export/head_file.h"
#include "train/export/history_csv.h"
#include "train/export/network_onnx.h"

static const size_t TEXT_CEILING_BYTES = (size_t)1 << 28;

struct exporting {
    const struct tl_train_options *options;
    const char *path;
    enum tl_head_file kind;
    struct tl_stored_head stored;    /* but for a history */
    struct tl_store_account account; /* of a history alone */
};

/* The store would be gone. */
static enum tl_status check_path(const char *path, const char *store_path, struct tl_error *err)
{
    struct stat a, b;

    if (stat(path, &a) == 0 && stat(store_path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return tl_error_set(err, TL_BAD_INPUT, "%s is the store itself; name another file to write", path);
    return TL_OK;
}

static enum tl_status read_history(struct exporting *exporting, tl_store *store, struct tl_error *err)
{
    int64_t run_id = 0;
    enum tl_status status;

    if (exporting->options->run) {
        status = tl_store_find_run(store, &run_id, exporting->options->run, err);
    } else {
        struct tl_store_chosen_head chosen;

        status = tl_store_get_head(store, &chosen, NULL, err);
        run_id = chosen.run_id;
        tl_store_free_head(&chosen);
        if (status == TL_OK && run_id == 0)
            status =
                tl_error_set(err, TL_NOT_FOUND, "the head that answers was imported and has no history; name a run with --run");
    }
    return status == TL_OK ? tl_store_read_account(store, &exporting->account, run_id, err) : status;
}

static enum tl_status read_store(struct exporting *exporting, const char *store_path, struct tl_error *err)
{
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_READ, err);

    if (status == TL_OK)
        status = tl_store_begin_reading(store, err);
    if (status == TL_OK && exporting->kind == TL_HEAD_FILE_CSV)
        status = read_history(exporting, store, err);
    else if (status == TL_OK)
        status = tl_stored_head_read(&exporting->stored, store, exporting->options->run, err);
    return tl_store_close_after(&store, status, err);
}

static enum tl_status write_onnx(const struct exporting *exporting, struct tl_error *err)
{
    const struct tl_network *network = tl_network_find(exporting->stored.chosen.network);
    char *weights_path = NULL;
    tl_backbone *backbone = NULL;
    enum tl_status status;

    if (!network)
        return tl_error_set(err, TL_NOT_FOUND, "the network %s is not one that this program has",
                            exporting->stored.chosen.network);
    status = tl_features_find_weights(&weights_path, exporting->options->weights, network->name, err);
    if (status == TL_OK)
        status = tl_backbone_read(&backbone, network, weights_path, err);
    if (status == TL_OK)
        status =
            tl_network_onnx_write(&exporting->stored, backbone, exporting->options->takes_bytes != 0, exporting->path, err);
    tl_backbone_free(backbone);
    tl_memory_free(weights_path);
    return status;
}

static enum tl_status write_file(const struct exporting *exporting, struct tl_error *err)
{
    if (exporting->kind == TL_HEAD_FILE_CSV)
        return tl_history_csv_write(exporting->account.epochs, exporting->account.epoch_count, exporting->path, err);
    if (exporting->kind == TL_HEAD_FILE_ONNX)
        return write_onnx(exporting, err);
    return tl_head_file_write_keras(&exporting->stored, exporting->kind, exporting->path, err);
}

/* "input photos (N, 224, 224, 3) float32" */
static void append_input(struct tl_text *text, const struct exporting *exporting)
{
    const struct tl_head *head = exporting->stored.head;

    if (exporting->kind == TL_HEAD_FILE_ONNX)
        tl_text_append_format(text, "photos (N, 224, 224, 3) %s", exporting->options->takes_bytes ? "uint8" : "float32");
    else
        tl_text_append_format(text, "features (N, %zu)%s", head->input_count,
                              head->pool == TL_HEAD_POOL_AVG ? ", each the mean of a channel" : "");
}

static void append_sentence(struct tl_text *text, const struct exporting *exporting)
{
    const struct tl_head *head = exporting->stored.head;

    tl_text_append_visible(text, exporting->path, strlen(exporting->path));
    if (exporting->kind == TL_HEAD_FILE_CSV) {
        tl_text_append_format(text, ": %zu epochs of run %" PRId64 "\n", exporting->account.epoch_count,
                              exporting->account.run_id);
        return;
    }
    tl_text_append(text, ": ");
    tl_stored_head_append_name(text, &exporting->stored.chosen);
    tl_text_append(text, ", ");
    append_input(text, exporting);
    if (head->hidden_count > 0)
        tl_text_append_format(text, " -> %zu hidden units", head->hidden_count);
    tl_text_append_format(text, " -> probabilities (N, %zu)\n", head->class_count);
}

static void append_json(struct tl_text *text, const struct exporting *exporting)
{
    const struct tl_head *head = exporting->stored.head;
    const int64_t run_id = head ? exporting->stored.chosen.run_id : exporting->account.run_id;

    tl_text_append(text, "{\"file\": ");
    tl_text_append_json_string(text, exporting->path);
    if (run_id > 0)
        tl_text_append_format(text, ", \"run\": %" PRId64, run_id);
    tl_text_append(text, ", \"name\": ");
    tl_text_append_json_string(text, head ? exporting->stored.chosen.name : exporting->account.name);
    if (!head) {
        tl_text_append_format(text, ", \"epochs\": %zu}\n", exporting->account.epoch_count);
        return;
    }
    tl_text_append(text, ", \"input\": \"");
    append_input(text, exporting);
    tl_text_append(text, "\", \"classes\": [");
    for (size_t l = 0; l < head->class_count; l++) {
        tl_text_append(text, l == 0 ? "" : ", ");
        tl_text_append_json_string(text, head->class_names[l]);
    }
    tl_text_append(text, "]}\n");
}

static enum tl_status tell(const struct exporting *exporting, struct tl_error *err)
{
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_CEILING_BYTES);
    if (exporting->options->is_json)
        append_json(&text, exporting);
    else
        append_sentence(&text, exporting);
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        fputs(text.bytes, stdout);
    tl_text_free(&text);
    return status;
}

enum tl_exit tl_action_export(const struct tl_action *action)
{
    struct exporting exporting = {.options = action->options, .path = action->options->export};
    struct tl_error err;
    enum tl_status status = tl_head_file_find(&exporting.kind, exporting.path, &err);

    if (status == TL_OK)
        status = check_path(exporting.path, action->store_path, &err);
    if (status == TL_OK)
        status = read_store(&exporting, action->store_path, &err);
    if (status == TL_OK)
        status = write_file(&exporting, &err);
    if (status == TL_OK)
        status = tell(&exporting, &err);
    tl_stored_head_release(&exporting.stored);
    tl_store_free_account(&exporting.account);
    return status == TL_OK ? TL_EXIT_OK : tl_action_fail(action, &err);
}
