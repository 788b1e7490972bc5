/* file/mindir_to_ops.c: finds what an operator of a .mindir file is in ops. The tables have one line per operator
 * (mindir_to_*.c); a plain op of ours that has the operator's name and no attributes needs none. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir_rules.h"

/* ---- finding ---- */

static sp_tensor *same_op(sp__mi_call *c)
{
    sp_tensor *in[SP__MAX_IN];
    const sp__op *op = sp__op_find(c->by.op);
    int n = SP__MIN(c->n_in, op->max_in); /* further inputs are settings that have no effect: Round's decimals */
    for (int i = 0; i < n; i++)
        in[i] = ARG(i);
    return sp__apply1(op, n, in, NULL);
}

/* An op of the same name without attributes. */
static const sp__mi_rule plain = {.call = same_op};

static const sp__mi_rule *const tables[] = {sp__mi_rules_maths, sp__mi_rules_shapes, sp__mi_rules_layers,
                                            sp__mi_rules_ext};

const sp__mi_rule *sp__mi_rule_find(const char *name)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const sp__mi_rule *r = tables[t]; r->op; r++)
            if (strcmp(r->op, name) == 0)
                return r;
    const sp__op *op = sp__op_find(name);
    bool is_plain = op && op->n_fields == 0 && op->n_out == 1 &&
                    !(op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM | SP__BARRIER));
    return is_plain ? &plain : NULL;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
