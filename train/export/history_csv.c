/* history_csv.c - see history_csv.h. */
#include "train/export/history_csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/exchange/output_file.h"

static const size_t TEXT_CEILING_BYTES = (size_t)1 << 30;

static void append_number(struct tl_text *text, double value, const char *end)
{
    char number[TL_TEXT_NUMBER_BYTES];

    if (isnan(value)) {
        tl_text_append_format(text, "NA%s", end);
        return;
    }
    tl_text_shortest_number(number, value);
    /* Python's floats have a point or an exponent: 1.0, not 1 */
    tl_text_append_format(text, "%s%s%s", number, strpbrk(number, ".en") ? "" : ".0", end);
}

static enum tl_status write_text(const char *path, const struct tl_text *text, struct tl_error *err)
{
    FILE *file = fopen(path, "wb");
    bool is_written;

    if (!file)
        return tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(errno));
    is_written = fwrite(text->bytes, 1, text->length_bytes, file) == text->length_bytes;
    if (fclose(file) != 0 || !is_written)
        return tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(errno));
    return TL_OK;
}

enum tl_status tl_history_csv_write(const struct tl_store_epoch *epochs, size_t count, const char *path, struct tl_error *err)
{
    struct tl_output_file output;
    struct tl_text text;
    enum tl_status status;

    tl_text_init(&text, TEXT_CEILING_BYTES);
    tl_text_append(&text, "epoch,accuracy,loss,val_accuracy,val_loss\r\n");
    for (size_t i = 0; i < count; i++) {
        tl_text_append_format(&text, "%zu,", i);
        append_number(&text, epochs[i].accuracy, ",");
        append_number(&text, epochs[i].loss, ",");
        append_number(&text, epochs[i].val_accuracy, ",");
        append_number(&text, epochs[i].val_loss, "\r\n");
    }
    status = tl_text_check(&text, err);
    if (status == TL_OK)
        status = tl_output_file_create(&output, path, err);
    if (status != TL_OK)
        goto done;
    status = write_text(output.part_path, &text, err);
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);
    tl_output_file_discard(&output);
done:
    tl_text_free(&text);
    return status;
}
