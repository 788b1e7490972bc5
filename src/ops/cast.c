/* Cast. */
#include "kernels/kernels.h"
#include "ops/op.h"

typedef struct cast_attrs {
    sp_dtype dst_type;
} cast_attrs;

static const sp__field cast_fields[] = {SP__FIELD(cast_attrs, dst_type, SP__TYPE)};

static sp_status cast_rule(sp__call *c)
{
    c->out[0] = (sp__desc){((const cast_attrs *)c->attrs)->dst_type, c->in[0]->shape};
    return SP_OK;
}

static sp_status cast_run(sp__call *c)
{
    sp__k_cast(c->out[0].dtype, c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[0]->size);
    return SP_OK;
}

/* To its own type: the same elements. */
static int64_t cast_view(const sp__call *c) { return c->out[0].dtype == c->in[0]->dtype ? 0 : -1; }

static void cast_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = sp_cast(dy[0], n->in_desc[0].dtype);
}

const sp__op sp__op_cast = {.name = "Cast",
                            .label = "cast",
                            .onnx = "Cast",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 1,
                            SP__FIELDS(cast_fields),
                            .attr_size = sizeof(cast_attrs),
                            .rule = cast_rule,
                            .run = cast_run,
                            .view = cast_view,
                            .grad = cast_grad};

sp_tensor *sp_cast(sp_tensor *x, sp_dtype dtype) { return sp__call_op(&sp__op_cast, &(cast_attrs){dtype}, x); }
