/* How an item is made of a ticket.
 *
 * The nodes that only change the order are gone here, and all transforms that a column meets between two groupings are
 * one chain. What remains of a dataset: a few bases (a source, a batch, a map_rows), each giving some of the columns,
 * and a chain per column that ends in the place where the result is wanted, mostly a row of a batch. A batch and a
 * map_rows have the plan of what lies below them. */
#include "data/data.h"

#include <string.h>

/* Either one function of the user's or a program of built-in transforms. */
typedef struct part {
    const sp_transform *user; /* NULL: the program */
    sp__program program;
} part;

typedef struct column {
    const char *name;
    int n;
    sp_transform *t; /* (n) all transforms, in order */
    int parts;
    part *part; /* (n), parts in use            */
} column;

typedef struct base {
    const sp_dataset *node;
    sp__plan *child; /* of what a batch or a map_rows is made of     */
    int first;       /* its columns: first .. first + node->columns - 1 */
} base;

struct sp__plan {
    int bases, columns;
    base base[SP__MAX_COLUMNS];
    column column[SP__MAX_COLUMNS];
};

/* Where the result of a chain goes: a row of a batch, or a tensor of its own (rows < 0). The tensor is made when the
 * first row shows its type and shape. */
typedef struct place {
    const char *name; /* of the column */
    int64_t rows, row;
    sp_tensor *whole;
    sp__desc desc; /* of a row, once whole is there */
    size_t bytes;
} place;

/* ---- data ---- */

size_t sp__datum_bytes(sp__desc desc) { return (size_t)sp_shape_size(desc.shape) * sp_dtype_size(desc.dtype); }

sp__datum sp__datum_of(sp_tensor *t) { return (sp__datum){sp__desc_of(t), t->data, t}; }

sp_tensor *sp__datum_tensor(const sp__datum *d)
{
    return d->tensor ? d->tensor : sp_from(d->data, d->desc.dtype, d->desc.shape);
}

void sp__parcel_free(sp__parcel *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->n; i++)
        sp__release(p->at[i]);
    sp__free(p, sizeof *p);
}

/* ---- making a plan ---- */

void sp__plan_free(sp__plan *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->bases; i++)
        sp__plan_free(p->base[i].child);
    for (int i = 0; i < p->columns; i++) {
        column *c = &p->column[i];
        for (int k = 0; k < c->parts; k++)
            sp__program_clear(&c->part[k].program);
        sp__free(c->part, (size_t)c->n * sizeof *c->part);
        sp__free(c->t, (size_t)c->n * sizeof *c->t);
    }
    sp__free(p, sizeof *p);
}

static sp_status add_base(sp__plan *p, const sp_dataset *node)
{
    base *b = &p->base[p->bases++]; /* there are no more bases than columns */
    *b = (base){.node = node, .first = p->columns};
    for (int i = 0; i < node->columns; i++)
        p->column[p->columns++] = (column){.name = node->name[i]};
    if (!node->in[0])
        return SP_OK;
    b->child = sp__plan_new(node->in[0]);
    return b->child ? SP_OK : SP_ERR_NOMEM;
}

static sp_status append(column *c, int n, const sp_transform *t)
{
    if (n == 0)
        return SP_OK;
    sp_transform *all = sp__realloc(c->t, (size_t)c->n * sizeof *all, (size_t)(c->n + n) * sizeof *all);
    if (!all)
        return SP_ERR_NOMEM;
    memcpy(all + c->n, t, (size_t)n * sizeof *all);
    c->t = all;
    c->n += n;
    return SP_OK;
}

static sp_status build(sp__plan *p, const sp_dataset *ds)
{
    int first = p->columns;
    sp_status st;
    switch (ds->kind) {
    case SP__DATA_SOURCE:
    case SP__DATA_BATCH:
    case SP__DATA_MAP_ROWS:
        return add_base(p, ds);
    case SP__DATA_MAP:
        st = build(p, ds->in[0]);
        return st == SP_OK ? append(&p->column[first + ds->column], ds->n_transforms, ds->transforms) : st;
    case SP__DATA_ZIP:
        st = build(p, ds->in[0]);
        return st == SP_OK ? build(p, ds->in[1]) : st;
    default:
        return build(p, ds->in[0]);
    }
}

/* Splits a chain at the user's functions. */
static sp_status split(column *c)
{
    if (c->n == 0)
        return SP_OK;
    c->part = sp__alloc_zero((size_t)c->n * sizeof *c->part);
    if (!c->part)
        return SP_ERR_NOMEM;
    for (int i = 0, n; i < c->n; i += n) {
        part *next = &c->part[c->parts++];
        n = 1;
        if (c->t[i].kind == SP__TRANSFORM_USER) {
            next->user = &c->t[i];
            continue;
        }
        while (i + n < c->n && c->t[i + n].kind != SP__TRANSFORM_USER)
            n++;
        sp_status st = sp__program_init(&next->program, n, &c->t[i]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

sp__plan *sp__plan_new(const sp_dataset *ds)
{
    sp__plan *p = sp__alloc_zero(sizeof *p);
    if (!p)
        return NULL;
    sp_status st = build(p, ds);
    for (int i = 0; i < p->columns && st == SP_OK; i++) {
        st = split(&p->column[i]);
        p->column[i].name = ds->name[i];
    }
    if (st == SP_OK)
        return p;
    sp__plan_free(p);
    return NULL;
}

/* ---- places ---- */

static void *does_not_fit(const place *to, const sp__desc *row)
{
    if (to->desc.dtype != row->dtype)
        return sp__fail(SP_ERR_DTYPE, "batch: column '%s': rows of type %s and %s", to->name,
                        sp_dtype_name(to->desc.dtype), sp_dtype_name(row->dtype));
    return sp__fail(SP_ERR_SHAPE, "batch: column '%s': rows of shape %s and %s", to->name,
                    sp__shape_text(to->desc.shape), sp__shape_text(row->shape));
}

static sp_tensor *new_whole(const place *to, sp__desc row)
{
    if (to->rows < 0)
        return sp__tensor_new(row.dtype, row.shape);
    sp_shape shape = {.rank = row.shape.rank + 1, .dim = {to->rows}};
    if (shape.rank > SP_MAX_RANK)
        return sp__fail(SP_ERR_SHAPE, "batch: column '%s': rows of shape %s have no room for one more axis", to->name,
                        sp__shape_text(row.shape));
    for (int i = 0; i < row.shape.rank; i++)
        shape.dim[i + 1] = row.shape.dim[i];
    return sp__tensor_new(row.dtype, shape);
}

/* Where a row of this type and shape goes; NULL on failure. */
static void *place_for(place *to, const sp__desc *row)
{
    if (!to->whole) {
        to->whole = new_whole(to, *row);
        to->desc = *row;
        to->bytes = sp__datum_bytes(*row);
    } else if (!sp__desc_same(&to->desc, row)) {
        return does_not_fit(to, row);
    }
    if (!to->whole)
        return NULL;
    return (char *)to->whole->data + (to->rows < 0 ? 0 : (size_t)to->row * to->bytes);
}

/* ---- chains ---- */

static sp_status run_user(const column *c, const sp_transform *t, sp__datum *d)
{
    sp_tensor *x = sp__datum_tensor(d);
    if (!x)
        return SP_ERR_NOMEM;
    sp_tensor *y = t->fn(t->user, x);
    if (sp__absent(y) || !y->data) /* the function's own failure, if it recorded one, comes first */
        return sp__err(SP_ERR_STATE, "map: the function of column '%s' made nothing and gave no reason", c->name);
    *d = sp__datum_of(y);
    return SP_OK;
}

/* d may be in. */
static sp_status run_program(sp__program *p, bool last, const sp__datum *in, sp__datum *d, place *to)
{
    sp_status st = sp__program_compile(p, &in->desc);
    if (st != SP_OK)
        return st;
    void *dst = last ? place_for(to, &p->out) : sp__scope_alloc(sp__datum_bytes(p->out));
    if (!dst)
        return SP_ERR_STATE;
    st = sp__program_run(p, in->data, dst);
    if (!last)
        *d = (sp__datum){p->out, dst, NULL};
    return st;
}

/* in through the chain to its place. */
static sp_status run_chain(column *c, const sp__datum *in, place *to)
{
    if (c->parts == 1 && !c->part[0].user)
        return run_program(&c->part[0].program, true, in, NULL, to);
    sp__datum d = *in;
    for (int i = 0; i < c->parts; i++) {
        part *p = &c->part[i];
        bool last = i == c->parts - 1;
        sp_status st = p->user ? run_user(c, p->user, &d) : run_program(&p->program, last, &d, &d, to);
        if (st != SP_OK || (last && !p->user))
            return st;
    }
    if (to->rows < 0 && d.tensor) { /* a row of its own: nothing to copy */
        to->whole = d.tensor;
        return SP_OK;
    }
    void *dst = place_for(to, &d.desc);
    if (!dst)
        return SP_ERR_STATE;
    memcpy(dst, d.data, to->bytes);
    return SP_OK;
}

/* ---- bases ---- */

/* Each takes its part of the ticket at *at and moves past it. */
static sp_status make_row(sp__plan *p, int64_t **at, place *to);

static sp_status use_parcel(int64_t *at, int columns, sp__datum *out)
{
    sp__parcel *parcel = (sp__parcel *)(intptr_t)*at;
    bool taken = true;
    *at = 0;
    for (int i = 0; i < columns; i++) {
        out[i] = sp__datum_of(parcel->at[i]);
        taken = sp__scope_take(parcel->at[i]) && taken; /* takes or releases each */
    }
    parcel->n = 0;
    sp__parcel_free(parcel);
    return taken ? SP_OK : SP_ERR_NOMEM;
}

static sp_status make_source(const base *b, int64_t **at, sp__datum *out)
{
    const sp_dataset *node = b->node;
    int64_t *row = (*at)++;
    if (node->rows < 0)
        return use_parcel(row, node->columns, out);
    return node->type->row(node->self, *row, out);
}

/* Rows fetched together, so that the memory of all is on its way while the first are worked on. */
enum { ROWS_AT_ONCE = 8, LINE_BYTES = 64, MOST_LINES = 64 };

static void prefetch(const void *data, size_t bytes)
{
#ifdef __GNUC__
    const char *p = data;
    bytes = SP__MIN(bytes, (size_t)MOST_LINES * LINE_BYTES);
    for (size_t i = 0; i < bytes; i += LINE_BYTES)
        __builtin_prefetch(p + i);
#else
    (void)data;
    (void)bytes;
#endif
}

/* Whether the rows below are those of one source, with built-in transforms at most: they hold no state, so that they
 * may be made several at a time. */
static bool is_plain(const sp__plan *p)
{
    if (p->bases != 1 || p->base[0].node->kind != SP__DATA_SOURCE || p->base[0].node->rows < 0 || p->columns > 2)
        return false;
    for (int i = 0; i < p->columns; i++)
        if (p->column[i].parts > 1 || (p->column[i].parts == 1 && p->column[i].part[0].user))
            return false;
    return true;
}

/* n rows from to[].row on, of a plan that is_plain(). */
static sp_status make_rows(sp__plan *p, int64_t **at, int64_t n, place *to)
{
    sp__datum raw[ROWS_AT_ONCE][2];
    size_t bytes[2] = {0};
    for (int64_t r = 0; r < n; r++) {
        sp_status st = make_source(&p->base[0], at, raw[r]);
        if (st != SP_OK)
            return st;
        for (int i = 0; i < p->columns && n > 1; i++) {
            if (r == 0) /* about: a hint costs nothing */
                bytes[i] = sp__datum_bytes(raw[0][i].desc);
            prefetch(raw[r][i].data, bytes[i]);
        }
    }
    for (int64_t r = 0; r < n; r++) {
        for (int i = 0; i < p->columns; i++) {
            sp_status st = run_chain(&p->column[i], &raw[r][i], &to[i]);
            if (st != SP_OK)
                return st;
            to[i].row++;
        }
    }
    return SP_OK;
}

static sp_status make_batch(const base *b, int64_t **at, sp__datum *out)
{
    place to[SP__MAX_COLUMNS];
    const int64_t rows = *(*at)++;
    for (int i = 0; i < b->node->columns; i++)
        to[i] = (place){.name = b->node->name[i], .rows = rows};
    const bool plain = is_plain(b->child);
    for (int64_t r = 0, n; r < rows; r += n) {
        /* The first row makes the tensors, which stay; what the others make on the way is let go at once. */
        sp_scope scope = r > 0 ? sp_scope_begin() : (sp_scope){0};
        for (int i = 0; i < b->node->columns; i++)
            to[i].row = r;
        n = r > 0 && plain ? SP__MIN(rows - r, (int64_t)ROWS_AT_ONCE) : 1;
        sp_status st = plain ? make_rows(b->child, at, n, to) : make_row(b->child, at, to);
        if (r > 0)
            sp_scope_end(scope);
        if (st != SP_OK)
            return st;
    }
    for (int i = 0; i < b->node->columns; i++)
        out[i] = sp__datum_of(to[i].whole);
    return SP_OK;
}

static sp_status make_mapped(const base *b, int64_t **at, sp__datum *out)
{
    const sp_dataset *node = b->node;
    place to[SP__MAX_COLUMNS];
    const int n = b->child->columns;
    for (int i = 0; i < n; i++)
        to[i] = (place){.name = b->child->column[i].name, .rows = -1};
    sp_tensor **in = sp__list_room(n);
    sp_status st = in ? make_row(b->child, at, to) : SP_ERR_NOMEM;
    if (st != SP_OK)
        return st;
    for (int i = 0; i < n; i++)
        in[i] = to[i].whole;
    sp_list made = node->fn(node->fn_self, (sp_list){in, n});
    if (made.n != node->columns && (made.n == 0 || made.at[0]))
        return sp__err(SP_ERR_VALUE, "map_rows: the function made %d columns, %d expected", made.n, node->columns);
    for (int i = 0; i < node->columns; i++) {
        if (made.n == 0 || sp__absent(made.at[i]) || !made.at[i]->data)
            return sp__err(SP_ERR_STATE, "map_rows: the function did not make column '%s' and gave no reason",
                           node->name[i]);
        out[i] = sp__datum_of(made.at[i]);
    }
    return SP_OK;
}

static sp_status make_base(const base *b, int64_t **at, sp__datum *out)
{
    switch (b->node->kind) {
    case SP__DATA_BATCH:
        return make_batch(b, at, out);
    case SP__DATA_MAP_ROWS:
        return make_mapped(b, at, out);
    default:
        return make_source(b, at, out);
    }
}

static sp_status make_row(sp__plan *p, int64_t **at, place *to)
{
    sp__datum raw[SP__MAX_COLUMNS];
    for (int i = 0; i < p->bases; i++) {
        sp_status st = make_base(&p->base[i], at, raw + p->base[i].first);
        if (st != SP_OK)
            return st;
    }
    for (int i = 0; i < p->columns; i++) {
        sp_status st = run_chain(&p->column[i], &raw[i], &to[i]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

sp_status sp__plan_make(sp__plan *p, int64_t *ticket, sp_tensor **out)
{
    place to[SP__MAX_COLUMNS];
    for (int i = 0; i < p->columns; i++)
        to[i] = (place){.name = p->column[i].name, .rows = -1};
    sp_status st = make_row(p, &ticket, to);
    for (int i = 0; i < p->columns && st == SP_OK; i++)
        out[i] = to[i].whole;
    return st;
}
