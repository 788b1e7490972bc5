/* conv.c: convolutions by oneDNN's primitives, on arrays in our order. */
#include <limits.h>
#include <string.h>

#include "kernels/onednn/onednn.h"

/* Beyond, and for what has no elements, the portable kernels run. */
bool sp__onednn_conv_in_range(const sp__conv *c)
{
    const int64_t size[] = {c->N,  c->C,  c->H,  c->W,  c->M,      c->kh, c->kw,
                            c->sh, c->sw, c->dh, c->dw, c->groups, c->OH, c->OW};
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        if (size[i] < 1 || size[i] > INT_MAX / 4)
            return false;
    return true;
}

int64_t sp__onednn_conv_work(const sp__conv *c)
{
    return c->N * c->M * c->OH * c->OW * (c->C / c->groups) * c->kh * c->kw;
}

/* The threads' number must be set already. */
static sp__conv_entry *prepared(sp__conv_cache *cache, sp__conv_key *key, int64_t work)
{
    key->threads = sp__threads_for(work);
    return cache ? sp__conv_prepare(cache, key) : NULL;
}

bool sp__onednn_can(sp__conv_key key, int64_t work)
{
    sp__onednn_call before = sp__onednn_begin(work);
    bool found = prepared(sp__conv_cache_get(), &key, work) != NULL;
    sp__onednn_end(&before);
    return found;
}

/* oneDNN computes the gradient of 16 channels at a time, also where there is one: ours takes a tenth of its time
 * then. */
static bool wastes_channels(const sp__conv *c, sp__conv_pass pass)
{
    return pass == SP__CONV_INPUT && c->groups == 1 && c->C < 6;
}

bool sp__onednn_conv_supports(const sp__conv *c, sp__conv_pass pass)
{
    if (!sp__onednn_conv_in_range(c) || wastes_channels(c, pass))
        return false;
    return sp__onednn_can((sp__conv_key){.c = *c, .pass = pass}, sp__onednn_conv_work(c));
}

/* Makes the scratch memory at least as large; its content is not kept. */
static bool scratch_at_least(sp__conv_cache *cache, size_t bytes)
{
    if (cache->scratch_bytes >= bytes)
        return true;
    sp__free(cache->scratch, cache->scratch_bytes);
    cache->scratch = sp__onednn_alloc(bytes);
    cache->scratch_bytes = cache->scratch ? bytes : 0;
    return cache->scratch != NULL;
}

static bool reorder(sp__conv_cache *cache, const sp__port *p)
{
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, p->output ? p->inner : p->plain},
                                    {DNNL_ARG_TO, p->output ? p->plain : p->inner}};
    return dnnl_primitive_execute(p->reorder, cache->stream, 2, args) == dnnl_success;
}

/* Runs e on the arrays, NULL where the pass does not use one. */
static bool execute(sp__conv_cache *cache, sp__conv_entry *e, void *const array[SP__PORTS])
{
    dnnl_exec_arg_t args[SP__PORTS + 1] = {{DNNL_ARG_SCRATCHPAD, e->scratchpad}};
    int count = 1;
    bool ok = dnnl_memory_set_data_handle(e->scratchpad, cache->scratch) == dnnl_success;
    for (int i = 0; ok && i < SP__PORTS; i++) {
        sp__port *p = &e->port[i];
        if (p->arg == 0)
            continue;
        ok = dnnl_memory_set_data_handle(p->plain, array[i]) == dnnl_success;
        if (ok && p->inner)
            ok = dnnl_memory_set_data_handle(p->inner, cache->scratch + p->offset) == dnnl_success &&
                 (p->output || reorder(cache, p));
        args[count++] = (dnnl_exec_arg_t){p->arg, p->inner ? p->inner : p->plain};
    }
    ok = ok && dnnl_primitive_execute(e->primitive, cache->stream, count, args) == dnnl_success;
    for (int i = 0; ok && i < SP__PORTS; i++)
        if (e->port[i].inner && e->port[i].output)
            ok = reorder(cache, &e->port[i]);
    return dnnl_stream_wait(cache->stream) == dnnl_success && ok;
}

bool sp__onednn_run(sp__conv_key key, int64_t work, void *array[SP__PORTS])
{
    sp__onednn_call before = sp__onednn_begin(work);
    sp__conv_cache *cache = sp__conv_cache_get();
    sp__conv_entry *e = prepared(cache, &key, work);
    size_t bias = (size_t)key.c.M * sizeof(float);
    bool ok = e && scratch_at_least(cache, e->scratch_bytes + bias);
    if (ok && key.pass == SP__CONV_FORWARD && !array[SP__PORT_B]) /* one primitive for both: without a bias it adds 0 */
        array[SP__PORT_B] = memset(cache->scratch + e->scratch_bytes, 0, bias);
    ok = ok && execute(cache, e, array);
    sp__onednn_end(&before);
    return ok;
}

static bool run(const sp__conv *c, sp__conv_pass pass, void *array[SP__PORTS])
{
    return sp__onednn_run((sp__conv_key){.c = *c, .pass = pass}, sp__onednn_conv_work(c), array);
}

bool sp__onednn_conv(const sp__conv *c, float *y, const float *x, const float *w, const float *b)
{
    return run(c, SP__CONV_FORWARD, (void *[]){sp__read_only(x), sp__read_only(w), y, sp__read_only(b)});
}

bool sp__onednn_conv_grad_input(const sp__conv *c, float *dx, const float *dy, const float *w)
{
    return run(c, SP__CONV_INPUT, (void *[]){dx, sp__read_only(w), sp__read_only(dy), NULL});
}

bool sp__onednn_conv_grad_weight(const sp__conv *c, float *dw, const float *dy, const float *x)
{
    return run(c, SP__CONV_WEIGHT, (void *[]){sp__read_only(x), dw, sp__read_only(dy), NULL});
}
