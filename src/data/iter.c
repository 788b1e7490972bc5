/* The public iterator: holds the item that was given last. */
#include "data/data.h"

struct sp_iter {
    sp_dataset *ds;
    sp__feed *feed;
    sp__item item;                        /* the columns given last           */
    sp_tensor *list[SP__MAX_COLUMNS + 1]; /* at[0] to at[7] can always be read */
    int64_t given;                        /* rows of the epoch under way       */
    bool failed;
};

sp_iter *sp_iter_new_with(const sp_iter_opts *opts)
{
    if (!sp__given("iter", 1, opts) || !sp__given("iter: dataset", 1, opts->dataset))
        return NULL;
    sp_dataset *ds = opts->dataset;
    int workers = opts->workers ? opts->workers : 1;
    int prefetch = opts->prefetch ? opts->prefetch : 4;
    sp_iter *it = sp__alloc_zero(sizeof *it);
    if (!it) {
        sp_data_free(ds);
        return NULL;
    }
    it->ds = ds;
    if (workers < -1 || workers > 1024 || prefetch < 1 || prefetch > 65536) {
        sp__err(SP_ERR_VALUE, "iter: %d workers, %d batches ahead: -1 to 1024 and 1 to 65536 expected", workers,
                prefetch);
        goto fail;
    }
    if (sp__data_open(ds) != SP_OK)
        goto fail;
    it->feed = sp__feed_new(ds, workers, prefetch, sp__random_next());
    if (it->feed)
        return it;
fail:
    sp_iter_free(it);
    return NULL;
}

static void let_go(sp_iter *it)
{
    sp__item_clear(&it->item, it->ds->columns);
    for (int i = 0; i < it->ds->columns; i++)
        it->list[i] = NULL;
}

/* True, recorded, in a function that makes the iterator's rows: what is asked there would wait for itself. */
static bool is_inside(const sp_iter *it, const char *op)
{
    if (!it->feed || !sp__feed_is_inside(it->feed))
        return false;
    sp__err(SP_ERR_STATE, "%s: called by a function that makes rows of the same iterator", op);
    return true;
}

bool sp_iter_next(sp_iter *it, sp_list *columns)
{
    if (columns)
        *columns = sp__list_none();
    if (!sp__given("iter_next", 1, it) || !sp__given("iter_next", 2, columns))
        return false;
    if (is_inside(it, "iter_next"))
        return false;
    let_go(it);
    if (it->failed)
        return false;
    sp__feed_next(it->feed, &it->item);
    it->given = it->item.end ? 0 : it->given + 1;
    if (it->item.end)
        return false;
    if (it->item.status != SP_OK) {
        it->failed = true;
        if (it->item.failure.code != SP_OK)
            sp__failure_raise(&it->item.failure);
        return false;
    }
    for (int i = 0; i < it->ds->columns; i++)
        it->list[i] = it->item.at[i];
    *columns = (sp_list){it->list, it->ds->columns};
    return true;
}

void sp_iter_rewind(sp_iter *it)
{
    if (!it || is_inside(it, "iter_rewind") || it->failed || !it->given)
        return; /* nothing of the epoch was given: its first row comes next anyway */
    let_go(it);
    sp__feed_rewind(it->feed);
    it->given = 0;
}

sp_iter_place sp_iter_tell(const sp_iter *it)
{
    if (!it || !it->feed)
        return (sp_iter_place){0};
    sp__random r = sp__feed_random(it->feed);
    return (sp_iter_place){r.seed, r.stream, sp__feed_epoch(it->feed), it->given};
}

sp_status sp_iter_seek(sp_iter *it, sp_iter_place place)
{
    if (!sp__given("iter_seek", 1, it) || is_inside(it, "iter_seek"))
        return sp_error();
    if (place.given < 0)
        return sp__err(SP_ERR_VALUE, "iter_seek: %lld rows, expected 0 or more", (long long)place.given);
    if (it->failed)
        return sp__err(SP_ERR_STATE, "iter_seek: the iterator has failed before");
    let_go(it);
    if (it->ds->size >= 0 && place.given > it->ds->size) { /* known without stepping there */
        sp_iter_rewind(it);
        return sp__err(SP_ERR_VALUE, "iter_seek: the data has %lld rows an epoch, expected at least %lld",
                       (long long)it->ds->size, (long long)place.given);
    }
    sp_status st = sp__feed_seek(it->feed, (sp__random){place.seed, place.stream}, place.epoch, place.given);
    it->given = st == SP_OK ? place.given : 0;
    return st;
}

int64_t sp_iter_len(const sp_iter *it) { return it ? it->ds->size : -1; }

int sp_iter_columns(const sp_iter *it) { return it ? it->ds->columns : 0; }

const char *sp_iter_column(const sp_iter *it, int i) { return it ? sp_data_column(it->ds, i) : NULL; }

void sp_iter_free(sp_iter *it)
{
    if (!it || is_inside(it, "iter_free"))
        return;
    let_go(it);
    sp__feed_free(it->feed);
    sp_data_free(it->ds);
    sp__free(it, sizeof *it);
}
