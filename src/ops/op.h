/* ops/op.h: the op table. One entry says all there is to know about an op: its attributes, its rule for types and shapes,
 * its kernel, its gradient, its names in files. Eager calls, the tape, the trace, graphs, readers, writers and the tests read
 * this one table; nothing else enumerates ops. To add one: an entry in the file of its family, its name in SP__OPS below,
 * its cases in tests/ (a test walks the table and fails without them).
 *
 *   apply.c     the one way an op is called: checks, promotion, rule, kernel, tape and trace
 *   table.c     the entries, by number and by name
 *   fields.c    attributes by their declaration: defaults, checks, look-up by name
 *   util.c      what rules, kernels and gradients share
 *   <family>.c  the entries and the public functions */
#ifndef SP_OPS_OP_H
#define SP_OPS_OP_H

#include "spore/ops.h"
#include "tensor/tensor.h"

#define SP__MAX_IN  64 /* inputs of an op, in the trace and in files (Concat, Stack) */
#define SP__MAX_OUT 4

typedef struct sp__op sp__op;

/* ---- attributes ---- */

typedef struct sp__ints {
    int n;
    int64_t v[SP_MAX_RANK];
} sp__ints;

typedef enum sp__kind {
    SP__BOOL,  /* bool                                                     */
    SP__INT,   /* int64_t in [min, max]                                    */
    SP__FLOAT, /* double in [min, max]                                     */
    SP__INTS,  /* sp__ints, each in [min, max], at most max_n of them      */
    SP__ENUM,  /* int: an index into `words`                               */
    SP__TYPE   /* sp_dtype                                                 */
} sp__kind;

/* One attribute, a member of the op's attribute struct. */
typedef struct sp__field {
    const char *name; /* as MindSpore names it                                 */
    sp__kind kind;
    size_t offset;
    double min, max;          /* INT, FLOAT, INTS: both 0 means any                    */
    double preset;            /* default; INTS: empty                                  */
    const char *const *words; /* ENUM: NULL-terminated                                 */
} sp__field;

/* SP__FIELD(attrs_struct, member, SP__INT, .min = 0, .max = 9) */
#define SP__FIELD(type, member, ...)                                           \
    {                                                                          \
        .name = #member, .offset = offsetof(type, member), .kind = __VA_ARGS__ \
    }

/* ---- a call and its record ---- */

/* What the rule and the kernel see. `in` holds SP_NONE for an optional input left out. */
typedef struct sp__call {
    const sp__op *op;
    const void *attrs;
    int n_in, n_out;
    sp_tensor *const *in;
    sp__desc out[SP__MAX_OUT]; /* the rule fills these and n_out (preset: op->n_out) */
    sp_tensor *y[SP__MAX_OUT]; /* the kernel fills their elements                    */
    void *plan;                /* what op->prepare made; NULL in eager calls         */
} sp__call;

/* What a gradient sees. in[i], out[j] are NULL unless the op's `saves` names them; their descriptions are always there. */
typedef struct sp__node {
    const sp__op *op;
    const void *attrs;
    int n_in, n_out;
    sp_tensor **in;
    sp_tensor **out;
    const sp__desc *in_desc;
    const sp__desc *out_desc;
} sp__node;

/* ---- the entry ---- */

typedef enum sp__flag {
    SP__PROMOTE = 1,     /* inputs are cast to their common type first                                 */
    SP__VIA_F32 = 2,     /* Float16/BFloat16 inputs: computed in Float32, the results cast back        */
    SP__FLOAT_ONLY = 4,  /* floating-point inputs only                                                 */
    SP__INT_AS_F32 = 64, /* integer and Bool inputs are cast to Float32 first                         */
    SP__BARRIER = 8,     /* nothing behind it is differentiated (StopGradient)                         */
    SP__RANDOM = 16,     /* the result is not a function of inputs and attributes alone                */
    SP__GRADIENT = 32,   /* a fused gradient of another op: made by gradients, never by users or files */
    SP__FUSED = 128      /* made by passes over a graph, never by users or files                       */
} sp__flag;

#define SP__IN(i)          (1u << (i))
#define SP__OUT(j)         (1u << (16 + (j)))
#define SP__WANTS(want, i) (((want) >> (i)) & 1u)

struct sp__op {
    const char *name;  /* the MINDIR primitive; unique in the table                                       */
    const char *label; /* as in the public function, for error texts: "matmul"                            */
    const char *onnx;  /* ONNX operator; NULL: written as several nodes, or not at all (`onnx_note`)      */
    const char *onnx_note;
    int min_in, max_in, n_out;
    unsigned optional; /* inputs that may be SP_NONE: SP__IN(i); all others are refused                        */
    unsigned flags;
    const sp__field *fields; /* n_fields of them                                                                */
    int n_fields;
    size_t attr_size;

    /* Types and shapes of the results; records what does not fit. Reads no elements. */
    sp_status (*rule)(sp__call *c);

    /* Computes y from in. NULL for an op that is always a view. */
    sp_status (*run)(sp__call *c);

    /* For calls that are made again and again with arrays of the same shapes (compiled graphs): what can be done once goes into
     * c->plan, which run() then finds. c->in and c->y are described; only parameters and constants have elements. Both NULL: there
     * is nothing to prepare. unprepare frees a plan. */
    sp_status (*prepare)(sp__call *c);
    void (*unprepare)(void *plan);

    /* Inputs (SP__IN(i)) whose elements result j may take the place of, where types and sizes are equal. */
    uint8_t over[SP__MAX_OUT];

    /* Where the result starts in in[0]'s elements if it can share them, -1 if it must be copied. NULL: never shares. */
    int64_t (*view)(const sp__call *c);

    /* dx[i] = sum_j dy[j] d out[j] / d in[i], written with ops, for every i that `want` names (bit i); the others may be left
     * NULL. dy[j] is NULL where nothing flows, but not all are. A wanted dx[i] that is NULL means failure. */
    void (*grad)(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx);
    unsigned saves;      /* what grad reads: SP__IN(i), SP__OUT(j)                                          */
    const char *no_grad; /* why there is none, if grad is NULL: "the result is an integer"                  */
};

#define SP__FIELDS(array) .fields = (array), .n_fields = (int)(sizeof(array) / sizeof((array)[0]))

/* ---- the table ---- */

/* Every op of the table, a family a line. X(identifier): the entry is sp__op_<identifier>. */
/* clang-format off */
#define SP__OPS(X) \
    X(add) X(sub) X(mul) X(div) X(floor_div) X(mod) X(pow) X(maximum) X(minimum) \
    X(neg) X(abs) X(sign) X(exp) X(log) X(sqrt) X(rsqrt) X(square) X(reciprocal) X(erf) X(sin) X(cos) \
    X(floor) X(ceil) X(round) \
    X(equal) X(not_equal) X(less) X(less_equal) X(greater) X(greater_equal) \
    X(logical_and) X(logical_or) X(logical_not) X(select) \
    X(cast) \
    X(identity) X(stop_gradient) \
    X(relu) X(relu6) X(sigmoid) X(tanh) X(silu) X(gelu) X(activation_grad) \
    X(softmax) X(log_softmax) X(softmax_back) X(log_softmax_back) \
    X(bce_with_logits) X(cross_entropy) X(cross_entropy_back) \
    X(reduce_sum) X(reduce_mean) X(reduce_max) X(reduce_min) X(argmax) X(argmin) X(cumsum) X(topk) \
    X(matmul) X(bias_add) \
    X(reshape) X(flatten) X(expand_dims) X(squeeze) X(transpose) X(broadcast_to) X(tile) \
    X(concat) X(stack) X(strided_slice) X(strided_slice_grad) X(gather) X(gather_grad) X(one_hot) \
    X(conv2d) X(conv2d_input) X(conv2d_filter) \
    X(max_pool2d) X(max_pool2d_back) X(max_pool2d_gather) X(avg_pool2d) X(avg_pool2d_back) \
    X(batch_norm) X(batch_norm_back) X(layer_norm) X(layer_norm_back) X(dropout) X(dropout_back) \
    X(elu) \
    X(matmul_mixed) X(conv2d_mixed) X(conv2d_input_mixed) X(conv2d_filter_mixed) \
    X(sgd) X(adam) \
    X(fused_matmul) X(matmul_update) X(softmax_cross_entropy) X(chain) X(bn_relu) X(bn_relu_back) X(conv2d_bias)
/* clang-format on */

#define X(id) extern const sp__op sp__op_##id;
SP__OPS(X)
#undef X

/* The i-th entry, NULL beyond the last; the entry of a name, NULL if there is none. */
const sp__op *sp__op_at(int i);
const sp__op *sp__op_find(const char *name);

/* ---- calling ---- */

/* Applies op to n inputs; the results belong to the current scope. SP_NONE only where op->optional allows it. Returns
 * a list of op->n_out tensors (as many as the rule says), or of NULLs. attrs may be NULL if the op has none. */
sp_list sp__apply(const sp__op *op, int n, sp_tensor *const *in, const void *attrs);

/* The first result. */
sp_tensor *sp__apply1(const sp__op *op, int n, sp_tensor *const *in, const void *attrs);
#define sp__call_op(op, attrs, ...) \
    sp__apply1((op), SP_N(sp_tensor *, __VA_ARGS__), (sp_tensor *[]){__VA_ARGS__}, (attrs))

/* ---- who watches calls: the modules above hang themselves in here, per thread ---- */

typedef struct sp__custom sp__custom; /* a function with a gradient of its own: grad/custom.c */

/* Called after a call has succeeded, with results y; false: failed, recorded. */
typedef struct sp__watcher {
    bool (*called)(void *self, const sp__call *c);
    void *self;
    /* The tape only: y is what c made of x. */
    bool (*custom)(void *self, sp__custom *c, sp_list x, sp_list y);
    /* The trace only: param gets value at this point. NULL: a trace that carries no state. */
    sp_status (*assigned)(void *self, sp_tensor *param, sp_tensor *value);
} sp__watcher;

/* The tape: told of every call. NULL: none. Returns the one before. */
const sp__watcher *sp__watch(const sp__watcher *tape);
bool sp__watched(void);

/* The trace: a call with a symbolic input or a parameter is not computed but given to it; y are symbolic tensors then. */
const sp__watcher *sp__trace_to(const sp__watcher *trace);
/* The one in force, NULL if none. */
const sp__watcher *sp__trace_now(void);
static inline bool sp__tracing(void) { return sp__trace_now() != NULL; }

/* ---- attributes by declaration ---- */

/* Defaults of op into attrs (op->attr_size bytes). */
void sp__attrs_preset(const sp__op *op, void *attrs);
/* SP_ERR_VALUE and "softmax: axis is 9, expected -8 to 7" unless all are in their range. */
sp_status sp__attrs_check(const sp__op *op, const void *attrs);
const sp__field *sp__field_find(const sp__op *op, const char *name);

/* ---- what rules and gradients share (util.c) ---- */

/* Rules. */
sp_status sp__rule_same(sp__call *c);      /* out = in[0]                                      */
sp_status sp__rule_broadcast(sp__call *c); /* out = broadcast(in[0], in[1]), type of in[0]     */
sp_status sp__rule_broadcast_bool(sp__call *c);
/* "matmul: argument 1 has rank 1 (shape (3,)), expected 2 to 8". */
sp_status sp__want_rank(const sp__call *c, int i, int min, int max);
/* For operators that have no meaning for the first input's type if that is Bool. */
sp_status sp__want_no_bool(const sp__call *c);
sp_status sp__want_type(const sp__call *c, int i, sp_dtype dtype);

/* Gradients. dy summed over the axes that broadcasting `shape` stretched; dy itself if none. */
sp_tensor *sp__sum_to(sp_tensor *dy, sp_shape shape);
/* value as a rank-0 tensor of x's type. */
sp_tensor *sp__like(const sp_tensor *x, double value);
sp_tensor *sp__zeros_of(sp__desc d);

/* Kernels that are made of other ops: the elements of x into y, which has its type and shape. x NULL: the failure that made it. */
sp_status sp__copy_elements(sp_tensor *y, const sp_tensor *x);

#endif
