/* file/onnx_to.h: what the tables of operators (onnx_to_*.c) share. */
#ifndef SP_FILE_ONNX_TO_H
#define SP_FILE_ONNX_TO_H

#include "file/onnx_read.h"

#define ARG(i)             sp__ox_arg(c, (i))
#define LIKE(x, number)    sp__caller_like((x), (number))
#define AXIS(x, axis)      sp__caller_axis(&c->by, (x), (axis))
#define NARROW(ints, axes) sp__caller_narrow(&c->by, SP__MIN((ints).n, SP_MAX_RANK + 1), (ints).v, (axes))

/* The tables, each ended by a rule without a name. */
extern const sp__ox_rule sp__ox_rules_maths[];
extern const sp__ox_rule sp__ox_rules_activations[];
extern const sp__ox_rule sp__ox_rules_shapes[];
extern const sp__ox_rule sp__ox_rules_layers[];

/* Axes out of `rank`, each once, made >= 0, in ascending order; n = -1, recorded, on failure. */
sp__ints sp__ox_axes(sp__ox_call *c, const sp__ox_ints *from, int rank);
/* x in another shape: as it is now, and as it would have been in the rehearsal. At most one dimension may differ. */
sp_tensor *sp__ox_reshape(sp__ox_call *c, sp_tensor *x, sp_shape now, sp_shape past);
/* x broadcast to a shape whose open dimensions are x's own or those of an input of the graph. */
sp_tensor *sp__ox_stretch(sp__ox_call *c, sp_tensor *x, sp_shape x_past, sp_shape now, sp_shape past);
/* from, from + step, ...: n numbers, a constant. */
sp_tensor *sp__ox_count(sp__ox_call *c, int64_t n, int64_t from, int64_t step);
/* A real tensor made by a rule, as data. */
sp_tensor *sp__ox_made(sp__ox_call *c, sp_tensor *t);
/* x between `before` elements of value in front and `after` behind, along one axis. */
sp_tensor *sp__ox_pad(sp__ox_call *c, sp_tensor *x, int axis, int64_t before, int64_t after, sp_tensor *value);

#endif
