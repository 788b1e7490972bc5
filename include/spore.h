/* spore.h: define, differentiate, train, save, export, run. Includes every part; docs/tutorial.md walks through it. */
#ifndef SPORE_H
#define SPORE_H

#include "spore/base.h"
#include "spore/dtype.h"
#include "spore/tensor.h"
#include "spore/ops.h"
#include "spore/grad.h"
#include "spore/graph.h"
#include "spore/data.h"

#endif
