/* spore/tensor.h: n-dimensional arrays: made, looked at, kept, printed. */
#ifndef SPORE_TENSOR_H
#define SPORE_TENSOR_H

#include "dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An array of up to SP_MAX_RANK dimensions, contiguous and row-major. Its elements do not change, except those of
 * parameters (by optimizers, checkpoints, sp_assign). Reshapes and leading-axis slices share storage. */
typedef struct sp_tensor sp_tensor;

/* A borrowed view of some tensors; its array lives as long as the scope it was made in. at[0] to at[7] can always be
 * read: they are NULL beyond n. */
typedef struct sp_list {
    sp_tensor *const *at;
    int n;
} sp_list;

/* An optional tensor that is left out. (NULL means: the expression for it failed.) */
SP_API extern sp_tensor *const SP_NONE;

/* ---- keeping ---- */

/* Makes t survive its scope; returns t. Each sp_keep() needs one sp_drop(). NULL and SP_NONE pass. */
SP_API sp_tensor *sp_keep(sp_tensor *t);
SP_API void sp_drop(sp_tensor *t);

/* Makes t live as long as the current scope at least, whoever else drops it; returns t, NULL when memory is short. For functions that
 * give back tensors that others keep. NULL and SP_NONE pass. */
SP_API sp_tensor *sp_hold(sp_tensor *t);

/* Copies n pointers into a list of the current scope. A NULL among them stays NULL. */
SP_API sp_list sp_list_new(int n, sp_tensor *const *tensors);
#define sp_list_of(...) sp_list_new(SP_N(sp_tensor *, __VA_ARGS__), (sp_tensor *[]){__VA_ARGS__})

/* The one function type: tensors in, tensors out. A loss, a cell, a gradient and a loaded graph are all called through
 * it. A failure is a list whose tensors are NULL. */
typedef sp_list (*sp_fn)(void *self, sp_list in);

/* ---- making: SP_ERR_SHAPE for an invalid shape, SP_ERR_DTYPE, SP_ERR_NOMEM ---- */

/* Copies sp_shape_size(shape) elements of type dtype from data. Bool: bytes, any but 0 is true. */
SP_API sp_tensor *sp_from(const void *data, sp_dtype dtype, sp_shape shape);

/* A tensor over memory of somebody else, without a copy: sp_shape_size(shape) elements of type dtype, aligned as C's type of that size
 * (Bool: bytes 0 and 1). Spore never writes there; who writes there while the tensor is in use changes what it holds. release(owner),
 * if given, is called once: when the last tensor lets go of the memory, from whichever thread that does, or at once on failure. */
SP_API sp_tensor *sp_over(const void *data, sp_dtype dtype, sp_shape shape, void *owner, void (*release)(void *owner));

/* Float32 vector of the numbers given: sp_vector(1, 2.5, 3). */
SP_API sp_tensor *sp_vector_new(int n, const float *values);
#define sp_vector(...) sp_vector_new(SP_N(float, __VA_ARGS__), (float[]){__VA_ARGS__})

SP_API sp_tensor *sp_zeros(sp_dtype dtype, sp_shape shape);
SP_API sp_tensor *sp_ones(sp_dtype dtype, sp_shape shape);

/* Every element value, converted to dtype as by sp_cast(). */
SP_API sp_tensor *sp_full(double value, sp_dtype dtype, sp_shape shape);

/* One number, rank 0. */
SP_API sp_tensor *sp_scalar(double value, sp_dtype dtype);

/* start, start + step, ... up to but without stop: ceil((stop - start) / step) elements. SP_ERR_VALUE for step 0. */
SP_API sp_tensor *sp_arange(double start, double stop, double step, sp_dtype dtype);

/* Random numbers of this thread's stream (sp_set_seed): uniform in [low, high), or normal, of a float type; integers in
 * [low, high), of an integer type or Bool that holds them all. Element i depends on the seed and i alone. SP_ERR_VALUE
 * for an interval or a sigma that cannot be. Philox 4x32-10 (Salmon et al. 2011); normal by Box-Muller. */
SP_API sp_tensor *sp_rand_uniform(double low, double high, sp_dtype dtype, sp_shape shape);
SP_API sp_tensor *sp_rand_normal(double mean, double sigma, sp_dtype dtype, sp_shape shape);
SP_API sp_tensor *sp_rand_int(int64_t low, int64_t high, sp_dtype dtype, sp_shape shape);

/* ---- looking ---- */

SP_API sp_shape sp_shape_of(const sp_tensor *t); /* rank -1 for NULL                                   */
SP_API sp_dtype sp_dtype_of(const sp_tensor *t); /* SP_DTYPE_COUNT_ for NULL                           */
SP_API int64_t sp_size_of(const sp_tensor *t);   /* number of elements, 0 for NULL                     */

/* The elements, row-major; NULL for NULL, for SP_NONE and, with SP_ERR_STATE, for a tensor that is being traced and has
 * no value yet. */
SP_API const void *sp_data(const sp_tensor *t);

/* The value of a one-element tensor, or of element i in row-major order; NAN (0 for the integer form) for NULL and for
 * failures: SP_ERR_SHAPE (not one element), SP_ERR_VALUE (i out of range), SP_ERR_STATE (traced). */
SP_API double sp_item(const sp_tensor *t);
SP_API int64_t sp_item_int(const sp_tensor *t);
SP_API double sp_at(const sp_tensor *t, int64_t i);

/* ---- printing: the text lives in the current scope; "None" for NULL and SP_NONE ---- */

/* As MindSpore's print(t): "[1. 2. 3.]". */
SP_API const char *sp_str(const sp_tensor *t);

/* As MindSpore's repr(t): "Tensor(shape=[3], dtype=Float32, value= [ 1.00000000e+00, ...])"; for a parameter
 * "Parameter (name=w, shape=(3,), dtype=Float32, requires_grad=True)". */
SP_API const char *sp_repr(const sp_tensor *t);

/* As print((a, b)): "(Tensor(...), Tensor(...))"; sp_list_str as a Python list: "[..., ...]". */
SP_API const char *sp_tuple_str(sp_list list);
SP_API const char *sp_list_str(sp_list list);

/* A shape as Python prints it: "(64, 10)", "(3,)", "()". */
SP_API const char *sp_shape_str(sp_shape shape);

/* ---- parameters: tensors with a name, held by cells ---- */

/* A parameter that no cell holds, with the elements of value (copied, unless nobody else has them); the caller's, to be given back by
 * sp_drop(). A value that is a parameter already is kept and returned. SP_ERR_STATE: a traced value. */
SP_API sp_tensor *sp_param_new(sp_tensor *value, const char *name, bool trainable);
/* Gives it another name. SP_ERR_STATE: t is no parameter. Texts that sp_param_name() gave are no longer valid. */
SP_API sp_status sp_param_rename(sp_tensor *t, const char *name);

/* "" for a tensor that is no parameter. Valid as long as the parameter. */
SP_API const char *sp_param_name(const sp_tensor *t);

/* Whether optimizers and sp_cell_params() see it; false for a tensor that is no parameter. */
SP_API bool sp_param_trainable(const sp_tensor *t);
SP_API sp_status sp_param_set_trainable(sp_tensor *t, bool on);

/* Replaces the elements of a parameter, in place. SP_ERR_SHAPE, SP_ERR_DTYPE unless both are the same as the
 * parameter's; SP_ERR_STATE if t is no parameter, or while a gradient is being recorded with respect to it (saved
 * activations would silently change). */
SP_API sp_status sp_assign(sp_tensor *t, sp_tensor *value);

#ifdef __cplusplus
}
#endif
#endif
