/* support/op_cases.h: what ops are tried on. One list; test_ops.c, test_ops_gradient.c run it each in their ways. */
#ifndef SP_TESTS_SUPPORT_OP_CASES_H
#define SP_TESTS_SUPPORT_OP_CASES_H

#include "ops/op.h"

#define OP_CASE_INPUTS     8
#define OP_CASE_ATTR_BYTES 1024

typedef struct op_case {
    const char *op; /* its name in the table */
    const char
        *attrs; /* "axis=0,2 keep_dims=1 mode=same dtype=Int64"; what is not named keeps its default; NULL: none */

    /* Inputs, a shape each, with a space between: "2x3 3 0d"; 0d is a single number, - is SP_NONE. Behind a colon what
     * elements are like, without one: distinct numbers of both signs, none near 0 nor a multiple of 0.5.
     *   :p    positive     :u    in (0, 1)    :z   all 0        :t    with ties: from -1, 0, 1
     *   :b    Bool         :i5   Int32 in [0, 5)     :I5  Int64 in [0, 5)     :n5  Int32 in [-5, 5)
     *   :c5   all Int32 5            :d    Float64 in (0, 1) whatever the other types are */
    const char *in;
    unsigned wrt; /* inputs that are differentiated, SP_ARG(i); 0: all that are floating-point */

    double tol;   /* of Float32 against Float64, relative to max(1, |x|); 0: 2e-5                */
    bool no_half; /* 16-bit floats mean nothing here                                             */
    bool kink;    /* the derivative jumps at these inputs: no finite differences                 */

    sp_status fails; /* the failure and a part of its text that are expected; SP_OK: none           */
    const char *says;
} op_case;

/* The i-th case, NULL beyond the last. */
const op_case *op_case_at(int i);

/* Defaults of op, then what `text` names, into attrs (OP_CASE_ATTR_BYTES). False, with a line on stderr, if text is wrong. */
bool op_attrs_from_text(const sp__op *op, const char *text, void *attrs);

/* The inputs of a case into in (OP_CASE_INPUTS places), their number, -1 with a line on stderr if the text is wrong. Floats have
 * type `real` and values that type `exact` can hold, so that two types can be compared. In the current scope. */
int op_case_inputs(const op_case *c, sp_dtype real, sp_dtype exact, sp_tensor **in);

/* The inputs to be differentiated: those of wrt, or all that are floating-point. */
unsigned op_case_wrt(const op_case *c, int n, sp_tensor *const *in);

/* Numbers without pattern, the same for the same seed: in [0, 1). */
double op_case_random(uint64_t *seed);

/* For messages: "MatMul {transpose_b=1} on 2x3 4x3". */
const char *op_case_text(const op_case *c);

/* Fails the test, after a line that says where, unless |got - want| <= tol max(1, |want|), or both are NaN or the same infinity. */
void op_check_near(const char *what, const sp_tensor *got, const sp_tensor *want, double tol);

/* Fails the test unless t is there and no failure is carried; prints the failure. */
void op_check_made(const char *what, const sp_tensor *t);

#endif
