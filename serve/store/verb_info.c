/* verb_info.c - tl-store info: what is in a store. */
#include <stdio.h>

#include "serve/store/summary.h"
#include "serve/store/table_bytes.h"
#include "serve/store/store_command.h"
#include "serve/store/verbs.h"

struct settings {
    bool digest, bytes, json;
};

static enum tl_status print_digest(tl_store *store, bool is_json, struct tl_error *err)
{
    uint8_t digest[TL_DIGEST_BYTES];
    char hex[TL_DIGEST_HEX_BYTES];
    enum tl_status status = tl_store_compute_digest(store, digest, err);

    if (status != TL_OK)
        return status;
    tl_digest_to_hex(hex, digest);
    fprintf(stdout, is_json ? "{\"digest\": \"%s\"}\n" : "%s\n", hex);
    return TL_OK;
}

static enum tl_status print_summary(tl_store *store, bool is_json, struct tl_error *err)
{
    struct tl_summary summary;
    struct tl_text text;
    enum tl_status status = tl_summary_read(&summary, store, err);

    if (status != TL_OK)
        return status;
    tl_text_init(&text, TL_SUMMARY_JSON_BYTES);
    if (is_json) {
        status = tl_summary_append_json(&text, &summary, store, err);
        if (status == TL_OK)
            fputs(text.bytes, stdout);
    } else {
        status = tl_summary_write(&summary, store, stdout, err);
        if (status == TL_IO && ferror(stdout))
            status = TL_OK; /* tl_tool_end() tells */
    }
    tl_text_free(&text);
    tl_summary_free(&summary);
    return status;
}

enum tl_exit tl_verb_info_run(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tl_option options[] = {
        {.name = "digest", .kind = TL_OPTION_FLAG, .target = &settings.digest,
         .help = "print only the digest over photos and features: equal stores, equal digest"},
        {.name = "bytes", .kind = TL_OPTION_FLAG, .target = &settings.bytes,
         .help = "print only what each table and index takes; reads the whole file"},
        {.name = "json", .kind = TL_OPTION_FLAG, .target = &settings.json, .help = "one JSON object"},
    };
    const struct tl_command command = {
        "tl-store info",
        "tl-store info [options] STORE",
        "Tells what a store holds: rows, bytes by kind, feature sets with their augmentations, what is stale or damaged, how the\n"
        "last extraction ended, the best runs; and which arithmetic this machine computes with.",
        options,
        sizeof options / sizeof options[0],
        "Exit codes: 0 told; 2 not.",
    };
    struct tl_operands operands;
    struct tl_error err;
    tl_store *store = NULL;
    enum tl_exit exit_code;
    enum tl_status status;

    if (!tl_store_command_begin(&operands, &exit_code, &command, 1, "one store is needed", argc, argv))
        return exit_code;
    if (settings.digest && settings.bytes) {
        tl_tool_say(&command, "--digest and --bytes exclude each other");
        return TL_EXIT_NOTHING;
    }
    status = tl_store_open(&store, operands.items[0], TL_STORE_READ, &err);
    if (status == TL_OK)
        status = settings.digest  ? print_digest(store, settings.json, &err)
                 : settings.bytes ? tl_table_bytes_write(store, settings.json, stdout, &err)
                                  : print_summary(store, settings.json, &err);
    if (status == TL_IO && ferror(stdout))
        status = TL_OK; /* tl_tool_end() tells */
    status = tl_store_close_after(&store, status, &err);
    return tl_store_command_end(&command, status, &err, TL_EXIT_OK);
}
