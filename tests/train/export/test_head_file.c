/* test_head_file.c - heads as Keras's files, and back as heads: the same answers, or a refusal that says why. */
#include "tests/train/export/kept_head.h"
#include "train/export/head_file.h"
#include "train/export/head_import.h"

static const char *write_kind(const struct tl_stored_head *stored, enum tl_head_file kind)
{
    const char *path = tl_test_path(tl_test_make_folder(), "head");
    struct tl_error err;

    ck_assert_msg(tl_head_file_write_keras(stored, kind, path, &err) == TL_OK, "%s", err.message);
    return path;
}

static void read_back(struct tl_head **out, const char *path, const char *classes)
{
    struct tl_keras_dense dense;
    struct tl_error err;

    ck_assert_msg(tl_keras_dense_read(&dense, path, &err) == TL_OK, "%s", err.message);
    ck_assert_msg(tl_head_import_make(out, &dense, classes, KEPT_PLACES, KEPT_CHANNELS, &err) == TL_OK, "%s", err.message);
    tl_keras_dense_clear(&dense);
}

START_TEST(a_head_that_went_through_keras_gives_the_same_answers)
{
    struct tl_stored_head stored;
    struct tl_head *head = NULL;
    float x[KEPT_PLACES * KEPT_CHANNELS];
    double before[KEPT_CLASSES], after[KEPT_CLASSES];

    kept_init(&stored, _i % 4);
    for (size_t f = 0; f < sizeof x / sizeof *x; f++)
        x[f] = f % 3 == 0 ? (float)(f % 29) : 0;
    read_back(&head, write_kind(&stored, (enum tl_head_file)(_i / 4)), NULL);
    ck_assert_uint_eq(head->input_count, stored.head->input_count);
    ck_assert_uint_eq(head->hidden_count, stored.head->hidden_count);
    ck_assert_double_eq(head->scale, 1); /* it is in the kernel now */
    tl_head_logits(stored.head, before, x);
    tl_head_logits(head, after, x);
    for (size_t l = 0; l < KEPT_CLASSES; l++) {
        ck_assert_double_eq_tol(after[l], before[l], 1e-4);
        ck_assert_str_eq(head->class_names[l], KEPT_NAMES[l]);
    }
    tl_head_free(head);
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(classes_that_are_given_stand_for_the_files_own)
{
    struct tl_stored_head stored;
    struct tl_head *head = NULL;

    kept_init(&stored, 1);
    read_back(&head, write_kind(&stored, TL_HEAD_FILE_KERAS), "x,y z,\303\244");
    ck_assert_str_eq(head->class_names[1], "y z");
    ck_assert_str_eq(head->class_names[2], "\303\244");
    tl_head_free(head);
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(the_ending_says_what_a_file_becomes)
{
    static const struct {
        const char *path;
        enum tl_head_file kind;
    } known[] = {{"a.weights.h5", TL_HEAD_FILE_WEIGHTS}, {"a/b.keras", TL_HEAD_FILE_KERAS}, {"b.H5", TL_HEAD_FILE_LEGACY},
                 {"weights.h5", TL_HEAD_FILE_LEGACY},    {"b.onnx", TL_HEAD_FILE_ONNX},     {"run.csv", TL_HEAD_FILE_CSV}};
    enum tl_head_file kind;
    struct tl_error err;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ck_assert_int_eq(tl_head_file_find(&kind, known[i].path, &err), TL_OK);
        ck_assert_int_eq(kind, known[i].kind);
    }
    ck_assert_int_eq(tl_head_file_find(&kind, "model.pt", &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "model.pt"));
    ck_assert_int_eq(tl_head_file_find(&kind, ".keras", &err), TL_BAD_INPUT);
}
END_TEST

/* ---- Faults ---- */

START_TEST(square_roots_do_not_fit_into_kerass_files)
{
    struct tl_stored_head stored;
    struct tl_error err;

    kept_init(&stored, 4);
    ck_assert_int_eq(tl_head_file_write_keras(&stored, TL_HEAD_FILE_KERAS, "/nowhere/x.keras", &err), TL_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "--transform sqrt"));
    ck_assert_ptr_nonnull(strstr(err.message, ".onnx"));
    tl_stored_head_release(&stored);
}
END_TEST

static void refuse(const struct tl_keras_dense *dense, const char *classes, size_t place_count, const char *message)
{
    struct tl_head *head = (struct tl_head *)&head;
    struct tl_error err;

    ck_assert_int_eq(tl_head_import_make(&head, dense, classes, place_count, KEPT_CHANNELS, &err), TL_BAD_INPUT);
    ck_assert_ptr_null(head);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(imports_that_are_no_head_are_refused)
{
    struct tl_stored_head stored;
    struct tl_keras_dense dense;
    struct tl_error err;

    kept_init(&stored, 0);
    ck_assert_int_eq(tl_keras_dense_read(&dense, write_kind(&stored, TL_HEAD_FILE_WEIGHTS), &err), TL_OK);
    refuse(&dense, NULL, KEPT_PLACES + 1, "its kernel has 255 rows; the store's features are 272 values, or 17 averaged");
    refuse(&dense, "a,b", KEPT_PLACES, "--classes names 2 classes, but it has 3 units");
    refuse(&dense, "a,,b", KEPT_PLACES, "class 2 has no name");
    refuse(&dense, "a,b,a", KEPT_PLACES, "'a' is there twice");
    refuse(&dense, "a,b\n,c", KEPT_PLACES, "class 2 has no name of UTF-8 text");
    tl_keras_dense_clear(&dense);
    stored.head->kernel[4] = INFINITY;
    ck_assert_int_eq(tl_keras_dense_read(&dense, write_kind(&stored, TL_HEAD_FILE_WEIGHTS), &err), TL_OK);
    refuse(&dense, NULL, KEPT_PLACES, "the head's kernel is not usable: value 4 of 765 is inf");
    for (size_t l = 0; l < KEPT_CLASSES; l++)
        tl_memory_free(dense.class_names[l]);
    dense.class_count = 0;
    refuse(&dense, NULL, KEPT_PLACES, "does not name its 3 classes: give them in the order of its units, --classes a,b,c");
    tl_keras_dense_clear(&dense);
    tl_stored_head_release(&stored);
}
END_TEST

START_TEST(every_allocation_of_an_import_may_fail)
{
    struct tl_stored_head stored;
    struct tl_keras_dense dense;
    struct tl_head *head = NULL;
    struct tl_error err;
    enum tl_status status;
    size_t n = 0;

    kept_init(&stored, 3);
    ck_assert_int_eq(tl_keras_dense_read(&dense, write_kind(&stored, TL_HEAD_FILE_KERAS), &err), TL_OK);
    do {
        tl_memory_fail_at(++n);
        status = tl_head_import_make(&head, &dense, "a,b,c", KEPT_PLACES, KEPT_CHANNELS, &err);
        tl_memory_fail_at(0);
        ck_assert(status == TL_OK || (status == TL_NO_MEMORY && !head));
    } while (status != TL_OK);
    ck_assert_uint_gt(n, 8);
    tl_head_free(head);
    tl_keras_dense_clear(&dense);
    tl_stored_head_release(&stored);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("head_file");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_add_loop_test(core, a_head_that_went_through_keras_gives_the_same_answers, 0, 12);
    tcase_add_test(core, classes_that_are_given_stand_for_the_files_own);
    tcase_add_test(core, the_ending_says_what_a_file_becomes);
    tcase_add_test(faults, square_roots_do_not_fit_into_kerass_files);
    tcase_add_test(faults, imports_that_are_no_head_are_refused);
    tcase_add_test(faults, every_allocation_of_an_import_may_fail);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
