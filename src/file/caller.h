/* file/caller.h: what the readers of graphs share: an operator of a file being called as an expression of ops, and
 * the failures that says. */
#ifndef SP_FILE_CALLER_H
#define SP_FILE_CALLER_H

#include "file/file.h"
#include "file/refusals.h"
#include "ops/op.h"

/* Who is called, for error texts: "onnx: net.onnx: MatMul (/fc1/MatMul): ...". */
typedef struct sp__caller {
    const char *what; /* "onnx"                   */
    const char *file;
    const char *op;
    const char *where; /* the node, in the file   */
    bool failed;       /* recorded                */
} sp__caller;

/* Records it; returns NULL. */
void *sp__caller_fail(sp__caller *c, sp_status code, const char *format, ...) SP_PRINTF(3, 4);
/* Positive axis of x; -1, recorded, if it is out of range; -1 if x is NULL or SP_NONE. */
int sp__caller_axis(sp__caller *c, const sp_tensor *x, int64_t axis);
/* Numbers as int; false, recorded, if one does not fit or n < 0. */
bool sp__caller_narrow(sp__caller *c, int n, const int64_t *from, int *to);

/* A number as a 0-d tensor of x's type; NULL for NULL. */
sp_tensor *sp__caller_like(const sp_tensor *x, double number);
/* Positions start, start + step, ... before stop of one axis. */
sp_tensor *sp__caller_span(sp_tensor *x, int axis, int64_t start, int64_t stop, int64_t step);

#endif
