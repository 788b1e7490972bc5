/* The vector forms of exp, log and the like against libm in double: over all floats in steps, and at every edge. */
#include "support/test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

/* `most`: units in the last place, as kernels/math_f32.h promises; `small`: what is below may be any number below (the
 * reciprocal of an infinite e^-x is 0 where a subnormal number was due). */
static const struct function {
    const char *name;
    sp__unary f;
    double (*exact)(double x);
    double most, small;
} functions[] = {
    {"exp", SP__EXP, exp, 2, 0},
    {"expm1", SP__EXPM1, expm1, 2, 0},
    {"log", SP__LOG, log, 2, 0},
    {"log1p", SP__LOG1P, log1p, 2.5, 0},
    {"tanh", SP__TANH, tanh, 2, 0},
    {"erf", SP__ERF, erf, 2, 0},
    {"sigmoid", SP__SIGMOID, sigmoid, 3, 0x1p-126},
    {"softplus", SP__SOFTPLUS, softplus, 3, 0},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0], BLOCK = 4096 };

static float of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Of a result that should be `exact`: how many units in the last place it is off; infinite for a wrong special value. */
static double error_of(const struct function *f, float y, double exact)
{
    const float rounded = (float)exact;
    if (isnan(exact))
        return isnan(y) ? 0 : (double)INFINITY;
    if (isinf(rounded) || rounded == 0)
        return y == rounded && signbit(y) == signbit(rounded) ? 0
               : fabs((double)y) <= (double)FLT_TRUE_MIN      ? 1
                                                              : (double)INFINITY;
    if (fabs(exact) < f->small && fabs((double)y) < f->small)
        return 0;
    int exponent;
    frexp(fabs((double)rounded) < (double)FLT_MIN ? (double)FLT_MIN : exact, &exponent);
    return fabs((double)y - exact) / ldexp(1, exponent - FLT_MANT_DIG);
}

static void check(const struct function *f, const float *x, int n)
{
    float y[BLOCK];
    assert_true(sp__k_unary(f->f, SP_F32, y, x, n));
    for (int i = 0; i < n; i++) {
        const double exact = f->exact((double)x[i]), off = error_of(f, y[i], exact);
        if (!(off <= f->most))
            fail_msg("%s(%a) is %a, expected %a: %.2f units off", f->name, (double)x[i], (double)y[i], exact, off);
    }
}

TEST(functions_keep_their_error_over_all_floats)
{
    float x[BLOCK];
    const uint32_t step = 1499; /* a prime: all exponents, both signs, NaNs; some 2.9 million arguments */
    uint64_t bits = 0;
    while (bits <= UINT32_MAX) {
        int n = 0;
        for (; n < BLOCK && bits <= UINT32_MAX; n++, bits += step)
            x[n] = of_bits((uint32_t)bits);
        for (int f = 0; f < FUNCTIONS; f++)
            check(&functions[f], x, n);
    }
}

TEST(functions_are_right_at_the_edges)
{
    static const float edges[] = {0.0f,         -0.0f,         INFINITY,       -INFINITY,    NAN,          FLT_MIN,
                                  -FLT_MIN,     FLT_TRUE_MIN,  -FLT_TRUE_MIN,  FLT_MAX,      -FLT_MAX,     1.0f,
                                  -1.0f,        2.0f,          -2.0f,          0.5f,         -0.5f,        88.72284f,
                                  88.72283f,    88.73f,        -87.33655f,     -103.97f,     -104.0f,      -110.0f,
                                  -16.6f,       -17.4f,        -18.0f,         -18.5f,       0.927734375f, 0.9277345f,
                                  0.625f,       0.6249999f,    3.9f,           4.1f,         9.1f,         10.1f,
                                  0.70710677f,  0.7071068f,    1.4142135f,     1.4142137f,   0.99999994f,  1.0000001f,
                                  -0.99999994f, 5.9604645e-8f, -5.9604645e-8f, 1.1920929e-7f};
    const int n = sizeof edges / sizeof edges[0];
    for (int f = 0; f < FUNCTIONS; f++) {
        check(&functions[f], edges, n);
        for (int i = 0; i < n; i++) /* alone, where no vector is filled: the same bits */
        {
            float one, all[sizeof edges / sizeof edges[0]];
            sp__k_unary(functions[f].f, SP_F32, &one, &edges[i], 1);
            sp__k_unary(functions[f].f, SP_F32, all, edges, n);
            if (memcmp(&one, &all[i], sizeof one) != 0 && !(isnan(one) && isnan(all[i])))
                fail_msg("%s(%a): %a alone, %a among others", functions[f].name, (double)edges[i], (double)one,
                         (double)all[i]);
        }
    }
}

TEST_MAIN()
