/* Graphs saved and loaded while memory is short: every net of support/nets.c in both formats, every case of the ONNX packs. And every
 * case of an operator, in every type that it has, is written as .onnx and .mindir, or refused with the reason. */
#if SPORE_HAVE_PROTOBUF
#include "support/test.h"

#include "file/onnx_read.h"
#include "graph/graph.h"
#include "spore.h"
#include "support/files.h"
#include "support/nets.h"
#include "support/op_cases.h"
#include "support/pack.h"

/* ---- memory that is short ---- */

/* Small things come from pieces that a scope asks for when one is used up: `pad` bytes before move the place where that happens. */
static void saved_without_memory(const test_net *net, const char *path, size_t pad)
{
    sp_scope outer = sp_scope_begin();
    sp_graph *g = sp_trace(net->fn, NULL, test_net_inputs(net));
    if (!g)
        fail_msg("%s: %s", net->name, sp_error_text());
    const sp_status plain = sp_graph_save(g, path);
    sp_error_clear();
    bool reached = true;
    for (int64_t n = 1; reached; n++) {
        sp_scope scope = sp_scope_begin();
        sp__scope_alloc(pad);
        sp_mem_fail_at(n);
        const sp_status st = sp_graph_save(g, path);
        reached = sp_mem_requests() >= n;
        sp_mem_fail_at(0);
        if (st != (reached ? SP_ERR_NOMEM : plain) || st != sp_error())
            fail_msg("%s: %s, allocation %d: status %d, '%s'", net->name, path, (int)n, (int)st, sp_error_text());
        sp_error_clear();
        sp_scope_end(scope);
    }
    sp_graph_free(g);
    sp_scope_end(outer);
}

TEST(any_allocation_of_writing_a_graph_may_fail)
{
    for (int i = 0; i < test_nets_count; i++)
        for (size_t k = 0; k < (sp__mem_caches() ? 3 : 1); k++) { /* without pieces there is nothing to move */
            const size_t pad = 1 + (k * 977 + (size_t)i * 131) % 4096;
            saved_without_memory(&test_nets[i], test_path("g.mindir"), pad);
            saved_without_memory(&test_nets[i], test_path("g.onnx"), pad);
        }
    sp_shutdown();
    test_scope = sp_scope_begin();
    assert_int_equal(test_path_count(), 2); /* and no temporary file */
}

static void loaded_without_memory(const test_pack_case *c, void *user)
{
    size_t *pad = user;
    bool reached = true;
    *pad = 1 + (*pad + 977) % 4096;
    for (int64_t n = 1; reached; n += n < 400 ? 1 : 7) {
        sp_scope scope = sp_scope_begin();
        sp__scope_alloc(*pad);
        sp__source s;
        assert_int_equal(sp__source_memory(&s, "onnx", c->model, c->size), SP_OK);
        sp_mem_fail_at(n);
        sp_graph *g = sp__onnx_load_source(&s, NULL);
        reached = sp_mem_requests() >= n;
        sp_mem_fail_at(0);
        if ((g != NULL) == reached || sp_error() != (reached ? SP_ERR_NOMEM : SP_OK))
            fail_msg("%s: allocation %d: '%s'", c->name, (int)n, sp_error_text());
        sp_graph_free(g);
        sp_error_clear();
        sp_scope_end(scope);
    }
}

TEST(any_allocation_of_reading_onnx_may_fail)
{
    size_t pad = 0;
    for (int i = 0; i < (sp__mem_caches() ? 2 : 1); i++) {
        assert_true(test_pack_visit("tests/fixtures/onnx/nodes.pack", ".onnx", loaded_without_memory, &pad) > 50);
        assert_true(test_pack_visit("tests/fixtures/onnx/standard.pack", ".onnx", loaded_without_memory, &pad) > 50);
    }
}

/* ---- every case of every operator ---- */

typedef struct one_op {
    const sp__op *op;
    int n;
    sp_tensor *in[OP_CASE_INPUTS]; /* NULL: an input of the function */
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
} one_op;

static sp_list call(void *self, sp_list in)
{
    one_op *o = self;
    sp_tensor *args[OP_CASE_INPUTS];
    for (int i = 0, k = 0; i < o->n; i++)
        args[i] = o->in[i] ? o->in[i] : in.at[k++];
    sp_tensor *y = sp__apply1(o->op, o->n, args, o->attrs);
    return y ? sp_list_of(y) : (sp_list){0};
}

static int written;

static void save_case(const op_case *c, sp_dtype type)
{
    static one_op o;
    sp_tensor *given[OP_CASE_INPUTS];
    int n = 0;
    o = (one_op){.op = sp__op_find(c->op)};
    o.n = op_case_inputs(c, sp_dtype_is_float(type) && type != SP_BF16 ? type : SP_F32, SP_F16, o.in);
    if (!o.op || o.n < 0 || !op_attrs_from_text(o.op, c->attrs, o.attrs))
        return;
    for (int i = 0; i < o.n; i++) {
        if (o.in[i] == SP_NONE)
            continue;
        const bool turned = sp_dtype_is_float(sp_dtype_of(o.in[i])) && (!sp_dtype_is_float(type) || type == SP_BF16);
        given[n++] = turned ? sp_cast(sp_mul_number(o.in[i], 7), type) : o.in[i];
        o.in[i] = NULL;
    }
    sp_graph *g = sp_trace(call, &o, sp_list_new(n, given));
    sp_error_clear();
    static const char *const names[] = {"op.onnx", "op.mindir"};
    for (int i = 0; g && i < 2; i++) {
        const sp_status st = sp_graph_save(g, test_path(names[i]));
        if (st != sp_error() || (st != SP_OK && st != SP_ERR_UNSUPPORTED))
            fail_msg("%s in %s as %s: %s", op_case_text(c), sp_dtype_name(type), names[i], sp_error_text());
        sp_error_clear();
        sp_graph *back = st == SP_OK ? sp_graph_load(test_path(names[i])) : NULL;
        if (!back && st == SP_OK && sp_error() != SP_ERR_UNSUPPORTED)
            fail_msg("%s in %s as %s: %s", op_case_text(c), sp_dtype_name(type), names[i], sp_error_text());
        sp_graph_free(back);
        sp_error_clear();
        written += st == SP_OK;
    }
    sp_graph_free(g);
}

TEST(every_operator_is_written_in_every_type_or_refused)
{
    const op_case *c;
    for (int i = 0; (c = op_case_at(i)) != NULL; i++)
        for (int t = 0; t < SP_DTYPE_COUNT_ && c->fails == SP_OK; t++) {
            sp_scope scope = sp_scope_begin();
            save_case(c, (sp_dtype)t);
            sp_error_clear();
            sp_scope_end(scope);
        }
    assert_true(written > 1000);
}

TEST_MAIN()

#else
int main(void) { return 77; /* skipped: nothing can be written */ }
#endif
