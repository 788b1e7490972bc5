/* Random graphs from a seed: compiled with random passes left out they give what ordinary calls give, and what they plan holds. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>

#include "graph/pass.h"
#include "graph/executor.h"
#include "spore.h"

/* ---- a function made of numbers: the same for the same seed ---- */

typedef struct stream {
    uint64_t state;
} stream;

static int below(stream *s, int n)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((s->state >> 33) % (uint64_t)n);
}

#define MOST 64

typedef struct program {
    uint64_t seed;
    sp_tensor *w[3]; /* parameters */
    sp_dtype dtype;
    bool fixed; /* the parameters do not change */
} program;

/* Views of parameters show later changes in ordinary calls only, so they are made of copies. */
static sp_tensor *own(sp_tensor *x) { return x && x->param ? sp_mul_number(x, 1) : x; }

/* Values of bounded size, so that rounding stays what it is. */
static sp_tensor *unary(stream *s, sp_tensor *x)
{
    switch (below(s, 12)) {
    case 0:
        return sp_neg(x);
    case 1:
        return sp_abs(x);
    case 2:
        return sp_tanh(x);
    case 3:
        return sp_sin(x);
    case 4:
        return sp_cos(x);
    case 5:
        return sp_relu(x);
    case 6:
        return sp_sigmoid(x);
    case 7:
        return sp_mul_number(x, 0.5);
    case 8:
        return sp_add_number(x, 0.25);
    case 9:
        return sp_gelu(x, below(s, 2));
    case 10:
        return sp_cast(own(x), sp_dtype_of(x));
    default:
        return sp_erf(x);
    }
}

static bool broadcasts(const sp_tensor *a, const sp_tensor *b)
{
    sp_shape out;
    return sp__broadcast(sp_shape_of(a), sp_shape_of(b), &out) && sp_shape_size(out) <= 256;
}

static sp_tensor *binary(stream *s, sp_tensor *a, sp_tensor *b)
{
    if (!broadcasts(a, b))
        return sp_square(sp_sin(a));
    switch (below(s, 5)) {
    case 0:
        return sp_add(sp_mul_number(a, 0.5), b);
    case 1:
        return sp_sub(a, sp_tanh(b));
    case 2:
        return sp_mul(sp_sin(a), b);
    case 3:
        return sp_maximum(a, b);
    default:
        return sp_minimum(a, b);
    }
}

static sp_tensor *product(stream *s, sp_tensor *a, sp_tensor *b)
{
    sp_shape x = sp_shape_of(a), y = sp_shape_of(b);
    if (x.rank != 2 || y.rank != 2)
        return sp_reshape(own(a), SP_DIMS(-1));
    bool ta = below(s, 2), tb = below(s, 2);
    if (x.dim[ta ? 0 : 1] != y.dim[tb ? 1 : 0]) {
        a = sp_transpose(own(a), 2, (int[]){1, 0});
        ta = !ta;
        if (x.dim[ta ? 1 : 0] != y.dim[tb ? 1 : 0])
            return a;
        ta = !ta; /* of the transposed one */
        if (sp_shape_of(a).dim[ta ? 0 : 1] != y.dim[tb ? 1 : 0])
            return a;
    }
    return sp_tanh(sp_matmul_t(a, b, ta, tb));
}

static sp_tensor *reshaped(stream *s, sp_tensor *x)
{
    sp_shape d = sp_shape_of(x);
    int64_t size = sp_size_of(x);
    switch (below(s, 6)) {
    case 0:
        return sp_reshape(x, SP_DIMS(size));
    case 1:
        return size % 3 ? sp_reshape(x, SP_DIMS(1, size)) : sp_reshape(x, SP_DIMS(3, size / 3));
    case 2:
        return d.rank > 1 ? sp_transpose(x, 0, NULL) : sp_expand_dims(x, 0);
    case 3:
        return d.rank > 0 && d.dim[0] > 1 ? sp_index(x, sp_span(1, d.dim[0])) : sp_neg(x);
    case 4:
        return d.rank > 0 && d.dim[0] > 0 ? sp_index(x, sp_pick(d.dim[0] - 1)) : sp_expand_dims(x, -1);
    default:
        return d.rank > 0 ? sp_index(x, sp_from_to_by(0, d.dim[0], 2)) : sp_square(sp_sin(x));
    }
}

static sp_tensor *reduced(stream *s, sp_tensor *x)
{
    int rank = sp_shape_of(x).rank, axis = rank ? below(s, rank) : 0;
    bool keep = below(s, 2);
    if (rank == 0 || sp_shape_of(x).dim[axis] == 0)
        return sp_tanh(x);
    switch (below(s, 4)) {
    case 0:
        return sp_mean_axes(x, 1, &axis, keep);
    case 1:
        return sp_max_axes(x, 1, &axis, keep);
    case 2:
        return sp_softmax(x, axis);
    default:
        return sp_tanh(sp_sum_axes(x, 1, &axis, keep));
    }
}

static sp_tensor *joined(stream *s, sp_tensor *a, sp_tensor *b)
{
    sp_shape x = sp_shape_of(a), y = sp_shape_of(b);
    int axis = x.rank ? below(s, x.rank) : 0;
    bool fit = x.rank > 0 && x.rank == y.rank;
    for (int i = 0; fit && i < x.rank; i++)
        fit = i == axis || x.dim[i] == y.dim[i];
    if (!fit || sp_size_of(a) + sp_size_of(b) > 256)
        return sp_size_of(a) <= 64 ? sp_stack(sp_list_of(a, a), 0) : sp_abs(a);
    return sp_concat(sp_list_of(a, b), axis);
}

static sp_tensor *any(stream *s, sp_tensor **at, int n)
{
    return at[below(s, 3) ? n - 1 - below(s, n < 5 ? n : 5) : below(s, n)]; /* mostly the latest */
}

static sp_tensor *one_more(stream *s, sp_tensor **at, int n)
{
    sp_tensor *a = any(s, at, n), *b = any(s, at, n);
    int kind = below(s, 16);
    return kind < 5    ? unary(s, a)
           : kind < 9  ? binary(s, a, b)
           : kind < 11 ? product(s, a, b)
           : kind < 13 ? reshaped(s, own(a))
           : kind < 15 ? reduced(s, a)
                       : joined(s, a, b);
}

static int start(program *p, sp_list in, sp_tensor **at)
{
    int n = 0;
    for (; n < in.n; n++)
        at[n] = in.at[n];
    for (int i = 0; i < 3; i++)
        at[n++] = p->w[i];
    return n;
}

static sp_list run_program(void *self, sp_list in)
{
    program *p = self;
    stream s = {p->seed};
    sp_tensor *at[MOST], *out[4];
    int n = start(p, in, at), first = n, more = 5 + below(&s, 36);
    for (int i = 0; i < more; i++, n++) {
        at[n] = one_more(&s, at, n);
        if (!at[n])
            return (sp_list){NULL, 0};
        if (below(&s, 10) == 0 && !p->fixed) { /* a parameter changes */
            sp_tensor *w = p->w[below(&s, 3)];
            for (int k = n; k >= first; k--)
                if (sp_shape_equal(sp_shape_of(at[k]), sp_shape_of(w)) && at[k] != w) {
                    sp_assign(w, sp_tanh(at[k]));
                    break;
                }
        }
    }
    int n_out = 1 + below(&s, 4);
    for (int i = 0; i < n_out; i++)
        out[i] = any(&s, at + first, n - first);
    return sp_list_new(n_out, out);
}

/* ---- checks ---- */

static program program_new(uint64_t seed)
{
    program p = {.seed = seed, .dtype = seed % 7 == 0 ? SP_F64 : SP_F32};
    sp_set_seed(seed);
    p.w[0] = sp__param_new(sp_rand_normal(0, 1, p.dtype, SP_DIMS(3)), "v", true);
    p.w[1] = sp__param_new(sp_rand_normal(0, 1, p.dtype, SP_DIMS(3, 4)), "w", true);
    p.w[2] = sp__param_new(sp_rand_normal(0, 1, p.dtype, SP_DIMS(1)), "one", true);
    return p;
}

static void program_free(program *p)
{
    for (int i = 0; i < 3; i++)
        sp__release(p->w[i]);
}

static sp_list inputs_of(const program *p)
{
    return sp_list_of(sp_rand_normal(0, 1, p->dtype, SP_DIMS(4, 3)), sp_rand_normal(0, 1, p->dtype, SP_DIMS(4)),
                      sp_rand_normal(0, 1, p->dtype, SP_DIMS(2, 3, 4)));
}

static const char *random_passes(stream *s)
{
#define X(name, what) #name,
    static const char *const passes[] = { SP__PASSES(X) "in_place" };
#undef X
    const char *list = "";
    int kind = below(s, 4);
    for (size_t i = 0; kind > 1 && i < sizeof passes / sizeof passes[0]; i++)
        if (below(s, 2))
            list = sp_format("%s%s ", list, passes[i]);
    return kind == 0 ? "" : kind == 1 ? "all" : list;
}

static void near(sp_list a, sp_list b, double tol, uint64_t seed, const char *without, const char *what)
{
    if (a.n != b.n)
        fail_msg("seed %d, without '%s': %d %s, expected %d: %s", (int)seed, without, a.n, what, b.n, sp_error_text());
    for (int i = 0; i < b.n; i++) {
        if (!sp_shape_equal(sp_shape_of(a.at[i]), sp_shape_of(b.at[i])))
            fail_msg("seed %d, without '%s': %s %d has another shape", (int)seed, without, what, i);
        for (int64_t k = 0; k < sp_size_of(b.at[i]); k++)
            if (!(fabs(sp_at(a.at[i], k) - sp_at(b.at[i], k)) <= tol * fmax(1, fabs(sp_at(b.at[i], k)))))
                fail_msg("seed %d, without '%s': %s %d, element %d is %.9g, expected %.9g", (int)seed, without, what, i,
                         (int)k, sp_at(a.at[i], k), sp_at(b.at[i], k));
    }
}

/* No two buffers of the arena that live at the same time overlap; each value lies inside of its buffer. */
static void plan_holds(const sp_compiled *c, uint64_t seed)
{
    sp__layout p;
    const sp_graph *g = sp_compiled_graph(c, true);
    assert_true(sp__layout_make(&p, g, seed % 2));
    for (int64_t i = 0; i < p.n_buffers; i++) {
        const sp__buffer *a = &p.buffers[i];
        if (a->home != SP__HOME_ARENA || !a->bytes)
            continue;
        assert_true(a->offset % 64 == 0 && a->offset + a->bytes <= p.arena);
        for (int64_t k = 0; k < i; k++) {
            const sp__buffer *b = &p.buffers[k];
            bool meet = a->first <= b->last && b->first <= a->last;
            bool overlap = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
            if (b->home == SP__HOME_ARENA && b->bytes && meet && overlap)
                fail_msg("seed %d: buffers %d and %d overlap", (int)seed, (int)k, (int)i);
        }
    }
    for (int64_t v = 0; v < g->n_values; v++) {
        const sp__buffer *b = &p.buffers[p.place[v].buffer];
        size_t bytes = (size_t)sp_shape_size(g->values[v].desc.shape) * sp_dtype_size(g->values[v].desc.dtype);
        assert_true(p.place[v].offset + bytes <= b->bytes);
    }
    assert_true(p.arena >= p.lower_bound);
    sp__layout_free(&p);
}

static void check_seed(uint64_t seed)
{
    sp_scope scope = sp_scope_begin();
    stream s = {seed ^ 0x5bd1e995u};
    const char *without = random_passes(&s);
    program eager = program_new(seed), compiled = program_new(seed);
    sp_compiled *c = sp_compile(run_program, &compiled, .without = without);
    double tol = !strcmp(without, "all") ? 0 : compiled.dtype == SP_F64 ? 1e-11 : 1e-4;
    for (int i = 0; i < 3; i++) {
        sp_list in = inputs_of(&eager);
        near(sp_compiled_run(c, in), run_program(&eager, in), tol, seed, without, "results");
        near(sp_list_new(3, compiled.w), sp_list_new(3, eager.w), tol, seed, without, "parameters");
    }
    plan_holds(c, seed);
    sp_compiled_free(c);
    program_free(&eager);
    program_free(&compiled);
    sp_scope_end(scope);
    assert_int_equal(sp_error(), SP_OK);
}

static sp_list gradients(void *self, sp_list in)
{
    program *p = self;
    sp_grad_fn f = {run_program, p, .wrt = SP_ARG(0) | SP_ARG(1) | SP_ARG(2), .weights = sp_list_new(3, p->w)};
    sp_grads g = sp_value_and_grad(&f, in);
    return g.out.n ? sp_list_of(g.d_in.at[0], g.d_in.at[1], g.d_in.at[2], g.d_weights.at[0], g.d_weights.at[1],
                                g.d_weights.at[2], g.out.at[0])
                   : g.out;
}

/* In Float64, so that no rounding takes the other side of a ReLU. */
static void check_gradients(uint64_t seed)
{
    sp_scope scope = sp_scope_begin();
    stream s = {seed ^ 0x1b873593u};
    const char *without = random_passes(&s);
    program p = program_new(7 * seed); /* those are */
    p.fixed = true;
    sp_compiled *c = sp_compile(gradients, &p, .without = without);
    for (int i = 0; i < 2; i++) {
        sp_list in = inputs_of(&p);
        near(sp_compiled_run(c, in), gradients(&p, in), strcmp(without, "all") ? 1e-9 : 0, seed, without, "gradients");
    }
    plan_holds(c, seed);
    sp_compiled_free(c);
    program_free(&p);
    sp_scope_end(scope);
    assert_int_equal(sp_error(), SP_OK);
}

TEST(gradients_of_random_graphs_are_those_of_ordinary_calls)
{
    for (uint64_t seed = 1; seed <= 400; seed++)
        check_gradients(seed);
}

TEST(random_graphs_give_what_ordinary_calls_give)
{
    for (uint64_t seed = 1; seed <= 600; seed++)
        check_seed(seed);
}

TEST_MAIN()
