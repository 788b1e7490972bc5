/* data/data.h: the inside of the data pipeline.
 *
 * A dataset is a tree of nodes (dataset.c). An iterator makes two things of it that know nothing of each other:
 *
 *   the order   (order.c)  which source rows make the next item: shuffle, repeat, take, skip, zip and batch only move
 *   row
 *                          numbers about. It is stepped by one thread at a time and is cheap. What it gives is a
 *                          ticket.
 *   the plan    (plan.c)   how an item is made of a ticket: rows of the sources, each column's transforms (program.c),
 *                          stacking. It has no state that outlives an item, so every worker has one of its own.
 *
 * A ticket is a flat array of int64_t:   source: [row]   zip: [left ..., right ...]   batch: [count, row ..., row ...]
 * (a source of unknown length puts the address of a parcel where the row number would be).
 *
 *   feed.c      workers take tickets in turn and put items into a ring, in the order of the tickets
 *   iter.c      the public iterator
 *   source_*.c  MNIST (idx.c reads the files), arrays, callbacks, generated digits (digit_draw.c draws them)
 *   transform.c constructors of transforms; program.c their fused form; table.c that of bytes; cast.c conversions
 *   files.h     getting data from elsewhere: download.c, fetch.c, unpack.c, cache.c, files.c, sha256.c */
#ifndef SP_DATA_DATA_H
#define SP_DATA_DATA_H

#include "base/base.h"
#include "spore/data.h"
#include "tensor/tensor.h"

#define SP__MAX_COLUMNS 32

/* One column of one row: elements that stay valid until the scope it was made in ends. tensor: the same as a tensor of
 * that scope if it is one already, else NULL. */
typedef struct sp__datum {
    sp__desc desc;
    const void *data;
    sp_tensor *tensor;
} sp__datum;

sp__datum sp__datum_of(sp_tensor *t);
/* d as a tensor of the current scope; copies unless it is one already. NULL on failure. */
sp_tensor *sp__datum_tensor(const sp__datum *d);
size_t sp__datum_bytes(sp__desc desc);
bool sp__desc_same(const sp__desc *a, const sp__desc *b);

/* ---- sources ---- */

/* A row that had to be fetched before its turn: sources of unknown length give them one after the other. */
typedef struct sp__parcel {
    int n;
    sp_tensor *at[SP__MAX_COLUMNS]; /* retained */
} sp__parcel;

void sp__parcel_free(sp__parcel *p);

typedef struct sp__source_type {
    const char *name;
    /* Reads what rows need; called once, before the first row. May be NULL. */
    sp_status (*open)(void *self);
    /* Fills one datum per column with row `index`; any thread. */
    sp_status (*row)(void *self, int64_t index, sp__datum *out);
    /* Only sources of unknown length: row `index`, asked for in order, one thread at a time. SP_OK with *out NULL: no
     * more. */
    sp_status (*fetch)(void *self, int64_t index, sp__parcel **out);
    void (*free)(void *self);
} sp__source_type;

#define SP__DIGIT_SIDE 28

/* Draws a digit 0 .. 9, white on black, as the stream r has it. Only operations that IEEE 754 rounds correctly: the
 * same bytes on every machine. */
void sp__digit_draw(uint8_t out[SP__DIGIT_SIDE * SP__DIGIT_SIDE], int digit, sp__random r);

/* ---- datasets ---- */

typedef enum sp__data_kind {
    SP__DATA_SOURCE,
    SP__DATA_MAP,
    SP__DATA_MAP_ROWS,
    SP__DATA_BATCH,
    SP__DATA_SHUFFLE,
    SP__DATA_REPEAT,
    SP__DATA_TAKE,
    SP__DATA_SKIP,
    SP__DATA_ZIP
} sp__data_kind;

struct sp_dataset {
    sp__data_kind kind;
    sp_dataset *in[2]; /* what it is made of: none for a source, two for zip           */
    int64_t size;      /* rows it gives; -1: unknown                                   */
    int columns;
    char *name[SP__MAX_COLUMNS];
    int64_t count; /* batch, shuffle, repeat, take, skip: the number they were given */
    bool drop_remainder;

    const sp__source_type *type; /* source */
    void *self;
    bool shuffle;
    int64_t rows; /* of which `size` are given in an epoch; -1: unknown           */

    int column; /* map: transforms of this column */
    int n_transforms;
    sp_transform *transforms;

    sp_fn fn; /* map_rows */
    void *fn_self;
};

typedef struct sp__source_desc {
    const sp__source_type *type;
    void *self;
    int columns;
    const char *const *names; /* NULL: column_0, ...      */
    int64_t rows, size;       /* in all; given in an epoch */
    bool shuffle;
} sp__source_desc;

/* Takes self (frees it on failure). NULL on failure. */
sp_dataset *sp__source_new(const sp__source_desc *desc);

/* Column number of a name; -1 if there is none. */
int sp__column_of(const sp_dataset *ds, const char *name);

/* Opens the sources below ds. */
sp_status sp__data_open(sp_dataset *ds);

/* ---- order ---- */

typedef struct sp__order sp__order;

/* ds must outlive it. random: where the shuffles' numbers come from. NULL on failure. */
sp__order *sp__order_new(const sp_dataset *ds, sp__random random);
void sp__order_free(sp__order *o);

/* Longest ticket it gives. */
int64_t sp__order_width(const sp__order *o);

/* Writes the next ticket: its length; 0 at the end of the epoch; -1 on failure. Parcels are made in the current
 * scope. */
int64_t sp__order_next(sp__order *o, int64_t *ticket);

/* The next ticket is the first of epoch number `epoch`. */
void sp__order_restart(sp__order *o, uint64_t epoch);

/* From where the shuffles' numbers come from now on; to be followed by sp__order_restart(). */
void sp__order_set_random(sp__order *o, sp__random random);

/* Frees the parcels of a ticket that nobody will use; any thread. */
void sp__order_drop(sp__order *o, const int64_t *ticket);

/* ---- plan ---- */

typedef struct sp__plan sp__plan;

/* ds must outlive it. NULL on failure. */
sp__plan *sp__plan_new(const sp_dataset *ds);
void sp__plan_free(sp__plan *p);

/* Makes the item of a ticket: out[0 .. columns-1], tensors of the current scope. Parcels that were used up are set to 0
 * in the ticket: on failure the others are still to be dropped. */
sp_status sp__plan_make(sp__plan *p, int64_t *ticket, sp_tensor **out);

/* ---- transforms ---- */

typedef enum sp__transform_kind {
    SP__TRANSFORM_INVALID,
    SP__TRANSFORM_RESCALE,
    SP__TRANSFORM_NORMALIZE,
    SP__TRANSFORM_HWC2CHW,
    SP__TRANSFORM_TYPECAST,
    SP__TRANSFORM_ONE_HOT,
    SP__TRANSFORM_USER
} sp__transform_kind;

/* SP_OK if t can be used at all (whatever the data). */
sp_status sp__transform_check(const sp_transform *t);
const char *sp__transform_name(const sp_transform *t);

/* Built-in transforms that follow each other, compiled for the rows they meet. */
typedef struct sp__step sp__step;
typedef struct sp__program {
    int n;                 /* transforms                              */
    const sp_transform *t; /* (n), borrowed                           */
    bool ready;            /* compiled for rows of type and shape in  */
    sp__desc in, out;
    int steps;
    sp__step *step; /* (n)                                     */
} sp__program;

sp_status sp__program_init(sp__program *p, int n, const sp_transform *t);
void sp__program_clear(sp__program *p);
/* Makes p->out right for rows like `in`; does nothing if it is already. */
sp_status sp__program_compile(sp__program *p, const sp__desc *in);
/* src (p->in) to dst (p->out, not overlapping). Intermediate rows live in the current scope. */
sp_status sp__program_run(const sp__program *p, const void *src, void *dst);

/* dst[i] = src[i], as sp_cast() does: to a narrower integer modulo, from a float truncated and saturated. */
void sp__data_cast(void *dst, sp_dtype to, const void *src, sp_dtype from, int64_t n);

/* ---- feed ---- */

typedef struct sp__item {
    sp_status status; /* SP_OK: at[] holds retained tensors; else failure says why */
    bool end;         /* no item: the epoch is over                                */
    sp_tensor *at[SP__MAX_COLUMNS];
    sp__failure failure;
} sp__item;

typedef struct sp__feed sp__feed;

/* ds must outlive it; workers < 1: everything is done in sp__feed_next(). */
sp__feed *sp__feed_new(const sp_dataset *ds, int workers, int prefetch, sp__random random);
void sp__feed_free(sp__feed *f);
/* Moves the next item to *out. After the end the next call begins a new epoch. */
void sp__feed_next(sp__feed *f, sp__item *out);
void sp__feed_rewind(sp__feed *f);
/* Where its random numbers come from, and the epoch under way. */
sp__random sp__feed_random(const sp__feed *f);
uint64_t sp__feed_epoch(const sp__feed *f);
/* The next item is number `given` of that epoch: as sp_iter_seek(). */
sp_status sp__feed_seek(sp__feed *f, sp__random random, uint64_t epoch, int64_t given);
/* Whether the caller is called by one who makes an item of f: nobody can wait for that item there. */
bool sp__feed_is_inside(const sp__feed *f);
void sp__item_clear(sp__item *item, int columns);

#endif
