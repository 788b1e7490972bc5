/* ops/update.h: the numbers that the ops SGD and Adam take as a Float64 vector of SP__UPDATE_NUMBERS elements. */
#ifndef SP_OPS_UPDATE_H
#define SP_OPS_UPDATE_H

#include "kernels/kernels.h"
#include "ops/op.h"

#define SP__UPDATE_NUMBERS 10
#define SP__UPDATE_NO_GRAD "it is a step of an optimizer"

void sp__sgd_to_numbers(double *numbers, const sp__sgd *rule);
sp__sgd sp__sgd_of_numbers(const double *numbers);
void sp__adam_to_numbers(double *numbers, const sp__adam *rule);

#endif
