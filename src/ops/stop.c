/* Ops that pass their argument on: Identity (a handle of its own for the same elements) and StopGradient. */
#include "ops/op.h"

static int64_t whole_view(const sp__call *c)
{
    (void)c;
    return 0;
}

static void identity_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)n, (void)want;
    dx[0] = dy[0];
}

const sp__op sp__op_identity = {.name = "Identity",
                                .label = "identity",
                                .onnx = "Identity",
                                .min_in = 1,
                                .max_in = 1,
                                .n_out = 1,
                                .rule = sp__rule_same,
                                .view = whole_view,
                                .grad = identity_grad};

const sp__op sp__op_stop_gradient = {.name = "StopGradient",
                                     .label = "stop_gradient",
                                     .onnx = "Identity",
                                     .min_in = 1,
                                     .max_in = 1,
                                     .n_out = 1,
                                     .flags = SP__BARRIER,
                                     .rule = sp__rule_same,
                                     .view = whole_view,
                                     .no_grad = "nothing behind it is differentiated"};
