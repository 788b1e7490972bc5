/* spore.h: define, differentiate, train, save, export, run. Includes every part; docs/tutorial.md walks through it. */
#ifndef SPORE_H
#define SPORE_H

#include "spore/base.h"
#include "spore/dtype.h"
#include "spore/tensor.h"
#include "spore/ops.h"
#include "spore/table.h"
#include "spore/grad.h"
#include "spore/graph.h"
#include "spore/nn.h"
#include "spore/optim.h"
#include "spore/data.h"
#include "spore/file.h"
#include "spore/train.h"

#endif
