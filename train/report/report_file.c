/* report_file.c - see report_file.h. */
#include "train/report/report_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/memory.h"
#include "common/exchange/output_file.h"
#include "common/image/photo.h"
#include "common/image/picture.h"
#include "train/report/page.h"
#include "train/report/plot.h"
#include "train/report/plplot.h"

static const size_t PAGE_CEILING_BYTES = (size_t)1 << 28;
static const double PNG_SCALE = 2; /* dots a pixel: sharp on paper and on dense screens */

static bool has_ending(const char *path, const char *ending)
{
    const size_t length = strlen(path), ending_length = strlen(ending);

    return length > ending_length && strcasecmp(path + length - ending_length, ending) == 0;
}

/* "curves=FILE.svg". */
static enum tl_status parse_plot(enum tl_plot *out, const char **out_path, const char *text, struct tl_error *err)
{
    const char *equals = strchr(text, '=');
    const size_t name_bytes = equals ? (size_t)(equals - text) : 0;

    for (size_t plot = 0; equals && plot < TL_PLOT_COUNT; plot++)
        if (strlen(tl_plot_names[plot]) == name_bytes && strncmp(text, tl_plot_names[plot], name_bytes) == 0) {
            *out = (enum tl_plot)plot;
            *out_path = equals + 1;
            if (has_ending(*out_path, ".svg") || has_ending(*out_path, ".png"))
                return TL_OK;
            return tl_error_set(err, TL_BAD_INPUT, "--plot %s: the file's name ends in .svg or .png", text);
        }
    return tl_error_set(err, TL_BAD_INPUT, "--plot takes curves=FILE, confusion=FILE, calibration=FILE or sweep=FILE, not '%s'",
                        text);
}

/* A file of that name can come into being. */
static enum tl_status check_path(const char *path, struct tl_error *err)
{
    struct tl_output_file output;
    const enum tl_status status = tl_output_file_create(&output, path, err);

    if (status == TL_OK)
        tl_output_file_discard(&output);
    return status;
}

enum tl_status tl_report_file_check(const struct tl_report_wish *wish, struct tl_error *err)
{
    const struct tl_plplot *pl;
    const char *path;
    enum tl_plot plot;

    enum tl_status status = wish->page_path ? check_path(wish->page_path, err) : TL_OK;

    for (size_t i = 0; wish->plots && i < wish->plots->count && status == TL_OK; i++) {
        status = parse_plot(&plot, &path, wish->plots->items[i], err);
        if (status == TL_OK)
            status = check_path(path, err);
    }
    return status == TL_OK ? tl_plplot_load(&pl, err) : status;
}

static enum tl_status write_bytes(const char *path, const void *bytes, size_t size_bytes, struct tl_error *err)
{
    struct tl_output_file output;
    FILE *file;
    enum tl_status status = tl_output_file_create(&output, path, err);

    if (status != TL_OK)
        return status;
    file = fopen(output.part_path, "wb");
    if (!file || fwrite(bytes, 1, size_bytes, file) != size_bytes || fflush(file) != 0)
        status = tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(errno));
    if (file && fclose(file) != 0 && status == TL_OK)
        status = tl_error_set(err, TL_IO, "cannot write '%s': %s", path, strerror(errno));
    if (status == TL_OK)
        status = tl_output_file_commit(&output, err);
    tl_output_file_discard(&output);
    return status;
}

static enum tl_status write_png(const char *path, const struct tl_text *svg, struct tl_error *err)
{
    uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    enum tl_status status = tl_picture_draw_svg(&bytes, &size_bytes, svg->bytes, svg->length_bytes, PNG_SCALE, err);

    if (status == TL_OK)
        status = write_bytes(path, bytes, size_bytes, err);
    else
        tl_error_prefix(err, "%s", path);
    tl_memory_free(bytes);
    return status;
}

static enum tl_status write_plot(const char *wish, const struct tl_findings *findings, struct tl_error *err)
{
    enum tl_plot plot;
    const char *path, *lack;
    struct tl_text svg;
    enum tl_status status = parse_plot(&plot, &path, wish, err);

    if (status != TL_OK)
        return status;
    lack = tl_plot_why_not(plot, findings);
    if (lack)
        return tl_error_set(err, TL_NOT_FOUND, "%s: run %lld gives no %s plot: %s", path, (long long)findings->account.run_id,
                            tl_plot_names[plot], lack);
    tl_text_init(&svg, PAGE_CEILING_BYTES);
    status = tl_plot_draw(&svg, plot, findings, true, err);
    if (status != TL_OK)
        tl_error_prefix(err, "%s", path);
    else if (has_ending(path, ".png"))
        status = write_png(path, &svg, err);
    else
        status = write_bytes(path, svg.bytes, svg.length_bytes, err);
    tl_text_free(&svg);
    return status;
}

static enum tl_status write_page(const char *path, tl_store *store, const struct tl_findings *findings, const char *store_path,
                                 struct tl_error *err)
{
    struct tl_text html;
    enum tl_status status;

    tl_text_init(&html, PAGE_CEILING_BYTES);
    status = tl_page_append(&html, store, findings, store_path, err);
    if (status == TL_OK)
        status = write_bytes(path, html.bytes, html.length_bytes, err);
    else
        tl_error_prefix(err, "%s", path);
    tl_text_free(&html);
    return status;
}

enum tl_status tl_report_file_write(const struct tl_report_wish *wish, tl_store *store, int64_t run_id, const char *store_path,
                                    struct tl_error *err)
{
    struct tl_findings findings;
    enum tl_status status = tl_findings_read(&findings, store, run_id, err);

    if (status != TL_OK)
        return status;
    status = tl_photo_start(err);
    if (status == TL_OK) {
        if (wish->page_path)
            status = write_page(wish->page_path, store, &findings, store_path, err);
        for (size_t i = 0; wish->plots && i < wish->plots->count && status == TL_OK; i++)
            status = write_plot(wish->plots->items[i], &findings, err);
        tl_photo_stop();
    }
    tl_findings_free(&findings);
    return status;
}
