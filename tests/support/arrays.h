/* support/arrays.h: plain arrays of any element type for tests of the kernels, filled and read without them. */
#ifndef SP_TESTS_SUPPORT_ARRAYS_H
#define SP_TESTS_SUPPORT_ARRAYS_H

#include "base/base.h"

/* Room for n elements, exactly (so that a sanitizer sees the first byte beyond); never NULL. free() releases it. */
void *array_new(sp_dtype dtype, int64_t n);
/* A copy of n elements. */
void *array_copy(sp_dtype dtype, const void *x, int64_t n);
/* n numbers of [low, high], whole ones for integers, 0 or 1 for Bool; the same for the same seed. */
void *array_random(sp_dtype dtype, int64_t n, double low, double high, uint64_t seed);

long double array_get(sp_dtype dtype, const void *x, int64_t i);
/* Rounded to the type; must be in its range. */
void array_set(sp_dtype dtype, void *x, int64_t i, long double value);

/* Fails the test unless |x[i] - want| <= tol * max(1, |want|) (or both are NaN, or the same infinity). */
void array_near(sp_dtype dtype, const void *x, int64_t i, long double want, double tol, const char *what);
/* Fails the test unless the n elements are the same bits. */
void array_same(sp_dtype dtype, const void *a, const void *b, int64_t n, const char *what);

/* A relative error a few operations in the type may make: 2^-20 for F32. */
double array_tol(sp_dtype dtype);

#endif
