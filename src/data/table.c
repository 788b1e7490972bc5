/* UInt8 rows through a table of 256 values a channel.
 *
 * Most tables come of a rescale and a normalize, which vectors compute several times faster than anything looks them up.
 * So when a table is made the formula is tried on all 256 values; where it gives the same bits it is used instead. */
#include "data/table.h"

#include <string.h>

static float apply_one(const sp_transform *t, int64_t c, float x)
{
    int k = t->n > 1 ? (int)c : 0;
    if (t->kind == SP__TRANSFORM_RESCALE)
        return x * t->a[0] + t->b[0];
    if (t->kind == SP__TRANSFORM_NORMALIZE)
        return (x - t->a[k]) / t->b[k];
    return x;
}

static void fill(float *value, int64_t c, int n, const sp_transform *transforms)
{
    for (int v = 0; v < 256; v++) {
        float x = (float)v;
        for (int i = 0; i < n; i++)
            x = apply_one(&transforms[i], c, x);
        value[v] = x;
    }
}

/* The last rescale and the last normalize of the run: right if there are no others, and in this order. */
static sp__bytes_formula guess(int64_t c, int n, const sp_transform *transforms)
{
    sp__bytes_formula f = {.scale = 1, .deviation = 1};
    for (int i = 0; i < n; i++) {
        const sp_transform *t = &transforms[i];
        int k = t->n > 1 ? (int)c : 0;
        if (t->kind == SP__TRANSFORM_RESCALE)
            f.scale = t->a[0], f.shift = t->b[0];
        else if (t->kind == SP__TRANSFORM_NORMALIZE)
            f.mean = t->a[k], f.deviation = t->b[k];
    }
    return f;
}

static bool holds(const sp__bytes_formula *f, const float *value)
{
    uint8_t all[256];
    float got[256];
    for (int v = 0; v < 256; v++)
        all[v] = (uint8_t)v;
    sp__k_bytes(got, all, 256, f);
    return memcmp(got, value, sizeof got) == 0;
}

static size_t value_bytes(const sp__table *t) { return (size_t)t->tables * 256 * sizeof(float); }

sp_status sp__table_make(sp__table *t, int n, const sp_transform *transforms)
{
    *t = (sp__table){.tables = 1, .direct = true};
    for (int i = 0; i < n; i++)
        t->tables = SP__MAX(t->tables, transforms[i].n);
    t->value = sp__alloc(value_bytes(t));
    if (!t->value)
        return SP_ERR_NOMEM;
    for (int64_t c = 0; c < t->tables; c++) {
        float *value = t->value + c * 256;
        fill(value, c, n, transforms);
        t->formula[c] = guess(c, n, transforms);
        t->direct = t->direct && holds(&t->formula[c], value);
    }
    return SP_OK;
}

void sp__table_clear(sp__table *t)
{
    sp__free(t->value, value_bytes(t));
    *t = (sp__table){0};
}

/* ---- running ---- */

static void look_up(float *restrict dst, int64_t dst_step, const uint8_t *restrict src, int64_t src_step, int64_t n,
                    const float *restrict value)
{
    for (int64_t i = 0; i < n; i++)
        dst[i * dst_step] = value[src[i * src_step]];
}

static void run_line(const sp__table *t, float *dst, const uint8_t *src, int64_t n)
{
    if (t->direct)
        sp__k_bytes(dst, src, n, &t->formula[0]);
    else
        look_up(dst, 1, src, 1, n, t->value);
}

static void run_rgb(const sp__table *t, float *dst, const uint8_t *src, int64_t pixels)
{
    const sp__bytes_formula *f = t->formula;
    const sp__bytes_formula all[3] = {f[0], t->tables > 1 ? f[1] : f[0], t->tables > 1 ? f[2] : f[0]};
    sp__k_bytes_rgb(dst, src, pixels, all);
}

void sp__table_run(const sp__table *t, float *dst, const uint8_t *src, int64_t channels, int64_t pixels, bool planar)
{
    if (channels == 1 || (t->tables == 1 && !planar)) { /* all values alike, and in this order */
        run_line(t, dst, src, channels * pixels);
        return;
    }
    if (channels == 3 && planar && t->direct) {
        run_rgb(t, dst, src, pixels);
        return;
    }
    const int64_t to_pixel = planar ? 1 : channels, to_channel = planar ? pixels : 1;
    for (int64_t c = 0; c < channels; c++)
        look_up(dst + c * to_channel, to_pixel, src + c, channels, pixels, t->value + (t->tables > 1 ? c * 256 : 0));
}
