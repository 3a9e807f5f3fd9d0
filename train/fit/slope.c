/* slope.c - see slope.h. */
#include "train/fit/slope.h"

#include <string.h>

#include "common/network/cpu.h"

#if defined(TL_ISA_AVX512)
#define KERNEL tl_slope_avx512
#define NAME "avx512"
#define HAS_INSTRUCTIONS tl_cpu_has_avx512
#elif defined(TL_ISA_AVX2)
#define KERNEL tl_slope_avx2
#define NAME "avx2"
#define HAS_INSTRUCTIONS tl_cpu_has_avx2
#elif defined(TL_ISA_NEON)
#define KERNEL tl_slope_neon
#define NAME "neon"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#else
#define KERNEL tl_slope_plain
#define NAME "plain"
#define HAS_INSTRUCTIONS tl_cpu_has_all
#endif

#define INLINE static inline __attribute__((always_inline))

enum { WIDTH = 8, MANTISSA_BITS = 52 };

typedef double octet __attribute__((vector_size(WIDTH * sizeof(double))));
typedef int64_t whole __attribute__((vector_size(WIDTH * sizeof(int64_t))));
typedef float floats __attribute__((vector_size(WIDTH * sizeof(float))));

/* log 2 as a sum of which the first has zeros enough that its products with exponents are exact. */
static const double LOG2_HIGH = 0x1.62e42feep-1, LOG2_LOW = 0x1.a39ef35793c76p-33, INVERSE_LOG2 = 0x1.71547652b82fep0;
/* Added and taken away again it rounds to a whole number, which meanwhile stands in the lowest bits. */
static const double ROUNDER = 0x1.8p52;
static const double LEAST = -700; /* its exponential is next to nothing, and still a normal number */

/* The first `count` lanes, a constant where all are meant; the others are zero. */
INLINE octet load(const double *p, size_t count)
{
    octet a = {0};
    memcpy(&a, p, count * sizeof *p);
    return a;
}

INLINE void store(double *p, octet a, size_t count)
{
    memcpy(p, &a, count * sizeof *p);
}

INLINE octet choose(whole mask, octet yes, octet no)
{
    return (octet)((mask & (whole)yes) | (~mask & (whole)no));
}

/* exp(x) of x at most 0: 2^k exp(r), r within log(2) / 2 of 0, by its series. */
INLINE octet exponential(octet x)
{
    static const double factors[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
                                     1.0 / 720,       1.0 / 120,      1.0 / 24,      1.0 / 6,      1.0 / 2,     1.0,
                                     1.0};
    octet k, r, sum;
    whole bits;

    x = choose(x < LEAST, LEAST - (octet){0}, x);
    k = x * INVERSE_LOG2 + ROUNDER;
    bits = (whole)k;
    k -= ROUNDER;
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW;
    sum = 1.0 / 6227020800.0 - (octet){0};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        sum = sum * r + factors[i];
    return (octet)((whole)sum + (bits << MANTISSA_BITS));
}

/* log(x) of x from 1 on: k log 2 + 2 atanh((m - 1) / (m + 1)), m within a factor of sqrt(2) of 1. */
INLINE octet logarithm(octet x)
{
    /* The bits of sqrt(1/2): taken away they leave the exponent of x, with m in [sqrt(1/2), sqrt(2)). */
    static const int64_t half_root = 0x3fe6a09e667f3bcd;
    const whole k = ((whole)x - half_root) >> MANTISSA_BITS;
    const octet m = (octet)((whole)x - (k << MANTISSA_BITS)), exponent = __builtin_convertvector(k, octet);
    const octet f = (m - 1) / (m + 1), square = f * f;
    octet sum = 1.0 / 23 - (octet){0};

    for (int i = 21; i >= 1; i -= 2)
        sum = sum * square + 1.0 / i;
    return exponent * LOG2_HIGH + (2 * f * sum + exponent * LOG2_LOW);
}

struct sums {
    octet losses, derivatives;
};

/* Rows n to n + count, count at most eight; lanes beyond them have weight 0. */
INLINE void add_rows(struct sums *sums, double *residuals, const struct tl_slope_rows *rows, const double *logits,
                     const double *direction, double t, size_t n, size_t count)
{
    const size_t stride = rows->row_count, class_count = rows->class_count;
    const octet weights = load(rows->weights + n, count);
    octet largest = load(logits + n, count) + t * load(direction + n, count), own = {0}, sum = {0};
    whole classes = {0};

    for (size_t lane = 0; lane < count; lane++)
        classes[lane] = rows->classes[n + lane];
    for (size_t at = n, l = 0; l < class_count; l++, at += stride) {
        const octet z = load(logits + at, count) + t * load(direction + at, count);

        largest = choose(z > largest, z, largest);
        own = choose(classes == (int64_t)l, z, own);
    }
    for (size_t at = n, l = 0; l < class_count; l++, at += stride) {
        const octet z = load(logits + at, count) + t * load(direction + at, count), power = exponential(z - largest);

        store(residuals + at, power, count);
        sum += power;
    }
    sums->losses += weights * ((largest - own) + logarithm(sum));
    for (size_t at = n, l = 0; l < class_count; l++, at += stride) {
        const octet one = choose(classes == (int64_t)l, 1 - (octet){0}, (octet){0});
        const octet residual = weights * (load(residuals + at, count) / sum - one);

        sums->derivatives += residual * load(direction + at, count);
        store(residuals + at, __builtin_convertvector(__builtin_convertvector(residual, floats), octet), count);
    }
}

INLINE double join(octet sums)
{
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

static struct tl_slope evaluate(double *residuals, const struct tl_slope_rows *rows, const double *logits, const double *direction,
                                double t)
{
    struct sums sums = {{0}, {0}};
    size_t n = 0;

    for (; n + WIDTH <= rows->row_count; n += WIDTH)
        add_rows(&sums, residuals, rows, logits, direction, t, n, WIDTH);
    if (n < rows->row_count)
        add_rows(&sums, residuals, rows, logits, direction, t, n, rows->row_count - n);
    return (struct tl_slope){join(sums.losses), join(sums.derivatives)};
}

const struct tl_slope_kernel KERNEL = {NAME, HAS_INSTRUCTIONS, evaluate};
