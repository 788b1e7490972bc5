/* golden.c: tests/golden/, what the real MindSpore answered. */
#include "support/golden.h"

#ifdef SPORE_HAVE_JANSSON

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "tensor/tensor.h"

sp_tensor *golden_tensor(const json_t *spec)
{
    json_t *values = json_copy((json_t *)spec); /* the same with the numbers where test_json_tensor() expects them */
    json_object_set(values, "values", json_object_get(spec, "data"));
    json_object_del(values, "data");
    sp_tensor *t = test_json_tensor(values, "golden");
    json_decref(values);
    if (!t)
        fail_msg("a recorded tensor cannot be read: %s", sp_error_text());
    return t;
}

static bool is_near(double got, double want, double tol)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got))
        return got == want;
    return fabs(got - want) <= tol * fmax(1, fabs(want));
}

void golden_near(const char *what, const sp_tensor *got, const sp_tensor *want, double tol)
{
    if (!got)
        fail_msg("%s: nothing: %s", what, sp_error_text());
    if (got->dtype != want->dtype || !sp_shape_equal(got->shape, want->shape))
        fail_msg("%s: %s %s, expected %s %s", what, sp_dtype_name(got->dtype), SP__STR(got), sp_dtype_name(want->dtype),
                 SP__STR(want));
    for (int64_t i = 0; i < want->size; i++)
        if (!is_near(sp_at(got, i), sp_at(want, i), tol))
            fail_msg("%s: element %lld is %.9g, expected %.9g", what, (long long)i, sp_at(got, i), sp_at(want, i));
}

#else
typedef int test_golden_is_not_built; /* a file must declare something */
#endif
