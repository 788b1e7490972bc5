/* graph/pass.h: changes of a graph that leave its results what they were, within the tolerance of the reordered sums.
 *
 * One file per pass, pass_<name>.c, with the pattern drawn at its top; the list in passes.c is the order in which they run. Each can
 * be left out by name. A pass sees a tidy graph and may leave an untidy one (edit.h). It returns false only when memory ran out
 * (recorded); a graph that it does not match it leaves as it is. */
#ifndef SP_GRAPH_PASS_H
#define SP_GRAPH_PASS_H

#include "graph/edit.h"

typedef struct sp__pass {
    const char *name;
    const char *what; /* one line, for people */
    bool (*run)(sp_graph *g);
} sp__pass;

/* X(name, what it does), in order. */
#define SP__PASSES(X)                                                                                   \
    X(simplify, "what changes nothing is left out: reshapes to the same shape, casts to the same type") \
    X(fold, "what depends on constants alone is computed once")                                         \
    X(cse, "what is computed twice is computed once")                                                   \
    X(transpose, "transposes go into the matrix products that read them")                               \
    X(cross_entropy, "softmax, cross entropy and their gradient in one pass over the logits")           \
    X(bn_relu, "BatchNorm, ReLU and 2x2 max pooling in two passes over the image, and so back")         \
    X(conv_bn, "BatchNorm by constant statistics goes into the weights of the convolution before it")   \
    X(conv_bias, "bias and activation go into the convolution")                                         \
    X(fuse_bias, "bias and activation go into the matrix product")                                      \
    X(fuse_mask, "ReLU's way back goes into the matrix product")                                        \
    X(fold_update, "SGD's update goes into the matrix product of the weight's gradient")                \
    X(chains, "chains of elementwise operators become one loop")

#define X(name, what) bool sp__pass_##name(sp_graph *g);
SP__PASSES(X)
#undef X

/* Whether all names in `without` ("fold, cse"; "all"; NULL) are those of passes; else false and SP_ERR_VALUE: "compile: there is no
 * pass 'x'; there are simplify, fold, ...". */
bool sp__passes_known(const char *without);
/* Runs all passes but those that are named. False and the failure recorded when memory runs out. */
bool sp__passes_run(sp_graph *g, const char *without);
/* Whether the comma-separated list names the pass, or is "all". */
bool sp__pass_is_out(const char *without, const char *name);

#endif
