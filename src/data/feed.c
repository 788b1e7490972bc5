/* Workers that make items ahead of the one who reads them.
 *
 * A worker waits for a free place in the ring, takes the next number and, still alone at it (`ordering`), the next
 * ticket; then it makes the item beside the others and puts it into the ring at its number. The reader takes the
 * numbers in turn. So the order is the order of the tickets, whatever the number of workers.
 *
 *   taken        next_number            items [taken, next_number) are in the ring or being made;
 *     |--ring------|                    at most `capacity` of them
 *
 * When an item fails, or the tickets end, no more are begun (`closed`); those before are still delivered. No thread
 * ever waits for anything but `changed_room` / `changed_ready`, and each change of what they wait for signals them
 * under the lock. */
#include "data/data.h"

#include <pthread.h>
#include <signal.h>

typedef struct slot {
    bool full;
    sp__item item;
} slot;

typedef struct worker {
    sp__feed *feed;
    pthread_t thread;
    sp__plan *plan;
    int64_t *ticket; /* (width) */
} worker;

struct sp__feed {
    const sp_dataset *ds;
    sp__order *order;
    sp__random random;
    size_t ticket_bytes;
    uint64_t epoch;

    int workers, running; /* places in worker[] (at least 1), threads begun */
    worker *worker;

    pthread_mutex_t lock;
    pthread_cond_t changed_room, changed_ready;
    bool stopping; /* workers are to end                                          */
    bool open;     /* an epoch is under way                                       */
    bool closed;   /* ... but no more tickets are to be taken in it               */
    bool ordering; /* a worker is taking a ticket                                 */
    int making;    /* items being made; without threads, by the reader            */
    int64_t taken, next_number;
    int capacity;
    slot *ring; /* (capacity) */
};

void sp__item_clear(sp__item *item, int columns)
{
    for (int i = 0; i < columns; i++) {
        sp__release(item->at[i]);
        item->at[i] = NULL;
    }
}

/* ---- one item ---- */

/* The user's functions draw their random numbers from a stream that belongs to the item, not to the thread. */
static sp__random random_of(const sp__feed *f, int64_t number)
{
    uint32_t w[4];
    sp__philox(w, f->random.seed + f->epoch * 0x9e3779b97f4a7c15u, ~f->random.stream, (uint64_t)number);
    return (sp__random){(uint64_t)w[0] << 32 | w[1], (uint64_t)w[2] << 32 | w[3]};
}

/* Makes the item of the worker's ticket. The failure of a thread of ours is moved into the item. */
static void make(worker *w, int64_t number, sp__item *item)
{
    sp__feed *f = w->feed;
    sp__random before = sp__random_state();
    sp__random_set_state(random_of(f, number));
    sp_scope scope = sp_scope_begin();
    *item = (sp__item){.status = SP_OK};
    item->status = sp__plan_make(w->plan, w->ticket, item->at);
    if (item->status == SP_OK)
        for (int i = 0; i < f->ds->columns; i++)
            item->at[i] = sp__retain(item->at[i]);
    else
        sp__order_drop(f->order, w->ticket);
    sp_scope_end(scope);
    sp__random_set_state(before);
}

/* ---- workers ---- */

static void put(sp__feed *f, int64_t number, const sp__item *item)
{
    slot *s = &f->ring[number % f->capacity];
    s->item = *item;
    s->full = true;
    if (item->end || item->status != SP_OK)
        f->closed = true;
    pthread_cond_signal(&f->changed_ready);
}

static bool may_begin(const sp__feed *f)
{
    return f->open && !f->closed && !f->ordering && f->next_number < f->taken + f->capacity;
}

static int64_t take_ticket(worker *w)
{
    sp_scope scope = sp_scope_begin();
    int64_t n = sp__order_next(w->feed->order, w->ticket);
    sp_scope_end(scope);
    return n;
}

/* Takes a ticket and makes its item; called with the lock held, which is let go meanwhile. */
static void work(worker *w)
{
    sp__feed *f = w->feed;
    const int64_t number = f->next_number++;
    f->ordering = true;
    f->making++;
    pthread_mutex_unlock(&f->lock);

    sp__item item = {.status = SP_OK};
    int64_t n = take_ticket(w);

    pthread_mutex_lock(&f->lock);
    f->ordering = false;
    if (n <= 0)
        f->closed = true;
    pthread_cond_broadcast(&f->changed_room);
    pthread_mutex_unlock(&f->lock);

    if (n > 0)
        make(w, number, &item);
    else
        item = (sp__item){.end = n == 0, .status = n < 0 ? SP_ERR_STATE : SP_OK};
    if (item.status != SP_OK)
        sp__failure_take(&item.failure);

    pthread_mutex_lock(&f->lock);
    f->making--;
    put(f, number, &item);
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    sp__feed *f = w->feed;
    pthread_mutex_lock(&f->lock);
    while (!f->stopping) {
        if (may_begin(f))
            work(w);
        else
            pthread_cond_wait(&f->changed_room, &f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* Signals are for the threads of the program, not for ours. */
static void begin_threads(sp__feed *f, int n)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (f->running < n &&
           pthread_create(&f->worker[f->running].thread, NULL, worker_main, &f->worker[f->running]) == 0)
        f->running++; /* fewer than asked for will do; with none, the reader does the work */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the reader's side ---- */

static void read_alone(sp__feed *f, sp__item *out)
{
    f->making++;
    int64_t n = take_ticket(&f->worker[0]);
    *out = (sp__item){.end = n == 0, .status = n < 0 ? SP_ERR_STATE : SP_OK};
    if (n > 0)
        make(&f->worker[0], f->next_number++, out);
    f->making--;
    if (out->status != SP_OK)
        out->failure.code = SP_OK; /* it is in this thread already */
}

static void read_ring(sp__feed *f, sp__item *out)
{
    pthread_mutex_lock(&f->lock);
    if (!f->open) {
        f->open = true;
        pthread_cond_broadcast(&f->changed_room);
    }
    slot *s = &f->ring[f->taken % f->capacity];
    while (!s->full)
        pthread_cond_wait(&f->changed_ready, &f->lock);
    *out = s->item;
    s->full = false;
    f->taken++;
    pthread_cond_signal(&f->changed_room);
    pthread_mutex_unlock(&f->lock);
}

void sp__feed_next(sp__feed *f, sp__item *out)
{
    if (f->running)
        read_ring(f, out);
    else
        read_alone(f, out);
    if (out->end)
        sp__feed_rewind(f);
}

bool sp__feed_is_inside(const sp__feed *f)
{
    for (int i = 0; i < f->running; i++)
        if (pthread_equal(f->worker[i].thread, pthread_self()))
            return true;
    return f->running == 0 && f->making > 0;
}

/* Waits until no worker is busy and empties the ring. */
static void settle(sp__feed *f)
{
    f->closed = true;
    while (f->making > 0)
        pthread_cond_wait(&f->changed_ready, &f->lock);
    for (int i = 0; i < f->capacity; i++) {
        if (f->ring[i].full)
            sp__item_clear(&f->ring[i].item, f->ds->columns);
        f->ring[i].full = false;
    }
    f->open = f->closed = false;
    f->taken = f->next_number = 0;
}

void sp__feed_rewind(sp__feed *f)
{
    pthread_mutex_lock(&f->lock);
    settle(f);
    sp__order_restart(f->order, ++f->epoch);
    pthread_mutex_unlock(&f->lock);
}

sp__random sp__feed_random(const sp__feed *f) { return f->random; }
uint64_t sp__feed_epoch(const sp__feed *f) { return f->epoch; }

/* Takes n tickets that no items are made of. */
static sp_status pass_over(sp__feed *f, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        sp_scope scope = sp_scope_begin();
        int64_t length = sp__order_next(f->order, f->worker[0].ticket);
        if (length > 0)
            sp__order_drop(f->order, f->worker[0].ticket);
        sp_scope_end(scope);
        if (length < 0)
            return sp_error();
        if (length == 0)
            return sp__err(SP_ERR_VALUE, "iter_seek: the data has %lld rows an epoch, expected at least %lld",
                           (long long)i, (long long)n);
    }
    return SP_OK;
}

sp_status sp__feed_seek(sp__feed *f, sp__random random, uint64_t epoch, int64_t given)
{
    pthread_mutex_lock(&f->lock);
    settle(f); /* and no worker begins anything before the reader asks: the order is ours */
    f->random = random;
    f->epoch = epoch;
    sp__order_set_random(f->order, random);
    sp__order_restart(f->order, epoch);
    pthread_mutex_unlock(&f->lock);
    f->making++; /* a callback that is asked for its rows is inside */
    sp_status st = pass_over(f, given);
    f->making--;
    if (st == SP_OK)
        f->taken = f->next_number = given;
    else
        sp__order_restart(f->order, epoch);
    return st;
}

void sp__feed_free(sp__feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_cond_broadcast(&f->changed_room);
    pthread_mutex_unlock(&f->lock);
    for (int i = 0; i < f->running; i++)
        pthread_join(f->worker[i].thread, NULL);
    if (f->ring)
        settle(f);
    for (int i = 0; f->worker && i < f->workers; i++) {
        sp__plan_free(f->worker[i].plan);
        sp__free(f->worker[i].ticket, f->ticket_bytes);
    }
    sp__free(f->worker, (size_t)f->workers * sizeof *f->worker);
    sp__free(f->ring, (size_t)f->capacity * sizeof *f->ring);
    sp__order_free(f->order);
    pthread_cond_destroy(&f->changed_ready);
    pthread_cond_destroy(&f->changed_room);
    pthread_mutex_destroy(&f->lock);
    sp__free(f, sizeof *f);
}

static sp_status prepare(sp__feed *f)
{
    f->worker = sp__alloc_zero((size_t)f->workers * sizeof *f->worker);
    f->ring = sp__alloc_zero((size_t)f->capacity * sizeof *f->ring);
    f->order = sp__order_new(f->ds, f->random);
    if (!f->worker || !f->ring || !f->order)
        return SP_ERR_NOMEM;
    if (!sp__mul_size((size_t)sp__order_width(f->order), sizeof(int64_t), &f->ticket_bytes))
        return sp__err(SP_ERR_VALUE, "batch: too many rows");
    for (int i = 0; i < f->workers; i++) {
        f->worker[i].feed = f;
        f->worker[i].plan = sp__plan_new(f->ds);
        f->worker[i].ticket = sp__alloc(f->ticket_bytes);
        if (!f->worker[i].plan || !f->worker[i].ticket)
            return SP_ERR_NOMEM;
    }
    return SP_OK;
}

sp__feed *sp__feed_new(const sp_dataset *ds, int workers, int prefetch, sp__random random)
{
    sp__feed *f = sp__alloc_zero(sizeof *f);
    if (!f)
        return NULL;
    f->ds = ds;
    f->random = random;
    f->workers = SP__MAX(workers, 1);
    f->capacity = SP__MAX(prefetch, f->workers);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed_room, NULL);
    pthread_cond_init(&f->changed_ready, NULL);
    if (prepare(f) != SP_OK) {
        sp__feed_free(f);
        return NULL;
    }
    begin_threads(f, workers);
    return f;
}
