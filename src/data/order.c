/* The order of a pipeline: which source rows make which item. One cursor per node that changes the order; the nodes
 * that change rows only are passed through. Stepped by one thread at a time (feed.c sees to it). */
#include "data/data.h"

#include <string.h>

typedef struct cursor cursor;

struct sp__order {
    cursor *root;
    sp__random random;
    uint64_t epoch;
    uint64_t draws; /* shuffles begun in this epoch: each has a stream of its own */
};

struct cursor {
    sp__order *order;
    const sp_dataset *node;
    cursor *in[2];
    int64_t width;   /* longest ticket                                          */
    bool has_parcel; /* a source below gives parcels                            */
    bool begun;      /* this pass                                               */
    bool ended;
    int64_t at; /* given so far in this pass (repeat: passes done)          */
    bool gave;  /* repeat: this pass gave something                         */
    sp__random random;

    int64_t *memory; /* source: permutation (rows); shuffle: window (capacity, 1 + width), each: length, ticket */
    int64_t capacity, fill;
    uint64_t drawn;
};

/* ---- making ---- */

static size_t memory_bytes(const cursor *c)
{
    size_t entry = c->node->kind == SP__DATA_SHUFFLE ? (size_t)(c->width + 1) : 1;
    return (size_t)c->capacity * entry * sizeof(int64_t); /* checked in reserve() */
}

static void drop(cursor *c, const int64_t *ticket);

static void drop_window(cursor *c)
{
    for (int64_t i = 0; c->node->kind == SP__DATA_SHUFFLE && c->has_parcel && i < c->fill; i++)
        drop(c->in[0], c->memory + i * (c->width + 1) + 1);
    c->fill = 0;
}

static void cursor_free(cursor *c)
{
    if (!c)
        return;
    drop_window(c);
    cursor_free(c->in[0]);
    cursor_free(c->in[1]);
    sp__free(c->memory, memory_bytes(c));
    sp__free(c, sizeof *c);
}

/* Makes room for `capacity` entries in all. */
static sp_status reserve(cursor *c, int64_t capacity)
{
    size_t entry = c->node->kind == SP__DATA_SHUFFLE ? (size_t)(c->width + 1) : 1, bytes;
    if (!sp__mul_size(entry, sizeof(int64_t), &bytes) || !sp__mul_size(bytes, (size_t)capacity, &bytes))
        return sp__err(SP_ERR_NOMEM, "shuffle: no room for the order of %lld rows", (long long)capacity);
    int64_t *memory = sp__realloc(c->memory, memory_bytes(c), bytes);
    if (!memory)
        return SP_ERR_NOMEM;
    c->memory = memory;
    c->capacity = capacity;
    return SP_OK;
}

static bool find_width(cursor *c)
{
    const sp_dataset *node = c->node;
    c->width = 1;
    if (c->in[0]) {
        c->width = c->in[0]->width + (c->in[1] ? c->in[1]->width : 0);
        c->has_parcel = c->in[0]->has_parcel || (c->in[1] && c->in[1]->has_parcel);
    } else {
        c->has_parcel = node->rows < 0;
    }
    if (node->kind != SP__DATA_BATCH)
        return true;
    /* An absurd batch size with a small dataset is no reason for an absurd ticket. */
    int64_t rows = node->in[0]->size >= 0 ? SP__MIN(node->count, SP__MAX(node->in[0]->size, 1)) : node->count;
    size_t words;
    if (!sp__mul_size((size_t)rows, (size_t)c->width, &words) || words > INT64_MAX / 64) {
        sp__err(SP_ERR_VALUE, "batch: %lld rows are too many", (long long)rows);
        return false;
    }
    c->width = (int64_t)words + 1;
    return true;
}

static cursor *cursor_new(sp__order *order, const sp_dataset *node)
{
    while (node->kind == SP__DATA_MAP || node->kind == SP__DATA_MAP_ROWS)
        node = node->in[0];
    cursor *c = sp__alloc_zero(sizeof *c);
    if (!c)
        return NULL;
    c->order = order;
    c->node = node;
    for (int i = 0; i < 2 && node->in[i]; i++) {
        c->in[i] = cursor_new(order, node->in[i]);
        if (!c->in[i])
            goto fail;
    }
    if (!find_width(c))
        goto fail;
    if (node->kind == SP__DATA_SOURCE && node->shuffle && reserve(c, node->rows) != SP_OK)
        goto fail;
    if (node->kind == SP__DATA_SHUFFLE && node->size >= 0 &&
        reserve(c, SP__MAX(SP__MIN(node->count, node->size), 1)) != SP_OK)
        goto fail;
    return c;
fail:
    cursor_free(c);
    return NULL;
}

/* ---- passes ---- */

/* The next pass of c and of all below begins with the next step. */
static void cursor_restart(cursor *c)
{
    drop_window(c);
    c->begun = c->ended = c->gave = false;
    c->at = 0;
    c->drawn = 0;
    if (c->in[0])
        cursor_restart(c->in[0]);
    if (c->in[1])
        cursor_restart(c->in[1]);
}

/* A stream of its own for every shuffle of every epoch, whatever was drawn before: a rewind in the middle of an epoch
 * changes nothing in the next. */
static sp__random next_stream(sp__order *o)
{
    uint32_t w[4];
    sp__philox(w, o->random.seed ^ o->epoch * 0x9e3779b97f4a7c15u, o->random.stream, o->draws++);
    return (sp__random){(uint64_t)w[0] << 32 | w[1], (uint64_t)w[2] << 32 | w[3]};
}

static int64_t step(cursor *c, int64_t *ticket);

static int64_t step_source(cursor *c, int64_t *ticket)
{
    const sp_dataset *node = c->node;
    if (node->rows < 0) {
        sp__parcel *parcel = NULL;
        if (node->type->fetch(node->self, c->at, &parcel) != SP_OK)
            return -1;
        if (!parcel)
            return 0;
        c->at++;
        ticket[0] = (int64_t)(intptr_t)parcel;
        return 1;
    }
    if (node->shuffle && !c->begun)
        sp__random_shuffle(next_stream(c->order), c->memory, node->rows);
    c->begun = true;
    if (c->at >= node->size)
        return 0;
    ticket[0] = node->shuffle ? c->memory[c->at] : c->at;
    c->at++;
    return 1;
}

static int64_t step_batch(cursor *c, int64_t *ticket)
{
    int64_t *to = ticket + 1, rows = 0, n = 0;
    while (rows < c->node->count) {
        n = step(c->in[0], to);
        if (n <= 0)
            break;
        to += n;
        rows++;
    }
    ticket[0] = rows;
    if (n < 0 || (c->node->drop_remainder && rows < c->node->count)) {
        drop(c, ticket);
        return n < 0 ? -1 : 0;
    }
    return rows ? to - ticket : 0;
}

/* Fills the window from below; its size is what was asked for, or all there is. */
static bool fill_window(cursor *c)
{
    while (c->fill < c->node->count) {
        if (c->fill == c->capacity && reserve(c, c->capacity < 32 ? 64 : c->capacity * 2) != SP_OK)
            return false;
        int64_t *entry = c->memory + c->fill * (c->width + 1);
        entry[0] = step(c->in[0], entry + 1);
        if (entry[0] < 0)
            return false;
        if (entry[0] == 0)
            break;
        c->fill++;
    }
    return true;
}

/* Gives a random entry of the window and puts the next row from below in its place. */
static int64_t step_shuffle(cursor *c, int64_t *ticket)
{
    if (!c->begun) {
        c->begun = true;
        c->random = next_stream(c->order);
        if (!fill_window(c))
            return -1;
    }
    if (c->fill == 0)
        return 0;
    int64_t *last = c->memory + (c->fill - 1) * (c->width + 1);
    int64_t *entry = c->memory + (int64_t)sp__random_below(c->random, c->drawn++, (uint64_t)c->fill) * (c->width + 1);
    int64_t n = entry[0];
    memcpy(ticket, entry + 1, (size_t)n * sizeof *ticket);
    int64_t next = step(c->in[0], entry + 1);
    if (next > 0) {
        entry[0] = next;
        return n;
    }
    memmove(entry, last, (size_t)(c->width + 1) * sizeof *entry);
    c->fill--;
    if (next == 0)
        return n;
    drop(c->in[0], ticket);
    return -1;
}

static int64_t step_repeat(cursor *c, int64_t *ticket)
{
    for (;;) {
        int64_t n = step(c->in[0], ticket);
        if (n != 0) {
            c->gave = true;
            return n;
        }
        if (!c->gave || ++c->at >= c->node->count) /* an empty dataset stays empty however often it is repeated */
            return 0;
        c->gave = false;
        cursor_restart(c->in[0]);
    }
}

static int64_t step_take(cursor *c, int64_t *ticket)
{
    if (c->at >= c->node->count)
        return 0;
    c->at++;
    return step(c->in[0], ticket);
}

static int64_t step_skip(cursor *c, int64_t *ticket)
{
    for (; c->at < c->node->count; c->at++) {
        int64_t n = step(c->in[0], ticket);
        if (n <= 0)
            return n;
        drop(c->in[0], ticket);
    }
    return step(c->in[0], ticket);
}

static int64_t step_zip(cursor *c, int64_t *ticket)
{
    int64_t left = step(c->in[0], ticket);
    if (left <= 0)
        return left;
    int64_t right = step(c->in[1], ticket + left);
    if (right > 0)
        return left + right;
    drop(c->in[0], ticket);
    return right;
}

/* Once ended, a cursor stays so until its next pass: nothing below is asked again. */
static int64_t step(cursor *c, int64_t *ticket)
{
    if (c->ended)
        return 0;
    int64_t n = 0;
    switch (c->node->kind) {
    case SP__DATA_SOURCE:
        n = step_source(c, ticket);
        break;
    case SP__DATA_BATCH:
        n = step_batch(c, ticket);
        break;
    case SP__DATA_SHUFFLE:
        n = step_shuffle(c, ticket);
        break;
    case SP__DATA_REPEAT:
        n = step_repeat(c, ticket);
        break;
    case SP__DATA_TAKE:
        n = step_take(c, ticket);
        break;
    case SP__DATA_SKIP:
        n = step_skip(c, ticket);
        break;
    default:
        n = step_zip(c, ticket);
    }
    c->ended = n <= 0;
    return n;
}

/* Frees the parcels of the ticket at p; where the next one begins. Those that were used up are 0. */
static const int64_t *drop_at(cursor *c, const int64_t *p)
{
    if (!c->in[0]) {
        if (c->node->rows < 0)
            sp__parcel_free((sp__parcel *)(intptr_t)*p);
        return p + 1;
    }
    int64_t rows = c->node->kind == SP__DATA_BATCH ? *p++ : 1;
    for (int64_t i = 0; i < rows; i++) {
        p = drop_at(c->in[0], p);
        if (c->in[1])
            p = drop_at(c->in[1], p);
    }
    return p;
}

/* A ticket that will not be used (again): mostly row numbers, which need nothing. */
static void drop(cursor *c, const int64_t *ticket)
{
    if (c->has_parcel)
        drop_at(c, ticket);
}

/* ---- the whole ---- */

sp__order *sp__order_new(const sp_dataset *ds, sp__random random)
{
    sp__order *o = sp__alloc_zero(sizeof *o);
    if (!o)
        return NULL;
    o->random = random;
    o->root = cursor_new(o, ds);
    if (o->root)
        return o;
    sp__order_free(o);
    return NULL;
}

void sp__order_free(sp__order *o)
{
    if (!o)
        return;
    cursor_free(o->root);
    sp__free(o, sizeof *o);
}

int64_t sp__order_width(const sp__order *o) { return o->root->width; }

int64_t sp__order_next(sp__order *o, int64_t *ticket) { return step(o->root, ticket); }

void sp__order_restart(sp__order *o, uint64_t epoch)
{
    o->epoch = epoch;
    o->draws = 0;
    cursor_restart(o->root);
}

void sp__order_set_random(sp__order *o, sp__random random) { o->random = random; }

void sp__order_drop(sp__order *o, const int64_t *ticket) { drop(o->root, ticket); }
