/* file/write.h: what the writers of graphs share (write.c). */
#ifndef SP_FILE_WRITE_H
#define SP_FILE_WRITE_H

#include "file/proto.h"
#include "file/refusals.h"
#include "graph/graph.h"

/* ---- a node's attributes by name; 0, false, empty or Float32 for one that the op does not have ---- */

bool sp__node_bool(const sp__graph_node *n, const char *name);
int64_t sp__node_int(const sp__graph_node *n, const char *name);
double sp__node_float(const sp__graph_node *n, const char *name);
sp__ints sp__node_ints(const sp__graph_node *n, const char *name);
sp_dtype sp__node_type(const sp__graph_node *n, const char *name);
const char *sp__node_word(const sp__graph_node *n, const char *name); /* the word of an enum */

/* Whether argument i is there. */
bool sp__node_given(const sp__graph_node *n, int i);

/* Padding of a window along one axis in mode same: before and behind. */
void sp__same_padding(int64_t size, int64_t span, int64_t stride, int64_t *before, int64_t *behind);

/* Which nodes the outputs need, n_nodes of them, in the current scope; others are not written (as the casts of 16-bit results that
 * only a gradient would read). NULL and *failed when memory is short. */
bool *sp__needed_nodes(bool *failed, const sp_graph *g);

/* ---- nodes that have no form in a file: all of them in one error ---- */

/* why may be NULL. */
void sp__refusals_add(sp__refusals *r, const sp__graph_node *node, const char *why);
/* SP_ERR_UNSUPPORTED: "onnx: net.onnx: 2 nodes have no form in the file: Dropout: in training mode (net/2), ..."; SP_OK if there
 * are none. */
sp_status sp__refusals_err(const sp__refusals *r, const char *what, const char *path);

/* ---- the file ---- */

/* protobuf-c's strings are not const; it does not write to them. */
static inline char *sp__proto_text(const char *s) { return (char *)(uintptr_t)s; }

/* size bytes of the current scope, as `init` or zeros. NULL and *failed when memory is short. */
void *sp__write_new(bool *failed, size_t size, const void *init);

/* A message as a file, whole or not at all. */
sp_status sp__proto_save(const char *what, const char *path, const ProtobufCMessage *message);

#endif
