/* The table itself: every entry, and how to find one. */
#include <string.h>

#include "ops/op.h"

#define X(id) &sp__op_##id,
static const sp__op *const table[] = {SP__OPS(X) NULL};
#undef X

const sp__op *sp__op_at(int i)
{
    int n = (int)(sizeof table / sizeof table[0]);
    return i >= 0 && i < n ? table[i] : NULL;
}

const sp__op *sp__op_find(const char *name)
{
    for (int i = 0; name && table[i]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
