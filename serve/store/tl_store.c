/* tl_store.c - the tool tl-store: picks the verb. */
#include <stdio.h>
#include <string.h>

#include "common/base/system.h"
#include "serve/store/verbs.h"

struct verb {
    const char *name, *synopsis, *summary;
    enum tl_exit (*run)(int argc, char **argv);
};

static const struct verb VERBS[] = {
    {"info", "info STORE", "what is in a store; --digest: the one line by which stores are equal", tl_verb_info_run},
    {"status", "status STORE", "whether an extraction is at work, how far it is, and how the last ones ended", tl_verb_status_run},
    {"query", "query STORE SQL", "answers one SELECT", tl_verb_query_run},
    {"export", "export STORE OUT.h5", "features, labels and paths as HDF5 for other programs", tl_verb_export_run},
    {"relocate", "relocate STORE SOURCE NEWROOT", "tells where a tree of photos lies now that was moved", tl_verb_relocate_run},
    {"verify", "verify STORE", "whether every stored feature is what was computed; damage is named", tl_verb_verify_run},
    {"prune", "prune STORE", "deletes stale features, or those of a set or an augmentation", tl_verb_prune_run},
    {"backup", "backup STORE OUT", "a copy of a store, also while another program writes to it", tl_verb_backup_run},
    {"vacuum", "vacuum STORE", "gives back the room of what was deleted", tl_verb_vacuum_run},
    {"seal", "seal STORE", "one file again, after a crash left a journal beside it", tl_verb_seal_run},
    {"merge", "merge OUT A B ...", "joins stores of several machines or folders, or the parts of one job", tl_verb_merge_run},
    {"import-weights", "import-weights FILE OUT.h5", "a network's weights from ONNX or Keras, checked, in Keras's layout",
     tl_verb_import_weights_run},
};
enum { VERB_COUNT = sizeof VERBS / sizeof VERBS[0] };

static void write_verbs(FILE *file)
{
    fputs("Verbs:\n", file);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(file, "  %-31s%s\n", VERBS[i].synopsis, VERBS[i].summary);
    fputs("\ntl-store VERB --help lists a verb's options.\n", file);
}

int main(int argc, char **argv)
{
    const struct tl_command command = {
        "tl-store", "tl-store VERB [options] ...", "Looks into a store, and moves what is in it.", NULL, 0, NULL};
    const char *word = argc > 1 ? argv[1] : NULL;

    tl_system_ignore_closed_pipes();
    if (!word) {
        tl_tool_say(&command, "a verb is needed (see --help)");
        write_verbs(stderr);
        return TL_EXIT_NOTHING;
    }
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(word, VERBS[i].name) == 0)
            return (int)VERBS[i].run(argc - 1, argv + 1);
    if (strcmp(word, "--help") == 0) {
        tl_options_write_help(&command, stdout);
        fputc('\n', stdout);
        write_verbs(stdout);
        return (int)tl_tool_end(&command, TL_EXIT_OK);
    }
    if (strcmp(word, "--version") == 0) {
        tl_options_write_version(&command, stdout);
        return (int)tl_tool_end(&command, TL_EXIT_OK);
    }
    tl_tool_say(&command, "there is no verb '%s'", word);
    write_verbs(stderr);
    return TL_EXIT_NOTHING;
}
