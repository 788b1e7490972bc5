/* file/mindir.h: graphs in files, inside. docs/formats/mindir.md describes the format.
 *
 * Reading. The file's operators are called one after the other, as expressions of ops, while a trace records them:
 * the recorded graph is the result. Parameters and constants are inputs of that trace and only afterwards become
 * what they are, so nothing is computed while a file is read, whatever it asks for.
 *   mindir_load.c    the file: limits, header, parameters
 *   mindir_run.c     names to values, node after node
 *   mindir_value.c   settings of operators: from attributes (old form) or constant inputs (new form)
 *   mindir_to_ops.c  finds an operator in the tables of what each one is in ops (mindir_rules.h): mindir_to_maths.c,
 *                    _shapes.c, _layers.c; _ext.c for those that only 2.10 has
 *   caller.c         what it shares with the reader of .onnx files
 *   external.c       parameters in files of their own
 *
 * Writing. Each node of the graph becomes one or more nodes of the file.
 *   mindir_save.c      the file
 *   mindir_emit.c      messages by parts
 *   mindir_from_ops.c  the table of ops: what each one is in the file */
#ifndef SP_FILE_MINDIR_H
#define SP_FILE_MINDIR_H

#include "file/caller.h"
#include "file/proto.h"
#include "file/proto/mindir.pb-c.h"
#include "graph/graph.h"

typedef Sp__Mindir__Attr sp__mi_attr;
typedef Sp__Mindir__Node sp__mi_node;
typedef Sp__Mindir__Tensor sp__mi_tensor;

/* Types of attributes, and of elements. */
enum {
    SP__MI_FLOAT = 1,
    SP__MI_UINT8 = 2,
    SP__MI_INT8 = 3,
    SP__MI_UINT16 = 4,
    SP__MI_INT16 = 5,
    SP__MI_INT32 = 6,
    SP__MI_INT64 = 7,
    SP__MI_STRING = 8,
    SP__MI_BOOL = 9,
    SP__MI_FLOAT16 = 10,
    SP__MI_DOUBLE = 11,
    SP__MI_UINT32 = 12,
    SP__MI_UINT64 = 13,
    SP__MI_BFLOAT16 = 16,
    SP__MI_FLOAT64 = 17, /* as an element type; as an attribute type: */
    SP__MI_TENSOR = 17,
    SP__MI_TENSORS = 19,
    SP__MI_TUPLE = 20,
    SP__MI_LIST = 21,
    SP__MI_UMONAD = 23,
    SP__MI_IOMONAD = 24,
    SP__MI_NONE = 25
};

/* SP_DTYPE_COUNT_ for a code that is none of ours. */
sp_dtype sp__mi_dtype(int64_t code);
int32_t sp__mi_code(sp_dtype dtype);

/* "fc1.weight" of "graph:fc1.weight". */
const char *sp__mi_visible(const char *name);

/* ---- reading: values ---- */

typedef enum sp__mi_kind {
    SP__MI_V_UNKNOWN, /* an output that is not supported: an error when it is used   */
    SP__MI_V_TENSOR,
    SP__MI_V_SETTING, /* a constant that is no tensor: `attr`                         */
    SP__MI_V_TUPLE,   /* `items`                                                      */
    SP__MI_V_TOKEN    /* order of side effects: nothing                               */
} sp__mi_kind;

typedef struct sp__mi_value {
    sp__mi_kind kind;
    sp_tensor *tensor;          /* SETTING: NULL                                                */
    const sp__mi_attr *attr;    /* of a constant, tensors too; else NULL                      */
    struct sp__mi_value *items; /* in the scope */
    int n;
} sp__mi_value;

/* ---- reading: one operator being called ---- */

#define SP__MI_MAX_SETTINGS 8
#define SP__MI_MAX_RESULTS  64

typedef struct sp__mi_rule sp__mi_rule;

typedef struct sp__mi_call {
    sp__caller by; /* the operator, its domain or name */
    const sp__mi_rule *rule;
    const sp__mi_value *const *in; /* without tokens */
    int n_in;
    sp__mi_attr *const *attrs;
    size_t n_attrs;
    sp_tensor *out[SP__MI_MAX_RESULTS]; /* of an operator with a tuple of results; NULL: not supported */
    int n_out;                          /* 0: the one result that the rule returns                     */
} sp__mi_call;

/* One operator: how many of its inputs are data, and what the further ones are in the new form (and always, for
 * those that are inputs in both). The result is NULL on failure, recorded. */
struct sp__mi_rule {
    const char *op;
    int n_data;
    sp_tensor *(*call)(sp__mi_call *c);
    const char *settings[SP__MI_MAX_SETTINGS];
};

const sp__mi_rule *sp__mi_rule_find(const char *op);

/* Data input i: NULL, recorded, if there is none or it is no tensor; SP_NONE for one that is left out. */
sp_tensor *sp__mi_arg(sp__mi_call *c, int i);
/* Its items, where it is a tuple of tensors. */
sp_list sp__mi_args(sp__mi_call *c, int i);

/* Settings by name. If one is not there: the value given; what is there but of another kind is an error, and the call
 * fails whatever the rule makes of the answer. */
bool sp__mi_has(sp__mi_call *c, const char *name);
int64_t sp__mi_int(sp__mi_call *c, const char *name, int64_t otherwise);
double sp__mi_float(sp__mi_call *c, const char *name, double otherwise);
const char *sp__mi_text(sp__mi_call *c, const char *name, const char *otherwise);
/* A tuple of numbers, or one number; n = 0 if it is not there or NONE. n = -1: failed. */
sp__ints sp__mi_ints(sp__mi_call *c, const char *name);
/* A type: as a value, or as MindSpore's number. SP_DTYPE_COUNT_: failed. */
sp_dtype sp__mi_type(sp__mi_call *c, const char *name, sp_dtype otherwise);
/* A setting that is a tensor. NULL if it is not there. */
sp_tensor *sp__mi_tensor_setting(sp__mi_call *c, const char *name);

/* Records "mindir: MatMul (Default/fc1): ..."; returns NULL. */
#define sp__mi_fail(c, ...) sp__caller_fail(&(c)->by, __VA_ARGS__)

/* ---- reading: the model ---- */

typedef struct sp__mi_model {
    const sp__source *source;
    Sp__Mindir__Graph *graph;
    Sp__Mindir__Primitive *const *primitives;
    size_t n_primitives;
    sp__names primitive_names, function_names, value_names;
    sp__mi_value *values; /* by the numbers in value_names; in the scope */
    int n_values, max_values;
    sp_tensor **params; /* by the order in the file; retained                  */
    sp_tensor **consts; /* by the order of Constant nodes that are tensors     */
    int64_t n_params, n_consts;
    int n_inputs; /* without tokens */
} sp__mi_model;

/* As a sp_fn (self: the model): inputs, then parameters, then constants; gives the outputs. */
sp_list sp__mi_run(void *model, sp_list in);

/* SP_ERR_UNSUPPORTED, naming all operators of the graph that have no rule. */
sp_status sp__mi_check_operators(sp__mi_model *m);

/* The operator of a node and its attributes: the primitive's behind "REF::", or its own. NULL if the name is of no
 * primitive. */
const char *sp__mi_operator(const sp__mi_model *m, const sp__mi_node *node, sp__mi_attr *const **attrs, size_t *n);

/* Whether a node is a constant with elements. */
const sp__mi_tensor *sp__mi_constant(const sp__mi_node *node);

/* As sp_graph_load, from any source; path NULL: no separate files. */
sp_graph *sp__mindir_load_source(sp__source *s, const char *path);

/* ---- writing ---- */

typedef struct sp__mi_writer {
    const sp_graph *graph;
    const char **names; /* of the graph's values, NULL: not written yet; in the scope, as all below */
    Sp__Mindir__Node **nodes;
    Sp__Mindir__Primitive **primitives;
    int64_t n_nodes, cap_nodes, n_primitives, cap_primitives;
    int64_t next;               /* number for the next name */
    bool failed;                /* memory: recorded          */
    const sp__graph_node *node; /* being written */
} sp__mi_writer;

/* Attributes; NULL (and w->failed) when memory is short. */
sp__mi_attr *sp__mi_put_bool(sp__mi_writer *w, const char *name, bool v);
sp__mi_attr *sp__mi_put_int(sp__mi_writer *w, const char *name, int64_t v);
sp__mi_attr *sp__mi_put_float(sp__mi_writer *w, const char *name, double v);
sp__mi_attr *sp__mi_put_text(sp__mi_writer *w, const char *name, const char *v);
sp__mi_attr *sp__mi_put_ints(sp__mi_writer *w, const char *name, int n, const int64_t *v);
sp__mi_attr *sp__mi_put_type(sp__mi_writer *w, const char *name, sp_dtype v);

/* A node; returns the name of its result, "" after a failure. */
const char *sp__mi_emit_new(sp__mi_writer *w, const char *op, int n, const char *const *in, int n_attrs,
                            sp__mi_attr *const *attrs);
#define SP__MI_IN(...) \
    SP_N(const char *, __VA_ARGS__), (const char *const[]) { __VA_ARGS__ }
#define SP__MI_ATTRS(...) \
    SP_N(sp__mi_attr *, __VA_ARGS__), (sp__mi_attr *const[]) { __VA_ARGS__ }
#define SP__MI_PLAIN 0, NULL

/* A Constant node: attr's value; or a 0-d tensor. */
const char *sp__mi_emit_value(sp__mi_writer *w, sp__mi_attr *value);
const char *sp__mi_emit_number(sp__mi_writer *w, double value, sp_dtype dtype);
const char *sp__mi_emit_tensor(sp__mi_writer *w, const sp_tensor *t);

/* What the file says about a tensor's type, shape and elements. */
Sp__Mindir__Tensor *sp__mi_tensor_info(sp__mi_writer *w, const char *name, sp__desc desc);
void *sp__mi_new(sp__mi_writer *w, size_t size, const void *init);

/* Writes w->node; false: this op (with these settings) has no form in the file, *why says so if it can. */
bool sp__mi_write_node(sp__mi_writer *w, const char **why);

#endif
