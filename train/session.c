/* session.c - see session.h. */
#include "train/session.h"

#include <string.h>

#include "common/base/system.h"
#include "common/base/text.h"

/* Blobs are read once each, in the order in which they lie. */
static const size_t CACHE_BYTES = (size_t)4 << 20;

static size_t choose_thread_count(const struct tl_train_options *options)
{
    return options->threads > 0 ? (size_t)options->threads : (size_t)tl_system_core_count();
}

enum tl_status tl_session_begin(struct tl_session *out, const struct tl_action *action, const struct tl_material_wish *wish,
                                struct tl_error *err)
{
    const double start = tl_system_seconds();
    enum tl_status status;

    *out = (struct tl_session){.action = action};
    /* To write, though nothing is written yet: where the run could not be kept, nothing is trained. */
    status = tl_store_open(&out->store, action->store_path, TL_STORE_WRITE, err);
    if (status == TL_OK && tl_store_notice(out->store))
        tl_tool_say(action->command, "%s: %s", action->store_path, tl_store_notice(out->store));
    if (status == TL_OK)
        status = tl_store_limit_cache(out->store, CACHE_BYTES, err);
    if (status == TL_OK)
        status = tl_store_check_run_name(out->store, action->options->name, err);
    if (status == TL_OK)
        status = tl_team_create(&out->team, choose_thread_count(action->options), err);
    if (status == TL_OK)
        status = tl_material_read(&out->material, out->store, wish, err);
    if (status == TL_OK)
        tl_gram_cache_init(&out->cache, out->store, out->material.feature_set, out->material.augmentation, out->material.samples);
    out->load_seconds = tl_system_seconds() - start;
    return status;
}

/* "Train/a/1.jpg (a), Train/b/2.jpg (b)" */
static void list_places(struct tl_text *text, const struct tl_left_out *left_out)
{
    for (size_t k = 0; k < left_out->label_count; k++) {
        const char *class_name = left_out->labels[k].class_name;

        tl_text_append_format(text, "%s%s (", k == 0 ? "" : ", ", left_out->labels[k].path);
        tl_text_append_visible(text, class_name, strlen(class_name));
        tl_text_append(text, ")");
    }
}

size_t tl_session_say_left_out(const struct tl_session *session)
{
    static const char *const reasons[] = {"the same bytes are under two classes", "no photo of its class is there to train on",
                                          NULL};
    const struct tl_selection *selection = session->material.selection;
    const struct tl_command *command = session->action->command;
    struct tl_text text;
    size_t skipped_count = 0;

    if (!selection)
        return 0;
    tl_text_init(&text, TL_ERROR_MESSAGE_BYTES);
    for (size_t i = 0; i < selection->left_out_count; i++) {
        const struct tl_left_out *left_out = &selection->left_out[i];

        if (left_out->reason == TL_LEFT_OUT_UNUSED_SPLIT)
            continue;
        skipped_count++;
        tl_text_clear(&text);
        list_places(&text, left_out);
        tl_tool_say(command, "left out, %s: %s", reasons[left_out->reason],
                    tl_text_check(&text, NULL) == TL_OK ? text.bytes : left_out->labels[0].path);
    }
    tl_text_free(&text);
    if (skipped_count < selection->left_out_count)
        tl_tool_say(command, "photos of the val split left out, --validation %s does not use them: %zu",
                    session->action->options->validation, selection->left_out_count - skipped_count);
    return skipped_count;
}

enum tl_status tl_session_close(struct tl_session *session, enum tl_status status, struct tl_error *err)
{
    return tl_store_close_after(&session->store, status, err);
}

enum tl_exit tl_session_end(struct tl_session *session, enum tl_status status, size_t skipped_count, struct tl_error *err)
{
    enum tl_exit exit_code;

    if (session->store)
        status = tl_session_close(session, status, err);
    tl_material_release(&session->material);
    tl_team_free(session->team);
    if (status != TL_OK)
        return tl_action_fail(session->action, err);
    if (skipped_count > 0)
        tl_tool_say(session->action->command, "photos left out: %zu", skipped_count);
    exit_code = skipped_count > 0 ? TL_EXIT_SKIPPED : TL_EXIT_OK;
    return session->kept_run_id != 0 ? tl_action_report_kept(session->action, session->kept_run_id, exit_code) : exit_code;
}
