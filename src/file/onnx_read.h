/* file/onnx_read.h: .onnx files to graphs, inside. docs/formats/onnx.md describes what is read.
 *
 * The file's nodes are called one after the other, as expressions of ops, while a trace records them: the recorded graph
 * is the result. Nothing is computed while a file is read but small constants, of which shapes are made (`known`).
 *   onnx_load.c    the file: limits, header, inputs; the graph
 *   onnx_tensor.c  elements: initializers and constants
 *   onnx_run.c     names to values, node after node; small constants
 *   onnx_value.c   arguments and settings of operators: attributes (older opsets) or constant inputs (newer ones)
 *   onnx_to_ops.c  finds an operator in the tables of what each one is in ops (onnx_rules.h): onnx_to_maths.c,
 *                  _activations.c, _shapes.c, _layers.c
 *
 * Open sizes. An input may have dimensions of any size, and a file computes shapes from them (Shape, Gather, Concat,
 * Reshape). The nodes are called twice then, for different sizes: first in a rehearsal, whose graph is thrown away, then
 * for the graph. Numbers that are equal in both do not depend on the open sizes; those that differ do, and rules that
 * have another way to say them use it (Reshape's -1), others refuse. */
#ifndef SP_FILE_ONNX_READ_H
#define SP_FILE_ONNX_READ_H

#include "file/caller.h"
#include "file/external.h"
#include "file/onnx.h"

typedef Sp__Onnx__Attr sp__ox_attr;
typedef Sp__Onnx__Node sp__ox_node;
typedef Sp__Onnx__Tensor sp__ox_tensor;

#define SP__OX_KNOWN_MAX 4096               /* elements of a known value                      */
#define SP__OX_MADE_MAX  ((size_t)32 << 20) /* bytes of all constants that a file's nodes make */

/* ---- values ---- */

typedef struct sp__ox_value {
    sp_tensor *tensor; /* in the trace; NULL: not asked for yet (made of `held`) */
    sp_tensor *held;   /* the elements of an initializer or constant, or of what was computed of constants; else NULL */
    bool known;        /* small and no parameter: shapes and settings are made of it, and further constants */
} sp__ox_value;

/* What a value was in the rehearsal. */
typedef struct sp__ox_past {
    sp_shape shape;
    sp_tensor *held; /* if it was known; retained */
} sp__ox_past;

/* ---- one operator being called ---- */

#define SP__OX_MAX_SETTINGS 4
#define SP__OX_MAX_RESULTS  64

typedef struct sp__ox_rule sp__ox_rule;
typedef struct sp__ox_model sp__ox_model;

typedef struct sp__ox_call {
    sp__caller by;
    const sp__ox_rule *rule;
    sp__ox_model *model;
    const int *in; /* values by number; -1: left out */
    int n_in;
    sp__ox_attr *const *attrs;
    size_t n_attrs;
    uint64_t asked; /* bit i: attribute i was asked for */
    int64_t opset;
    bool folding;                       /* of known values: computed                            */
    int n_results;                      /* outputs of the node                                  */
    int wanted;                         /* up to the last one with a name                       */
    sp_tensor *out[SP__OX_MAX_RESULTS]; /* of a rule with several results; NULL: not supported  */
    int n_out;                          /* 0: the one result that the rule returns              */
} sp__ox_call;

/* One operator: how many of its inputs are data, and what the further ones set. They are attributes of the same names
 * in older opsets. The result is NULL on failure, recorded. */
struct sp__ox_rule {
    const char *op;
    int n_data;
    bool folds; /* may be computed while the file is read if all its inputs are known */
    sp_tensor *(*call)(sp__ox_call *c);
    const char *settings[SP__OX_MAX_SETTINGS];
};

const sp__ox_rule *sp__ox_rule_find(const char *op);

/* Input i as data: NULL, recorded, if there is none. */
sp_tensor *sp__ox_arg(sp__ox_call *c, int i);
/* SP_NONE for one that is left out. */
sp_tensor *sp__ox_optional(sp__ox_call *c, int i);
bool sp__ox_given(const sp__ox_call *c, int i);
/* All of them; n = 0, recorded, if there are none. */
sp_list sp__ox_args(sp__ox_call *c);
/* The shape of input i in the rehearsal; its shape now if there was none. Rank -1 if there is no such input. */
sp_shape sp__ox_past_shape(const sp__ox_call *c, int i);
/* Whether dimension k of input i is the same for all open sizes. */
bool sp__ox_fixed(const sp__ox_call *c, int i, int k);

/* Numbers of a setting. */
typedef struct sp__ox_ints {
    int n; /* 0: not there, or empty; -1: failed */
    int64_t v[SP__OX_MAX_RESULTS];
} sp__ox_ints;

/* Settings by name. If one is not there: the value given; what is there but of another kind is an error, and the call
 * fails whatever the rule makes of the answer. */
bool sp__ox_has(sp__ox_call *c, const char *name);
int64_t sp__ox_int(sp__ox_call *c, const char *name, int64_t otherwise);
double sp__ox_float(sp__ox_call *c, const char *name, double otherwise);
const char *sp__ox_text(sp__ox_call *c, const char *name, const char *otherwise);
sp__ox_ints sp__ox_ints_of(sp__ox_call *c, const char *name);
/* Also those that depend on open sizes: past has what they were in the rehearsal. False: failed. */
bool sp__ox_open_ints(sp__ox_call *c, const char *name, sp__ox_ints *now, sp__ox_ints *past);
/* An element type, by its number. SP_DTYPE_COUNT_: failed, or not there. */
sp_dtype sp__ox_type(sp__ox_call *c, const char *name);
/* The attribute itself; NULL if it is not there. */
const sp__ox_attr *sp__ox_attribute(sp__ox_call *c, const char *name);

#define sp__ox_fail(c, ...) sp__caller_fail(&(c)->by, __VA_ARGS__)

/* ---- elements ---- */

/* Type and shape of a tensor of the file. what names it in errors: "initializer 'w'". */
sp_status sp__ox_describe(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__desc *out);
/* Its elements, in the current scope; NULL, recorded, on failure. */
sp_tensor *sp__ox_elements(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__external *files);

/* ---- the model ---- */

struct sp__ox_model {
    const sp__source *source;
    Sp__Onnx__Graph *graph;
    sp__external *files;
    int64_t opset;
    sp__names value_names, function_names;
    sp__ox_value *values; /* by the numbers in value_names; in the scope */
    int n_values, max_values;
    sp_tensor **initializers; /* by their order in the file; retained    */
    sp__desc *inputs;         /* that are no initializers                */
    const char **input_names;
    int n_inputs;
    sp__ox_past *past;     /* by value; NULL: no rehearsal was needed */
    bool rehearsing, open; /* open: some dimension of an input is     */
    size_t made;           /* bytes of constants that were computed   */
};

/* As a sp_fn (self: the model): the inputs; gives the outputs. */
sp_list sp__ox_run(void *model, sp_list in);

/* SP_ERR_UNSUPPORTED, naming all operators of the graph that have no rule. */
sp_status sp__ox_check_operators(sp__ox_model *m);

/* The value of a Constant node, in the current scope. */
sp_tensor *sp__ox_constant(const sp__ox_model *m, const sp__ox_node *node);

/* As sp_graph_load, from any source; path NULL: no separate files. */
sp_graph *sp__onnx_load_source(sp__source *s, const char *path);

#endif
