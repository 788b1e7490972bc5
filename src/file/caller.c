/* file/caller.c: what the readers of graphs share (caller.h). */
#if SPORE_HAVE_PROTOBUF
#include "file/caller.h"

#include <stdarg.h>
#include <string.h>

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

void *sp__caller_fail(sp__caller *c, sp_status code, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->failed = true;
    return sp__fail(code, "%s: %s: %s (%s): %s", c->what, c->file, shown(c->op), shown(c->where), text);
}

int sp__caller_axis(sp__caller *c, const sp_tensor *x, int64_t axis)
{
    int out;
    if (sp__absent(x))
        return -1;
    if (sp__axis(axis, x->shape.rank, &out))
        return out;
    sp__caller_fail(c, SP_ERR_VALUE, "axis %lld for shape %s", (long long)axis, SP__STR(x));
    return -1;
}

bool sp__caller_narrow(sp__caller *c, int n, const int64_t *from, int *to)
{
    for (int i = 0; i < n; i++) {
        if (from[i] < INT32_MIN || from[i] > INT32_MAX) {
            sp__caller_fail(c, SP_ERR_VALUE, "the number %lld is out of range", (long long)from[i]);
            return false;
        }
        to[i] = (int)from[i];
    }
    return n >= 0;
}

sp_tensor *sp__caller_like(const sp_tensor *x, double number) { return sp__absent(x) ? NULL : sp__like(x, number); }

sp_tensor *sp__caller_span(sp_tensor *x, int axis, int64_t start, int64_t stop, int64_t step)
{
    sp_range ranges[SP_MAX_RANK];
    for (int i = 0; i < axis; i++)
        ranges[i] = sp_all();
    ranges[axis] = sp_from_to_by(start, stop, step);
    return sp_index_new(x, axis + 1, ranges);
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
