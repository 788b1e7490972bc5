/* cli/graph_inputs.c: inputs for a graph whose file leaves sizes open. */
#include "cli/graph_inputs.h"

#include <errno.h>
#include <stdlib.h>

enum { MOST = 64 };

/* "1,3,224,224"; "" and "()" are a single number. */
static bool read_shape(const char *text, sp_shape *out)
{
    const char *at = text;
    *out = (sp_shape){.rank = 0};
    while (*at == '(' || *at == ' ')
        at++;
    while (*at >= '0' && *at <= '9' && out->rank < SP_MAX_RANK) {
        char *end;
        errno = 0;
        long long n = strtoll(at, &end, 10);
        if (errno)
            return false;
        out->dim[out->rank++] = n;
        at = end;
        while (*at == ',' || *at == ' ')
            at++;
    }
    while (*at == ')' || *at == ' ')
        at++;
    return *at == 0;
}

sp_shape cli_graph_shape(const sp_graph *g, int i, int64_t batch, const cli_texts *shapes)
{
    sp_shape shape = sp_graph_input_shape(g, i);
    if (shapes && i < shapes->n) {
        if (read_shape(shapes->at[i], &shape))
            return shape;
        sp_set_error(SP_ERR_VALUE, "--input: found '%s', expected a shape like 1,3,224,224", shapes->at[i]);
        return (sp_shape){.rank = -1};
    }
    for (int k = 0; k < shape.rank; k++)
        shape.dim[k] = k == 0 && batch ? batch : shape.dim[k] < 0 ? 1 : shape.dim[k];
    return shape;
}

static sp_tensor *make(sp_dtype dtype, sp_shape shape, bool random)
{
    if (!random || sp_shape_size(shape) == 0)
        return sp_zeros(dtype, shape);
    bool real = sp_dtype_is_float(dtype);
    return sp_cast(real ? sp_rand_normal(0, 1, SP_F32, shape) : sp_rand_int(0, 2, SP_I32, shape), dtype);
}

sp_list cli_graph_inputs(const sp_graph *g, int64_t batch, const cli_texts *shapes, bool random)
{
    sp_tensor *x[MOST];
    int n = sp_graph_inputs(g);
    if (n > MOST || (shapes && shapes->n > n)) {
        sp_set_error(SP_ERR_VALUE, "found %d inputs of the graph, expected %s", n,
                     n > MOST ? "at most 64" : "one for each --input");
        return (sp_list){0};
    }
    for (int i = 0; i < n; i++) {
        sp_shape shape = cli_graph_shape(g, i, batch, shapes);
        x[i] = shape.rank < 0 ? NULL : make(sp_graph_input_dtype(g, i), shape, random);
        if (!x[i])
            return (sp_list){0};
    }
    return sp_list_new(n, x);
}
