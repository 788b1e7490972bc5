/* file/mindir_rules.h: what the tables of operators (mindir_to_*.c) share. */
#ifndef SP_FILE_MINDIR_RULES_H
#define SP_FILE_MINDIR_RULES_H

#include "file/mindir.h"

#define ARG(i) sp__mi_arg(c, (i))

/* The tables, each ended by a rule without a name. */
extern const sp__mi_rule sp__mi_rules_maths[];
extern const sp__mi_rule sp__mi_rules_shapes[];
extern const sp__mi_rule sp__mi_rules_layers[];
extern const sp__mi_rule sp__mi_rules_ext[];

#define sp__mi_like(x, number)         sp__caller_like((x), (number))
#define sp__mi_axis(c, x, axis)        sp__caller_axis(&(c)->by, (x), (axis))
#define sp__mi_narrow(c, from, to)     sp__caller_narrow(&(c)->by, (from)->n, (from)->v, (to))
#define sp__mi_span(x, axis, from, to) sp__caller_span((x), (axis), (from), (to), 1)
/* A reduction with the settings "axis" (none: all axes) and "keep_dims". */
sp_tensor *sp__mi_reduce(sp__mi_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool));

#endif
