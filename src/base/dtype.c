/* Names, sizes and promotion of element types. */
#include <string.h>

#include "base/base.h"

#define X(name, text, bytes) {text, bytes},
static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {SP_DTYPES(X)};
#undef X

static bool valid(sp_dtype d) { return (int)d >= 0 && d < SP_DTYPE_COUNT_; }

const char *sp_dtype_name(sp_dtype dtype) { return valid(dtype) ? dtypes[dtype].name : "?"; }
size_t sp_dtype_size(sp_dtype dtype) { return valid(dtype) ? dtypes[dtype].bytes : 0; }

sp_dtype sp_dtype_named(const char *name)
{
    for (int d = 0; name && d < SP_DTYPE_COUNT_; d++)
        if (strcmp(name, dtypes[d].name) == 0)
            return (sp_dtype)d;
    return SP_DTYPE_COUNT_;
}

bool sp_dtype_is_float(sp_dtype dtype)
{
    return dtype == SP_F32 || dtype == SP_F64 || dtype == SP_F16 || dtype == SP_BF16;
}

static bool is_signed(sp_dtype d) { return d == SP_I8 || d == SP_I16 || d == SP_I32 || d == SP_I64; }

static sp_dtype wider(sp_dtype a, sp_dtype b) { return sp_dtype_size(a) >= sp_dtype_size(b) ? a : b; }

static sp_dtype promote_floats(sp_dtype a, sp_dtype b)
{
    bool both_narrow = sp_dtype_size(a) == 2 && sp_dtype_size(b) == 2;
    return both_narrow ? SP_F32 : wider(a, b); /* Float16 with BFloat16: neither holds the other */
}

/* u is unsigned, the other one any integer type. */
static sp_dtype promote_unsigned(sp_dtype u, sp_dtype other)
{
    if (u != SP_U8 || !is_signed(other))
        return SP_DTYPE_COUNT_;
    return other == SP_I8 ? SP_I16 : other;
}

sp_dtype sp_dtype_promote(sp_dtype a, sp_dtype b)
{
    if (!valid(a) || !valid(b))
        return SP_DTYPE_COUNT_;
    if (a == b || b == SP_BOOL)
        return a;
    if (a == SP_BOOL)
        return b;
    if (sp_dtype_is_float(a) && sp_dtype_is_float(b))
        return promote_floats(a, b);
    if (sp_dtype_is_float(a) || sp_dtype_is_float(b))
        return sp_dtype_is_float(a) ? a : b;
    if (is_signed(a) && is_signed(b))
        return wider(a, b);
    return is_signed(a) ? promote_unsigned(b, a) : promote_unsigned(a, b);
}
