/* test_store_place.c - where a store lies and what lies beside it: network file systems, journals of others, files that move. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/store/connection.h"
#include "common/store/location.h"
#include "tests/common/store/small_store.h"

static const char *new_path(void)
{
    return tl_test_path(tl_test_make_folder(), "a.tl");
}

static bool has_beside(const char *path, const char *suffix)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

static void copy_file(const char *to, const char *from)
{
    char command[9000];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(command), 0);
}

/* As if the path lay on NFS. */
static enum tl_status open_on_nfs(tl_store **out, const char *path, enum tl_store_mode mode, struct tl_error *err)
{
    struct tl_location location;
    must(tl_location_check(&location, path, mode, err), err);
    location.network_name = "NFS";
    return tl_connection_open_at(out, path, &location, mode, err);
}

/* Another process opens it so; returns what came of it. */
static enum tl_status open_elsewhere(const char *path, enum tl_store_mode mode, const char *words)
{
    int state;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct tl_error err = {.message = ""};
        tl_store *store = NULL;
        enum tl_status status = open_on_nfs(&store, path, mode, &err);
        if (status == TL_OK)
            status = tl_store_close(&store, &err);
        _exit(strstr(err.message, words) != NULL || status == TL_OK ? (int)status : 99);
    }
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state));
    return (enum tl_status)WEXITSTATUS(state);
}

START_TEST(network_file_systems_are_known_by_their_type)
{
    ck_assert_str_eq(tl_location_name_network(0x6969), "NFS");
    ck_assert_str_eq(tl_location_name_network((long)0xff534d42), "CIFS");
    ck_assert_str_eq(tl_location_name_network((int)0xfe534d42), "SMB"); /* a type as 32 bits with a sign */
    ck_assert_str_eq(tl_location_name_network(0x65735546), "FUSE");
    ck_assert_str_eq(tl_location_name_network(0x0bd00bd0), "Lustre");
    ck_assert_str_eq(tl_location_name_network(0x01021997), "9p");
    ck_assert_ptr_null(tl_location_name_network(0xef53));     /* ext4 */
    ck_assert_ptr_null(tl_location_name_network(0x01021994)); /* tmpfs */
    ck_assert_ptr_null(tl_location_name_network(0x794c7630)); /* overlay */
    ck_assert_ptr_null(tl_location_name_network(0));
}
END_TEST

START_TEST(on_a_network_one_process_has_the_store_and_no_wal)
{
    struct tl_error err;
    tl_store *store = NULL;
    const char *path = new_path();
    must(open_on_nfs(&store, path, TL_STORE_CREATE, &err), &err);
    ck_assert(strstr(tl_store_notice(store), "NFS") != NULL);
    fill_small_store(store);
    ck_assert(!has_beside(path, "-wal") && !has_beside(path, "-shm"));
    ck_assert_int_eq(open_elsewhere(path, TL_STORE_WRITE, "on NFS, one at a time"), TL_IO);
    ck_assert_int_eq(open_elsewhere(path, TL_STORE_READ, "on NFS, one at a time"), TL_IO);
    close_store(store);
    ck_assert_int_eq(open_elsewhere(path, TL_STORE_WRITE, ""), TL_OK);
    must(open_on_nfs(&store, path, TL_STORE_READ, &err), &err);
    ck_assert_int_eq(open_elsewhere(path, TL_STORE_READ, ""), TL_OK); /* readers do not mind each other */
    must_give(store, "SELECT count(*) FROM photo", "8;");
    close_store(store);
    store = open_store(path, TL_STORE_READ);
    ck_assert_ptr_null(tl_store_notice(store));
    close_store(store);
}
END_TEST

/* A crash on a disk here, and then a move to the network. */
START_TEST(a_wal_is_taken_in_on_a_network)
{
    struct tl_error err;
    tl_store *store = NULL;
    char wal[4096], moved_wal[4096];
    const char *path = new_path(), *moved = new_path();
    tl_store *writer = open_store(path, TL_STORE_CREATE);
    fill_small_store(writer);
    snprintf(wal, sizeof wal, "%s-wal", path);
    snprintf(moved_wal, sizeof moved_wal, "%s-wal", moved);
    copy_file(moved, path);
    copy_file(moved_wal, wal);
    close_store(writer);
    must(open_on_nfs(&store, moved, TL_STORE_WRITE, &err), &err);
    must_give(store, "SELECT count(*) FROM photo", "8;");
    ck_assert(!has_beside(moved, "-wal"));
    close_store(store);
}
END_TEST

START_TEST(a_wal_of_another_file_is_refused)
{
    static const enum tl_store_mode modes[] = {TL_STORE_READ, TL_STORE_WRITE, TL_STORE_CREATE};
    struct tl_error err;
    const char *good = new_path(), *crashed = new_path();
    char wal[4096], kept[4096];
    tl_store *store = open_store(good, TL_STORE_CREATE);
    fill_small_store(store);
    close_store(store);
    /* A process dies and leaves its -wal; a good copy is put over its store. */
    store = open_store(crashed, TL_STORE_CREATE);
    fill_small_store(store);
    snprintf(wal, sizeof wal, "%s-wal", crashed);
    snprintf(kept, sizeof kept, "%s-kept", crashed);
    copy_file(kept, wal);
    close_store(store);
    copy_file(crashed, good);
    ck_assert_int_eq(rename(kept, wal), 0);
    must_fail(tl_store_open(&store, crashed, modes[_i], &err), TL_BAD_INPUT, &err, "-wal beside it is of another file");
    ck_assert_ptr_null(store);
    ck_assert_int_eq(unlink(wal), 0);
    store = open_store(crashed, modes[_i]);
    must_give(store, "SELECT count(*) FROM photo", "8;");
    close_store(store);
}
END_TEST

/* 0: renamed, 1: another file put in its place, 2: deleted. */
START_TEST(a_store_that_moves_while_in_use_is_not_written_any_more)
{
    struct tl_error err;
    const char *path = new_path(), *other = new_path();
    tl_store *store = open_store(path, TL_STORE_CREATE);
    fill_small_store(store);
    if (_i == 0)
        ck_assert_int_eq(rename(path, other), 0);
    else if (_i == 1)
        ck_assert(rename(path, other) == 0 && (copy_file(path, other), true));
    else
        ck_assert_int_eq(unlink(path), 0);
    must_fail(tl_store_begin(store, &err), TL_IO, &err, "moved, replaced or deleted");
    const enum tl_status status = tl_store_close_after(&store, TL_IO, &err);
    ck_assert_int_eq(status, TL_IO);
    ck_assert(!has_beside(path, "-wal"));
    if (_i < 2) { /* what was committed is all in the file that it was */
        store = open_store(other, TL_STORE_READ);
        must_give(store, "SELECT count(*) FROM photo", "8;");
        close_store(store);
    }
}
END_TEST

static void write_photos(tl_store *store, int64_t source_id, int from, int count)
{
    struct tl_error err;
    char name[1100];
    memset(name, 'x', sizeof name);
    must(tl_store_begin(store, &err), &err);
    for (int i = from; i < from + count; i++) {
        snprintf(name + 1000, 100, "%d.jpg", i * 7919 % 1000003);
        put_photo(store, source_id, name, 0);
    }
    must(tl_store_commit(store, &err), &err);
}

static int64_t wal_bytes(const char *path)
{
    char name[4096];
    struct stat info;
    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &info) == 0 ? (int64_t)info.st_size : 0;
}

START_TEST(a_wal_that_a_reader_made_long_is_short_again_after_it)
{
    struct tl_error err;
    const char *path = new_path();
    tl_store *writer = open_store(path, TL_STORE_CREATE);
    const struct small_store small = fill_small_store(writer);
    tl_store *reader = open_store(path, TL_STORE_READ);
    must(tl_store_begin_reading(reader, &err), &err);
    must_give(reader, "SELECT count(*) FROM photo", "8;");
    int made = 0;
    for (; wal_bytes(path) < 80 << 20 && made < 200000; made += 100)
        write_photos(writer, small.source_id, made, 100);
    ck_assert_int_ge(wal_bytes(path), 80 << 20);
    must_give(reader, "SELECT count(*) FROM photo", "8;");
    tl_store_end_reading(reader);
    for (int i = 0; i < 3; i++, made += 100)
        write_photos(writer, small.source_id, made, 100);
    ck_assert_int_le(wal_bytes(path), 68 << 20);
    close_store(reader);
    close_store(writer);
    ck_assert_int_eq(wal_bytes(path), 0);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("store_place");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");
    tcase_set_timeout(core, 60);
    tcase_set_timeout(faults, 60);
    tcase_add_test(core, network_file_systems_are_known_by_their_type);
    tcase_add_test(core, on_a_network_one_process_has_the_store_and_no_wal);
    tcase_add_test(core, a_wal_is_taken_in_on_a_network);
    tcase_add_test(core, a_wal_that_a_reader_made_long_is_short_again_after_it);
    tcase_add_loop_test(faults, a_wal_of_another_file_is_refused, 0, 3);
    tcase_add_loop_test(faults, a_store_that_moves_while_in_use_is_not_written_any_more, 0, 3);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
