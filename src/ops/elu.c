/* Elu{alpha} (Clevert et al. 2016): x above 0, alpha (e^x - 1) below. */
#include "kernels/kernels.h"
#include "ops/op.h"

typedef struct elu_attrs {
    double alpha;
} elu_attrs;

static const sp__field elu_fields[] = {SP__FIELD(elu_attrs, alpha, SP__FLOAT, .preset = 1)};

static double alpha_of(const void *attrs) { return ((const elu_attrs *)attrs)->alpha; }

static sp_tensor *is_above(sp_tensor *x) { return x ? sp_greater(x, sp__like(x, 0)) : NULL; }

/* The side not taken is computed at 0, so that it stays finite. */
static sp_tensor *elu_elements(sp_tensor *x, double alpha)
{
    sp_tensor *above = is_above(x);
    sp_tensor *below = sp_where(above, sp__like(x, 0), x);
    if (below)
        sp__k_unary(SP__EXPM1, below->dtype, below->data, below->data, below->size);
    return sp_where(above, x, sp_mul_number(below, alpha));
}

static sp_status elu_run(sp__call *c)
{
    const sp__watcher *tape = sp__watch(NULL);
    sp_scope scope = sp_scope_begin();
    sp_status st = sp__copy_elements(c->y[0], elu_elements(c->in[0], alpha_of(c->attrs)));
    sp_scope_end(scope);
    sp__watch(tape);
    return st;
}

/* 1 above, alpha e^x = y + alpha below (and at 0, as MindSpore). */
static void elu_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    sp_tensor *below = sp_add_number(n->out[0], alpha_of(n->attrs));
    dx[0] = sp_mul(dy[0], sp_where(is_above(n->in[0]), sp__like(n->in[0], 1), below));
}

const sp__op sp__op_elu = {.name = "Elu",
                           .label = "elu",
                           .onnx = "Elu",
                           .min_in = 1,
                           .max_in = 1,
                           .n_out = 1,
                           .flags = SP__FLOAT_ONLY | SP__VIA_F32,
                           SP__FIELDS(elu_fields),
                           .attr_size = sizeof(elu_attrs),
                           .rule = sp__rule_same,
                           .run = elu_run,
                           .grad = elu_grad,
                           .saves = SP__IN(0) | SP__OUT(0)};

sp_tensor *sp_elu(sp_tensor *x, double alpha) { return sp__call_op(&sp__op_elu, &(elu_attrs){alpha}, x); }
