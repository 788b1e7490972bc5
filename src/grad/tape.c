#include <assert.h>
#include <string.h>

#include "grad/tape.h"
#include "kernels/kernels.h"

static _Thread_local sp__tape *active;

/* ---- memory of records: chunks, freed together ---- */

typedef struct tape_chunk {
    struct tape_chunk *next;
    size_t size, used;
} tape_chunk;

#define CHUNK    ((size_t)16 << 10)
#define ROUND(n) (((n) + 15) & ~(size_t)15)

static void *chunk_alloc(sp__tape *t, size_t n)
{
    n = ROUND(n);
    tape_chunk *c = t->chunks;
    if (!c || c->size - c->used < n) {
        size_t size = SP__MAX(CHUNK, ROUND(sizeof *c) + n);
        c = sp__alloc(size);
        if (!c)
            return NULL;
        *c = (tape_chunk){t->chunks, size, ROUND(sizeof *c)};
        t->chunks = c;
    }
    void *p = (char *)c + c->used;
    c->used += n;
    return p;
}

static void chunks_free(sp__tape *t)
{
    while (t->chunks) {
        tape_chunk *c = t->chunks;
        t->chunks = c->next;
        sp__free(c, c->size);
    }
}

/* ---- ids to slots ---- */

static size_t place_of(const sp__tape *t, uint64_t id)
{
    size_t mask = (size_t)t->cap_ids - 1;
    size_t i = (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (t->ids[i] && t->ids[i] != id)
        i = (i + 1) & mask;
    return i;
}

static void map_free(uint64_t *ids, uint32_t *slots, int64_t cap)
{
    sp__free(ids, (size_t)cap * sizeof *ids);
    sp__free(slots, (size_t)cap * sizeof *slots);
}

static bool map_grow(sp__tape *t)
{
    sp__tape bigger = *t;
    bigger.cap_ids = t->cap_ids ? 2 * t->cap_ids : 64;
    bigger.ids = sp__alloc_zero((size_t)bigger.cap_ids * sizeof *bigger.ids);
    bigger.slots = sp__alloc((size_t)bigger.cap_ids * sizeof *bigger.slots);
    if (!bigger.ids || !bigger.slots) {
        map_free(bigger.ids, bigger.slots, bigger.cap_ids);
        return false;
    }
    for (int64_t i = 0; i < t->cap_ids; i++) {
        if (t->ids[i]) {
            size_t place = place_of(&bigger, t->ids[i]);
            bigger.ids[place] = t->ids[i];
            bigger.slots[place] = t->slots[i];
        }
    }
    map_free(t->ids, t->slots, t->cap_ids);
    t->ids = bigger.ids;
    t->slots = bigger.slots;
    t->cap_ids = bigger.cap_ids;
    return true;
}

uint32_t sp__tape_slot(const sp__tape *t, const sp_tensor *x)
{
    if (!t->cap_ids || x == SP_NONE)
        return 0;
    size_t i = place_of(t, x->id);
    return t->ids[i] ? t->slots[i] : 0;
}

/* A slot for x, which must not have one; 0 on failure. */
static uint32_t new_slot(sp__tape *t, const sp_tensor *x)
{
    if (2 * (t->n_ids + 1) > t->cap_ids && !map_grow(t))
        return 0;
    if (!sp__grow(&t->grads, t->n_slots + 1, &t->cap_slots, sizeof *t->grads))
        return 0;
    if (t->n_slots == 0)
        t->grads[t->n_slots++] = NULL; /* slot 0 */
    uint32_t slot = (uint32_t)t->n_slots;
    t->grads[t->n_slots++] = NULL;
    size_t i = place_of(t, x->id);
    t->ids[i] = x->id;
    t->slots[i] = slot;
    t->n_ids++;
    return slot;
}

bool sp__tape_track(sp__tape *t, const sp_tensor *x) { return sp__tape_slot(t, x) || new_slot(t, x); }

/* ---- recording ---- */

/* Room for a record and all its arrays, in one piece. The inputs are described, the outputs if out is given. */
static sp__record *record_room(sp__tape *t, int n_in, sp_tensor *const *x, int n_out, const sp__desc *out,
                               const void *attrs, size_t attr_size)
{
    size_t in = (size_t)n_in, all = in + (size_t)n_out;
    size_t bytes = ROUND(sizeof(sp__record)) + ROUND(all * sizeof(sp_tensor *)) + ROUND(all * sizeof(sp__desc)) +
                   ROUND(all * sizeof(uint32_t)) + ROUND(attr_size);
    char *p = chunk_alloc(t, bytes);
    if (!p)
        return NULL;
    sp__record *r = (sp__record *)(void *)p;
    p += ROUND(sizeof *r);
    sp_tensor **tensors = (sp_tensor **)(void *)p;
    p += ROUND(all * sizeof *tensors);
    sp__desc *descs = (sp__desc *)(void *)p;
    p += ROUND(all * sizeof *descs);
    uint32_t *slots = (uint32_t *)(void *)p;
    p += ROUND(all * sizeof *slots);
    *r = (sp__record){.node = {.attrs = p,
                               .n_in = n_in,
                               .n_out = n_out,
                               .in = tensors,
                               .out = tensors + in,
                               .in_desc = descs,
                               .out_desc = descs + in},
                      .in_slot = slots,
                      .out_slot = slots + in};
    for (size_t i = 0; i < in; i++) {
        descs[i] = sp__desc_of(x[i]);
        slots[i] = sp__tape_slot(t, x[i]);
    }
    memset(slots + in, 0, (size_t)n_out * sizeof *slots);
    if (out)
        memcpy(descs + in, out, (size_t)n_out * sizeof *descs);
    if (attr_size)
        memcpy(p, attrs, attr_size);
    return r;
}

static sp__record *record_new(sp__tape *t, const sp__call *c)
{
    size_t in = (size_t)c->n_in, out = (size_t)c->n_out;
    sp__record *r = record_room(t, c->n_in, c->in, c->n_out, c->out, c->attrs, c->op->attr_size);
    if (!r)
        return NULL;
    r->node.op = c->op;
    for (size_t i = 0; i < in; i++) {
        bool saved = i < 16 && (c->op->saves & SP__IN(i));
        r->node.in[i] = saved ? sp__retain(c->in[i]) : NULL;
    }
    for (size_t j = 0; j < out; j++)
        r->node.out[j] = c->op->saves & SP__OUT(j) ? sp__retain(c->y[j]) : NULL;
    return r;
}

static void record_release(sp__record *r)
{
    for (int i = 0; i < r->node.n_in + r->node.n_out; i++)
        sp__release(r->node.in[i]); /* the outputs stand behind the inputs */
    sp__custom_release(r->custom);
}

static bool depends_on_a_leaf(const sp__tape *t, int n, sp_tensor *const *x)
{
    for (int i = 0; i < n; i++)
        if (sp__tape_slot(t, x[i]))
            return true;
    return false;
}

static bool has_float_output(const sp__call *c)
{
    for (int j = 0; j < c->n_out; j++)
        if (sp_dtype_is_float(c->out[j].dtype))
            return true;
    return false;
}

static bool tape_called(void *self, const sp__call *c)
{
    sp__tape *t = self;
    if (t->outer && !t->outer->called(t->outer->self, c))
        return false;
    if ((c->op->flags & SP__BARRIER) || !depends_on_a_leaf(t, c->n_in, c->in) || !has_float_output(c))
        return true;
    if (!sp__grow(&t->records, t->n_records, &t->cap_records, sizeof *t->records))
        return false;
    sp__record *r = record_new(t, c);
    if (!r)
        return false;
    t->records[t->n_records++] = r;
    for (int j = 0; j < c->n_out; j++)
        if (sp_dtype_is_float(c->out[j].dtype) && !(r->out_slot[j] = new_slot(t, c->y[j])))
            return false;
    return true;
}

/* Keeps all inputs and outputs: what the gradient reads is not known. */
static bool tape_custom(void *self, sp__custom *c, sp_list x, sp_list y)
{
    sp__tape *t = self;
    if (t->outer && !t->outer->custom(t->outer->self, c, x, y))
        return false;
    if (!depends_on_a_leaf(t, x.n, x.at))
        return true;
    if (!sp__grow(&t->records, t->n_records, &t->cap_records, sizeof *t->records))
        return false;
    sp__record *r = record_room(t, x.n, x.at, y.n, NULL, NULL, 0);
    if (!r)
        return false;
    r->custom = c;
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    for (int i = 0; i < x.n; i++)
        r->node.in[i] = sp__retain(x.at[i]);
    for (int j = 0; j < y.n; j++)
        r->node.out[j] = sp__retain(y.at[j]);
    t->records[t->n_records++] = r;
    for (int j = 0; j < y.n; j++)
        if (sp_dtype_is_float(y.at[j]->dtype) && !(r->out_slot[j] = new_slot(t, y.at[j])))
            return false;
    return true;
}

bool sp__tape_custom(sp__custom *c, sp_list in, sp_list out)
{
    const sp__watcher *w = sp__watch(NULL);
    sp__watch(w);
    return !w || w->custom(w->self, c, in, out);
}

void sp__tape_start(sp__tape *t)
{
    *t = (sp__tape){.below = active, .active = true};
    t->watcher = (sp__watcher){.called = tape_called, .self = t, .custom = tape_custom};
    t->outer = sp__watch(&t->watcher);
    active = t;
}

void sp__tape_stop(sp__tape *t)
{
    if (!t->active)
        return;
    sp__watch(t->outer);
    active = t->below;
    t->active = false;
}

void sp__tape_free(sp__tape *t)
{
    sp__tape_stop(t);
    while (t->n_records > 0)
        record_release(t->records[--t->n_records]);
    for (int64_t i = 0; i < t->n_slots; i++)
        sp__release(t->grads[i]);
    sp__free(t->records, (size_t)t->cap_records * sizeof *t->records);
    sp__free(t->grads, (size_t)t->cap_slots * sizeof *t->grads);
    map_free(t->ids, t->slots, t->cap_ids);
    chunks_free(t);
}

bool sp__tape_tracks(const sp_tensor *x)
{
    for (const sp__tape *t = active; t; t = t->below)
        if (sp__tape_slot(t, x))
            return true;
    return false;
}

/* ---- the way back ---- */

/* Whether g's elements are ours alone and nobody records or traces what happens to them. */
static bool may_change(const sp_tensor *g)
{
    return g->data && !sp__watched() && atomic_load_explicit(&g->refs, memory_order_relaxed) == 1 &&
           atomic_load_explicit(&g->storage->refs, memory_order_relaxed) == 1;
}

bool sp__tape_add(sp__tape *t, uint32_t slot, sp_tensor *g)
{
    sp_tensor *sum = t->grads[slot];
    if (!sum) {
        t->grads[slot] = sp__retain(g);
        return true;
    }
    if (may_change(sum) && g->data)
        return sp__k_add_into(sum->dtype, sum->data, g->data, sum->size);
    sp_tensor *both = sp_add(sum, g);
    if (!both)
        return false;
    t->grads[slot] = sp__retain(both);
    sp__release(sum);
    return true;
}

static bool flows_into(const sp__tape *t, const sp__record *r)
{
    for (int j = 0; j < r->node.n_out; j++)
        if (r->out_slot[j] && t->grads[r->out_slot[j]])
            return true;
    return false;
}

static bool through(sp__tape *t, const sp__record *r)
{
    const sp__node *n = &r->node;
    sp_tensor *dy[SP__MAX_OUT], *dx[SP__MAX_IN];
    uint64_t want = 0;
    if (!n->op->grad) {
        sp__err(SP_ERR_UNSUPPORTED, "grad: %s has no gradient: %s", n->op->label, n->op->no_grad);
        return false;
    }
    for (int j = 0; j < n->n_out; j++)
        dy[j] = t->grads[r->out_slot[j]];
    for (int i = 0; i < n->n_in; i++) {
        dx[i] = NULL;
        if (r->in_slot[i])
            want |= (uint64_t)1 << i;
    }
    n->op->grad(n, dy, want, dx);
    for (int i = 0; i < n->n_in; i++) {
        if (!SP__WANTS(want, i))
            continue;
        if (!dx[i]) {
            if (sp_error() == SP_OK)
                sp__err(SP_ERR_UNSUPPORTED, "grad: %s has no gradient with respect to argument %d", n->op->label,
                        i + 1);
            return false;
        }
        assert(dx[i]->dtype == n->in_desc[i].dtype && sp_shape_equal(dx[i]->shape, n->in_desc[i].shape));
        if (!sp__tape_add(t, r->in_slot[i], dx[i]))
            return false;
    }
    return true;
}

static bool through_custom(sp__tape *t, const sp__record *r)
{
    const sp__node *n = &r->node;
    sp_tensor **dy = sp__list_room(n->n_out), **dx = sp__list_room(n->n_in);
    if (!dy || !dx)
        return false;
    for (int j = 0; j < n->n_out; j++)
        dy[j] = r->out_slot[j] && t->grads[r->out_slot[j]] ? t->grads[r->out_slot[j]] : SP_NONE;
    if (!sp__custom_back(r->custom, n, dy, r->in_slot, dx))
        return false;
    for (int i = 0; i < n->n_in; i++)
        if (dx[i] != SP_NONE && !sp__tape_add(t, r->in_slot[i], dx[i]))
            return false;
    return true;
}

/* What a record's outputs have gathered is passed on; it is not needed any more. */
static void drop_output_grads(sp__tape *t, const sp__record *r)
{
    for (int j = 0; j < r->node.n_out; j++) {
        sp__release(t->grads[r->out_slot[j]]);
        t->grads[r->out_slot[j]] = NULL;
    }
}

bool sp__tape_backward(sp__tape *t)
{
    bool ok = true;
    while (ok && t->n_records > 0) {
        sp__record *r = t->records[--t->n_records];
        sp_scope scope = sp_scope_begin();
        if (flows_into(t, r))
            ok = r->custom ? through_custom(t, r) : through(t, r);
        drop_output_grads(t, r);
        sp_scope_end(scope);
        record_release(r);
    }
    return ok;
}
