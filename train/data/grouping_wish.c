/* grouping_wish.c - see grouping_wish.h. */
#include "train/data/grouping_wish.h"

#include <string.h>

#include "common/base/quantity.h"

static const char NEAR_DUPLICATES[] = "near-duplicates", NONE[] = "none", PATH[] = "path:", CAPTURE_TIME[] = "capture-time:";

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether a part of the list begins here: a whole word, or one that takes more. */
static bool begins_part(const char *text)
{
    static const char *const words[] = {NEAR_DUPLICATES, NONE};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (begins_with(text, words[i]) && (text[strlen(words[i])] == '\0' || text[strlen(words[i])] == ','))
            return true;
    return begins_with(text, PATH) || begins_with(text, CAPTURE_TIME);
}

static size_t measure_part(const char *text)
{
    const char *comma = strchr(text, ',');

    while (comma && begins_with(text, PATH) && !begins_part(comma + 1))
        comma = strchr(comma + 1, ',');
    return comma ? (size_t)(comma - text) : strlen(text);
}

static enum tl_status read_part(struct tl_grouping_wish *out, const char *part, struct tl_error *err)
{
    if (strcmp(part, NEAR_DUPLICATES) == 0) {
        out->has_near_duplicates = true;
        return TL_OK;
    }
    if (begins_with(part, PATH) && part[strlen(PATH)] != '\0') {
        if (out->path_pattern[0] != '\0')
            return tl_error_set(err, TL_BAD_INPUT, "--group-by takes one path:PATTERN; (A|B) joins two");
        memcpy(out->path_pattern, part + strlen(PATH), strlen(part + strlen(PATH)) + 1);
        return TL_OK;
    }
    if (begins_with(part, CAPTURE_TIME))
        return tl_quantity_read_seconds(&out->capture_seconds, "group-by capture-time:", part + strlen(CAPTURE_TIME), err);
    return tl_error_set(err, TL_BAD_INPUT,
                        "--group-by takes none, or a list of near-duplicates, path:PATTERN and capture-time:60s, not '%s'", part);
}

enum tl_status tl_grouping_wish_read(struct tl_grouping_wish *out, const char *text, struct tl_error *err)
{
    *out = (struct tl_grouping_wish){.has_near_duplicates = !text};
    if (!text || strcmp(text, NONE) == 0)
        return TL_OK;
    for (;;) {
        char part[TL_GROUPING_PATTERN_BYTES];
        const size_t length_bytes = measure_part(text);
        enum tl_status status;

        if (length_bytes >= sizeof part)
            return tl_error_set(err, TL_BAD_INPUT, "--group-by: '%.40s...' is longer than %zu bytes", text, sizeof part - 1);
        memcpy(part, text, length_bytes);
        part[length_bytes] = '\0';
        status = read_part(out, part, err);
        if (status != TL_OK || text[length_bytes] == '\0')
            return status;
        text += length_bytes + 1;
    }
}
