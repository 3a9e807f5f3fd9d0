/* test_page.c - the page stands alone, escapes whatever it is given, and says what is not there. */
#include "common/image/photo.h"
#include "tests/train/report/made_run.h"
#include "train/report/page.h"

static const size_t CEILING_BYTES = (size_t)1 << 26;
static const char *store_path;

static void start(void)
{
    ck_assert_int_eq(tl_photo_start(NULL), TL_OK);
    store_path = tl_test_path(tl_test_make_folder(), "made.tl");
}

static enum tl_status write_page(struct tl_text *html, int64_t run_id, struct tl_error *err)
{
    tl_store *store = NULL;
    struct tl_findings findings;
    enum tl_status status = tl_store_open(&store, store_path, TL_STORE_READ, err);

    tl_text_init(html, CEILING_BYTES);
    if (status != TL_OK)
        return status;
    status = tl_findings_read(&findings, store, run_id, err);
    if (status == TL_OK)
        status = tl_page_append(html, store, &findings, "<b>made.tl", err);
    tl_findings_free(&findings);
    return tl_store_close_after(&store, status, err);
}

static void make_page(struct tl_text *html, const struct made_run_wish *wish)
{
    struct tl_error err;
    const int64_t run_id = made_put_run(store_path, wish);

    ck_assert_msg(write_page(html, run_id, &err) == TL_OK, "%s", err.message);
}

static void expect(const struct tl_text *html, const char *words)
{
    ck_assert_msg(strstr(html->bytes, words) != NULL, "'%s' is not in the page", words);
}

static void expect_not(const struct tl_text *html, const char *words)
{
    ck_assert_msg(strstr(html->bytes, words) == NULL, "'%s' is in the page", words);
}

static size_t count(const struct tl_text *html, const char *words)
{
    size_t found = 0;

    for (const char *at = html->bytes; (at = strstr(at, words)) != NULL; at += strlen(words))
        found++;
    return found;
}

static bool is_void(const char *name, size_t name_bytes)
{
    static const char *const names[] = {"!DOCTYPE", "meta", "img", "br", NULL};

    for (size_t i = 0; names[i]; i++)
        if (strlen(names[i]) == name_bytes && strncmp(names[i], name, name_bytes) == 0)
            return true;
    return false;
}

/* Elements nest; attributes are quoted and hold no angle bracket. */
static void expect_well_formed(const struct tl_text *html)
{
    const char *open[64];
    size_t open_bytes[64], depth = 0;

    for (const char *at = strchr(html->bytes, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/'), *end = at;
        const size_t name_bytes = strcspn(name, " \n/>");
        bool is_quoted = false;
        for (end = at + 1; *end != '\0' && (*end != '>' || is_quoted); end++)
            is_quoted = is_quoted != (*end == '"');
        ck_assert_msg(*end == '>', "an element that does not end: %.60s", at);
        if (is_void(name, name_bytes) || end[-1] == '/')
            continue;
        if (at[1] == '/') {
            ck_assert_msg(depth > 0 && open_bytes[depth - 1] == name_bytes && strncmp(open[depth - 1], name, name_bytes) == 0,
                          "%.40s closes %.40s", at, depth > 0 ? open[depth - 1] : "nothing");
            depth--;
        } else {
            ck_assert_uint_lt(depth, 64);
            open[depth] = name;
            open_bytes[depth++] = name_bytes;
        }
        if (strncmp(at, "<style>", 7) == 0)
            at = strstr(at, "</style>") - 1;
    }
    ck_assert_uint_eq(depth, 0);
}

static void expect_self_contained(const struct tl_text *html)
{
    static const char *const strange[] = {"<script", "<link", "<iframe", "<object", "@import", "url(", "javascript:", "http:",
                                          "https:", "href=", " onerror=\"", " onload=\"", NULL};

    for (size_t i = 0; strange[i]; i++)
        expect_not(html, strange[i]);
    ck_assert_uint_eq(count(html, " src=\""), count(html, " src=\"data:image/"));
}

START_TEST(a_page_has_all_its_parts)
{
    struct tl_text html;

    make_page(&html, &(struct made_run_wish){.class_count = 3, .has_validation = true, .has_head = true, .has_copy = 0});
    expect_well_formed(&html);
    expect_self_contained(&html);
    expect(&html, "Run 1 \xE2\x80\x98made\xE2\x80\x99");
    expect(&html, "2023-11-14 22:13:20 UTC");
    expect(&html, "Learning curves");
    expect(&html, "Confusion");
    expect(&html, "Calibration");
    expect(&html, "Classes, test photos");
    expect(&html, "Most frequent mistakes");
    expect(&html, "3 of 3 photos that were called by a wrong class");
    expect(&html, "learning rate</th><td>0.001</td>");
    expect(&html, "vgg16 block5_pool openblas-im2col float32");
    expect_not(&html, "The best ");
    expect_not(&html, "flatter");
    ck_assert_uint_eq(count(&html, "<svg class=\"plot\""), 3);
    ck_assert_uint_eq(count(&html, "<li class=\"item\">"), 3);
    ck_assert_uint_eq(count(&html, "cosine "), 9); /* of each three neighbours */
    ck_assert_uint_eq(count(&html, "<img "), count(&html, " alt=\""));
    tl_text_free(&html);
}
END_TEST

START_TEST(copies_are_told_and_so_is_that_nobody_looked)
{
    struct tl_text html;
    const int has_copy = _i == 0 ? 1 : -1;

    make_page(&html, &(struct made_run_wish){.class_count = 2, .has_validation = true, .has_head = true, .has_copy = has_copy});
    expect(&html, _i == 0 ? "Test: 2 of 2 photos have a near-duplicate among the training photos" : "Test: nobody looked whether");
    tl_text_free(&html);
}
END_TEST

START_TEST(files_that_are_there_are_shown_and_others_as_thumbnails)
{
    static const char ppm[] = "P6 4 2 255\n"
                              "\xff\x00\x00\xff\x00\x00\xff\x00\x00\xff\x00\x00"
                              "\x00\xff\x00\x00\xff\x00\x00\xff\x00\x00\xff\x00";
    struct tl_text html;
    struct tl_error err;
    uint8_t sha256[TL_DIGEST_BYTES];
    char sql[512], hex[TL_DIGEST_HEX_BYTES];
    const char *folder = tl_test_make_folder();
    const int64_t run_id = made_put_run(
        store_path, &(struct made_run_wish){.class_count = 2, .has_validation = true, .has_head = true, .has_copy = -1});

    tl_test_write_file(tl_test_path(folder, "right.ppm"), ppm, sizeof ppm - 1);
    tl_test_write_file(tl_test_path(folder, "changed.ppm"), "P6 1 1 255\nabc", 14);
    tl_digest_bytes(sha256, ppm, sizeof ppm - 1);
    tl_digest_to_hex(hex, sha256);
    snprintf(sql, sizeof sql,
             "UPDATE source SET root = '%s'; UPDATE photo SET path = 'right.ppm' WHERE path = 'test/3.ppm';"
             "UPDATE photo SET path = 'changed.ppm' WHERE path = 'test/7.ppm'; UPDATE content SET sha256 = x'%s', width_px = 4,"
             " height_px = 2 WHERE content_id = (SELECT content_id FROM photo WHERE path = 'right.ppm')",
             folder, hex);
    made_change(store_path, sql);
    ck_assert_msg(write_page(&html, run_id, &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(count(&html, "data:image/jpeg"), 1);
    expect(&html, "width=\"284\" height=\"142\"");
    expect(&html, "6 files are not where they were, 1 have other bytes now");
    tl_text_free(&html);
}
END_TEST

START_TEST(hostile_names_stay_words)
{
    struct tl_text html;

    make_page(&html, &(struct made_run_wish){2, true, true, true, -1});
    expect_well_formed(&html);
    expect_self_contained(&html);
    expect(&html, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    expect(&html, "&quot;onload=x &amp; \xC3\xA9");
    expect(&html, "&lt;img src=x onerror=&#39;y&#39;&gt;");
    expect(&html, "&lt;/title&gt;&lt;script&gt;");
    expect(&html, "&lt;b&gt;made.tl");
    expect_not(&html, "<img src=x");
    tl_text_free(&html);
}
END_TEST

START_TEST(two_and_forty_classes_have_a_page_of_bounded_size)
{
    struct tl_text html;

    make_page(&html, &(struct made_run_wish){.class_count = _i == 0 ? 2 : 40, .has_validation = true, .has_head = true});
    expect_well_formed(&html);
    expect_self_contained(&html);
    ck_assert_uint_lt(html.length_bytes, 500000);
    ck_assert_uint_eq(count(&html, "<li class=\"item\">"), _i == 0 ? 2 : 20);
    expect(&html, _i == 0 ? "2 of 2 photos that were called" : "20 of 40 photos that were called");
    tl_text_free(&html);
}
END_TEST

START_TEST(a_run_without_validation_says_that_nothing_is_known)
{
    struct tl_text html;

    make_page(&html, &(struct made_run_wish){.class_count = 2, .has_head = true});
    expect_well_formed(&html);
    expect(&html, "neither validation nor test photos");
    ck_assert_uint_eq(count(&html, "<svg class=\"plot\""), 1);
    expect_not(&html, "Surest mistakes");
    tl_text_free(&html);
}
END_TEST

START_TEST(a_run_without_a_head_shows_what_was_counted)
{
    struct tl_text html;

    make_page(&html, &(struct made_run_wish){.class_count = 3, .has_validation = true});
    expect_well_formed(&html);
    expect(&html, "The head of this run was not kept");
    expect(&html, "Classes, test photos");
    ck_assert_uint_eq(count(&html, "<svg class=\"plot\""), 2);
    expect_not(&html, "Surest mistakes");
    tl_text_free(&html);
}
END_TEST

static const struct made_run_wish plain_wish = {.class_count = 2, .has_validation = true, .has_head = true};

START_TEST(damaged_features_have_no_neighbours)
{
    struct tl_text html;
    struct tl_error err;
    const int64_t run_id = made_put_run(store_path, &plain_wish);

    made_change(store_path, "UPDATE feature_blob SET blob = x'00'");
    ck_assert_msg(write_page(&html, run_id, &err) == TL_OK, "%s", err.message);
    expect_well_formed(&html);
    expect_not(&html, "Most alike");
    tl_text_free(&html);
}
END_TEST

START_TEST(no_such_run_is_not_found)
{
    struct tl_text html;
    struct tl_error err;

    made_put_run(store_path, &(struct made_run_wish){.class_count = 2, .has_head = true});
    ck_assert_int_eq(write_page(&html, 99, &err), TL_NOT_FOUND);
    tl_text_free(&html);
}
END_TEST

START_TEST(without_memory_there_is_no_page)
{
    struct tl_text html;
    struct tl_error err = {0};
    enum tl_status status = TL_NO_MEMORY;
    const int64_t run_id = made_put_run(store_path, &plain_wish);

    for (size_t n = 1; status != TL_OK; n++) {
        ck_assert_uint_lt(n, 5000);
        tl_memory_fail_at(n);
        status = write_page(&html, run_id, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "%s: %s", tl_error_status_name(status), err.message);
        if (status != TL_OK)
            tl_text_free(&html);
    }
    expect_well_formed(&html);
    tl_text_free(&html);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *core = tcase_create("Core"), *limits = tcase_create("Limits"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, start, NULL);
    tcase_add_checked_fixture(limits, start, NULL);
    tcase_add_checked_fixture(faults, start, NULL);
    tcase_add_test(core, a_page_has_all_its_parts);
    tcase_add_loop_test(core, copies_are_told_and_so_is_that_nobody_looked, 0, 2);
    tcase_add_test(core, files_that_are_there_are_shown_and_others_as_thumbnails);
    tcase_add_test(limits, hostile_names_stay_words);
    tcase_add_loop_test(limits, two_and_forty_classes_have_a_page_of_bounded_size, 0, 2);
    tcase_add_test(limits, a_run_without_validation_says_that_nothing_is_known);
    tcase_add_test(limits, a_run_without_a_head_shows_what_was_counted);
    tcase_add_test(faults, damaged_features_have_no_neighbours);
    tcase_add_test(faults, no_such_run_is_not_found);
    tcase_add_test(faults, without_memory_there_is_no_page);
    tcase_set_timeout(faults, 60);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    suite_add_tcase(suite, faults);
    return suite;
}
