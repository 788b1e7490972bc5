#include <string.h>

#include "grad/tape.h"

sp_status sp_assign(sp_tensor *t, sp_tensor *value)
{
    if (!sp__given("assign", 1, t) || !sp__given("assign", 2, value))
        return sp_error();
    if (sp__absent(value) || !t->param)
        return sp__err(SP_ERR_STATE, "assign: argument 1 is %s", t->param ? "given no value" : "no parameter");
    const char *name = t->param->name;
    if (!sp_shape_equal(t->shape, value->shape))
        return sp__err(SP_ERR_SHAPE, "assign: %s has shape %s, the value %s", name, SP__STR(t), SP__STR(value));
    if (t->dtype != value->dtype)
        return sp__err(SP_ERR_DTYPE, "assign: %s is %s, the value %s", name, sp_dtype_name(t->dtype),
                       sp_dtype_name(value->dtype));
    const sp__watcher *trace = sp__trace_now();
    if (!trace && !value->data)
        return sp__err(SP_ERR_STATE, "assign: the value of %s belongs to a trace that is over", name);
    if (trace && !trace->assigned)
        return sp__err(SP_ERR_STATE, "assign: %s cannot be changed while a graph is traced (sp_compile can)", name);
    if (sp__tape_tracks(t))
        return sp__err(SP_ERR_STATE, "assign: %s is being differentiated; its saved values would change", name);
    if (trace)
        return trace->assigned(trace->self, t, value);
    memmove(t->data, value->data, (size_t)t->size * sp_dtype_size(t->dtype));
    return SP_OK;
}
