/* prepare.c: making convolution primitives and keeping them for the next call of the same geometry. */
#include <string.h>

#include "kernels/onednn/onednn.h"

void *sp__onednn_alloc(size_t n)
{
    const bool clean = sp_error() == SP_OK;
    void *p = sp__alloc_zero(n);
    if (!p && clean)
        sp_error_clear();
    return p;
}

/* ---- entries ---- */

static void port_free(sp__port *p)
{
    if (p->reorder)
        dnnl_primitive_destroy(p->reorder);
    if (p->inner)
        dnnl_memory_destroy(p->inner);
    if (p->plain)
        dnnl_memory_destroy(p->plain);
}

static void entry_free(sp__conv_entry *e)
{
    if (!e)
        return;
    for (int i = 0; i < SP__PORTS; i++)
        port_free(&e->port[i]);
    if (e->scratchpad)
        dnnl_memory_destroy(e->scratchpad);
    if (e->primitive)
        dnnl_primitive_destroy(e->primitive);
    sp__free(e, sizeof *e);
}

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* plain: our order; wanted: the primitive's. */
static bool port_make(sp__conv_entry *e, sp__port *p, const sp__md *plain, const sp__md *wanted, dnnl_engine_t engine)
{
    if (dnnl_memory_create(&p->plain, SP__MD(plain), engine, DNNL_MEMORY_NONE) != dnnl_success)
        return false;
    if (dnnl_memory_desc_equal(SP__MD(plain), SP__MD(wanted)))
        return true;
    const sp__md *from = p->output ? wanted : plain, *to = p->output ? plain : wanted;
    dnnl_primitive_desc_t pd = NULL;
    bool ok = dnnl_memory_create(&p->inner, SP__MD(wanted), engine, DNNL_MEMORY_NONE) == dnnl_success &&
              dnnl_reorder_primitive_desc_create(&pd, SP__MD(from), engine, SP__MD(to), engine, NULL) == dnnl_success &&
              dnnl_primitive_create(&p->reorder, pd) == dnnl_success;
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    p->offset = e->scratch_bytes;
    e->scratch_bytes += rounded(dnnl_memory_desc_get_size(SP__MD(wanted)));
    return ok;
}

/* ---- descriptors ---- */

/* The four arrays in our order, or with any order, and in the type of the key, for the primitive to choose from. */
typedef struct arrays {
    sp__md md[SP__PORTS];
} arrays;

static bool product_arrays_make(arrays *a, const sp__conv *c, const dnnl_data_type_t type[SP__PORTS], bool any)
{
    const dnnl_dims_t x = {c->N, c->C}, w = {c->C, c->M}, y = {c->N, c->M};
    const dnnl_format_tag_t left = c->pt ? dnnl_ba : dnnl_ab, right = c->pl ? dnnl_ba : dnnl_ab;
    const dnnl_format_tag_t free = dnnl_format_tag_any;
    return sp__md_make(&a->md[SP__PORT_X], 2, x, type[SP__PORT_X], any ? free : left) &&
           sp__md_make(&a->md[SP__PORT_W], 2, w, type[SP__PORT_W], any ? free : right) &&
           sp__md_make(&a->md[SP__PORT_Y], 2, y, type[SP__PORT_Y], dnnl_ab);
}

static bool conv_arrays_make(arrays *a, const sp__conv *c, const dnnl_data_type_t type[SP__PORTS], bool any)
{
    const dnnl_dims_t x = {c->N, c->C, c->H, c->W}, y = {c->N, c->M, c->OH, c->OW}, b = {c->M};
    const dnnl_dims_t dense = {c->M, c->C, c->kh, c->kw};
    const dnnl_dims_t grouped = {c->groups, c->M / c->groups, c->C / c->groups, c->kh, c->kw};
    const bool one = c->groups == 1;
    const dnnl_format_tag_t image = any ? dnnl_format_tag_any : dnnl_nchw;
    const dnnl_format_tag_t weights = any ? dnnl_format_tag_any : one ? dnnl_oihw : dnnl_goihw;
    return sp__md_make(&a->md[SP__PORT_X], 4, x, type[SP__PORT_X], image) &&
           sp__md_make(&a->md[SP__PORT_Y], 4, y, type[SP__PORT_Y], image) &&
           sp__md_make(&a->md[SP__PORT_W], one ? 4 : 5, one ? dense : grouped, type[SP__PORT_W], weights) &&
           sp__md_make(&a->md[SP__PORT_B], 1, b, dnnl_f32, dnnl_x);
}

/* Which port each pass computes. */
static const int computed[] = {[SP__CONV_FORWARD] = SP__PORT_Y,
                               [SP__CONV_INPUT] = SP__PORT_X,
                               [SP__CONV_WEIGHT] = SP__PORT_W,
                               [SP__PRODUCT] = SP__PORT_Y};

/* BFloat16 is what the primitive reads; what it computes is Float32, and so are all arrays of ours: the reorders that bring them
 * into its order round them too. */
static bool arrays_make(arrays *a, const sp__conv_key *key, bool any)
{
    dnnl_data_type_t type[SP__PORTS];
    for (int i = 0; i < SP__PORTS; i++)
        type[i] = any && key->bf16 && i != computed[key->pass] ? dnnl_bf16 : dnnl_f32;
    return key->pass == SP__PRODUCT ? product_arrays_make(a, &key->c, type, any)
                                    : conv_arrays_make(a, &key->c, type, any);
}

static void arrays_free(arrays *a)
{
    for (int i = 0; i < SP__PORTS; i++)
        sp__md_free(&a->md[i]);
}

/* The primitive's descriptor for the pass of a convolution. */
static bool describe_pass(const sp__conv_key *key, int64_t pass, const arrays *any, dnnl_engine_t engine,
                          const_dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *pd)
{
    const sp__conv *c = &key->c;
    const sp__conv_descs d = {
        .x = &any->md[SP__PORT_X],
        .w = &any->md[SP__PORT_W],
        .b = &any->md[SP__PORT_B],
        .y = &any->md[SP__PORT_Y],
        .strides = {c->sh, c->sw},
        .dilates = {c->dh - 1, c->dw - 1}, /* oneDNN counts the gaps */
        .pad_before = {c->pt, c->pl},
        .pad_after = {c->pb, c->pr},
    };
    return sp__conv_pd(pd, (sp__conv_pass)pass, &d, engine, hint, attr);
}

/* The forward pass of a key of another one, which oneDNN wants as a hint. */
static bool describe_hint(const sp__conv_key *key, dnnl_engine_t engine, const_dnnl_primitive_attr_t attr,
                          dnnl_primitive_desc_t *hint)
{
    sp__conv_key forward = *key;
    arrays any = {0};
    forward.pass = SP__CONV_FORWARD;
    bool ok =
        arrays_make(&any, &forward, true) && describe_pass(&forward, SP__CONV_FORWARD, &any, engine, attr, NULL, hint);
    arrays_free(&any);
    return ok;
}

/* The primitive's descriptor; *forward is made first where the pass needs it as a hint. */
static bool describe(const sp__conv_key *key, const arrays *any, dnnl_engine_t engine, dnnl_primitive_desc_t *forward,
                     dnnl_primitive_desc_t *pd)
{
    dnnl_primitive_attr_t attr = NULL;
    bool ok = dnnl_primitive_attr_create(&attr) == dnnl_success &&
              dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success;
    if (key->pass == SP__PRODUCT)
        ok = ok && sp__product_pd(pd, &any->md[SP__PORT_X], &any->md[SP__PORT_W], &any->md[SP__PORT_Y], engine, attr);
    else {
        if (ok && key->pass != SP__CONV_FORWARD)
            ok = describe_hint(key, engine, attr, forward);
        ok = ok && describe_pass(key, key->pass, any, engine, attr, *forward, pd);
    }
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return ok;
}

/* oneDNN's last resort computes element by element; ours is faster. */
static bool is_reference(const_dnnl_primitive_desc_t pd)
{
    const char *name = NULL;
    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name &&
           strncmp(name, "ref", 3) == 0;
}

/* What each pass reads and writes: {argument, where oneDNN tells the order it chose}; 0: not used. */
static const struct {
    int arg;
    dnnl_query_t chosen;
} roles[][SP__PORTS] = {
    [SP__CONV_FORWARD] = {[SP__PORT_X] = {DNNL_ARG_SRC, dnnl_query_src_md},
                          [SP__PORT_W] = {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                          [SP__PORT_Y] = {DNNL_ARG_DST, dnnl_query_dst_md},
                          [SP__PORT_B] = {DNNL_ARG_BIAS, dnnl_query_undef}}, /* a vector has one order */
    [SP__CONV_INPUT] = {[SP__PORT_X] = {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md},
                        [SP__PORT_W] = {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                        [SP__PORT_Y] = {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}},
    [SP__CONV_WEIGHT] = {[SP__PORT_X] = {DNNL_ARG_SRC, dnnl_query_src_md},
                         [SP__PORT_W] = {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md},
                         [SP__PORT_Y] = {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}},
    [SP__PRODUCT] = {[SP__PORT_X] = {DNNL_ARG_SRC, dnnl_query_src_md},
                     [SP__PORT_W] = {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                     [SP__PORT_Y] = {DNNL_ARG_DST, dnnl_query_dst_md}},
};

static bool scratchpad_make(sp__conv_entry *e, const_dnnl_primitive_desc_t pd, dnnl_engine_t engine)
{
    sp__md md = {0};
    bool ok = sp__md_of(&md, pd, dnnl_query_scratchpad_md) &&
              dnnl_memory_create(&e->scratchpad, SP__MD(&md), engine, DNNL_MEMORY_NONE) == dnnl_success;
    e->scratch_bytes = ok ? rounded(dnnl_memory_desc_get_size(SP__MD(&md))) : 0;
    sp__md_free(&md);
    return ok;
}

static bool ports_make(sp__conv_entry *e, const_dnnl_primitive_desc_t pd, const arrays *plain, dnnl_engine_t engine)
{
    const int64_t pass = e->key.pass;
    bool ok = true;
    for (int i = 0; ok && i < SP__PORTS; i++) {
        sp__port *p = &e->port[i];
        sp__md chosen = {0};
        p->arg = roles[pass][i].arg;
        p->output = i == computed[pass];
        if (p->arg == 0)
            continue;
        if (roles[pass][i].chosen == dnnl_query_undef)
            ok = port_make(e, p, &plain->md[i], &plain->md[i], engine);
        else
            ok = sp__md_of(&chosen, pd, roles[pass][i].chosen) && port_make(e, p, &plain->md[i], &chosen, engine);
        sp__md_free(&chosen);
    }
    return ok;
}

static sp__conv_entry *entry_make(const sp__conv_key *key, dnnl_engine_t engine)
{
    arrays plain = {0}, any = {0};
    dnnl_primitive_desc_t forward = NULL, pd = NULL;
    sp__conv_entry *e = sp__onednn_alloc(sizeof *e);
    if (e)
        e->key = *key;
    bool ok = e && arrays_make(&plain, key, false) && arrays_make(&any, key, true) &&
              describe(key, &any, engine, &forward, &pd) && !is_reference(pd) &&
              dnnl_primitive_create(&e->primitive, pd) == dnnl_success && scratchpad_make(e, pd, engine) &&
              ports_make(e, pd, &plain, engine);
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (forward)
        dnnl_primitive_desc_destroy(forward);
    arrays_free(&plain);
    arrays_free(&any);
    if (ok)
        return e;
    entry_free(e);
    return NULL;
}

/* ---- the thread's cache ---- */

static void cache_free(void *value)
{
    sp__conv_cache *cache = value;
    for (int i = 0; i < cache->count; i++)
        entry_free(cache->entry[i]);
    if (cache->stream)
        dnnl_stream_destroy(cache->stream);
    if (cache->engine)
        dnnl_engine_destroy(cache->engine);
    sp__free(cache->scratch, cache->scratch_bytes);
    sp__free(cache, sizeof *cache);
}

sp__conv_cache *sp__conv_cache_get(void)
{
    sp__conv_cache *cache = sp__thread_get(SP__SLOT_KERNELS);
    if (cache)
        return cache;
    cache = sp__onednn_alloc(sizeof *cache);
    if (!cache)
        return NULL;
    if (dnnl_engine_create(&cache->engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&cache->stream, cache->engine, dnnl_stream_default_flags) != dnnl_success) {
        cache_free(cache);
        return NULL;
    }
    sp__thread_set(SP__SLOT_KERNELS, cache, cache_free);
    return cache;
}

/* Where a new entry goes: a free place, or that of the entry used longest ago. */
static int place_for_new(const sp__conv_cache *cache)
{
    if (cache->count < SP__CONV_ENTRIES)
        return cache->count;
    int oldest = 0;
    for (int i = 1; i < cache->count; i++)
        if (cache->entry[i]->used < cache->entry[oldest]->used)
            oldest = i;
    return oldest;
}

sp__conv_entry *sp__conv_prepare(sp__conv_cache *cache, const sp__conv_key *key)
{
    cache->clock++;
    for (int i = 0; i < cache->count; i++)
        if (memcmp(&cache->entry[i]->key, key, sizeof *key) == 0) {
            cache->entry[i]->used = cache->clock;
            return cache->entry[i];
        }
    sp__conv_entry *e = entry_make(key, cache->engine);
    if (!e)
        return NULL;
    int place = place_for_new(cache);
    if (place == cache->count)
        cache->count++;
    else
        entry_free(cache->entry[place]);
    cache->entry[place] = e;
    e->used = cache->clock;
    return e;
}
