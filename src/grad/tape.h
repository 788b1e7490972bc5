/* grad/tape.h: the record of calls that a gradient is computed from.
 *
 *   tape.c     what is recorded, and the way back through it
 *   grad.c     sp_value_and_grad, sp_grad
 *   custom.c   sp_custom: functions that bring their gradient with them
 *   assign.c   sp_assign: the one way parameters change, refused where a record would go wrong
 *
 * A tape watches the ops its thread calls. It knows tensors by their unique ids and gives each tensor that depends on a
 * leaf a slot, where the gradient gathers on the way back. A call with a tracked input becomes a record: op, attributes,
 * descriptors of all tensors, and those tensors themselves that the op's gradient reads (`saves`), nothing else. Tapes
 * nest: an inner one passes every call on to the outer one, and its way back is watched by the outer one like any
 * other calls; so gradients of gradients need nothing of their own. */
#ifndef SP_GRAD_TAPE_H
#define SP_GRAD_TAPE_H

#include <stdatomic.h>

#include "ops/op.h"
#include "spore/grad.h"

/* What sp_custom() was given, shared by the records of all tapes that watched the call. */
struct sp__custom {
    atomic_int refs;
    sp_custom_fn f;
};

void sp__custom_release(sp__custom *c);
/* Tells the tapes of this thread, if there are any, that c made out of in. */
bool sp__tape_custom(sp__custom *c, sp_list in, sp_list out);
/* What flows into the inputs of the call that n records, from what flows into its outputs; n->in and n->out are all there.
 * dx[i] is SP_NONE where nothing flows, and always where want does not name it. False on failure. */
bool sp__custom_back(const sp__custom *c, const sp__node *n, sp_tensor *const *dy, const uint32_t *want,
                     sp_tensor **dx);

typedef struct sp__record {
    sp__node node;
    sp__custom *custom; /* then node.op is NULL */
    uint32_t *in_slot;  /* 0: not tracked */
    uint32_t *out_slot;
} sp__record;

typedef struct sp__tape {
    sp__watcher watcher;
    const sp__watcher *outer; /* who watched before; told of every call too */
    struct sp__tape *below;   /* the tape that was active before             */
    bool active;

    uint64_t *ids; /* open addressing: id -> slot; capacity a power of two */
    uint32_t *slots;
    int64_t n_ids, cap_ids;

    sp_tensor **grads; /* by slot; slot 0 is not used */
    int64_t n_slots, cap_slots;

    sp__record **records;
    int64_t n_records, cap_records;
    struct tape_chunk *chunks; /* where records live */
} sp__tape;

/* Starts and stops watching; sp__tape_free releases everything, also after a failure. */
void sp__tape_start(sp__tape *t);
void sp__tape_stop(sp__tape *t);
void sp__tape_free(sp__tape *t);

/* Makes x a leaf: its gradient is wanted. False and SP_ERR_NOMEM on failure. */
bool sp__tape_track(sp__tape *t, const sp_tensor *x);
/* Its slot, 0 if it does not depend on a leaf. */
uint32_t sp__tape_slot(const sp__tape *t, const sp_tensor *x);

/* Adds g to the gradient of slot. */
bool sp__tape_add(sp__tape *t, uint32_t slot, sp_tensor *g);
/* From the last record to the first. */
bool sp__tape_backward(sp__tape *t);

/* Whether x is tracked by any tape that is watching now. */
bool sp__tape_tracks(const sp_tensor *x);

#endif
