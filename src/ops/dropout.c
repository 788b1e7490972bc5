/* Dropout (Srivastava et al. 2014), scaled while training, so that inference is the identity. Results: y and the mask (Bool,
 * what was kept), which the gradient is made with. */
#include "kernels/kernels.h"
#include "ops/op.h"

typedef struct dropout_attrs {
    double keep_prob; /* in (0, 1]                                                                      */
    int64_t Seed0;    /* the random stream that the mask is drawn from; both 0: each call takes the     */
    int64_t Seed1;    /* thread's next one, so that a graph that is run again draws again              */
} dropout_attrs;

#define KEEP_PROB SP__FIELD(dropout_attrs, keep_prob, SP__FLOAT, .min = 0, .max = 1, .preset = 0.5)
static const sp__field dropout_fields[] = {KEEP_PROB, SP__FIELD(dropout_attrs, Seed0, SP__INT),
                                           SP__FIELD(dropout_attrs, Seed1, SP__INT)};
static const sp__field back_fields[] = {KEEP_PROB};

static double keep_of(const void *attrs) { return ((const dropout_attrs *)attrs)->keep_prob; }

static sp_status check_keep(const sp__call *c)
{
    if (keep_of(c->attrs) > 0)
        return SP_OK;
    return sp__err(SP_ERR_VALUE, "%s: keep_prob is 0, expected more than 0 and at most 1", c->op->label);
}

/* ---- DropoutGrad(dy, mask): dy mask / keep_prob; linear, its own gradient ---- */

static sp_status dropout_back_rule(sp__call *c)
{
    c->out[0] = sp__desc_of(c->in[0]);
    if (check_keep(c) != SP_OK || sp__want_type(c, 1, SP_BOOL) != SP_OK)
        return sp_error();
    if (sp_shape_equal(c->in[0]->shape, c->in[1]->shape))
        return SP_OK;
    return sp__err(SP_ERR_SHAPE, "%s: shapes differ: %s and %s", c->op->label, SP__STR(c->in[0]), SP__STR(c->in[1]));
}

static sp_status dropout_back_run(sp__call *c)
{
    if (sp__k_dropout_apply(c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[1]->data, keep_of(c->attrs),
                            c->in[0]->size))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

static sp_tensor *back(const void *attrs, sp_tensor *dy, sp_tensor *mask)
{
    return sp__call_op(&sp__op_dropout_back, &(dropout_attrs){.keep_prob = keep_of(attrs)}, dy, mask);
}

static void dropout_back_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = back(n->attrs, g[0], n->in[1]);
}

const sp__op sp__op_dropout_back = {.name = "DropoutGrad",
                                    .label = "dropout_back",
                                    .min_in = 2,
                                    .max_in = 2,
                                    .n_out = 1,
                                    .flags = SP__GRADIENT,
                                    SP__FIELDS(back_fields),
                                    .attr_size = sizeof(dropout_attrs),
                                    .rule = dropout_back_rule,
                                    .run = dropout_back_run,
                                    .grad = dropout_back_grad,
                                    .saves = SP__IN(1)};

/* ---- Dropout ---- */

static sp_status dropout_rule(sp__call *c)
{
    c->out[0] = sp__desc_of(c->in[0]);
    c->out[1] = (sp__desc){SP_BOOL, c->in[0]->shape};
    return check_keep(c);
}

static sp_status dropout_run(sp__call *c)
{
    const dropout_attrs *a = c->attrs;
    sp__random stream = {(uint64_t)a->Seed0, (uint64_t)a->Seed1};
    if (a->Seed0 == 0 && a->Seed1 == 0)
        stream = sp__random_next();
    if (sp__k_dropout(c->in[0]->dtype, c->y[0]->data, c->y[1]->data, c->in[0]->data, a->keep_prob, stream,
                      c->in[0]->size))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

static void dropout_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = back(n->attrs, dy[0], n->out[1]);
}

const sp__op sp__op_dropout = {.name = "Dropout",
                               .label = "dropout",
                               .onnx = "Dropout",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 2,
                               .flags = SP__FLOAT_ONLY | SP__RANDOM,
                               SP__FIELDS(dropout_fields),
                               .attr_size = sizeof(dropout_attrs),
                               .rule = dropout_rule,
                               .run = dropout_run,
                               .grad = dropout_grad,
                               .saves = SP__OUT(1)};

sp_tensor *sp_dropout(sp_tensor *x, double p)
{
    if (!sp__given("dropout", 1, x))
        return NULL;
    if (!(p >= 0 && p < 1))
        return sp__fail(SP_ERR_VALUE, "dropout: p is %g, expected at least 0 and less than 1", p);
    return sp__call_op(&sp__op_dropout, &(dropout_attrs){.keep_prob = 1 - p}, x);
}
