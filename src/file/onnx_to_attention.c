/* file/onnx_to_attention.c: Einsum and Attention of .onnx files in ops. */
#if SPORE_HAVE_PROTOBUF
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "file/onnx_to.h"

/* ---- Einsum: letters name axes; two terms at a time become a product of matrices ---- */

#define LETTERS 128

typedef struct term {
    sp_tensor *t;
    int n;
    char letter[SP_MAX_RANK];
} term;

typedef struct sizes {
    int64_t now[LETTERS], past[LETTERS];
} sizes;

static bool has(const term *t, char letter) { return memchr(t->letter, letter, (size_t)t->n) != NULL; }
static bool in_text(const char *text, char letter) { return letter && strchr(text, letter); }

/* Reads the letters of one term, to a comma or the end; false if they are no axes of different names. */
static bool read_letters(const char **at, term *t)
{
    for (t->n = 0; **at && **at != ',' && **at != '-'; ++*at) {
        if (**at == ' ')
            continue;
        if (!isalpha((unsigned char)**at) || has(t, **at) || t->n == SP_MAX_RANK)
            return false;
        t->letter[t->n++] = **at;
    }
    return true;
}

/* In the order of `order`, the axes of which t has. */
static sp_tensor *ordered(term *t, const char *order)
{
    int perm[SP_MAX_RANK], n = 0;
    bool same = true;
    for (const char *p = order; *p; p++) {
        const char *found = memchr(t->letter, *p, (size_t)t->n);
        if (!found)
            continue;
        perm[n] = (int)(found - t->letter);
        same = same && perm[n] == n;
        n++;
    }
    return same || n != t->n ? t->t : sp_transpose(t->t, n, perm);
}

/* Sums the axes that nobody else names. */
static void sum_others(term *t, const char *kept, const term *other)
{
    int axes[SP_MAX_RANK], n = 0, left = 0;
    for (int i = 0; i < t->n; i++)
        if (!in_text(kept, t->letter[i]) && !(other && has(other, t->letter[i])))
            axes[n++] = i;
    if (n == 0)
        return;
    t->t = sp_sum_axes(t->t, n, axes, false);
    for (int i = 0; i < t->n; i++)
        if (in_text(kept, t->letter[i]) || (other && has(other, t->letter[i])))
            t->letter[left++] = t->letter[i];
    t->n = left;
}

/* The letters of a product: of both and kept; of both and summed; of one alone. */
typedef struct groups {
    char batch[SP_MAX_RANK + 1], inner[SP_MAX_RANK + 1], rows[SP_MAX_RANK + 1], columns[SP_MAX_RANK + 1];
} groups;

static void append(char *text, char letter)
{
    size_t n = strlen(text);
    text[n] = letter;
    text[n + 1] = '\0';
}

static void group(const term *a, const term *b, const char *kept, groups *g)
{
    *g = (groups){0};
    for (int i = 0; i < a->n; i++)
        append(!has(b, a->letter[i]) ? g->rows : in_text(kept, a->letter[i]) ? g->batch : g->inner, a->letter[i]);
    for (int i = 0; i < b->n; i++)
        if (!has(a, b->letter[i]))
            append(g->columns, b->letter[i]);
}

/* One axis for each letter, or one for all; false: of too many elements. multiply() has counted the axes. */
static bool add_group(sp_shape *now, sp_shape *past, const sizes *s, const char *letters, bool as_one)
{
    if (as_one)
        now->dim[now->rank] = past->dim[past->rank] = 1;
    for (const char *p = letters; *p; p++) {
        int64_t *a = &now->dim[now->rank], *b = &past->dim[past->rank];
        if (as_one &&
            (__builtin_mul_overflow(*a, s->now[(int)*p], a) || __builtin_mul_overflow(*b, s->past[(int)*p], b)))
            return false;
        if (!as_one)
            *a = s->now[(int)*p], *b = s->past[(int)*p], now->rank++, past->rank++;
    }
    if (as_one)
        now->rank++, past->rank++;
    return true;
}

/* t as (batch..., first, second), the last two merged groups. */
static sp_tensor *as_matrices(sp__ox_call *c, term *t, const sizes *s, const groups *g, const char *first,
                              const char *second)
{
    sp_shape now = {0}, past = {0};
    sp_tensor *x = ordered(t, sp__scope_printf("%s%s%s", g->batch, first, second));
    bool merged = strlen(first) != 1 || strlen(second) != 1;
    if (!merged)
        return x;
    add_group(&now, &past, s, g->batch, false);
    if (!add_group(&now, &past, s, first, true) || !add_group(&now, &past, s, second, true))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "too many elements");
    return sp__ox_reshape(c, x, now, past);
}

static bool multiply(sp__ox_call *c, term *a, term *b, const char *kept, const sizes *s)
{
    groups g;
    sp_shape now = {0}, past = {0};
    sum_others(a, kept, b);
    sum_others(b, kept, a);
    group(a, b, kept, &g);
    if (strlen(g.batch) + strlen(g.rows) + strlen(g.columns) > SP_MAX_RANK || strlen(g.batch) + 2 > SP_MAX_RANK) {
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "more than %d axes", SP_MAX_RANK);
        return false;
    }
    sp_tensor *x = as_matrices(c, a, s, &g, g.rows, g.inner), *y = as_matrices(c, b, s, &g, g.inner, g.columns);
    sp_tensor *z = x ? sp_matmul(x, y) : NULL;
    if (strlen(g.rows) != 1 || strlen(g.columns) != 1) {
        add_group(&now, &past, s, g.batch, false);
        add_group(&now, &past, s, g.rows, false);
        add_group(&now, &past, s, g.columns, false);
        z = z ? sp__ox_reshape(c, z, now, past) : NULL;
    }
    a->t = z;
    a->n = 0;
    for (const char *p = sp__scope_printf("%s%s%s", g.batch, g.rows, g.columns); *p; p++)
        a->letter[a->n++] = *p;
    return z != NULL;
}

/* The letters that come after the terms read: those of later terms and of the result. Without an arrow the result has those that
 * appear once, in alphabetical order. */
static const char *result_of(const char *equation)
{
    const char *arrow = strstr(equation, "->");
    char out[2 * LETTERS] = "";
    if (arrow)
        return arrow + 2;
    for (int l = 'A'; l <= 'z'; l++) {
        const char *first = isalpha(l) ? strchr(equation, l) : NULL;
        if (first && !strchr(first + 1, l))
            append(out, (char)l);
    }
    return sp__scope_printf("%s", out);
}

static bool read_term(sp__ox_call *c, int i, const char **at, term *t, sizes *s)
{
    t->t = ARG(i);
    bool ok = t->t && read_letters(at, t) && t->n == t->t->shape.rank;
    sp_shape past = sp__ox_past_shape(c, i);
    for (int k = 0; ok && k < t->n; k++) {
        int l = t->letter[k];
        ok = s->now[l] == 0 || (s->now[l] == t->t->shape.dim[k] && s->past[l] == past.dim[k]);
        s->now[l] = t->t->shape.dim[k];
        s->past[l] = past.dim[k];
    }
    if (!ok && !c->by.failed)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "its term %d does not fit %s, or has a letter twice or an ellipsis", i + 1,
                    t->t ? SP__STR(t->t) : "nothing");
    return ok;
}

static sp_tensor *einsum(sp__ox_call *c)
{
    const char *equation = sp__ox_text(c, "equation", ""), *at = equation;
    const char *result = equation ? result_of(equation) : NULL;
    static const sizes none;
    sizes s = none;
    term sum, next, out;
    if (!result || c->by.failed || !read_term(c, 0, &at, &sum, &s))
        return NULL;
    for (int i = 1; i < c->n_in; i++) {
        if (*at != ',')
            return sp__ox_fail(c, SP_ERR_FORMAT, "%d arguments for '%s'", c->n_in,
                               sp__shown(equation, strlen(equation)));
        at++;
        if (!read_term(c, i, &at, &next, &s) || !multiply(c, &sum, &next, sp__scope_printf("%s%s", at, result), &s))
            return NULL;
    }
    sum_others(&sum, result, NULL);
    if (!read_letters(&result, &out) || *at == ',' || *result || out.n != sum.n)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the equation '%s'", sp__shown(equation, strlen(equation)));
    return ordered(&sum, sp__scope_printf("%.*s", out.n, out.letter));
}

/* ---- attention: softmax(q k' scale + mask) v ---- */

/* (B, S, heads * d) as (B, heads, S, d) */
static sp_tensor *heads_apart(sp__ox_call *c, int i, sp_tensor *x, int64_t heads)
{
    if (!x || x->shape.rank == 4)
        return x;
    sp_shape now = x->shape, past = sp__ox_past_shape(c, i);
    if (now.rank != 3 || heads < 1 || now.dim[2] % heads != 0)
        return sp__ox_fail(c, SP_ERR_SHAPE, "%lld heads of %s", (long long)heads, SP__STR(x));
    int64_t d = now.dim[2] / heads;
    sp_tensor *y =
        sp__ox_reshape(c, x, SP_DIMS(now.dim[0], now.dim[1], heads, d), SP_DIMS(past.dim[0], past.dim[1], heads, d));
    return sp_transpose(y, 4, (int[]){0, 2, 1, 3});
}

/* (B, heads, S, d), each head `times` times */
static sp_tensor *repeated(sp__ox_call *c, int i, sp_tensor *x, int64_t times)
{
    if (!x || times == 1)
        return x;
    int64_t b = sp__ox_past_shape(c, i).dim[0];
    sp_shape now = x->shape;
    x = sp_tile(sp_expand_dims(x, 2), 5, (int64_t[]){1, 1, times, 1, 1});
    return sp__ox_reshape(c, x, SP_DIMS(now.dim[0], now.dim[1] * times, now.dim[2], now.dim[3]),
                          SP_DIMS(b, now.dim[1] * times, now.dim[2], now.dim[3]));
}

/* -inf where the key comes after the query */
static sp_tensor *causal(sp__ox_call *c, sp_tensor *scores)
{
    sp_tensor *row = sp__ox_count(c, scores->shape.dim[2], 0, 1), *column = sp__ox_count(c, scores->shape.dim[3], 0, 1);
    sp_tensor *seen = sp_less_equal(column, sp_expand_dims(row, 1));
    return sp_where(seen, scores, LIKE(scores, -(double)INFINITY));
}

static sp_tensor *masked(sp__ox_call *c, sp_tensor *scores)
{
    sp_tensor *mask = sp__ox_given(c, 3) ? ARG(3) : NULL;
    if (!mask || !scores)
        return sp__ox_given(c, 3) ? NULL : scores;
    if (mask->dtype == SP_BOOL)
        return sp_where(mask, scores, LIKE(scores, -(double)INFINITY));
    return sp_add(scores, mask);
}

/* Rows that see nothing become zeros, not NaN. */
static sp_tensor *weights_of(sp_tensor *scores)
{
    sp_tensor *most = scores ? sp_max_axes(scores, 1, (int[]){3}, true) : NULL, *w = sp_softmax(scores, 3);
    return most ? sp_where(sp_equal(most, LIKE(most, -(double)INFINITY)), LIKE(w, 0), w) : NULL;
}

/* q, k and v have four axes by now, or have failed. */
static bool attention_fits(sp__ox_call *c, const sp_tensor *q, const sp_tensor *k, const sp_tensor *v, bool is_causal)
{
    if (!q || !k || !v)
        return false;
    if (k->shape.dim[1] < 1 || q->shape.dim[1] % k->shape.dim[1] != 0 || k->shape.dim[1] != v->shape.dim[1]) {
        sp__ox_fail(c, SP_ERR_SHAPE, "q %s, k %s, v %s", SP__STR(q), SP__STR(k), SP__STR(v));
        return false;
    }
    bool flat = c->model->values[c->in[0]].tensor && sp__ox_past_shape(c, 0).rank == 3;
    bool open = !sp__ox_fixed(c, 0, flat ? 1 : 2) || !sp__ox_fixed(c, 1, flat ? 1 : 2);
    if (open && (is_causal || q->shape.dim[1] != k->shape.dim[1] || flat)) {
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the number of positions is open");
        return false;
    }
    return true;
}

static sp_tensor *attention(sp__ox_call *c)
{
    bool is_causal = sp__ox_int(c, "is_causal", 0) != 0;
    int64_t heads = sp__ox_int(c, "q_num_heads", 0), kv_heads = sp__ox_int(c, "kv_num_heads", 0);
    double scale = sp__ox_float(c, "scale", 0), cap = sp__ox_float(c, "softcap", 0);
    sp__ox_int(c, "softmax_precision", 0), sp__ox_int(c, "qk_matmul_output_mode", 0); /* of a result that is refused */
    if (sp__ox_given(c, 4) || sp__ox_given(c, 5) || sp__ox_given(c, 6) || c->wanted > 1)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "past keys and values, and more than one result, are not supported");
    sp_tensor *q = ARG(0), *k = ARG(1), *v = ARG(2);
    bool flat = q && q->shape.rank == 3;
    q = heads_apart(c, 0, q, heads), k = heads_apart(c, 1, k, kv_heads), v = heads_apart(c, 2, v, kv_heads);
    if (c->by.failed || !attention_fits(c, q, k, v, is_causal))
        return NULL;
    int64_t times = q->shape.dim[1] / k->shape.dim[1], d = q->shape.dim[3];
    k = repeated(c, 1, k, times), v = repeated(c, 2, v, times);
    scale = scale != 0 ? scale
            : d > 0    ? 1 / sqrt((double)d)
                       : 1; /* half of it on either side: no overflow in 16 bits */
    q = sp_mul(q, LIKE(q, sqrt(scale))), k = sp_mul(k, LIKE(k, sqrt(scale)));
    sp_tensor *s = sp_matmul_t(q, k, false, true);
    if (cap > 0)
        s = sp_mul(sp_tanh(sp_div(s, LIKE(s, cap))), LIKE(s, cap));
    s = masked(c, s);
    s = s && is_causal ? causal(c, s) : s;
    sp_tensor *y = sp_matmul(weights_of(s), v);
    if (flat)
        y = sp_transpose(y, 4, (int[]){0, 2, 1, 3});
    if (!flat || !y)
        return y;
    return sp_reshape(y, SP_DIMS(-1, y->shape.dim[1], y->shape.dim[2] * y->shape.dim[3]));
}

const sp__ox_rule sp__ox_rules_attention[] = {
    {"Einsum", 1, false, einsum, {0}},
    {"Attention", 7, false, attention, {0}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
