/* Scores of a net. */
#include <math.h>

#include "tensor/tensor.h"
#include "train/train.h"

typedef struct sums {
    double loss;
    int64_t batches, rows;
    int64_t right, labels; /* integer labels, and those that the output's largest element names */
} sums;

static bool is_class_numbers(const sp_tensor *labels)
{
    return !sp__absent(labels) && !sp_dtype_is_float(labels->dtype) && labels->dtype != SP_BOOL;
}

/* labels (N, ...) against the largest of out (N, C, ...) along axis 1; labels of another shape are no class numbers. */
static bool count_right(sums *s, sp_tensor *out, const sp_tensor *labels)
{
    if (out->shape.rank < 2 || !is_class_numbers(labels))
        return true;
    sp_tensor *best = sp_argmax(out, 1);
    if (!best || !sp_shape_equal(best->shape, labels->shape))
        return best != NULL;
    for (int64_t i = 0; i < labels->size; i++)
        s->right += sp__load_int(best->data, best->dtype, i) == sp__load_int(labels->data, labels->dtype, i);
    s->labels += labels->size;
    return true;
}

static bool add_batch(sums *s, sp_cell *net, sp_fn loss, void *loss_self, sp_list batch)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *out = NULL, *value = sp__batch_loss("evaluate", net, loss, loss_self, batch, &out);
    bool ok = value && count_right(s, out, batch.at[1]);
    if (ok) {
        s->loss += sp_item(value);
        s->batches++;
        s->rows += batch.at[0]->shape.rank > 0 ? batch.at[0]->shape.dim[0] : 1;
    }
    sp_scope_end(scope);
    return ok && sp_error() == SP_OK;
}

static sp_status add_all(sums *s, sp_cell *net, sp_iter *data, sp_fn loss, void *loss_self)
{
    for (sp_list batch; sp_iter_next(data, &batch);) {
        if (!add_batch(s, net, loss, loss_self, batch)) {
            sp_iter_rewind(data);
            return sp_error();
        }
    }
    if (sp_error() == SP_OK && s->batches == 0)
        sp__err(SP_ERR_VALUE, "evaluate: the data gave no batch");
    return sp_error();
}

sp_status sp_evaluate(sp_cell *net, sp_iter *data, sp_fn loss, void *loss_self, sp_scores *scores)
{
    if (!sp__given("evaluate", 1, net) || !sp__given("evaluate", 2, data) || !sp__given("evaluate", 5, scores) ||
        sp_error() != SP_OK)
        return sp_error();
    sp__modes modes;
    if (!sp__modes_set(&modes, net, false))
        return sp_error();
    sums s = {0};
    sp_status status = add_all(&s, net, data, loss, loss_self);
    sp__modes_restore(&modes, net);
    if (status == SP_OK)
        *scores = (sp_scores){.loss = s.loss / (double)s.batches,
                              .accuracy = s.labels ? (double)s.right / (double)s.labels : (double)NAN,
                              .rows = s.rows};
    return status;
}
