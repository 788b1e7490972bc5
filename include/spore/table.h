/* spore/table.h: the table of operators as data: for front ends in other languages, tools and tests. What an operator means stands at
 * its function in spore/ops.h and, by its name, in MindSpore's documentation of primitives. */
#ifndef SPORE_TABLE_H
#define SPORE_TABLE_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an attribute holds, and which member of sp_value says it. */
typedef enum sp_field_kind {
    SP_FIELD_BOOL,  /* i: 0 or 1                                  */
    SP_FIELD_INT,   /* i                                          */
    SP_FIELD_FLOAT, /* f                                          */
    SP_FIELD_INTS,  /* n numbers in ints                          */
    SP_FIELD_ENUM,  /* i: which of the words                      */
    SP_FIELD_TYPE   /* i: an sp_dtype                             */
} sp_field_kind;

/* The value of an attribute. */
typedef struct sp_value {
    int64_t i;
    double f;
    int n;
    int64_t ints[SP_MAX_RANK];
} sp_value;

typedef struct sp_op_field {
    const char *name; /* as MindSpore names it: "transpose_b"                     */
    sp_field_kind kind;
    double min, max;          /* of a number; both 0: any                                 */
    sp_value preset;          /* where nothing is said                                    */
    const char *const *words; /* of an ENUM, the last one NULL                            */
} sp_op_field;

typedef struct sp_op_info {
    const char *name;  /* MindSpore's primitive, unique: "MatMul"                  */
    const char *label; /* as error texts call it: "matmul"                         */
    int min_inputs, max_inputs, outputs;
    int n_fields;
    bool differentiable;
    bool internal; /* made by gradients and passes only: cannot be called      */
} sp_op_info;

/* How many operators there are: they have the numbers from 0 on. */
SP_API int sp_op_count(void);

/* The number of an operator; -1 if there is none of this name, no error. */
SP_API int sp_op_find(const char *name);

/* false, and *out zero, if there is no operator or attribute of this number. Texts are static. */
SP_API bool sp_op_info_get(int op, sp_op_info *out);
SP_API bool sp_op_field_get(int op, int field, sp_op_field *out);

/* Calls an operator, as its function would: in may hold SP_NONE for inputs that are optional; values: one for each of its attributes, in
 * order; NULL: all presets. As many results as it has, in the current scope; NULLs on failure: SP_ERR_VALUE (no such operator, an
 * internal one, an attribute out of range), SP_ERR_DTYPE, and what the operator itself refuses. */
SP_API sp_list sp_op_call(int op, sp_list in, const sp_value *values);

#ifdef __cplusplus
}
#endif
#endif
