/* cli/bench_floor.c: the matrix products of an MLP's training step, and nothing else.
 *
 * A layer of I inputs and O outputs takes three at batch B:  y (B,O) = x (B,I) w (O,I)^T;  dw (O,I) = dy (B,O)^T x (B,I);
 * dx (B,I) = dy (B,O) w (O,I), which the first layer does not need. No way of running the step is faster than these by the same
 * library, unless it makes them themselves faster. */
#include <stdlib.h>

#include "cli/bench.h"

typedef struct product {
    sp_tensor *a, *b;
    bool transpose_a, transpose_b;
} product;

struct bench_floor {
    product at[3 * (BENCH_MAX_DEPTH + 1)]; /* in the order of a step */
    int n;
};

typedef struct layer {
    sp_tensor *x, *w, *dy; /* (B, I), (O, I), (B, O) */
} layer;

static layer layer_new(int64_t batch, int64_t in, int64_t out)
{
    return (layer){sp_rand_normal(0, 1, SP_F32, SP_DIMS(batch, in)), sp_rand_normal(0, 1, SP_F32, SP_DIMS(out, in)),
                   sp_rand_normal(0, 1, SP_F32, SP_DIMS(batch, out))};
}

static void add(bench_floor *f, sp_tensor *a, sp_tensor *b, bool transpose_a, bool transpose_b)
{
    f->at[f->n++] = (product){a, b, transpose_a, transpose_b};
}

bench_floor *bench_floor_new(const bench_options *o, int64_t batch)
{
    bench_floor *f = calloc(1, sizeof *f);
    layer layers[BENCH_MAX_DEPTH + 1];
    if (!f)
        return sp_set_error(SP_ERR_NOMEM, "bench: no memory for the floor"), NULL;
    for (int64_t i = 0; i <= o->depth; i++) {
        layers[i] = layer_new(batch, i == 0 ? BENCH_IN : o->width, i == o->depth ? BENCH_OUT : o->width);
        add(f, layers[i].x, layers[i].w, false, true);
    }
    for (int64_t i = o->depth; i >= 0; i--) {
        add(f, layers[i].dy, layers[i].x, true, false);
        if (i > 0)
            add(f, layers[i].dy, layers[i].w, false, false);
    }
    return f;
}

bool bench_floor_run(void *floor, int64_t steps)
{
    const bench_floor *f = floor;
    bool done = true;
    for (int64_t s = 0; s < steps && done; s++) {
        sp_scope scope = sp_scope_begin();
        for (int i = 0; i < f->n; i++)
            done = sp_matmul_t(f->at[i].a, f->at[i].b, f->at[i].transpose_a, f->at[i].transpose_b) && done;
        sp_scope_end(scope);
    }
    return done;
}

double bench_floor_operations(const bench_floor *f)
{
    double sum = 0;
    for (int i = 0; i < f->n; i++) { /* 2 N M K: all of a, and what b has besides K */
        sp_shape a = sp_shape_of(f->at[i].a), b = sp_shape_of(f->at[i].b);
        sum += 2 * (double)sp_shape_size(a) * (double)b.dim[f->at[i].transpose_b ? 0 : 1];
    }
    return sum;
}

void bench_floor_free(bench_floor *f) { free(f); }
