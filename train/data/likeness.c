/* likeness.c - see likeness.h. Photos are split in halves along their widest number until few are left; then boxes are compared
 * with boxes, and what is too far apart is passed over whole. */
#include "train/data/likeness.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/memory.h"

enum { DIMENSIONS = 16, COEFFICIENTS = DIMENSIONS - 1, FREQUENCIES = 6, LEAF_COUNT = 16 };

/* The lowest frequencies of rows and columns; (0, 0) is the mean. */
static const uint8_t FREQUENCY_PAIRS[COEFFICIENTS][2] = {{0, 1}, {1, 0}, {0, 2}, {1, 1}, {2, 0}, {0, 3}, {1, 2}, {2, 1},
                                                         {3, 0}, {0, 4}, {1, 3}, {2, 2}, {3, 1}, {4, 0}, {5, 0}};

/* Of the points; the thumbnails have the last word. */
static const double ROUNDING_SLACK = 1e-4;

struct point {
    float x[DIMENSIONS];
    uint32_t index; /* of the thumbnail */
};

struct box {
    float least[DIMENSIONS], most[DIMENSIONS];
    size_t first, count; /* of the points */
    size_t left, right;  /* boxes; 0: none, a leaf */
};

struct tl_likeness {
    const uint8_t *thumbnails;
    struct point *points;
    size_t count;
    struct box *boxes; /* the first is the root */
    size_t box_count;
};

struct key {
    float x;
    struct point point;
};

struct visit {
    const struct tl_likeness *likeness;
    float reach; /* the squared distance beyond which no pair is alike */
    tl_likeness_callback *each;
    void *context;
};

double tl_likeness_measure(const uint8_t *a, const uint8_t *b)
{
    uint32_t sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
    double covariance, variance_a, variance_b;

    for (size_t i = 0; i < TL_LIKENESS_PIXELS; i++) {
        sum_a += a[i];
        sum_b += b[i];
        sum_aa += (uint32_t)a[i] * a[i];
        sum_bb += (uint32_t)b[i] * b[i];
        sum_ab += (uint32_t)a[i] * b[i];
    }
    covariance = (double)sum_ab * TL_LIKENESS_PIXELS - (double)sum_a * sum_b;
    variance_a = (double)sum_aa * TL_LIKENESS_PIXELS - (double)sum_a * sum_a;
    variance_b = (double)sum_bb * TL_LIKENESS_PIXELS - (double)sum_b * sum_b;
    return variance_a > 0 && variance_b > 0 ? covariance / sqrt(variance_a * variance_b) : 0;
}

/* Orthonormal cosines (DCT-II), [frequency][pixel]. */
static void fill_cosines(double cosines[FREQUENCIES][TL_LIKENESS_SIDE])
{
    for (size_t k = 0; k < FREQUENCIES; k++)
        for (size_t p = 0; p < TL_LIKENESS_SIDE; p++)
            cosines[k][p] = sqrt((k == 0 ? 1.0 : 2.0) / TL_LIKENESS_SIDE) *
                            cos(((double)p + 0.5) * (double)k * 3.14159265358979323846 / TL_LIKENESS_SIDE);
}

/* False for a thumbnail of one grey. */
static bool place_point(struct point *out, const uint8_t *thumbnail, double cosines[FREQUENCIES][TL_LIKENESS_SIDE])
{
    double rows[TL_LIKENESS_SIDE][FREQUENCIES] = {{0}}, mean = 0, square_norm = 0, square_rest;

    for (size_t i = 0; i < TL_LIKENESS_PIXELS; i++)
        mean += thumbnail[i];
    mean /= TL_LIKENESS_PIXELS;
    for (size_t y = 0; y < TL_LIKENESS_SIDE; y++) {
        for (size_t x = 0; x < TL_LIKENESS_SIDE; x++) {
            const double grey = thumbnail[y * TL_LIKENESS_SIDE + x] - mean;

            square_norm += grey * grey;
            for (size_t k = 0; k < FREQUENCIES; k++)
                rows[y][k] += grey * cosines[k][x];
        }
    }
    if (!(square_norm > 0))
        return false;
    square_rest = 1;
    for (size_t d = 0; d < COEFFICIENTS; d++) {
        double coefficient = 0;

        for (size_t y = 0; y < TL_LIKENESS_SIDE; y++)
            coefficient += rows[y][FREQUENCY_PAIRS[d][1]] * cosines[FREQUENCY_PAIRS[d][0]][y];
        coefficient /= sqrt(square_norm);
        square_rest -= coefficient * coefficient;
        out->x[d] = (float)coefficient;
    }
    out->x[COEFFICIENTS] = square_rest > 0 ? (float)sqrt(square_rest) : 0;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *first = a, *second = b;

    if (first->x != second->x)
        return first->x < second->x ? -1 : 1;
    return first->point.index < second->point.index ? -1 : first->point.index > second->point.index;
}

/* Bounds the box's points; returns the dimension in which they lie widest. */
static size_t bound(struct box *box, const struct point *points)
{
    size_t widest = 0;

    for (size_t d = 0; d < DIMENSIONS; d++) {
        box->least[d] = box->most[d] = points[box->first].x[d];
        for (size_t i = box->first + 1; i < box->first + box->count; i++) {
            box->least[d] = fminf(box->least[d], points[i].x[d]);
            box->most[d] = fmaxf(box->most[d], points[i].x[d]);
        }
        if (box->most[d] - box->least[d] > box->most[widest] - box->least[widest])
            widest = d;
    }
    return widest;
}

/* Splits the box and what comes of it; halves are equal, so it is as deep as the logarithm of the count. `keys` has room
 * for all. */
static void split(struct tl_likeness *likeness, struct key *keys, size_t at)
{
    struct box *box = &likeness->boxes[at];
    const size_t widest = bound(box, likeness->points), half = box->count / 2;

    if (box->count <= LEAF_COUNT)
        return;
    for (size_t i = 0; i < box->count; i++)
        keys[i] = (struct key){likeness->points[box->first + i].x[widest], likeness->points[box->first + i]};
    qsort(keys, box->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < box->count; i++)
        likeness->points[box->first + i] = keys[i].point;
    box->left = likeness->box_count++;
    box->right = likeness->box_count++;
    likeness->boxes[box->left] = (struct box){.first = box->first, .count = half};
    likeness->boxes[box->right] = (struct box){.first = box->first + half, .count = box->count - half};
    split(likeness, keys, box->left);
    split(likeness, keys, box->right);
}

enum tl_status tl_likeness_create(tl_likeness **out, const uint8_t *thumbnails, size_t count, struct tl_error *err)
{
    struct tl_likeness *likeness = tl_memory_alloc(1, sizeof *likeness);
    struct key *keys = tl_memory_alloc(count, sizeof *keys);
    double cosines[FREQUENCIES][TL_LIKENESS_SIDE];
    enum tl_status status = TL_OK;

    *out = NULL;
    if (likeness) {
        likeness->thumbnails = thumbnails;
        likeness->points = tl_memory_alloc(count, sizeof *likeness->points);
        likeness->boxes = tl_memory_alloc(count / (LEAF_COUNT / 4) + 3, sizeof *likeness->boxes);
    }
    if (!likeness || !keys || !likeness->points || !likeness->boxes) {
        status = tl_error_set_no_memory(err, "the thumbnails", count * (sizeof *keys + sizeof *likeness->points));
        goto done;
    }
    fill_cosines(cosines);
    for (size_t i = 0; i < count; i++) {
        likeness->points[likeness->count].index = (uint32_t)i;
        likeness->count += place_point(&likeness->points[likeness->count], thumbnails + i * TL_LIKENESS_PIXELS, cosines);
    }
    if (likeness->count > 0) {
        likeness->boxes[0] = (struct box){.count = likeness->count};
        likeness->box_count = 1;
        split(likeness, keys, 0);
    }
    *out = likeness;
    likeness = NULL;
done:
    tl_memory_free(keys);
    tl_likeness_free(likeness);
    return status;
}

void tl_likeness_free(tl_likeness *likeness)
{
    if (!likeness)
        return;
    tl_memory_free(likeness->points);
    tl_memory_free(likeness->boxes);
    tl_memory_free(likeness);
}

static float measure_gap(const struct box *a, const struct box *b)
{
    float square = 0;

    for (size_t d = 0; d < DIMENSIONS; d++) {
        const float gap = fmaxf(fmaxf(a->least[d] - b->most[d], b->least[d] - a->most[d]), 0);

        square += gap * gap;
    }
    return square;
}

static enum tl_status compare_points(const struct visit *visit, const struct point *a, const struct point *b, struct tl_error *err)
{
    const uint8_t *thumbnails = visit->likeness->thumbnails;
    float square = 0;

    for (size_t d = 0; d < DIMENSIONS; d++)
        square += (a->x[d] - b->x[d]) * (a->x[d] - b->x[d]);
    if (square > visit->reach || tl_likeness_measure(thumbnails + (size_t)a->index * TL_LIKENESS_PIXELS,
                                                     thumbnails + (size_t)b->index * TL_LIKENESS_PIXELS) < TL_LIKENESS_MIN)
        return TL_OK;
    return a->index < b->index ? visit->each(visit->context, a->index, b->index, err)
                               : visit->each(visit->context, b->index, a->index, err);
}

static enum tl_status compare_leaves(const struct visit *visit, const struct box *a, const struct box *b, struct tl_error *err)
{
    const struct point *points = visit->likeness->points;
    enum tl_status status = TL_OK;

    for (size_t i = a->first; i < a->first + a->count; i++)
        for (size_t j = a == b ? i + 1 : b->first; j < b->first + b->count && status == TL_OK; j++)
            status = compare_points(visit, &points[i], &points[j], err);
    return status;
}

/* All pairs of a point of one box and a point of another, or of one box's points. */
static enum tl_status compare_boxes(const struct visit *visit, size_t first, size_t second, struct tl_error *err)
{
    const struct box *a = &visit->likeness->boxes[first], *b = &visit->likeness->boxes[second];
    enum tl_status status;

    if (measure_gap(a, b) > visit->reach)
        return TL_OK;
    if (a->left == 0 && b->left == 0)
        return compare_leaves(visit, a, b, err);
    if (a == b) {
        status = compare_boxes(visit, a->left, a->left, err);
        if (status == TL_OK)
            status = compare_boxes(visit, a->right, a->right, err);
        return status == TL_OK ? compare_boxes(visit, a->left, a->right, err) : status;
    }
    if (b->left == 0 || (a->left != 0 && a->count >= b->count)) {
        status = compare_boxes(visit, a->left, second, err);
        return status == TL_OK ? compare_boxes(visit, a->right, second, err) : status;
    }
    status = compare_boxes(visit, first, b->left, err);
    return status == TL_OK ? compare_boxes(visit, first, b->right, err) : status;
}

enum tl_status tl_likeness_visit(const tl_likeness *likeness, tl_likeness_callback *each, void *context, struct tl_error *err)
{
    const struct visit visit = {likeness, (float)(2 * (1 - TL_LIKENESS_MIN) + ROUNDING_SLACK), each, context};

    return likeness->box_count > 0 ? compare_boxes(&visit, 0, 0, err) : TL_OK;
}
