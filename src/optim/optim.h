/* optim/optim.h: the inside of an optimizer. One table of functions per kind; everything else is common.
 *
 *   optim.c      making, checks, a step, state, text
 *   traced.c     a step while a graph is traced
 *   sgd.c momentum.c adam.c    the kinds: options, names of the state, the update of one parameter
 *
 * The state lives in tensors with MindSpore's names, so that a checkpoint can hold it, in this order:
 *
 *   global_step  learning_rate  <numbers of the kind>  <slot 0>.W0 <slot 0>.W1 ...  <slot 1>.W0 ...
 *
 * These tensors are what counts: after a checkpoint was loaded into them, the next step goes on from there. */
#ifndef SP_OPTIM_OPTIM_H
#define SP_OPTIM_OPTIM_H

#include "kernels/kernels.h"
#include "ops/update.h"
#include "spore/optim.h"
#include "tensor/tensor.h"

/* A number of the state: exact in `value`, rounded to the tensor's type in the tensor; whoever changes that one wins. */
typedef struct sp__number {
    sp_tensor *tensor;
    double value, stored;
} sp__number;

double sp__number_get(sp__number *n);
void sp__number_set(sp__number *n, double value);

enum { SP__GLOBAL_STEP, SP__LEARNING_RATE, SP__NUMBERS }; /* the kind's own numbers follow */
#define SP__OPTIM_OWN   2
#define SP__OPTIM_SLOTS 3

/* A tensor like the parameter for each parameter. */
typedef struct sp__optim_slot {
    const char *prefix; /* "accum": accum.fc.weight */
    double start;
} sp__optim_slot;

typedef struct sp__optim_kind {
    const char *name; /* "SGD" */
    int n_own;
    struct {
        const char *name;
        double start;
    } own[SP__OPTIM_OWN];
    int n_slots;
    sp__optim_slot slots[SP__OPTIM_SLOTS];
    void (*begin)(sp_optim *o);                        /* once a step, before the updates; may be NULL */
    void (*update)(sp_optim *o, int i, const void *g); /* parameter i by its gradient's elements */
    const sp__op *op;                                  /* the update while traced, and its numbers for parameter i; */
    void (*numbers)(sp_optim *o, int i, double *v);    /* called after begin, once a step                           */
    bool (*has_moments)(sp_optim *o);                  /* whether the update uses slots now; NULL: it always does   */
    const char *(*options)(sp_optim *o); /* those that are no state, ", beta1 0.9, ..."; text of the current scope */
} sp__optim_kind;

struct sp_optim {
    const sp__optim_kind *kind;
    double weight_decay, loss_scale;
    union {
        sp__sgd sgd;
        sp__adam adam;
    } rule; /* what the kernel is given */
    sp__number numbers[SP__NUMBERS + SP__OPTIM_OWN];
    sp_tensor **params;
    bool *spared; /* no weight decay for params[i] */
    int n;
    int n_slots;       /* of the kind's, those in use                                 */
    sp_tensor **slots; /* n_slots times n; all NULL while nobody has needed them      */
    sp_tensor **state; /* what sp_optim_state() gives                                 */
    int n_state;
    sp_tensor **numbers_of; /* by parameter: what a traced update reads; all NULL until a step is traced */
    struct sp__mode *mode;  /* whether it has moments, for graphs; NULL until a step is traced           */
};

/* The common part of the options, checked by sp__optim_new. */
typedef struct sp__optim_common {
    sp_list params;
    double lr, weight_decay;
    double loss_scale; /* 0: 1 */
} sp__optim_common;

/* Without slots yet; the kind's first n_slots slots will be used. */
sp_optim *sp__optim_new(const sp__optim_kind *kind, const sp__optim_common *common, int n_slots);
/* Makes the slots if there are none. False on failure. */
bool sp__optim_slots(sp_optim *o);
/* o with its slots; or NULL, and o freed. */
sp_optim *sp__optim_with_slots(sp_optim *o);

/* A step as part of the trace in force; the gradients have been checked. */
sp_status sp__optim_trace_step(sp_optim *o, sp_list grads);

/* Counts the step and prepares the kind for it. */
void sp__optim_begin(sp_optim *o);

/* ---- what a training that is resumed needs ---- */

/* The state that the next steps depend on: as sp_optim_state(), without slots that the update does not use. Borrowed. */
sp_list sp__optim_kept(sp_optim *o);
/* Its options but the learning rate: "Adam, weight_decay 0, loss_scale 1, beta1 0.9, ..."; text of the current scope. */
const char *sp__optim_options(sp_optim *o);
/* The numbers of the state exactly, n of them (the tensors hold them rounded). Putting one back that is not what the tensor holds,
 * rounded, does nothing: somebody has changed the tensor. */
#define SP__OPTIM_NUMBERS (SP__NUMBERS + SP__OPTIM_OWN)
int sp__optim_numbers(sp_optim *o, double v[SP__OPTIM_NUMBERS]);
void sp__optim_put_numbers(sp_optim *o, const double *v);

/* Elements of slot s of parameter i; NULL while there are none. */
void *sp__optim_slot_data(const sp_optim *o, int s, int i);

/* False, and recorded, unless the number `what` (an option) is finite and in [min, max), or (min, max) if open. */
bool sp__optim_number(const char *kind, const char *what, double value, double min, bool open, double max);

static inline double sp__or(double value, double otherwise) { return value == 0 ? otherwise : value; }

#endif
