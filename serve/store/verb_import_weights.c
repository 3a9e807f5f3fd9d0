/* verb_import_weights.c - tl-store import-weights: a network's weights from another program's file, in Keras's layout. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/text.h"
#include "serve/store/verbs.h"
#include "serve/store/weights.h"

struct settings {
    const char *network;
    bool force, json;
};

static void print_result(const struct settings *settings, const char *path, const char *digest, struct tl_text *line)
{
    if (settings->json) {
        tl_text_append(line, "{\"file\": ");
        tl_text_append_json_string(line, path);
        tl_text_append(line, ", \"network\": ");
        tl_text_append_json_string(line, settings->network);
        tl_text_append_format(line, ", \"tensors_sha256\": \"%s\"}\n", digest);
    } else {
        tl_text_append_format(line, "%s tensors %s\n", settings->network, digest);
    }
}

enum tl_exit tl_verb_import_weights_run(int argc, char **argv)
{
    struct settings settings = {.network = "vgg16"};
    const struct tl_option options[] = {
        {.name = "network", .argument = "NAME", .kind = TL_OPTION_STRING, .target = &settings.network,
         .help = "whose weights they are (vgg16)"},
        {.name = "force", .kind = TL_OPTION_FLAG, .target = &settings.force, .help = "replace OUT when it is there"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "the result as a JSON object"},
    };
    const struct tl_command command = {
        "tl-store import-weights",
        "tl-store import-weights [options] FILE OUT.h5",
        "Reads the weights of an ONNX model or a Keras HDF5 file, checks each shape against the network's table, and writes\n"
        "them in the layout that Keras loads. Prints the digest of the tensors, by which stores know the network.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 written; 2 not.",
    };
    struct tl_operands operands;
    struct tl_error err;
    struct tl_text line;
    struct stat facts;
    char digest[TL_DIGEST_HEX_BYTES];
    enum tl_exit exit_code;

    if (!tl_tool_begin(&operands, &exit_code, &command, argc, argv))
        return exit_code;
    if (operands.count != 2) {
        tl_tool_say(&command, "a file of weights and the file to write are needed (see --help)");
        return TL_EXIT_NOTHING;
    }
    if (!settings.force && lstat(operands.items[1], &facts) == 0) {
        tl_tool_say(&command, "%s is there already (--force replaces it)", operands.items[1]);
        return TL_EXIT_NOTHING;
    }
    if (tl_weights_convert(digest, settings.network, operands.items[0], operands.items[1], &err) != TL_OK) {
        tl_tool_say(&command, "%s", err.message);
        return TL_EXIT_NOTHING;
    }
    tl_text_init(&line, 1 << 20);
    print_result(&settings, operands.items[1], digest, &line);
    exit_code = TL_EXIT_OK;
    if (tl_text_check(&line, &err) == TL_OK) {
        fputs(line.bytes, stdout);
    } else {
        tl_tool_say(&command, "%s", err.message);
        exit_code = TL_EXIT_NOTHING;
    }
    tl_text_free(&line);
    return tl_tool_end(&command, exit_code);
}
