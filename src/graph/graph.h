/* graph/graph.h: a function as data: values, and nodes in an order in which they can run.
 *
 *   graph.c    making and freeing; the builder that the trace and the readers of files use
 *   trace.c    records calls of ops into a graph
 *   run.c      runs a graph, node by node, as ordinary calls (so the result can be differentiated)
 *   print.c    as text
 *   info.c     what its nodes cost
 *   draw.c     as a picture: where its boxes go (draw.h); draw_svg.c, draw_dot.c write it
 *   edit.c     copies and changes of a graph; what the passes are made of (pass.h, pass_<name>.c, passes.c)
 *   layout.c   where the values of a graph lie while it runs (layout.h)
 *   executor.c a graph as a flat list of prepared calls (executor.h)
 *   compile.c  functions traced, improved, planned and run: sp_compile
 *
 * State. A graph of a training step changes parameters. In the graph they do not change: a node reads the value that a parameter
 * had before the run, another computes its new value, and `updates` says which value each parameter takes when the run is over.
 * So passes need not care about the order of reads and writes; the plan lets the new value be computed in place where nobody
 * reads the old one later. */
#ifndef SP_GRAPH_GRAPH_H
#define SP_GRAPH_GRAPH_H

#include "ops/op.h"
#include "spore/graph.h"

typedef enum sp__value_kind {
    SP__VALUE_INPUT, /* given by the caller                            */
    SP__VALUE_PARAM, /* a parameter: `tensor`, shared with its cell    */
    SP__VALUE_CONST, /* `tensor`                                       */
    SP__VALUE_NODE   /* result `port` of node `node`                   */
} sp__value_kind;

typedef struct sp__value {
    sp__value_kind kind;
    sp__desc desc;     /* as traced, or as the file says; dimensions of -1: any size (inputs only) */
    sp_tensor *tensor; /* PARAM, CONST: owned; else NULL                                           */
    int node, port;    /* NODE                                                                     */
    char *name;        /* INPUT, PARAM: as in files; else NULL                                     */
} sp__value;

#define SP__VALUE_NONE (-1) /* an optional input left out */

typedef struct sp__graph_node {
    const sp__op *op;
    void *attrs; /* op->attr_size bytes, owned; NULL if the op has none */
    int n_in, n_out;
    int *in;    /* values, or SP__VALUE_NONE; owned                    */
    int out;    /* the first of n_out consecutive values               */
    char *path; /* cells it came from: "net/fc1-Dense"; NULL: none     */
} sp__graph_node;

/* The elements of parameter `param` become those of `value` when a run is over. */
typedef struct sp__update {
    int param, value;
} sp__update;

/* Work of the host in the middle of a run: before node `at`, run(self) is called. */
typedef struct sp__hook {
    int64_t at;
    void (*run)(void *self);
    void *self;
} sp__hook;

/* Whether a cell is training, or an optimizer uses its moments; it outlives them if a graph was traced that depends on it. */
typedef struct sp__mode {
    atomic_int refs;
    bool on;
    bool (*ask)(void *self); /* not NULL: says whether it is on now */
    void *self;
    sp_dtype product; /* what products round their inputs to: BFloat16, Float16; Float32: nothing */
} sp__mode;

static inline bool sp__mode_on(const sp__mode *m) { return m->ask ? m->ask(m->self) : m->on; }

/* A mode as it was when the graph was traced. */
typedef struct sp__seen_mode {
    sp__mode *mode;
    bool on;
    sp_dtype product;
} sp__seen_mode;

struct sp_graph {
    sp__value *values;
    int64_t n_values, cap_values;
    sp__graph_node *nodes;
    int64_t n_nodes, cap_nodes;
    int *inputs;
    int64_t n_inputs, cap_inputs;
    int *outputs;
    int64_t n_outputs, cap_outputs;
    sp_tensor **params; /* the tensors of PARAM values, in order of first use; not owned twice */
    int64_t n_params, cap_params;
    sp__update *updates;
    int64_t n_updates, cap_updates;
    sp__hook *hooks;
    int64_t n_hooks, cap_hooks;
    sp__seen_mode *modes;
    int64_t n_modes, cap_modes;
};

/* Building. Each returns the new value's number, or -1 with the failure recorded. Names are copied, tensors retained. */
sp_graph *sp__graph_new(void);
int sp__graph_input(sp_graph *g, sp__desc desc, const char *name);
int sp__graph_param(sp_graph *g, sp_tensor *param); /* one value per parameter, however often it is asked for */
int sp__graph_const(sp_graph *g, sp_tensor *value);
/* A node with n inputs (values made before, SP__VALUE_NONE allowed); attrs are copied and checked. Returns its first result
 * value; the others follow it. out: n_out descriptors; or NULL, and the op's rule gives them (then the inputs' descriptors
 * must be complete). */
int sp__graph_node_add(sp_graph *g, const sp__op *op, int n, const int *in, const void *attrs, const sp__desc *out,
                       int n_out, const char *path);
bool sp__graph_output(sp_graph *g, int value);
/* What a node owns: made in a node whose op is set, and freed. */
bool sp__graph_node_fill(sp__graph_node *node, int n, const int *in, const void *attrs, const char *path);
void sp__graph_node_free(sp__graph_node *n);
/* What param (a value of kind PARAM) becomes; the last one said counts. */
bool sp__graph_update(sp_graph *g, int param, int value);
/* The value that param has after the nodes so far: its own, or that of its update. */
int sp__graph_current(const sp_graph *g, int param);

/* ---- tracing ---- */

/* As sp_trace; stateful: sp_assign() and sp_optim_step() are recorded as updates instead of being refused. */
sp_graph *sp__trace(sp_fn fn, void *self, sp_list example, bool stateful);
/* Whether the trace in force records updates. */
bool sp__trace_stateful(void);
/* A symbolic tensor that stands for t, which becomes a parameter or constant of the graph in the trace in force: a call of it is
 * recorded, not computed. Belongs to the current scope; NULL on failure. */
sp_tensor *sp__trace_stand_in(sp_tensor *t);
/* Of the trace in force: run(self) is called at this point of each run. False and SP_ERR_NOMEM on failure. */
bool sp__trace_hook(void (*run)(void *self), void *self);
/* The function traced depends on the mode. */
bool sp__trace_saw(sp__mode *mode);

sp__mode *sp__mode_new(void);
void sp__mode_release(sp__mode *mode); /* accepts NULL */
/* Whether all modes that g was traced with are what they were. */
bool sp__graph_modes_hold(const sp_graph *g);

#endif
