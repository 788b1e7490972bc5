/* support/golden.h: tests/golden/, what the real MindSpore answered. Only where jansson was found. */
#ifndef SP_TESTS_SUPPORT_GOLDEN_H
#define SP_TESTS_SUPPORT_GOLDEN_H

#include "support/json.h"

#ifdef SPORE_HAVE_JANSSON

/* The tensor of {"dtype", "shape", "data": [numbers]}, in the current scope; fails the test if it is none. */
sp_tensor *golden_tensor(const json_t *spec);

/* Fails the test, after a line that names `what` and the first element that differs, unless type and shape are equal and
 * |got - want| <= tol max(1, |want|), NaN with NaN, infinities equal. Both may belong to any scope. */
void golden_near(const char *what, const sp_tensor *got, const sp_tensor *want, double tol);

#endif
#endif
