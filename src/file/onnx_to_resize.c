/* file/onnx_to_resize.c: Resize and Upsample of .onnx files in ops. Along each axis whose size changes, an element of the result is
 * a weighted sum of a few elements of x (its taps): one of them for `nearest`, two for `linear`, four for `cubic`, more where `antialias`
 * widens the window of a smaller picture. Positions and weights are constants, computed while the file is read. */
#if SPORE_HAVE_PROTOBUF
#include <math.h>
#include <string.h>

#include "file/onnx_to.h"

#define MAX_SIZE ((int64_t)1 << 20) /* of the result, along one axis */
#define MAX_TAPS 64

typedef enum method { NEAREST, LINEAR, CUBIC } method;

typedef struct settings {
    method how;
    const char *where, *nearest; /* coordinate_transformation_mode, nearest_mode */
    double a;                    /* of the cubic polynomial: Keys 1981           */
    bool exclude, antialias;
} settings;

/* One axis: from n to m elements. Floats, as ONNX Runtime has them: a position that is an integer but for rounding must be it here too. */
typedef struct axis_plan {
    int64_t n, m;
    float scale;
} axis_plan;

/* ---- positions ---- */

static float source_of(const settings *s, const axis_plan *p, int64_t j)
{
    const float at = (float)j, n = (float)p->n, m = (float)p->m;
    if (strcmp(s->where, "asymmetric") == 0)
        return at / p->scale;
    if (strcmp(s->where, "align_corners") == 0)
        return p->m == 1 ? 0 : at * (n - 1) / (m - 1);
    if (strcmp(s->where, "pytorch_half_pixel") == 0 && p->m == 1)
        return 0;
    if (strcmp(s->where, "tf_half_pixel_for_nn") == 0)
        return (at + 0.5f) / p->scale;
    float x = (at + 0.5f) / p->scale - 0.5f;
    if (strcmp(s->where, "half_pixel_symmetric") == 0)
        x += n / 2 * (1 - m / (p->scale * n));
    return x;
}

static int64_t nearest_of(const settings *s, float x)
{
    const char *mode = s->nearest;
    if (strcmp(mode, "floor") == 0)
        return (int64_t)floorf(x);
    if (strcmp(mode, "ceil") == 0)
        return (int64_t)ceilf(x);
    return (int64_t)(strcmp(mode, "round_prefer_ceil") == 0 ? floorf(x + 0.5f) : ceilf(x - 0.5f));
}

/* The weight of an element that lies d away. */
static double weight_of(const settings *s, double d)
{
    d = fabs(d);
    if (s->how == LINEAR)
        return d < 1 ? 1 - d : 0;
    if (d <= 1)
        return ((s->a + 2) * d - (s->a + 3)) * d * d + 1;
    return d < 2 ? ((s->a * d - 5 * s->a) * d + 8 * s->a) * d - 4 * s->a : 0;
}

/* ---- one axis ---- */

/* Taps of element j: positions (cut to the axis) and weights, each `taps` apart by m. */
static void fill(const settings *s, const axis_plan *p, int64_t j, int taps, int64_t *at, float *weights)
{
    double narrow = s->antialias && p->scale < 1 ? (double)p->scale : 1, sum = 0, w[MAX_TAPS];
    float x = source_of(s, p, j);
    int64_t first = s->how == NEAREST ? nearest_of(s, x) : (int64_t)floorf(x) - taps / 2 + 1;
    for (int k = 0; k < taps; k++) {
        bool outside = first + k < 0 || first + k >= p->n;
        w[k] = s->how == NEAREST ? 1 : weight_of(s, ((double)(first + k) - (double)x) * narrow);
        w[k] = outside && s->exclude ? 0 : w[k];
        sum += w[k];
    }
    bool scaled = (s->exclude || narrow < 1) && sum != 0;
    for (int k = 0; k < taps; k++) {
        at[k * p->m + j] = SP__MAX(SP__MIN(first + k, p->n - 1), 0);
        weights[k * p->m + j] = (float)(scaled ? w[k] / sum : w[k]);
    }
}

/* (m, 1, 1, ...) with `behind` axes behind */
static sp_tensor *column(sp__ox_call *c, sp_tensor *t, sp_dtype type, int behind)
{
    t = type == SP_F32 ? t : sp_cast(t, type);
    for (int i = 0; i < behind; i++)
        t = sp_expand_dims(t, -1);
    return sp__ox_made(c, t);
}

static sp_tensor *along(sp__ox_call *c, sp_tensor *x, int axis, const settings *s, const axis_plan *p)
{
    int64_t half = s->how == CUBIC ? 2 : 1;
    if (s->antialias && p->scale < 1 && s->how != NEAREST)
        half = p->scale > 2.0f / MAX_TAPS ? (int64_t)ceilf((float)half / p->scale) : MAX_TAPS;
    int64_t taps = s->how == NEAREST ? 1 : 2 * half;
    if (!x || p->n < 1 || p->n > MAX_SIZE || p->m < 1 || p->m > MAX_SIZE / taps || taps > MAX_TAPS)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "axis %d from %lld to %lld elements", axis, (long long)p->n,
                           (long long)p->m);
    sp_tensor *at = sp__tensor_new(SP_I64, SP_DIMS(taps, p->m)), *w = sp__tensor_new(SP_F32, SP_DIMS(taps, p->m));
    for (int64_t j = 0; at && w && j < p->m; j++)
        fill(s, p, j, (int)taps, sp__data_mut(at), sp__data_mut(w));
    sp_tensor *y = NULL;
    for (int k = 0; at && w && k < taps; k++) {
        sp_tensor *part = sp_gather(x, sp__ox_made(c, sp_index(at, sp_pick(k))), axis);
        if (s->how != NEAREST)
            part = sp_mul(part, column(c, sp_index(w, sp_pick(k)), x->dtype, x->shape.rank - 1 - axis));
        y = k == 0 ? part : sp_add(y, part);
    }
    return y;
}

/* ---- settings ---- */

static bool one_of(const char *text, int n, const char *const *of)
{
    for (int i = 0; i < n; i++)
        if (strcmp(text, of[i]) == 0)
            return true;
    return false;
}

static bool read_settings(sp__ox_call *c, settings *s)
{
    static const char *const places[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                         "align_corners", "asymmetric",           "tf_half_pixel_for_nn"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    const char *mode = sp__ox_text(c, "mode", "nearest");
    bool old = c->opset < 11 || strcmp(c->by.op, "Upsample") == 0; /* they had no choice */
    *s = (settings){.how = strcmp(mode, "linear") == 0  ? LINEAR
                           : strcmp(mode, "cubic") == 0 ? CUBIC
                                                        : NEAREST,
                    .where = sp__ox_text(c, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                    .nearest = sp__ox_text(c, "nearest_mode", old ? "floor" : "round_prefer_floor"),
                    .a = sp__ox_float(c, "cubic_coeff_a", -0.75),
                    .exclude = sp__ox_int(c, "exclude_outside", 0) != 0,
                    .antialias = sp__ox_int(c, "antialias", 0) != 0};
    sp__ox_float(c, "extrapolation_value", 0); /* of a place that is refused */
    if (c->by.failed || (s->how == NEAREST && strcmp(mode, "nearest") != 0) || !one_of(s->where, 6, places) ||
        !one_of(s->nearest, 4, roundings)) {
        if (!c->by.failed)
            sp__ox_fail(c, SP_ERR_UNSUPPORTED, "mode '%s', %s, %s", sp__shown(mode, strlen(mode)),
                        sp__shown(s->where, strlen(s->where)), sp__shown(s->nearest, strlen(s->nearest)));
        return false;
    }
    return true;
}

/* How one axis changes by a factor; false: no size. */
static bool by_scale(axis_plan *p, float scale)
{
    p->scale = scale;
    float m = floorf((float)p->n * scale);
    p->m = m >= 0 && m <= (float)MAX_SIZE ? (int64_t)m : -1;
    return scale > 0 && p->m >= 0;
}

/* Axis k by entry i of `scales`, an input, or an attribute before opset 9. */
static bool scale_of(sp__ox_call *c, const sp_tensor *t, const sp__ox_attr *a, int i, axis_plan *p)
{
    if (by_scale(p, t ? (float)sp__load(t->data, t->dtype, i) : a->floats[i]))
        return true;
    sp__ox_fail(c, SP_ERR_VALUE, "scale %d is %g for %lld elements", i, (double)p->scale, (long long)p->n);
    return false;
}

/* The factor that all sizes have in common, where the ratio is kept. 0: it is not. */
static float common_scale(sp__ox_call *c, const sp_tensor *x, const int *at, const sp__ox_ints *sizes)
{
    const char *policy = sp__ox_text(c, "keep_aspect_ratio_policy", "stretch");
    bool larger = strcmp(policy, "not_smaller") == 0;
    float common = 0;
    if (!larger && strcmp(policy, "not_larger") != 0)
        return 0;
    for (int i = 0; i < sizes->n; i++) {
        float scale = (float)sizes->v[i] / (float)SP__MAX(x->shape.dim[at[i]], 1);
        common = i == 0 ? scale : larger ? SP__MAX(common, scale) : SP__MIN(common, scale);
    }
    return common;
}

/* ---- the operator ---- */

typedef struct request {
    int n, at[SP_MAX_RANK];        /* axes                                        */
    const sp_tensor *scales;       /* as an input; NULL: ...                      */
    const sp__ox_attr *attribute;  /* as an attribute; NULL: ...                  */
    sp__ox_ints sizes, sizes_past; /* sizes are given                             */
    float common;
} request;

static bool read_axes(sp__ox_call *c, const sp_tensor *x, request *r)
{
    sp__ox_ints axes = sp__ox_ints_of(c, "axes");
    r->n = axes.n > 0 ? axes.n : x->shape.rank;
    unsigned named = 0;
    for (int i = 0; axes.n >= 0 && i < r->n; i++) {
        int k = i < x->shape.rank ? AXIS(x, axes.n > 0 ? axes.v[i] : i) : -1;
        if (k < 0 || named >> k & 1) {
            sp__ox_fail(c, SP_ERR_FORMAT, "axis %d of %d is out of range or named twice", i, r->n);
            return false;
        }
        r->at[i] = k;
        named |= 1U << k;
    }
    return axes.n >= 0;
}

static bool read_request(sp__ox_call *c, const sp_tensor *x, request *r)
{
    int at = strcmp(c->by.op, "Upsample") == 0 || c->opset < 11 ? 1 : 2;
    *r = (request){.attribute = sp__ox_attribute(c, "scales")};
    if (!read_axes(c, x, r) || !sp__ox_open_ints(c, "sizes", &r->sizes, &r->sizes_past))
        return false;
    if (r->sizes.n == 0 && sp__ox_given(c, at) && !(r->scales = sp__ox_held(c, at, "scales")))
        return false;
    int64_t n = r->scales ? r->scales->size : r->attribute ? (int64_t)r->attribute->n_floats : r->sizes.n;
    if (n != r->n || (r->sizes.n > 0 && r->sizes_past.n != r->n)) {
        sp__ox_fail(c, SP_ERR_FORMAT, "%lld sizes or scales for %d axes", (long long)n, r->n);
        return false;
    }
    r->common = common_scale(c, x, r->at, &r->sizes);
    return !c->by.failed;
}

/* What becomes of axis at[i]; an axis that stays as it is may have any size. */
static bool plan_axis(sp__ox_call *c, const sp_tensor *x, const request *r, int i, axis_plan *p)
{
    int k = r->at[i];
    *p = (axis_plan){.n = x->shape.dim[k], .m = x->shape.dim[k], .scale = 1};
    bool stays = r->sizes.n > 0 && r->sizes.v[i] == p->n && r->sizes_past.v[i] == sp__ox_past_shape(c, 0).dim[k];
    stays = stays && (r->common == 0 || r->common == 1); /* where the ratio is kept, by the factor of the others */
    if (r->sizes.n == 0 && !scale_of(c, r->scales, r->attribute, i, p))
        return false;
    if (stays || (r->sizes.n == 0 && p->scale == 1.0f))
        return true;
    if (!sp__ox_fixed(c, 0, k) || (r->sizes.n > 0 && r->sizes.v[i] != r->sizes_past.v[i])) {
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the size of axis %d is open", k);
        return false;
    }
    if (r->sizes.n > 0) {
        float kept = floorf(r->common * (float)p->n + 0.5f);
        p->m = r->common > 0 ? (kept <= (float)MAX_SIZE ? (int64_t)kept : -1) : r->sizes.v[i];
        p->scale = r->common > 0 ? r->common : (float)p->m / (float)SP__MAX(p->n, 1);
    }
    return true;
}

static sp_tensor *resize(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    settings s;
    request r;
    if (!x || !read_settings(c, &s) || !read_request(c, x, &r))
        return NULL;
    if (s.how != NEAREST && !sp_dtype_is_float(x->dtype))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%s between elements", sp_dtype_name(x->dtype));
    sp_tensor *y = x;
    for (int i = 0; y && i < r.n; i++) {
        axis_plan p;
        if (!plan_axis(c, x, &r, i, &p))
            return NULL;
        if (strcmp(s.where, "align_corners") == 0 && fabsf(p.scale * (float)p.n - (float)p.m) > 1e-3f)
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "align_corners with a scale that gives no whole size: %g of %lld",
                               (double)p.scale, (long long)p.n); /* the standard and ONNX Runtime disagree */
        if (p.m != p.n || p.scale != 1.0f)
            y = along(c, y, r.at[i], &s, &p);
    }
    return y;
}

const sp__ox_rule sp__ox_rules_resize[] = {
    {"Resize", 1, false, resize, {"roi", "", "sizes"}},
    {"Upsample", 1, false, resize, {0}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
