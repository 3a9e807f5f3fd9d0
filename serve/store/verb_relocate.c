/* verb_relocate.c - tl-store relocate: tells a store where a tree of photos lies now. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/store/store_source.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

/* The folder's real path, which is what a scan compares. */
static enum tl_status find_root(char out[PATH_MAX], const char *folder, struct tl_error *err)
{
    struct stat facts;

    if (!realpath(folder, out) || stat(out, &facts) != 0)
        return tl_error_set(err, errno == ENOENT ? TL_NOT_FOUND : TL_IO, "%s: %s", folder, strerror(errno));
    if (!S_ISDIR(facts.st_mode))
        return tl_error_set(err, TL_BAD_INPUT, "%s is not a folder", folder);
    return TL_OK;
}

static enum tl_status relocate(const char *path, const char *name, const char *root, struct tl_error *err)
{
    tl_store *store = NULL;
    enum tl_status status = tl_store_open(&store, path, TL_STORE_WRITE, err);

    if (status == TL_OK)
        status = tl_store_begin(store, err);
    if (status == TL_OK)
        status = tl_store_relocate_source(store, name, root, err);
    if (status == TL_OK)
        status = tl_store_commit(store, err);
    return tl_store_close_after(&store, status, err);
}

static enum tl_status print_result(const char *name, const char *root, bool is_json, struct tl_error *err)
{
    struct tl_text line;

    tl_text_init(&line, 1 << 20);
    if (is_json) {
        tl_text_append(&line, "{\"source\": ");
        tl_text_append_json_string(&line, name);
        tl_text_append(&line, ", \"root\": ");
        tl_text_append_json_string(&line, root);
        tl_text_append(&line, "}\n");
    } else {
        tl_text_append(&line, "source '");
        tl_text_append_visible(&line, name, strlen(name));
        tl_text_append(&line, "' is at ");
        tl_text_append_visible(&line, root, strlen(root));
        tl_text_append(&line, "\n");
    }
    return tl_store_command_print(&line, err);
}

enum tl_exit tl_verb_relocate_run(int argc, char **argv)
{
    bool is_json = false;
    const struct tl_option options[] = {
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &is_json, .help = "the result as a JSON object"},
    };
    const struct tl_command command = {
        "tl-store relocate",
        "tl-store relocate [options] STORE SOURCE NEWROOT",
        "Tells the store that the tree of photos it calls SOURCE was moved, and is the folder NEWROOT now. Photos are known by\n"
        "their paths below it, so that nothing else changes; the next tl-extract of NEWROOT reads only what has changed.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 told; 2 not.",
    };
    struct tl_operands operands;
    struct tl_error err;
    char root[PATH_MAX];
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 3,
                                "a store, the name of a source and the folder it was moved to are needed", argc, argv))
        return exit_code;
    status = find_root(root, operands.items[2], &err);
    if (status == TL_OK)
        status = relocate(operands.items[0], operands.items[1], root, &err);
    if (status == TL_OK)
        status = print_result(operands.items[1], root, is_json, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
