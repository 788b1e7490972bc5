/* support/steps.h: small nets and optimizers, and training steps of them taken twice: as ordinary calls and compiled. */
#ifndef SP_TESTS_SUPPORT_STEPS_H
#define SP_TESTS_SUPPORT_STEPS_H

#include "spore/optim.h"

/* A net and inputs for it: x and labels. Always the same after sp_set_seed() with the same number. */
typedef struct step_net {
    const char *name;
    sp_cell *(*make)(void);
    sp_list (*batch)(void);
} step_net;

extern const step_net step_nets[];
extern const int step_nets_count;
/* The one of that name; fails the test if there is none. */
const step_net *step_net_named(const char *name);

typedef struct step_optim {
    const char *name;
    sp_optim *(*make)(sp_list params);
} step_optim;

extern const step_optim step_optims[];
extern const int step_optims_count;
const step_optim *step_optim_named(const char *name);

/* A net being trained. */
typedef struct step_world {
    sp_cell *net;
    sp_optim *optim;
} step_world;

/* The same elements each time; training. */
step_world step_world_new(const step_net *net, const step_optim *optim);
void step_world_free(step_world *w);

/* An sp_fn of a step_world: x, labels -> loss, logits; the parameters are changed. */
sp_list step_take(void *world, sp_list in);

/* Fails the test unless all tensors of a and b (as many, of the same types and shapes) differ by tol * max(1, the largest of b)
 * at most; 0: are the same bits. */
void step_same(sp_list a, sp_list b, double tol, const char *what);
/* The same of all that a step changes: parameters, moving statistics, the optimizer's state. */
void step_worlds_same(step_world *a, step_world *b, double tol, const char *what);

/* n steps of fresh worlds, in one as calls, in the other compiled without these passes: results, and all that they changed, are
 * then the same. */
void step_compare(const step_net *net, const step_optim *optim, const char *without, int n, double tol);

#endif
