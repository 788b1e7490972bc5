/* Embedding: rows of a table by number. */
#include "nn/nn.h"

typedef struct embedding {
    int64_t vocab, size;
} embedding;

enum { TABLE };

static sp_list embedding_construct(sp_cell *c, sp_list in)
{
    return sp__cell_inputs(c, in, 1, 1) ? sp_list_of(sp_gather(c->params[TABLE].value, in.at[0], 0)) : sp__list_none();
}

static const char *embedding_info(const sp_cell *c)
{
    const embedding *e = c->state;
    const sp_tensor *table = c->params[TABLE].value;
    return sp__scope_printf("vocab_size=%lld, embedding_size=%lld, use_one_hot=False, embedding_table=%s, dtype=%s, "
                            "padding_idx=None",
                            (long long)e->vocab, (long long)e->size, sp_repr(table), sp_dtype_name(table->dtype));
}

sp_cell *sp_nn_embedding_new(const sp_embedding_opts *o)
{
    if (!sp__given("Embedding", 1, o))
        return NULL;
    if (o->vocab <= 0 || o->size <= 0)
        return sp__fail(SP_ERR_VALUE, "Embedding: sizes must be positive, got vocab=%lld size=%lld",
                        (long long)o->vocab, (long long)o->size);
    sp_scope scope = sp_scope_begin();
    sp_init init = sp__init_or(o->table_init, sp_init_normal(0.01, 0));
    sp_cell *c = sp__layer("Embedding", embedding_construct, &((embedding){o->vocab, o->size}), embedding_info,
                           {"embedding_table", sp_init_tensor(init, SP_F32, SP_DIMS(o->vocab, o->size)), false});
    sp_scope_end(scope);
    return c;
}
