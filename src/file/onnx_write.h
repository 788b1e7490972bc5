/* file/onnx_write.h: graphs to ONNX files. Each node of the graph becomes one or more nodes of the file.
 *
 *   onnx_save.c      the file: its messages, large data beside it
 *   onnx_trial.c     functions traced for several sizes, where they vary
 *   onnx_emit.c      messages by parts: attributes, constants, nodes, names
 *   onnx_sizes.c     sizes that vary: how they are told from those that do not, and written
 *   onnx_from_ops.c  the table of ops: what each one is in the file; onnx_from_maths.c, _shapes.c, _layers.c
 *
 * Sizes that vary. A graph is traced for sizes; which of them come from the batch it does not say. So the function is traced for
 * several batch sizes: what differs between the graphs comes from it, and what is equal does not. */
#ifndef SP_FILE_ONNX_WRITE_H
#define SP_FILE_ONNX_WRITE_H

#include "file/onnx.h"
#include "file/write.h"

typedef Sp__Onnx__Attr sp__onnx_attr;

#define SP__ONNX_TRIALS 3

typedef struct sp__onnx_writer {
    const sp_graph *graph;
    const sp_graph *trials[SP__ONNX_TRIALS]; /* graph, and the same for other sizes; all graph: none varies  */
    const char **names;                      /* of the graph's values, NULL: not written; in the scope, as all below */
    int *uses;                               /* how often the graph's values are read                                */
    Sp__Onnx__Node **nodes;
    Sp__Onnx__Tensor **tensors;
    int64_t n_nodes, cap_nodes, n_tensors, cap_tensors;
    sp__names taken;                  /* names of nodes and values; the number: how many were made of one     */
    sp__names known;                  /* constants by their elements: which of `tensors`                      */
    const char *varying[SP_MAX_RANK]; /* sizes while the file is run, by dimension; NULL: not written yet    */
    const sp__graph_node *node;       /* being written */
    const struct sp__onnx_rule *rule; /* of node->op */
    bool failed;                      /* memory: recorded */
} sp__onnx_writer;

/* Writes trials[0]; the others are the same graph for other sizes, or NULL: none varies. More than `limit` bytes of tensors go to a
 * file beside it. */
sp_status sp__onnx_write_graphs(const sp_graph *const *trials, const char *path, size_t limit);

/* How an op is written. False: it has no form, with these settings; *why says so if it can. */
typedef bool (*sp__onnx_write)(sp__onnx_writer *w, const char **why);
typedef struct sp__onnx_rule {
    const char *op; /* its name in the table of ops */
    sp__onnx_write write;
    const char *onnx; /* the operator, where one does it                                              */
    unsigned types;   /* bits of sp_dtype: what the operator takes; others are cast before and after  */
} sp__onnx_rule;

extern const sp__onnx_rule sp__onnx_maths[], sp__onnx_shapes[], sp__onnx_layers[]; /* ended by op NULL */

bool sp__onnx_write_node(sp__onnx_writer *w, const char **why);

/* ---- parts (onnx_emit.c); NULL or "" and w->failed when memory is short ---- */

void *sp__onnx_new(sp__onnx_writer *w, size_t size, const void *init);

sp__onnx_attr *sp__onnx_put_int(sp__onnx_writer *w, const char *name, int64_t v);
sp__onnx_attr *sp__onnx_put_float(sp__onnx_writer *w, const char *name, double v);
sp__onnx_attr *sp__onnx_put_text(sp__onnx_writer *w, const char *name, const char *v);
sp__onnx_attr *sp__onnx_put_ints(sp__onnx_writer *w, const char *name, int n, const int64_t *v);

/* A name that no other value or node has: base, base_1, ... */
const char *sp__onnx_unique(sp__onnx_writer *w, const char *base);

/* A node; the name of its result. */
const char *sp__onnx_emit(sp__onnx_writer *w, const char *op, int n, const char *const *in, int n_attrs,
                          sp__onnx_attr *const *attrs);
/* The node that was emitted last has another result: its name. */
const char *sp__onnx_second(sp__onnx_writer *w);
#define SP__ONNX_IN(...) \
    SP_N(const char *, __VA_ARGS__), (const char *const[]) { __VA_ARGS__ }
#define SP__ONNX_ATTRS(...) \
    SP_N(sp__onnx_attr *, __VA_ARGS__), (sp__onnx_attr *const[]) { __VA_ARGS__ }
#define SP__ONNX_PLAIN 0, NULL

/* Constants, each written once: numbers of rank 0, Int64 vectors, tensors (which live until the file is written). */
const char *sp__onnx_number(sp__onnx_writer *w, double v, sp_dtype dtype);
const char *sp__onnx_integer(sp__onnx_writer *w, int64_t v, sp_dtype dtype);
const char *sp__onnx_vector(sp__onnx_writer *w, int n, const int64_t *v);
const char *sp__onnx_tensor(sp__onnx_writer *w, const sp_tensor *t);
/* A tensor of the file under a name of its own. */
Sp__Onnx__Tensor *sp__onnx_add_tensor(sp__onnx_writer *w, const char *name, const sp_tensor *t);

/* What the file says about a value of the graph. */
Sp__Onnx__ValueInfo *sp__onnx_info(sp__onnx_writer *w, const char *name, int value);

/* ---- sizes that vary (onnx_sizes.c) ---- */

/* Numbers as they are in each of the graphs; equal where nothing varies. */
typedef struct sp__onnx_sizes {
    int n;
    int64_t at[SP__ONNX_TRIALS][SP_MAX_RANK];
} sp__onnx_sizes;

/* What dimension `dim` of inputs is in each of the graphs. */
int64_t sp__onnx_trial(int dim, int which);
/* The dimension of inputs that a size is, -1: none. */
int sp__onnx_varies_as(int64_t size, int64_t other);

sp__onnx_sizes sp__onnx_shape_of(const sp__onnx_writer *w, int value);
sp__onnx_sizes sp__onnx_ints_of(const sp__onnx_writer *w, const char *attribute);
bool sp__onnx_varies(const sp__onnx_sizes *s, int i);
bool sp__onnx_fixed(const sp__onnx_sizes *s);
/* As an Int64 vector: a constant, or put together while the file runs. NULL and *why if that is not known. */
const char *sp__onnx_sizes_vector(sp__onnx_writer *w, const sp__onnx_sizes *s, const char **why);

/* Two graphs of one function: NULL if the second differs from the first in sizes only, else why not; *at is the node. */
const char *sp__onnx_differ(const sp_graph *a, const sp_graph *b, int64_t *at);

/* ---- what the tables share (onnx_from_ops.c) ---- */

#define SP__ONNX_BIT(type) (1u << SP_##type)
#define SP__ONNX_HALVES    (SP__ONNX_BIT(F16) | SP__ONNX_BIT(BF16))
#define SP__ONNX_REAL      (SP__ONNX_BIT(F32) | SP__ONNX_BIT(F64)) /* also: what is computed in several steps */
#define SP__ONNX_FLOATS    (SP__ONNX_REAL | SP__ONNX_BIT(F16))
#define SP__ONNX_ANY       ((1u << SP_DTYPE_COUNT_) - 1)

/* Argument i of the node, cast to a type; its type and description; the result's. */
const char *sp__onnx_arg(sp__onnx_writer *w, int i, sp_dtype as);
sp__desc sp__onnx_in(const sp__onnx_writer *w, int i);
sp__desc sp__onnx_out(const sp__onnx_writer *w);
/* The type to compute in: argument i's, or one that holds all its values and is among `types`. */
sp_dtype sp__onnx_carrier(const sp__onnx_writer *w, int i, unsigned types);
const char *sp__onnx_cast(sp__onnx_writer *w, const char *x, sp_dtype from, sp_dtype to);
/* condition ? a : b, of type t. */
const char *sp__onnx_where(sp__onnx_writer *w, const char *condition, const char *a, const char *b, sp_dtype t);
/* Names the node's result, of type t, cast to what it must be. Always true. */
bool sp__onnx_result(sp__onnx_writer *w, const char *name, sp_dtype t);
bool sp__onnx_refuse(const char **why, const char *text);
/* Sum (or another reduction) of x along axis 1, or over all. */
const char *sp__onnx_sum(sp__onnx_writer *w, const char *x, bool rows);
/* index == position, for positions 0 to depth - 1 on a new axis. */
const char *sp__onnx_hot(sp__onnx_writer *w, const char *index, sp__desc of, int axis, int64_t depth);

/* ops written otherwise that several entries use */
bool sp__onnx_plain(sp__onnx_writer *w, const char **why);
bool sp__onnx_same(sp__onnx_writer *w, const char **why);

#endif
