/* spore/dtype.h: element types and shapes, plain values. */
#ifndef SPORE_DTYPE_H
#define SPORE_DTYPE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, printed name, bytes). Float32 is 0, so a field left out of an options struct means Float32. */
#define SP_DTYPES(X)       \
    X(F32, "Float32", 4)   \
    X(F64, "Float64", 8)   \
    X(F16, "Float16", 2)   \
    X(BF16, "BFloat16", 2) \
    X(I8, "Int8", 1)       \
    X(I16, "Int16", 2)     \
    X(I32, "Int32", 4)     \
    X(I64, "Int64", 8)     \
    X(U8, "UInt8", 1)      \
    X(U16, "UInt16", 2)    \
    X(U32, "UInt32", 4)    \
    X(U64, "UInt64", 8)    \
    X(BOOL, "Bool", 1)

#define X(name, text, bytes) SP_##name,
typedef enum sp_dtype { SP_DTYPES(X) SP_DTYPE_COUNT_ } sp_dtype;
#undef X

/* "Float32", ..., "?" for a value outside the enum. Static text. */
SP_API const char *sp_dtype_name(sp_dtype dtype);

/* The type with this printed name, SP_DTYPE_COUNT_ if there is none. */
SP_API sp_dtype sp_dtype_named(const char *name);

/* Bytes of one element, 0 for a value outside the enum. */
SP_API size_t sp_dtype_size(sp_dtype dtype);

/* Float16, BFloat16, Float32 or Float64: the types that have gradients. */
SP_API bool sp_dtype_is_float(sp_dtype dtype);

/* The type of a op b in MindSpore's promotion: wider float wins over narrower, float over integer, wider integer over
 * narrower, UInt8 with Int8 gives Int16, anything over Bool; Float16 with BFloat16 gives Float32. SP_DTYPE_COUNT_ if
 * the pair has no common type (UInt16/32/64 with another integer type). */
SP_API sp_dtype sp_dtype_promote(sp_dtype a, sp_dtype b);

#define SP_MAX_RANK 8

/* Row-major shape, outermost dimension first; rank 0 is a single number. */
typedef struct sp_shape {
    int rank;
    int64_t dim[SP_MAX_RANK];
} sp_shape;

/* How many arguments of type T; SP_DIMS(64, 1, 28, 28): a shape; SP_SCALAR: the shape of rank 0. */
#define SP_N(T, ...) ((int)(sizeof((T[]){__VA_ARGS__}) / sizeof(T)))
#define SP_DIMS(...) ((sp_shape){SP_N(int64_t, __VA_ARGS__), {__VA_ARGS__}})
#define SP_SCALAR    ((sp_shape){0, {0}})

/* A shape of rank dims; one with rank -1, which every function refuses, if rank is not in [0, SP_MAX_RANK]. */
SP_API sp_shape sp_shape_new(int rank, const int64_t *dims);

/* Number of elements, 1 for rank 0; -1 if the shape is not valid (rank, a negative dimension, product too large). */
SP_API int64_t sp_shape_size(sp_shape shape);

SP_API bool sp_shape_equal(sp_shape a, sp_shape b);

#ifdef __cplusplus
}
#endif
#endif
