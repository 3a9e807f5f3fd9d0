/* draw_skies.c - draws pictures of four kinds of sky, so that the demo runs where no photos are at hand.
 *
 *     draw_skies FOLDER        FOLDER/{Train,Test}/{cloudy,rain,shine,sunrise}/NN.{jpg,png,...}
 *
 * They are drawings, not photos: gradients, Perlin noise, discs and lines by libvips, with sizes, formats, colours and
 * light varied by a fixed seed. The same files come out each time.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <vips/vips.h>

#include "common/base/random.h"

enum { TRAIN_COUNT = 24, TEST_COUNT = 6, SKY_COUNT = 4, INTERMEDIATES = 24 };

struct colour {
    double red, green, blue;
};

/* What differs between the four kinds; `top` and `bottom` are the sky's gradient. */
struct sky {
    const char *name;
    struct colour top, bottom, cloud;
    double cloud_cover; /* of the noise's range that becomes cloud */
    bool has_sun, has_rain, has_land;
    double sun_height; /* fraction of the height, from the top */
};

static const struct sky SKIES[SKY_COUNT] = {
    {"cloudy", {120, 150, 190}, {190, 200, 210}, {235, 235, 235}, 0.75, false, false, false, 0},
    {"rain", {70, 75, 85}, {120, 125, 130}, {95, 98, 105}, 0.6, false, true, true, 0},
    {"shine", {40, 110, 220}, {140, 195, 250}, {255, 255, 255}, 0.2, true, false, false, 0.3},
    {"sunrise", {60, 40, 90}, {250, 140, 60}, {200, 90, 80}, 0.3, true, false, true, 0.75},
};

static double between(struct tl_random *random, double low, double high)
{
    return low + (high - low) * tl_random_uniform(random);
}

static int whole_between(struct tl_random *random, int low, int high)
{
    return low + (int)tl_random_below(random, (uint64_t)(high - low + 1));
}

/* mask * colour + (1 - mask) * base, mask one float band in [0, 1]. `t` holds the intermediates. */
static int blend(VipsImage *base, VipsImage *mask, struct colour colour, VipsImage **t, VipsImage **out)
{
    double inverse[] = {-1};
    double one[] = {1};
    double paint[] = {colour.red, colour.green, colour.blue};
    double zero[] = {0, 0, 0};
    return vips_linear(mask, &t[0], inverse, one, 1, NULL) || vips_multiply(base, t[0], &t[1], NULL) ||
           vips_linear(mask, &t[2], paint, zero, 3, NULL) || vips_add(t[1], t[2], out, NULL);
}

/* Clips to [0, 1] after value * slope + offset. */
static int ramp(VipsImage *in, double slope, double offset, VipsImage **t, VipsImage **out)
{
    VipsImage *low = NULL, *black = NULL, *white = NULL;
    int failed = vips_linear1(in, &t[0], slope, offset, NULL) ||
                 vips_relational_const1(t[0], &t[1], VIPS_OPERATION_RELATIONAL_LESS, 0, NULL) ||
                 vips_relational_const1(t[0], &t[2], VIPS_OPERATION_RELATIONAL_MORE, 1, NULL) ||
                 !(black = vips_image_new_from_image1(t[0], 0)) || vips_ifthenelse(t[1], black, t[0], &low, NULL) ||
                 !(white = vips_image_new_from_image1(t[0], 1)) || vips_ifthenelse(t[2], white, low, out, NULL);
    VIPS_UNREF(low);
    VIPS_UNREF(black);
    VIPS_UNREF(white);
    return failed;
}

static int draw_gradient(const struct sky *sky, int width, int height, double light, VipsImage **t, VipsImage **out)
{
    double slope[] = {(sky->bottom.red - sky->top.red) * light / height, (sky->bottom.green - sky->top.green) * light / height,
                      (sky->bottom.blue - sky->top.blue) * light / height};
    double start[] = {sky->top.red * light, sky->top.green * light, sky->top.blue * light};
    return vips_xyz(&t[0], width, height, NULL) || vips_extract_band(t[0], &t[1], 1, NULL) ||
           vips_linear(t[1], out, slope, start, 3, NULL);
}

static int draw_clouds(VipsImage *base, const struct sky *sky, struct tl_random *random, VipsImage **t, VipsImage **out)
{
    int seed = whole_between(random, 1, 1 << 30);
    int cell = whole_between(random, 40, 110);
    double cover = sky->cloud_cover * between(random, 0.8, 1.2);
    return vips_perlin(&t[0], base->Xsize, base->Ysize, "cell_size", cell, "seed", seed, NULL) ||
           vips_perlin(&t[1], base->Xsize, base->Ysize, "cell_size", cell / 3, "seed", seed + 1, NULL) ||
           vips_linear1(t[1], &t[2], 0.4, 0, NULL) || vips_add(t[0], t[2], &t[3], NULL) ||
           ramp(t[3], 1.6, cover, t + 4, &t[8]) || blend(base, t[8], sky->cloud, t + 9, out);
}

static int draw_disc(VipsImage *base, double x, double y, double radius, struct colour colour, VipsImage **t, VipsImage **out)
{
    double one[] = {1, 1};
    double centre[] = {-x, -y};
    return vips_xyz(&t[0], base->Xsize, base->Ysize, NULL) || vips_linear(t[0], &t[1], one, centre, 2, NULL) ||
           vips_math2_const1(t[1], &t[2], VIPS_OPERATION_MATH2_POW, 2, NULL) || vips_bandmean(t[2], &t[3], NULL) ||
           vips_math2_const1(t[3], &t[4], VIPS_OPERATION_MATH2_POW, 0.5, NULL) ||
           ramp(t[4], -2.0 / radius, 2.0, t + 5, &t[9]) || blend(base, t[9], colour, t + 10, out);
}

static int draw_land(VipsImage *base, struct tl_random *random, VipsImage **t, VipsImage **out)
{
    double line = base->Ysize * between(random, 0.78, 0.9);
    int seed = whole_between(random, 1, 1 << 30);
    struct colour land = {20, 25, 22};
    return vips_xyz(&t[0], base->Xsize, base->Ysize, NULL) || vips_extract_band(t[0], &t[1], 1, NULL) ||
           vips_perlin(&t[2], base->Xsize, base->Ysize, "cell_size", 60, "seed", seed, NULL) ||
           vips_linear1(t[2], &t[3], 0.06 * base->Ysize, 0, NULL) || vips_add(t[1], t[3], &t[4], NULL) ||
           ramp(t[4], 0.5, -0.5 * line, t + 5, &t[9]) || blend(base, t[9], land, t + 10, out);
}

/* Slanted streaks on an image in memory. */
static int draw_rain(VipsImage *image, struct tl_random *random)
{
    double ink[] = {175, 180, 190};
    int slant = whole_between(random, 2, 12);
    int streaks = image->Xsize * image->Ysize / 900;
    for (int i = 0; i < streaks; i++) {
        int x = whole_between(random, 0, image->Xsize - 1);
        int y = whole_between(random, 0, image->Ysize - 1);
        int length = whole_between(random, 8, 26);
        if (vips_draw_line(image, ink, 3, x, y, x + slant, y + length, NULL))
            return -1;
    }
    return 0;
}

static int draw_sky(const struct sky *sky, struct tl_random *random, const char *path)
{
    VipsObject *holder = VIPS_OBJECT(vips_image_new());
    VipsImage **stage = (VipsImage **)vips_object_local_array(holder, 8);
    VipsImage **t = (VipsImage **)vips_object_local_array(holder, 5 * INTERMEDIATES);
    int width = whole_between(random, 180, 640);
    int height = whole_between(random, 160, 480);
    struct colour sun = {255, 244, 200};
    VipsImage *now = NULL;

    int failed = draw_gradient(sky, width, height, between(random, 0.85, 1.1), t, &stage[0]);
    now = stage[0];
    if (!failed && sky->has_sun) {
        double x = width * between(random, 0.2, 0.8);
        double y = height * (sky->sun_height + between(random, -0.12, 0.12));
        failed = draw_disc(now, x, y, height * between(random, 0.08, 0.2), sun, t + INTERMEDIATES, &stage[1]);
        now = stage[1];
    }
    if (!failed) {
        failed = draw_clouds(now, sky, random, t + 2 * INTERMEDIATES, &stage[2]);
        now = stage[2];
    }
    if (!failed && sky->has_land) {
        failed = draw_land(now, random, t + 3 * INTERMEDIATES, &stage[3]);
        now = stage[3];
    }
    failed = failed ||
             vips_gaussnoise(&t[4 * INTERMEDIATES], width, height, "mean", 0.0, "sigma", 3.0, "seed",
                             whole_between(random, 1, 1 << 30), NULL) ||
             vips_add(now, t[4 * INTERMEDIATES], &stage[4], NULL) || vips_cast(stage[4], &stage[5], VIPS_FORMAT_UCHAR, NULL) ||
             vips_copy(stage[5], &stage[6], "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
             !(stage[7] = vips_image_copy_memory(stage[6])) || (sky->has_rain && draw_rain(stage[7], random)) ||
             vips_image_write_to_file(stage[7], path, NULL);
    g_object_unref(holder);
    return failed;
}

static int draw_split(const char *folder, const char *split, int count)
{
    static const char *const endings[] = {"jpg", "jpg", "jpeg", "png", "jpg", "webp", "jpg", "tif"};
    for (int k = 0; k < SKY_COUNT; k++) {
        struct tl_random random;
        char stream[64], path[4096];
        (void)snprintf(stream, sizeof stream, "%s/%s", split, SKIES[k].name);
        tl_random_init(&random, 1, stream);
        (void)snprintf(path, sizeof path, "%s/%s/%s", folder, split, SKIES[k].name);
        if (g_mkdir_with_parents(path, 0777) != 0) {
            perror(path);
            return 1;
        }
        for (int i = 0; i < count; i++) {
            (void)snprintf(path, sizeof path, "%s/%s/%s/%s%02d.%s", folder, split, SKIES[k].name, SKIES[k].name, i + 1,
                           endings[(size_t)(i + k) % (sizeof endings / sizeof endings[0])]);
            if (draw_sky(&SKIES[k], &random, path)) {
                (void)fprintf(stderr, "draw_skies: %s: %s", path, vips_error_buffer());
                return 1;
            }
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: draw_skies FOLDER\n");
        return 2;
    }
    if (VIPS_INIT(argv[0]))
        return 1;
    int failed = draw_split(argv[1], "Train", TRAIN_COUNT) || draw_split(argv[1], "Test", TEST_COUNT);
    vips_shutdown();
    return failed;
}
