/* test_features.c - photo to vector: what is refused, what identifies a vector, and the same bits by every way.
 *
 * Cases that run the whole network need VGG16's weights and are skipped, aloud, without them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/exchange/keras_h5.h"
#include "common/features/features.h"
#include "tests/support/suite.h"

enum { PHOTO_COUNT = 5 };

static struct tl_recipe make_recipe(void)
{
    struct tl_recipe recipe;
    tl_recipe_init(&recipe);
    return recipe;
}

/* NULL, after saying why, when the weights are not there. */
static tl_features *create_or_skip(const char *arithmetic)
{
    struct tl_error err;
    tl_features *features;
    const struct tl_recipe recipe = make_recipe();
    const char *path = tl_test_weights_path();
    const struct tl_features_wish wish = {.arithmetic = arithmetic};

    if (path == NULL)
        return NULL;
    ck_assert_msg(tl_features_create(&features, &recipe, "vgg16", path, &wish, &err) == TL_OK, "%s", err.message);
    return features;
}

static tl_features_session *create_session(const tl_features *features)
{
    struct tl_error err;
    tl_features_session *session;

    ck_assert_msg(tl_features_session_create(&session, features, 1, &err) == TL_OK, "%s", err.message);
    return session;
}

static float *alloc_floats(size_t count)
{
    float *floats = tl_memory_alloc(count, sizeof *floats);
    ck_assert_ptr_nonnull(floats);
    return floats;
}

/* Inputs of random pixels, smooth enough not to be noise, prepared as any photo is. */
static float *make_inputs(const tl_features *features, size_t count)
{
    struct tl_error err;
    struct tl_random random;
    struct tl_variant plain;
    const size_t input_count = tl_features_input_count(features);
    float *inputs = alloc_floats(count * input_count);
    uint8_t *pixels = tl_memory_alloc(TL_PHOTO_VALUES, 1);

    tl_variant_init_plain(&plain);
    tl_random_init(&random, 1, "pixels");
    for (size_t n = 0; n < count; n++) {
        const uint64_t period = 3 + tl_random_below(&random, 90);
        for (size_t i = 0; i < TL_PHOTO_VALUES; i++)
            pixels[i] = (uint8_t)(i / 3 % 224 * period / 40 + i / 672 * n + tl_random_below(&random, 30));
        ck_assert_int_eq(tl_features_prepare(features, inputs + n * input_count, pixels, &plain, &err), TL_OK);
    }
    tl_memory_free(pixels);
    return inputs;
}

START_TEST(the_identity_says_what_makes_a_vector)
{
    tl_features *features = create_or_skip("openblas-im2col");
    if (features == NULL)
        return;
    const struct tl_features_identity identity = tl_features_identify(features);
    struct tl_recipe recipe = make_recipe();
    char expected[TL_RECIPE_JSON_BYTES], found[TL_RECIPE_JSON_BYTES];

    ck_assert_str_eq(identity.network, "vgg16");
    ck_assert_str_eq(identity.layer, "block5_pool");
    ck_assert_str_eq(identity.arithmetic, "openblas-im2col");
    ck_assert_uint_eq(identity.height, 7);
    ck_assert_uint_eq(identity.width, 7);
    ck_assert_uint_eq(identity.channels, 512);
    ck_assert_uint_eq(tl_features_input_count(features), 224 * 224 * 3);
    ck_assert_uint_eq(tl_features_vector_count(features), 25088);
    tl_recipe_to_json(expected, &recipe);
    tl_recipe_to_json(found, tl_features_recipe(features));
    ck_assert_str_eq(found, expected);
    tl_features_free(features);
}
END_TEST

struct job {
    const tl_features *features;
    const float *inputs;
    float *vectors;
    size_t count;
};

static void *run_job(void *argument)
{
    struct job *job = argument;
    struct tl_error err;
    tl_features_session *session;

    if (tl_features_session_create(&session, job->features, 1, &err) == TL_OK)
        tl_features_run(session, job->vectors, job->inputs, job->count);
    tl_features_session_free(session);
    return NULL;
}

START_TEST(a_photo_has_the_same_bits_alone_in_a_batch_and_on_two_threads)
{
    tl_features *features = create_or_skip(NULL);
    if (features == NULL)
        return;
    const size_t input_count = tl_features_input_count(features), vector_count = tl_features_vector_count(features);
    float *inputs = make_inputs(features, PHOTO_COUNT);
    float *batch = alloc_floats(PHOTO_COUNT * vector_count), *others = alloc_floats(PHOTO_COUNT * vector_count);
    tl_features_session *session = create_session(features);

    tl_features_run(session, batch, inputs, PHOTO_COUNT);
    ck_assert_msg(memcmp(batch, batch + vector_count, vector_count * sizeof *batch) != 0, "two photos have one vector");

    for (size_t n = PHOTO_COUNT; n-- > 0;)
        tl_features_run(session, others + n * vector_count, inputs + n * input_count, 1);
    ck_assert_mem_eq(batch, others, PHOTO_COUNT * vector_count * sizeof *batch);

    memset(others, 0, PHOTO_COUNT * vector_count * sizeof *others);
    struct job jobs[] = {{features, inputs, others, 3},
                         {features, inputs + 3 * input_count, others + 3 * vector_count, PHOTO_COUNT - 3}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_mem_eq(batch, others, PHOTO_COUNT * vector_count * sizeof *batch);

    tl_features_session_free(session);
    tl_memory_free(inputs);
    tl_memory_free(batch);
    tl_memory_free(others);
    tl_features_free(features);
}
END_TEST

/* A grey ramp of 30 x 20 as PPM. */
static const char *write_photo(void)
{
    enum { WIDTH = 30, HEIGHT = 20, HEADER_BYTES = 13 };
    uint8_t bytes[HEADER_BYTES + WIDTH * HEIGHT * 3];
    const char *path = tl_test_path(tl_test_make_folder(), "ramp.ppm");

    memcpy(bytes, "P6\n30 20\n255\n", HEADER_BYTES);
    for (size_t i = 0; i < WIDTH * HEIGHT * 3; i++)
        bytes[HEADER_BYTES + i] = (uint8_t)(i % 251);
    tl_test_write_file(path, bytes, sizeof bytes);
    return path;
}

START_TEST(a_path_gives_the_vector_of_its_pixels)
{
    struct tl_error err;
    struct tl_variant plain;
    tl_features *features = create_or_skip(NULL);
    if (features == NULL)
        return;
    struct tl_photo *photo = tl_memory_alloc(1, sizeof *photo);
    float *input = alloc_floats(tl_features_input_count(features));
    float *expected = alloc_floats(tl_features_vector_count(features)), *found = alloc_floats(tl_features_vector_count(features));
    tl_features_session *session = create_session(features);

    ck_assert_msg(tl_features_of_path(session, photo, found, write_photo(), &err) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(photo->width_px, 30);
    tl_variant_init_plain(&plain);
    ck_assert_int_eq(tl_features_prepare(features, input, photo->pixels, &plain, &err), TL_OK);
    tl_features_run(session, expected, input, 1);
    ck_assert_mem_eq(found, expected, tl_features_vector_count(features) * sizeof *found);
    ck_assert_int_eq(tl_features_of_path(session, photo, found, "/nowhere/x.jpg", &err), TL_NOT_FOUND);

    tl_features_session_free(session);
    tl_memory_free(photo);
    tl_memory_free(input);
    tl_memory_free(expected);
    tl_memory_free(found);
    tl_features_free(features);
}
END_TEST

/* ---- Faults ---- */

static void check_refused(enum tl_status status, const char *message_part, const char *network, const char *path)
{
    struct tl_error err;
    const struct tl_recipe recipe = make_recipe();
    tl_features *features = (tl_features *)&err;

    ck_assert_int_eq(tl_features_create(&features, &recipe, network, path, NULL, &err), status);
    ck_assert_msg(strstr(err.message, message_part) != NULL, "the message is '%s'", err.message);
    ck_assert_ptr_null(features);
}

START_TEST(an_unknown_network_or_a_missing_file_is_not_found)
{
    check_refused(TL_NOT_FOUND, "there is no network called 'vgg17'", "vgg17", "/nowhere/weights.h5");
    check_refused(TL_NOT_FOUND, "/nowhere/weights.h5", "vgg16", "/nowhere/weights.h5");
}
END_TEST

static void check_weights(const char *given, const char *network, const char *expected)
{
    struct tl_error err;
    char *path = NULL;

    ck_assert_msg(tl_features_find_weights(&path, given, network, &err) == TL_OK, "%s", err.message);
    ck_assert_str_eq(path, expected);
    tl_memory_free(path);
}

START_TEST(weights_are_those_named_else_the_environments_else_the_usual_ones)
{
    const char *folder = tl_test_make_folder();
    char *usual;

    ck_assert_int_eq(setenv("XDG_DATA_HOME", folder, 1), 0);
    ck_assert_int_eq(unsetenv("TL_WEIGHTS"), 0);
    ck_assert_int_eq(mkdir(tl_test_path(folder, "tl"), 0777), 0);
    ck_assert_int_eq(mkdir(tl_test_path(folder, "tl/weights"), 0777), 0);
    usual = tl_memory_copy_string(tl_test_path(folder, "tl/weights/net.h5"));
    tl_test_write_file(usual, "x", 1);
    check_weights(NULL, "net", usual);
    ck_assert_int_eq(setenv("TL_WEIGHTS", "", 1), 0);
    check_weights(NULL, "net", usual);
    ck_assert_int_eq(setenv("TL_WEIGHTS", "/dev/null", 1), 0);
    check_weights(NULL, "net", "/dev/null");
    check_weights(usual, "net", usual);
    tl_memory_free(usual);
}
END_TEST

START_TEST(weights_that_are_nowhere_are_told_with_how_to_get_them)
{
    struct tl_error err;
    char *path = (char *)&err;

    ck_assert_int_eq(tl_features_find_weights(&path, "/nowhere/net.h5", "net", &err), TL_NOT_FOUND);
    ck_assert_str_eq(err.message, "there are no weights at /nowhere/net.h5: `make weights` gets them, --weights FILE names others");
    ck_assert_ptr_null(path);
    ck_assert_int_eq(unsetenv("TL_WEIGHTS"), 0);
    ck_assert_int_eq(tl_features_find_weights(&path, NULL, "../net", &err), TL_BAD_INPUT);
    for (size_t n = 1; n <= 2; n++) {
        (void)tl_memory_fail_at(n);
        ck_assert_int_eq(tl_features_find_weights(&path, NULL, "net", &err), TL_NO_MEMORY);
        (void)tl_memory_fail_at(0);
        ck_assert_ptr_null(path);
    }
}
END_TEST

START_TEST(weights_of_another_network_are_refused)
{
    struct tl_error err;
    tl_tensors *tensors;
    const char *path = tl_test_path(tl_test_make_folder(), "other.h5");

    ck_assert_int_eq(tl_tensors_create(&tensors, &err), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "conv", "kernel:0", 4, (const size_t[]){3, 3, 3, 32}, &err), TL_OK);
    ck_assert_int_eq(tl_tensors_add(tensors, NULL, "conv", "bias:0", 1, (const size_t[]){32}, &err), TL_OK);
    ck_assert_msg(tl_keras_h5_write(tensors, path, &err) == TL_OK, "%s", err.message);
    tl_tensors_free(tensors);
    check_refused(TL_BAD_INPUT, "is (3, 3, 3, 32); (3, 3, 3, 64) is expected", "vgg16", path);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
    tl_features_free(NULL);
    tl_features_session_free(NULL);
}
END_TEST

Suite *tl_test_suite(void)
{
    Suite *suite = suite_create("features");
    TCase *core = tcase_create("Core"), *faults = tcase_create("Faults");

    tcase_set_timeout(core, 600);
    tcase_add_test(core, the_identity_says_what_makes_a_vector);
    tcase_add_test(core, a_photo_has_the_same_bits_alone_in_a_batch_and_on_two_threads);
    tcase_add_test(core, a_path_gives_the_vector_of_its_pixels);
    tcase_add_test(faults, an_unknown_network_or_a_missing_file_is_not_found);
    tcase_add_test(core, weights_are_those_named_else_the_environments_else_the_usual_ones);
    tcase_add_test(faults, weights_that_are_nowhere_are_told_with_how_to_get_them);
    tcase_add_test(faults, weights_of_another_network_are_refused);
    tcase_add_test(faults, freeing_nothing_is_fine);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, faults);
    return suite;
}
