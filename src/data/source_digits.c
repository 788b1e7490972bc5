/* Generated digits. Each picture is drawn when it is first asked for and kept: later epochs cost what MNIST's do. */
#include "data/data.h"

#include <stdatomic.h>

enum { PIXELS = SP__DIGIT_SIDE * SP__DIGIT_SIDE };

typedef enum drawn { NOT_DRAWN, BEING_DRAWN, DRAWN } drawn;

typedef struct digits {
    int64_t rows;
    uint64_t seed;       /* of the set: the user's seed and the usage */
    uint8_t *pixels;     /* (rows, 28, 28)                            */
    uint32_t *labels;    /* (rows)                                    */
    atomic_uchar *state; /* (rows) drawn                              */
} digits;

static size_t pixels_bytes(const digits *g) { return (size_t)g->rows * PIXELS; } /* checked in sp_data_digits_new() */

static void digits_free(void *self)
{
    digits *g = self;
    sp__free(g->pixels, pixels_bytes(g));
    sp__free(g->labels, (size_t)g->rows * sizeof *g->labels);
    sp__free(g->state, (size_t)g->rows * sizeof *g->state);
    sp__free(g, sizeof *g);
}

static sp_status digits_open(void *self)
{
    digits *g = self;
    g->pixels = sp__alloc(pixels_bytes(g));
    g->labels = sp__alloc((size_t)g->rows * sizeof *g->labels);
    g->state = sp__alloc((size_t)g->rows * sizeof *g->state);
    if (!g->pixels || !g->labels || !g->state)
        return SP_ERR_NOMEM;
    for (int64_t i = 0; i < g->rows; i++) {
        atomic_init(&g->state[i], NOT_DRAWN);
        g->labels[i] = (uint32_t)sp__random_below((sp__random){g->seed, ~(uint64_t)0}, (uint64_t)i, 10);
    }
    return SP_OK;
}

/* Picture `index`. Two workers may want it at once: the second draws one for itself. */
static const uint8_t *picture(digits *g, int64_t index)
{
    uint8_t *kept = g->pixels + index * PIXELS, *to = kept;
    unsigned char expected = NOT_DRAWN;
    if (atomic_load_explicit(&g->state[index], memory_order_acquire) == DRAWN)
        return kept;
    bool mine = atomic_compare_exchange_strong(&g->state[index], &expected, BEING_DRAWN);
    if (!mine)
        to = sp__scope_alloc(PIXELS);
    if (!to)
        return NULL;
    sp__digit_draw(to, (int)g->labels[index], (sp__random){g->seed, (uint64_t)index});
    if (mine)
        atomic_store_explicit(&g->state[index], DRAWN, memory_order_release);
    return to;
}

static sp_status digits_row(void *self, int64_t index, sp__datum *out)
{
    digits *g = self;
    const uint8_t *pixels = picture(g, index);
    if (!pixels)
        return SP_ERR_NOMEM;
    out[0] = (sp__datum){{SP_U8, SP_DIMS(SP__DIGIT_SIDE, SP__DIGIT_SIDE, 1)}, pixels, NULL};
    out[1] = (sp__datum){{SP_U32, SP_SCALAR}, g->labels + index, NULL};
    return SP_OK;
}

static const sp__source_type digits_type = {
    .name = "digits", .open = digits_open, .row = digits_row, .free = digits_free};

sp_dataset *sp_data_digits_new(const sp_digits_opts *opts)
{
    static const char *const names[] = {"image", "label"};
    if (!sp__given("digits", 1, opts))
        return NULL;
    if (opts->count < 0 || opts->count > INT64_MAX / PIXELS || (int)opts->usage < 0 || opts->usage > SP_USAGE_TEST)
        return sp__fail(SP_ERR_VALUE, "digits: count %lld, usage %d: 0 or more, and an sp_usage expected",
                        (long long)opts->count, (int)opts->usage);
    digits *g = sp__alloc_zero(sizeof *g);
    if (!g)
        return NULL;
    bool test = opts->usage == SP_USAGE_TEST;
    g->rows = opts->count ? opts->count : test ? 10000 : 60000;
    g->seed = opts->seed * 2 + test;
    return sp__source_new(&(sp__source_desc){&digits_type, g, 2, names, g->rows, g->rows, !opts->no_shuffle});
}
