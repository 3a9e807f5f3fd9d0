/* test_damage_record.c - damage is recorded once the reader is closed, on a network file system too; a damaged file is left alone.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "serve/store/damage_record.h"
#include "serve/store/verbs.h"
#include "tests/serve/store/store_fixture.h"
#include "tests/support/suite.h"

enum { PHOTO_COUNT = 600, TEXT_BYTES = 1 << 18 };

static char path[1100], told_path[1100];
static bool is_on_network;

/* Stands for the C library's: every folder is NFS's while a test wants it. */
int statfs(const char *file, struct statfs *out)
{
    (void)file;
    memset(out, 0, sizeof *out);
    out->f_type = is_on_network ? 0x6969 : 0xef53;
    return 0;
}

/* Features that no photo's digest fits: each is damaged. */
static void make_store(void)
{
    const char *folder = tl_test_make_folder();
    tl_store *store;
    int64_t source_id, set_id;

    is_on_network = false;
    (void)snprintf(path, sizeof path, "%s/s.tl", folder);
    (void)snprintf(told_path, sizeof told_path, "%s/told", folder);
    store = fixture_create(path);
    set_id = fixture_feature_set(store);
    source_id = fixture_source(store, "a");
    for (int i = 0; i < PHOTO_COUNT; i++) {
        static const uint8_t THUMBNAIL[TL_STORE_THUMBNAIL_BYTES];
        struct tl_store_content content = {
            .width_px = 2, .height_px = 1, .format = "png", .exif_orientation = 1, .thumbnail = THUMBNAIL};
        int64_t content_id;
        char name[16];
        struct tl_error err;

        memcpy(content.sha256, &i, sizeof i);
        fixture_ok(tl_store_put_content(store, &content_id, &content, &err), &err);
        (void)snprintf(name, sizeof name, "%03d.jpg", i);
        (void)fixture_photo(store, source_id, name, content_id, NULL, NULL);
        fixture_feature(store, set_id, content_id, 0, 0, 1);
    }
    fixture_finish(store);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int count(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *prepared = NULL;
    int value;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &prepared, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(prepared), SQLITE_ROW);
    value = sqlite3_column_int(prepared, 0);
    sqlite3_finalize(prepared);
    sqlite3_close(db);
    return value;
}

/* The exit code; what was told on both outputs is in `told`. */
static int verify(char told[TEXT_BYTES])
{
    char name[] = "verify", threads[] = "--threads=1";
    char *argv[] = {name, threads, path, NULL};
    const pid_t child = fork();
    FILE *file;
    int state;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const int out = open(told_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

        if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
            _exit(99);
        _exit((int)tl_verb_verify_run(3, argv));
    }
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state));
    file = fopen(told_path, "rb");
    ck_assert_ptr_nonnull(file);
    told[fread(told, 1, TEXT_BYTES - 1, file)] = '\0';
    fclose(file);
    return WEXITSTATUS(state);
}

/* ---- Core ---- */

/* Of two feature sets, and more than one transaction takes. */
START_TEST(much_damage_is_recorded_on_each_file_system)
{
    static char told[TEXT_BYTES];

    run_sql("INSERT INTO feature_set SELECT NULL, randomblob(32), input_id, backbone_id, layer, 'other', stored_type, height, "
            "width, channels"
            " FROM feature_set; UPDATE feature SET feature_set_id = 2 WHERE feature_id % 100 = 7");
    is_on_network = _i == 1;
    ck_assert_msg(verify(told) == 1, "%s", told);
    is_on_network = false;
    ck_assert_msg(strstr(told, "could not be recorded") == NULL, "%s", told);
    ck_assert_ptr_nonnull(strstr(told, "600 features verified, 600 damaged\nRun tl-extract again"));
    ck_assert_int_eq(count("SELECT count(*) FROM failure WHERE stage = 'verify'"), PHOTO_COUNT);
    ck_assert_int_eq(count("SELECT count(*) FROM failure WHERE feature_set_id = 2"), 6);
}
END_TEST

START_TEST(into_a_damaged_file_nothing_is_written)
{
    static char told[TEXT_BYTES];

    run_sql("PRAGMA foreign_keys = OFF; DELETE FROM content WHERE content_id = 5");
    ck_assert_int_eq(verify(told), 1);
    ck_assert_ptr_nonnull(strstr(told, "s.tl: the file is damaged: "));
    ck_assert_ptr_nonnull(strstr(told, "feature 5, of which nothing else is known any more, is damaged: "));
    ck_assert_ptr_nonnull(strstr(told, "nothing was recorded in it: use a backup\n"));
    ck_assert_ptr_null(strstr(told, "tl-extract"));
    ck_assert_ptr_null(strstr(told, "tl-store prune"));
    ck_assert_int_eq(count("SELECT count(*) FROM failure"), 0);
}
END_TEST

/* ---- Faults ---- */

START_TEST(every_failed_allocation_is_survived)
{
    const struct tl_error failure = {.status = TL_CORRUPT, .message = "bad"};
    struct tl_error err;
    enum tl_status status;
    size_t n = 0, recorded = 0;

    do {
        struct tl_store_feature_name name = {.source = "a", .path = "000.jpg", .augmentation = "none"};
        tl_damage_record *record = NULL;

        tl_memory_fail_at(++n);
        status = tl_damage_record_create(&record, &err);
        for (uint8_t i = 0; status == TL_OK && i < 40; i++) { /* each twice, which is once */
            name.sha256[0] = i / 2;
            status = tl_damage_record_add(record, &name, &failure, &err);
        }
        if (status == TL_OK)
            status = tl_damage_record_write(record, path, &recorded, &err);
        tl_memory_fail_at(0);
        ck_assert_msg(status == TL_OK || status == TL_NO_MEMORY, "allocation %zu: %s", n, err.message);
        tl_damage_record_free(record);
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 20);
    ck_assert_uint_eq(recorded, 40);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("damage_record");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_checked_fixture(core, make_store, NULL);
    tcase_add_checked_fixture(faults, make_store, NULL);
    tcase_add_loop_test(core, much_damage_is_recorded_on_each_file_system, 0, 2);
    tcase_add_test(core, into_a_damaged_file_nothing_is_written);
    tcase_add_test(faults, every_failed_allocation_is_survived);
    tcase_set_timeout(core, 60);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
