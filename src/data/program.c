/* Built-in transforms of one column, compiled.
 *
 * A run of rescale, normalize, hwc2chw and typecast(Float32) becomes one step:
 *   of UInt8 rows   a table of 256 floats per channel (table.h): the result is that of the transforms one by one in
 *                   Float32, to the last bit
 *   of others       a pass over the row in blocks that stay in the first cache, each transform over a block at a time
 * What cannot join a run (other casts, one-hot) is a step of its own. The last step writes to the destination. */
#include <string.h>

#include "data/data.h"
#include "data/table.h"

typedef enum step_kind { STEP_TABLE, STEP_FLOAT, STEP_CAST, STEP_ONE_HOT } step_kind;

struct sp__step {
    step_kind kind;
    sp__desc in, out;
    int n;                    /* table, float: transforms in the run; one-hot: classes */
    const sp_transform *t;    /* (n)                                                   */
    int64_t channels, pixels; /* row (pixels, channels) ... (cast: elements)           */
    bool planar;              /* ... to (channels, pixels)                             */
    sp__table table;
};

sp_status sp__program_init(sp__program *p, int n, const sp_transform *t)
{
    *p = (sp__program){.n = n, .t = t};
    p->step = sp__alloc_zero((size_t)n * sizeof *p->step);
    return p->step ? SP_OK : SP_ERR_NOMEM;
}

static void clear_steps(sp__program *p)
{
    for (int i = 0; p->step && i < p->n; i++)
        sp__table_clear(&p->step[i].table);
    if (p->step)
        memset(p->step, 0, (size_t)p->n * sizeof *p->step);
    p->steps = 0;
    p->ready = false;
}

void sp__program_clear(sp__program *p)
{
    clear_steps(p);
    sp__free(p->step, (size_t)p->n * sizeof *p->step);
    *p = (sp__program){0};
}

/* ---- compiling ---- */

static bool joins_run(const sp_transform *t)
{
    return t->kind == SP__TRANSFORM_RESCALE || t->kind == SP__TRANSFORM_NORMALIZE || t->kind == SP__TRANSFORM_HWC2CHW ||
           (t->kind == SP__TRANSFORM_TYPECAST && t->dtype == SP_F32);
}

static bool makes_float(const sp_transform *t) { return t->kind != SP__TRANSFORM_HWC2CHW; }

/* Adds t to the run s, whose rows come out as s->out. *joined = false if it must begin another. */
static sp_status run_add(sp__step *s, const sp_transform *t, bool *joined)
{
    sp_shape *shape = &s->out.shape;
    *joined = true;
    if (t->kind == SP__TRANSFORM_NORMALIZE && t->n > 1) {
        if (shape->rank < 1 || shape->dim[shape->rank - 1] != t->n)
            return sp__err(SP_ERR_SHAPE, "map: normalize: %d channels for rows of shape %s: the last axis must have %d",
                           t->n, sp__shape_text(*shape), t->n);
        if (s->planar || (s->channels != 1 && s->channels != t->n)) {
            *joined = false;
            return SP_OK;
        }
        s->channels = t->n;
    }
    if (t->kind == SP__TRANSFORM_HWC2CHW) {
        if (shape->rank != 3)
            return sp__err(SP_ERR_SHAPE, "map: hwc2chw: rows of shape %s, (H, W, C) expected", sp__shape_text(*shape));
        if (s->planar) {
            *joined = false;
            return SP_OK;
        }
        *shape = SP_DIMS(shape->dim[2], shape->dim[0], shape->dim[1]);
        s->channels = shape->dim[0];
        s->planar = true;
    }
    if (makes_float(t))
        s->out.dtype = SP_F32;
    return SP_OK;
}

/* A run that begins with t[0]: how many transforms it took in s->n. */
static sp_status compile_run(sp__step *s, sp__desc in, int n, const sp_transform *t)
{
    *s = (sp__step){.in = in, .out = in, .t = t, .channels = 1};
    bool joined = true;
    while (s->n < n && joins_run(&t[s->n])) {
        sp_status st = run_add(s, &t[s->n], &joined);
        if (st != SP_OK)
            return st;
        if (!joined)
            break;
        s->n++;
    }
    s->pixels = s->channels > 0 ? sp_shape_size(in.shape) / s->channels : 0;
    s->kind = in.dtype == SP_U8 && s->out.dtype == SP_F32 ? STEP_TABLE : STEP_FLOAT;
    return s->kind == STEP_TABLE ? sp__table_make(&s->table, s->n, s->t) : SP_OK;
}

static sp_status compile_one_hot(sp__step *s, sp__desc in, const sp_transform *t)
{
    *s = (sp__step){.kind = STEP_ONE_HOT, .in = in, .out = in, .n = t->n};
    if (sp_dtype_is_float(in.dtype) || in.dtype == SP_BOOL)
        return sp__err(SP_ERR_DTYPE, "map: one_hot_label: labels of type %s, an integer type expected",
                       sp_dtype_name(in.dtype));
    if (in.shape.rank == SP_MAX_RANK)
        return sp__err(SP_ERR_SHAPE, "map: one_hot_label: labels of shape %s have no room for one more axis",
                       sp__shape_text(in.shape));
    s->out.dtype = SP_F32;
    s->out.shape.dim[s->out.shape.rank++] = t->n;
    if (sp_shape_size(s->out.shape) < 0)
        return sp__err(SP_ERR_SHAPE, "map: one_hot_label: %s labels of %d classes are too large",
                       sp__shape_text(in.shape), t->n);
    return SP_OK;
}

/* Makes the next step of transforms t (n left); *used: how many it stands for. */
static sp_status compile_step(sp__step *s, sp__desc in, int n, const sp_transform *t, int *used)
{
    *used = 1;
    if (t->kind == SP__TRANSFORM_ONE_HOT)
        return compile_one_hot(s, in, t);
    if (t->kind == SP__TRANSFORM_TYPECAST && (t->dtype != SP_F32 || in.dtype != SP_U8)) {
        *s = (sp__step){.kind = STEP_CAST, .in = in, .out = {t->dtype, in.shape}, .pixels = sp_shape_size(in.shape)};
        return SP_OK;
    }
    sp_status st = compile_run(s, in, n, t);
    *used = s->n;
    return st;
}

bool sp__desc_same(const sp__desc *a, const sp__desc *b)
{
    bool same = a->dtype == b->dtype && a->shape.rank == b->shape.rank;
    for (int i = 0; same && i < a->shape.rank; i++)
        same = a->shape.dim[i] == b->shape.dim[i];
    return same;
}

sp_status sp__program_compile(sp__program *p, const sp__desc *in)
{
    if (p->ready && sp__desc_same(&p->in, in))
        return SP_OK;
    clear_steps(p);
    p->in = p->out = *in;
    for (int i = 0, used = 0; i < p->n; i += used) {
        sp_status st = compile_step(&p->step[p->steps], p->out, p->n - i, p->t + i, &used);
        p->out = p->step[p->steps++].out;
        if (st != SP_OK)
            return st;
    }
    p->ready = true;
    return SP_OK;
}

/* ---- running ---- */

static void apply_block(const sp_transform *t, int64_t c, float *x, int64_t n)
{
    int k = t->n > 1 ? (int)c : 0;
    float a = t->a[k], b = t->b[k];
    if (t->kind == SP__TRANSFORM_RESCALE)
        for (int64_t i = 0; i < n; i++)
            x[i] = x[i] * a + b;
    else if (t->kind == SP__TRANSFORM_NORMALIZE)
        for (int64_t i = 0; i < n; i++)
            x[i] = (x[i] - a) / b;
}

/* src is Float32 here. */
static void run_float(const sp__step *s, const float *src, float *dst)
{
    enum { BLOCK = 512 };
    float x[BLOCK];
    const int64_t C = s->channels, P = s->pixels;
    const int64_t to_pixel = s->planar ? 1 : C, to_channel = s->planar ? P : 1;
    for (int64_t c = 0; c < C; c++)
        for (int64_t from = 0; from < P; from += BLOCK) {
            int64_t n = SP__MIN(P - from, (int64_t)BLOCK);
            for (int64_t i = 0; i < n; i++)
                x[i] = src[(from + i) * C + c];
            for (int k = 0; k < s->n; k++)
                apply_block(&s->t[k], c, x, n);
            for (int64_t i = 0; i < n; i++)
                dst[c * to_channel + (from + i) * to_pixel] = x[i];
        }
}

/* hwc2chw alone, of any type. */
static void run_move(const sp__step *s, const char *src, char *dst)
{
    const int64_t C = s->channels, P = s->pixels;
    const size_t size = sp_dtype_size(s->in.dtype);
    for (int64_t c = 0; c < C; c++)
        for (int64_t i = 0; i < P; i++)
            memcpy(dst + (size_t)(c * P + i) * size, src + (size_t)(i * C + c) * size, size);
}

static sp_status run_one_hot(const sp__step *s, const void *src, float *dst)
{
    int64_t n = sp_shape_size(s->in.shape);
    memset(dst, 0, sp__datum_bytes(s->out));
    for (int64_t i = 0; i < n; i++) {
        int64_t label = sp__load_int(src, s->in.dtype, i);
        if (label < 0 || label >= s->n)
            return sp__err(SP_ERR_VALUE, "map: one_hot_label: label %lld is outside [0, %d)", (long long)label, s->n);
        dst[i * s->n + label] = 1;
    }
    return SP_OK;
}

static sp_status run_float_of_any(const sp__step *s, const void *src, void *dst)
{
    if (s->out.dtype != SP_F32) {
        run_move(s, src, dst);
        return SP_OK;
    }
    if (s->in.dtype != SP_F32) {
        int64_t n = sp_shape_size(s->in.shape);
        void *wide = sp__scope_alloc((size_t)n * sizeof(float));
        if (!wide)
            return SP_ERR_NOMEM;
        sp__data_cast(wide, SP_F32, src, s->in.dtype, n);
        src = wide;
    }
    run_float(s, src, dst);
    return SP_OK;
}

static sp_status run_step(const sp__step *s, const void *src, void *dst)
{
    switch (s->kind) {
    case STEP_TABLE:
        sp__table_run(&s->table, dst, src, s->channels, s->pixels, s->planar);
        return SP_OK;
    case STEP_CAST:
        sp__data_cast(dst, s->out.dtype, src, s->in.dtype, s->pixels);
        return SP_OK;
    case STEP_ONE_HOT:
        return run_one_hot(s, src, dst);
    default:
        return run_float_of_any(s, src, dst);
    }
}

sp_status sp__program_run(const sp__program *p, const void *src, void *dst)
{
    if (p->steps == 0)
        memcpy(dst, src, sp__datum_bytes(p->in));
    for (int i = 0; i < p->steps; i++) {
        void *to = i + 1 < p->steps ? sp__scope_alloc(sp__datum_bytes(p->step[i].out)) : dst;
        sp_status st = to ? run_step(&p->step[i], src, to) : SP_ERR_NOMEM;
        if (st != SP_OK)
            return st;
        src = to;
    }
    return SP_OK;
}
