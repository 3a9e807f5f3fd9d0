/* page_gallery.c - the photos that the run got wrong and was surest of, each with the training photos most like it.
 */
#include <string.h>

#include "common/base/memory.h"
#include "train/report/html.h"
#include "train/report/page_parts.h"
#include "train/report/photo_data.h"
#include "train/report/plot.h"

static const double LARGE_PX = 190, SMALL_PX = 72, LARGE_WIDTH_PX = 284, SMALL_WIDTH_PX = 88, COPY_COSINE = 0.97;

struct album {
    struct tl_text *out;
    tl_store *store;
    const struct tl_findings *findings;
    struct tl_photo_data data;
    size_t absent_count, changed_count;
};

static const char *name_class(const struct album *album, size_t class_index)
{
    return album->findings->account.class_names[class_index];
}

/* One photo with its alternative text; the larger side fills its room. */
static enum tl_status append_photo(struct album *album, const struct tl_store_place *place, bool is_large, const char *class_name,
                                   struct tl_error *err)
{
    const double height_px = is_large ? LARGE_PX : SMALL_PX, width_px = is_large ? LARGE_WIDTH_PX : SMALL_WIDTH_PX;
    struct tl_photo_data_shown shown;
    enum tl_status status;

    tl_text_append(album->out, "<div class=\"shot\"><img loading=\"lazy\" src=\"");
    status = tl_photo_data_append(album->out, &shown, &album->data, place, is_large, err);
    if (status != TL_OK)
        return status;
    album->absent_count += shown.from == TL_PHOTO_DATA_ABSENT;
    album->changed_count += shown.from == TL_PHOTO_DATA_CHANGED;
    const bool is_broad = shown.aspect > width_px / height_px;
    const double width = is_broad ? width_px : height_px * shown.aspect, height = is_broad ? width_px / shown.aspect : height_px;
    tl_text_append_format(album->out, "\" width=\"%.0f\" height=\"%.0f\" style=\"max-width:100%%\" alt=\"", width > 1 ? width : 1,
                          height > 1 ? height : 1);
    tl_html_append_text(album->out, place->path ? place->path : "a photo of no source");
    tl_text_append(album->out, ", of class ");
    tl_html_append_text(album->out, class_name);
    tl_text_append(album->out, shown.from == TL_PHOTO_DATA_FILE ? "\"></div>\n" : " (grey thumbnail from the store)\"></div>\n");
    return TL_OK;
}

static void append_place(struct tl_text *out, const struct tl_store_place *place)
{
    tl_html_append_text(out, place->path ? place->source : "no source");
    if (place->path) {
        tl_text_append(out, "/");
        tl_html_append_text(out, place->path);
    }
}

static enum tl_status append_neighbour(struct album *album, const struct tl_gallery_neighbour *neighbour, struct tl_error *err)
{
    struct tl_store_place place;
    enum tl_status status = tl_store_get_place(album->store, &place, neighbour->content_id, err);

    if (status != TL_OK)
        return status;
    tl_text_append(album->out, "<li><figure title=\"");
    append_place(album->out, &place);
    tl_text_append(album->out, "\">");
    status = append_photo(album, &place, false, name_class(album, neighbour->class_index), err);
    tl_text_append(album->out, "<figcaption>");
    tl_html_append_text(album->out, name_class(album, neighbour->class_index));
    tl_text_append_format(album->out, "<br>cosine %.3f%s</figcaption></figure></li>\n", neighbour->cosine,
                          neighbour->cosine >= COPY_COSINE ? ", nearly the same" : "");
    tl_store_free_place(&place);
    return status;
}

static void append_said(struct album *album, const struct tl_gallery_item *item)
{
    const struct tl_store_account *account = &album->findings->account;
    const size_t true_class = account->told[item->told].class_index;
    const double *probabilities = account->probabilities + item->told * account->class_count;
    const struct {
        const char *what, *kind;
        size_t class_index;
    } rows[] = {{"called", "bad", item->predicted}, {"is", "good", true_class}};

    tl_text_append(album->out, "<dl class=\"said\">");
    for (size_t i = 0; i < 2; i++) {
        tl_text_append_format(album->out, "<dt>%s</dt><dd class=\"%s\">", rows[i].what, rows[i].kind);
        tl_html_append_text(album->out, name_class(album, rows[i].class_index));
        tl_text_append(album->out, "</dd><dd class=\"n\">");
        tl_page_append_percent(album->out, probabilities[rows[i].class_index]);
        tl_text_append(album->out, "</dd>");
    }
    tl_text_append(album->out, "</dl>\n");
}

static enum tl_status append_item(struct album *album, const struct tl_gallery_item *item, struct tl_error *err)
{
    const struct tl_store_told *told = &album->findings->account.told[item->told];
    struct tl_store_place place;
    enum tl_status status = tl_store_get_place(album->store, &place, told->content_id, err);

    if (status != TL_OK)
        return status;
    tl_text_append(album->out, "<li class=\"item\"><figure>");
    status = append_photo(album, &place, true, name_class(album, told->class_index), err);
    tl_text_append(album->out, "<figcaption><p class=\"file\">");
    append_place(album->out, &place);
    tl_text_append_format(album->out, " (%s)</p>\n", tl_plot_role_name(told->role));
    append_said(album, item);
    tl_text_append(album->out, "</figcaption></figure>\n");
    if (item->neighbour_count > 0)
        tl_text_append(album->out, "<p class=\"like\">Most alike among the training photos</p>\n<ul class=\"near\">\n");
    for (size_t i = 0; i < item->neighbour_count && status == TL_OK; i++)
        status = append_neighbour(album, &item->neighbours[i], err);
    tl_text_append(album->out, item->neighbour_count > 0 ? "</ul></li>\n" : "</li>\n");
    tl_store_free_place(&place);
    return status;
}

static void append_hint(struct tl_text *out, const struct tl_gallery *gallery)
{
    tl_text_append_format(out,
                          "<p class=\"hint\">%zu of %zu photos that were called by a wrong class, the surest first. Such a "
                          "photo is hard, or its label is wrong; its neighbours tell which: the training photos whose stored "
                          "features point most nearly the same way (1 is the same).",
                          gallery->item_count, gallery->wrong_count);
    if (gallery->compared_count < gallery->training_count)
        tl_text_append_format(out, " Looked for among %zu of %zu training photos.", gallery->compared_count,
                              gallery->training_count);
    tl_text_append(out, "</p>\n");
}

enum tl_status tl_page_append_gallery(struct tl_text *out, tl_store *store, const struct tl_findings *findings,
                                      struct tl_error *err)
{
    struct album album = {.out = out, .store = store, .findings = findings};
    struct tl_gallery *gallery = tl_memory_alloc(1, sizeof *gallery);
    enum tl_status status;

    if (!gallery)
        return tl_error_set_no_memory(err, "the mistakes", sizeof *gallery);
    status = tl_gallery_choose(gallery, store, findings, err);
    if (status == TL_OK)
        status = tl_photo_data_init(&album.data, store, findings->account.feature_set_id, err);
    if (status != TL_OK || findings->account.told_count == 0)
        goto done;
    tl_text_append(out, "<section>\n<h2>Surest mistakes</h2>\n");
    if (gallery->item_count == 0)
        tl_text_append(out, "<p class=\"hint\">None: every photo that was judged is called what it is.</p>\n");
    else
        append_hint(out, gallery);
    tl_text_append(out, "<ul class=\"items\">\n");
    for (size_t i = 0; i < gallery->item_count && status == TL_OK; i++)
        status = append_item(&album, &gallery->items[i], err);
    tl_text_append(out, "</ul>\n");
    if (album.absent_count + album.changed_count > 0)
        tl_text_append_format(out,
                              "<p class=\"hint\">Grey pictures are the store's thumbnails: %zu files are not where they were, %zu "
                              "have other bytes now.</p>\n",
                              album.absent_count, album.changed_count);
    tl_text_append(out, "</section>\n");
done:
    tl_memory_free(gallery);
    return status;
}
