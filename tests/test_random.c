/* Random numbers: the generator's published answers, distributions, independence of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "tensor/tensor.h"

#define N      200000
#define TWO_PI 6.28318530717958647692

static int clean(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    sp_set_seed(0);
    return 0;
}

/* Both values are printed where they differ by more than the tolerance. */
#define assert_near(a, b, tolerance)                                                     \
    do {                                                                                 \
        double near_a_ = (a), near_b_ = (b), near_t_ = (tolerance);                      \
        if (!(fabs(near_a_ - near_b_) <= near_t_))                                       \
            fail_msg("%s = %.17g, expected %.17g +- %g", #a, near_a_, near_b_, near_t_); \
    } while (0)

/* ---- the generator ---- */

/* The known answers that come with the paper's own implementation (Random123, kat_vectors, philox4x32 10). */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, stream, block;
        uint32_t out[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        sp__philox(out, known[i].seed, known[i].stream, known[i].block);
        for (int k = 0; k < 4; k++)
            assert_int_equal(out[k], known[i].out[k]);
    }
}

static void a_seed_starts_the_same_streams(void **state)
{
    (void)state;
    sp_set_seed(42);
    sp__random a = sp__random_next(), b = sp__random_next();
    assert_true(a.seed == 42 && b.seed == 42 && a.stream != b.stream);
    sp__random here = sp__random_state();
    sp__random c = sp__random_next();
    sp__random_set_state(here);
    assert_memory_equal(&c, (&(sp__random){42, sp__random_next().stream}), sizeof c);
    sp_set_seed(42);
    sp__random again = sp__random_next();
    assert_memory_equal(&a, &again, sizeof a);
}

static void *first_stream(void *arg)
{
    *(sp__random *)arg = sp__random_next();
    return NULL;
}

static void a_thread_never_seeded_starts_at_seed_0(void **state)
{
    (void)state;
    sp_set_seed(5);
    sp__random there, here;
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, first_stream, &there), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    sp_set_seed(0);
    here = sp__random_next();
    assert_memory_equal(&here, &there, sizeof here);
}

static void filling_gives_the_numbers_of_single_elements(void **state)
{
    (void)state;
    sp__random r = {3, 9};
    double out[40];
    for (uint64_t first = 0; first < 5; first++)
        for (int64_t n = 0; n < 40; n++) {
            sp__random_uniform_fill(out, n, r, first);
            for (int64_t i = 0; i < n; i++)
                assert_true(out[i] == sp__random_uniform(r, first + (uint64_t)i));
            sp__random_normal_fill(out, n, r, first);
            for (int64_t i = 0; i < n; i++)
                assert_true(out[i] == sp__random_normal(r, first + (uint64_t)i));
        }
}

/* ---- distributions ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov and Smirnov's statistic of numbers that should be uniform in [0, 1): sqrt(n) times the largest distance
 * between the two distribution functions. Above 2.2 in 1 of 10,000 cases. */
static double ks(double *x, size_t n)
{
    double most = 0;
    qsort(x, n, sizeof *x, compare);
    for (size_t i = 0; i < n; i++) {
        double above = (double)(i + 1) / (double)n - x[i], under = x[i] - (double)i / (double)n;
        most = fmax(most, fmax(above, under));
    }
    return most * sqrt((double)n);
}

/* Pearson's statistic of equally likely bins; for `bins` large it is about bins - 1 with deviation sqrt(2 (bins - 1)).
 * */
static double chi_square(const int64_t *count, int bins, int64_t n)
{
    double expected = (double)n / bins, sum = 0;
    for (int i = 0; i < bins; i++)
        sum += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    return sum;
}

static void assert_chi_square(const int64_t *count, int bins, int64_t n)
{
    assert_near(chi_square(count, bins, n), bins - 1, 4.5 * sqrt(2.0 * (bins - 1)));
}

static void uniform_numbers_are_uniform(void **state)
{
    (void)state;
    static double x[N];
    for (uint64_t seed = 0; seed < 4; seed++) {
        sp__random_uniform_fill(x, N, (sp__random){seed, seed * 7}, 0);
        double mean = 0, square = 0, lag = 0;
        int64_t count[256] = {0};
        for (int i = 0; i < N; i++) {
            assert_true(x[i] >= 0 && x[i] < 1);
            mean += x[i] / N;
            square += (x[i] - 0.5) * (x[i] - 0.5) / N;
            lag += i > 0 ? (x[i] - 0.5) * (x[i - 1] - 0.5) / N : 0;
            count[(int)(x[i] * 256)]++;
        }
        assert_near(mean, 0.5, 4.5 * sqrt(1.0 / 12 / N));
        assert_near(square, 1.0 / 12, 4.5 * sqrt(1.0 / 180 / N));
        assert_near(lag, 0, 4.5 / 12 / sqrt(N));
        assert_chi_square(count, 256, N);
        assert_near(ks(x, N), 1.1, 1.1);
    }
}

static void normal_numbers_are_normal(void **state)
{
    (void)state;
    static double x[N];
    for (uint64_t seed = 0; seed < 4; seed++) {
        sp__random_normal_fill(x, N, (sp__random){seed, 1}, 0);
        double mean = 0, square = 0, cube = 0, fourth = 0, pair = 0;
        for (int i = 0; i < N; i++) {
            double v = x[i];
            mean += v / N;
            square += v * v / N;
            cube += v * v * v / N;
            fourth += v * v * v * v / N;
            pair += i % 2 ? v * x[i - 1] / (N / 2) : 0; /* the two of one block */
        }
        for (int i = 0; i < N; i++)
            x[i] = 0.5 * erfc(-x[i] / sqrt(2));
        assert_near(mean, 0, 4.5 / sqrt(N));
        assert_near(square, 1, 4.5 * sqrt(2.0 / N));
        assert_near(cube, 0, 4.5 * sqrt(15.0 / N));
        assert_near(fourth, 3, 4.5 * sqrt(96.0 / N));
        assert_near(pair, 0, 4.5 / sqrt(N / 2));
        assert_near(ks(x, N), 1.1, 1.1);
    }
}

/* The library's logarithm, sine and cosine against those of the C library. */
static void box_muller_is_exact_to_the_last_digits(void **state)
{
    (void)state;
    sp__random r = {11, 2};
    for (uint64_t i = 0; i < 100000; i += 2) {
        double radius = sqrt(-2 * log1p(-sp__random_uniform(r, i)));
        double angle = TWO_PI * sp__random_uniform(r, i + 1);
        assert_near(sp__random_normal(r, i), radius * cos(angle), 4e-15 * (1 + radius));
        assert_near(sp__random_normal(r, i + 1), radius * sin(angle), 4e-15 * (1 + radius));
    }
}

static void integers_below_n_are_equally_likely(void **state)
{
    (void)state;
    sp__random r = {1, 2};
    for (int n = 2; n <= 200; n = n * 3 + 1) {
        int64_t count[256] = {0};
        for (uint64_t i = 0; i < N; i++) {
            uint64_t v = sp__random_below(r, i, (uint64_t)n);
            assert_true(v < (uint64_t)n);
            count[v]++;
        }
        assert_chi_square(count, n, N);
    }
    assert_int_equal(sp__random_below(r, 5, 1), 0);
    assert_int_equal(sp__random_below(r, 5, 0), 0);
}

/* 3 * 2^62 is not a divisor of 2^64: a quarter of the words must be refused, or the lower third would come twice as
 * often. */
static void large_ranges_are_not_biased(void **state)
{
    (void)state;
    sp__random r = {1, 3};
    int64_t count[3] = {0};
    for (uint64_t i = 0; i < N; i++)
        count[sp__random_below(r, i, (uint64_t)3 << 62) >> 62]++;
    for (int i = 0; i < 3; i++)
        assert_near((double)count[i], N / 3.0, 4.5 * sqrt(N * 2.0 / 9));
}

static void shuffles_are_permutations_and_equally_likely(void **state)
{
    (void)state;
    int64_t big[1000], seen[1000] = {0}, count[24] = {0};
    sp__random_shuffle((sp__random){7, 0}, big, 1000);
    int in_place = 0;
    for (int i = 0; i < 1000; i++) {
        seen[big[i]]++;
        in_place += big[i] == i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    assert_true(in_place < 10);
    for (uint64_t s = 0; s < 24000; s++) {
        int64_t p[4];
        sp__random_shuffle((sp__random){7, s}, p, 4);
        int64_t a = p[0], b = p[1] - (p[1] > p[0]), c = p[2] > p[3];
        count[a * 6 + b * 2 + c]++;
    }
    assert_chi_square(count, 24, 24000);
    sp__random_shuffle((sp__random){7, 0}, big, 0);
}

static void streams_and_seeds_are_not_related(void **state)
{
    (void)state;
    static double a[N], b[N];
    static const sp__random other[] = {{0, 1}, {1, 0}, {0, (uint64_t)1 << 32}, {(uint64_t)1 << 32, 0}};
    sp__random_uniform_fill(a, N, (sp__random){0, 0}, 0);
    for (int k = 0; k < 4; k++) {
        double sum = 0;
        sp__random_uniform_fill(b, N, other[k], 0);
        for (int i = 0; i < N; i++)
            sum += (a[i] - 0.5) * (b[i] - 0.5) / N;
        assert_near(sum, 0, 4.5 / 12 / sqrt(N));
    }
}

/* ---- tensors ---- */

static void the_same_seed_gives_the_same_tensors(void **state)
{
    (void)state;
    float a[100];
    sp_set_seed(3);
    memcpy(a, sp_data(sp_rand_normal(0, 1, SP_F32, SP_DIMS(10, 10))), sizeof a);
    const float *b = sp_data(sp_rand_normal(0, 1, SP_F32, SP_DIMS(10, 10)));
    assert_memory_not_equal(a, b, sizeof a);
    sp_set_seed(3);
    assert_memory_equal(a, sp_data(sp_rand_normal(0, 1, SP_F32, SP_DIMS(100))), sizeof a);
    sp_set_seed(4);
    assert_memory_not_equal(a, sp_data(sp_rand_normal(0, 1, SP_F32, SP_DIMS(100))), sizeof a);
}

static void all_float_types_hold_the_same_numbers_rounded(void **state)
{
    (void)state;
    static const sp_dtype types[] = {SP_F32, SP_F16, SP_BF16};
    static const double unit[] = {0x1p-24, 0x1p-11, 0x1p-8};
    for (int k = 0; k < 3; k++) {
        sp_set_seed(8);
        sp_tensor *wide = sp_rand_uniform(-1, 3, SP_F64, SP_DIMS(1001));
        sp_set_seed(8);
        sp_tensor *narrow = sp_rand_uniform(-1, 3, types[k], SP_DIMS(1001));
        for (int i = 0; i < 1001; i++)
            assert_near(sp_at(narrow, i), sp_at(wide, i), 4 * unit[k]);
    }
}

static void uniform_tensors_stay_below_their_upper_bound(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1}, {-1, 0}, {-3, -1}, {-0.7, 0.1}, {1e-9, 1e-8}, {5, 5}};
    static const sp_dtype types[] = {SP_F32, SP_F64, SP_F16, SP_BF16};
    for (int b = 0; b < 6; b++)
        for (int k = 0; k < 4; k++) {
            double low = bounds[b][0], high = bounds[b][1];
            sp_tensor *t = sp_rand_uniform(low, high, types[k], SP_DIMS(20000));
            assert_non_null(t);
            for (int i = 0; i < 20000; i++) {
                double v = sp_at(t, i);
                assert_true(v < high || low == high || (types[k] == SP_F16 && high < 1e-7));
                assert_true(v >= low - fabs(low) * 0.01 - 1e-7);
            }
        }
}

static void integer_tensors_cover_their_range(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        sp_dtype dtype = (sp_dtype)d;
        bool is_unsigned = dtype == SP_U8 || dtype == SP_U16 || dtype == SP_U32 || dtype == SP_U64 || dtype == SP_BOOL;
        int64_t low = is_unsigned ? 0 : -3, high = dtype == SP_BOOL ? 2 : 5, count[8] = {0};
        sp_tensor *t = sp_rand_int(low, high, dtype, SP_DIMS(8000));
        if (sp_dtype_is_float(dtype)) {
            assert_null(t);
            assert_int_equal(sp_error(), SP_ERR_DTYPE);
            sp_error_clear();
            continue;
        }
        for (int i = 0; i < 8000; i++) {
            int64_t v = sp__load_int(t->data, dtype, i);
            assert_true(v >= low && v < high);
            count[v - low]++;
        }
        assert_chi_square(count, (int)(high - low), 8000);
    }
    sp_tensor *wide = sp_rand_int(INT64_MIN, INT64_MAX, SP_I64, SP_DIMS(1000));
    int64_t negative = 0;
    for (int i = 0; i < 1000; i++)
        negative += sp__load_int(wide->data, SP_I64, i) < 0;
    assert_near((double)negative, 500, 75);
}

static void impossible_distributions_are_refused(void **state)
{
    (void)state;
    sp__random before = sp__random_state();
    assert_null(sp_rand_uniform(1, 0, SP_F32, SP_DIMS(3)));
    assert_null(sp_rand_uniform(0, (double)INFINITY, SP_F32, SP_DIMS(3)));
    assert_null(sp_rand_uniform((double)NAN, 1, SP_F32, SP_DIMS(3)));
    assert_null(sp_rand_uniform(-1e308, 1.7e308, SP_F64, SP_DIMS(3)));
    assert_null(sp_rand_normal(0, -1, SP_F32, SP_DIMS(3)));
    assert_null(sp_rand_normal((double)NAN, 1, SP_F32, SP_DIMS(3)));
    assert_null(sp_rand_int(3, 3, SP_I32, SP_DIMS(3)));
    assert_null(sp_rand_int(-1, 3, SP_U64, SP_DIMS(3)));
    assert_null(sp_rand_int(0, 257, SP_U8, SP_DIMS(3)));
    assert_null(sp_rand_int(-129, 0, SP_I8, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_rand_uniform(0, 1, SP_I32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_DTYPE);
    sp_error_clear();
    assert_null(sp_rand_normal(0, 1, SP_F32, SP_DIMS(-3)));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp__random after = sp__random_state();
    assert_memory_equal(&before, &after, sizeof after); /* no numbers were used up */
    assert_non_null(sp_rand_int(0, 256, SP_U8, SP_DIMS(3)));
    assert_non_null(sp_rand_int(-128, 128, SP_I8, SP_DIMS(3)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clean, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(philox_gives_the_published_answers),
        TEST(a_seed_starts_the_same_streams),
        TEST(a_thread_never_seeded_starts_at_seed_0),
        TEST(filling_gives_the_numbers_of_single_elements),
        TEST(uniform_numbers_are_uniform),
        TEST(normal_numbers_are_normal),
        TEST(box_muller_is_exact_to_the_last_digits),
        TEST(integers_below_n_are_equally_likely),
        TEST(large_ranges_are_not_biased),
        TEST(shuffles_are_permutations_and_equally_likely),
        TEST(streams_and_seeds_are_not_related),
        TEST(the_same_seed_gives_the_same_tensors),
        TEST(all_float_types_hold_the_same_numbers_rounded),
        TEST(uniform_tensors_stay_below_their_upper_bound),
        TEST(integer_tensors_cover_their_range),
        TEST(impossible_distributions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
