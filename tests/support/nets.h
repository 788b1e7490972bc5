/* support/nets.h: small functions that together use every op of the table that a file can hold, for what writes graphs. */
#ifndef SP_TESTS_SUPPORT_NETS_H
#define SP_TESTS_SUPPORT_NETS_H

#include "spore/grad.h"

typedef struct test_net {
    const char *name;
    const char *inputs; /* "f4,3 i2": Float32 (4, 3) and Int32 (2); see test_net_inputs */
    sp_fn fn;
} test_net;

extern const test_net test_nets[];
extern const int test_nets_count;

/* Inputs as the net describes them, always the same, in the current scope. Letters: f Float32 normal, p Float32 in (0.1, 2), h Float16,
 * d Float64, i Int32 in [0, 3), l Int64 in [-5, 5), b Bool. */
sp_list test_net_inputs(const test_net *net);

#endif
