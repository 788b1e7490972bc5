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

/* A number as a 0-d tensor of x's type; NULL for NULL. */
sp_tensor *sp__mi_like(const sp_tensor *x, double number);
/* Positive axis of x; -1, recorded, if it is out of range. */
int sp__mi_axis(sp__mi_call *c, const sp_tensor *x, int64_t axis);
/* Numbers as int; false, recorded, if one does not fit. */
bool sp__mi_narrow(sp__mi_call *c, const sp__ints *from, int *to);
/* Positions [start, stop) of an axis. */
sp_tensor *sp__mi_span(sp_tensor *x, int axis, int64_t start, int64_t stop);
/* A reduction with the settings "axis" (none: all axes) and "keep_dims". */
sp_tensor *sp__mi_reduce(sp__mi_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool));

#endif
