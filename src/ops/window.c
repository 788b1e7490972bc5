/* Windows sliding over height and width. Everything that comes from outside is checked here, before a kernel counts with it. */
#include "ops/window.h"

#include "ops/op.h"

const char *const sp__pad_modes[] = {"same", "valid", "pad", NULL};

static const char *const axis_names[2] = {"rows", "columns"};

sp_status sp__want_count(const sp__op *op, const char *name, const sp__ints *v, int n, bool optional)
{
    if (v->n == n || (optional && v->n == 0))
        return SP_OK;
    return sp__err(SP_ERR_VALUE, "%s: %s has %d numbers, expected %d", op->label, name, v->n, n);
}

sp__ints sp__pair(const int64_t v[2]) { return (sp__ints){2, {v[0] == 0 ? 1 : v[0], v[1] == 0 ? 1 : v[1]}}; }

sp_status sp__want_countable(const sp__op *op, int n, const int64_t *sizes)
{
    size_t product = 1;
    for (int i = 0; i < n; i++)
        if (!sp__mul_size(product, (size_t)SP__MAX(sizes[i], 1), &product) || product > (size_t)1 << 56)
            return sp__err(SP_ERR_SHAPE, "%s: more than 2^56 multiplications", op->label);
    return SP_OK;
}

/* Padding is given where it is used, and only there. */
static sp_status check_pad(const sp__op *op, int pad_mode, const sp__ints *p)
{
    sp_status st = sp__want_count(op, "pad", p, 4, true);
    if (st != SP_OK || pad_mode == SP__PAD_GIVEN || p->n == 0 || (!p->v[0] && !p->v[1] && !p->v[2] && !p->v[3]))
        return st;
    return sp__err(SP_ERR_VALUE, "%s: pad is (%lld, %lld, %lld, %lld) with pad_mode %s, expected zeros or pad_mode pad",
                   op->label, (long long)p->v[0], (long long)p->v[1], (long long)p->v[2], (long long)p->v[3],
                   sp__pad_modes[pad_mode]);
}

/* Padding and number of windows of w, of which the rest is set. */
static sp_status slide(const sp__op *op, const char *axis, int pad_mode, bool ceil_mode, sp__window *w)
{
    if (w->kernel < 1 || w->kernel > (int64_t)SP__WINDOW_MAX || w->size < 1 || w->size > (int64_t)SP__WINDOW_MAX)
        return sp__err(SP_ERR_SHAPE, "%s: %lld %s under a kernel of %lld, expected 1 to %lld of both", op->label,
                       (long long)w->size, axis, (long long)w->kernel, (long long)SP__WINDOW_MAX);
    int64_t span = (w->kernel - 1) * w->dilation + 1;
    if (pad_mode == SP__PAD_SAME) {
        w->out = (w->size - 1) / w->stride + 1;
        int64_t missing = SP__MAX((w->out - 1) * w->stride + span - w->size, 0);
        w->before = missing / 2;
        w->after = missing - w->before;
        return SP_OK;
    }
    int64_t rest = w->size + w->before + w->after - span;
    if (rest < 0)
        return sp__err(SP_ERR_SHAPE, "%s: the kernel spans %lld %s (dilation %lld), the padded input has %lld",
                       op->label, (long long)span, axis, (long long)w->dilation, (long long)(rest + span));
    w->out = rest / w->stride + 1;
    if (ceil_mode && rest % w->stride && w->out * w->stride < w->size + w->before)
        w->out++;
    return SP_OK;
}

/* The i-th of them, 1 if there are none. */
static int64_t or_one(const sp__ints *v, int i) { return v && v->n ? v->v[i] : 1; }

sp_status sp__windows(const sp__op *op, const sp__sliding *how, const int64_t size[2], const int64_t kernel[2],
                      sp__window w[2])
{
    if (check_pad(op, how->pad_mode, how->pad) != SP_OK || sp__want_count(op, "stride", how->stride, 2, true) != SP_OK)
        return SP_ERR_VALUE;
    if (how->dilation && sp__want_count(op, "dilation", how->dilation, 2, true) != SP_OK)
        return SP_ERR_VALUE;
    for (int i = 0; i < 2; i++) {
        w[i] = (sp__window){.size = size[i], .kernel = kernel[i]};
        w[i].stride = or_one(how->stride, i);
        w[i].dilation = or_one(how->dilation, i);
        if (how->pad->n) {
            w[i].before = how->pad->v[2 * i];
            w[i].after = how->pad->v[2 * i + 1];
        }
        sp_status st = slide(op, axis_names[i], how->pad_mode, how->ceil_mode, &w[i]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}
