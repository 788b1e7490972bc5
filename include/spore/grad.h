/* spore/grad.h: derivatives of functions. */
#ifndef SPORE_GRAD_H
#define SPORE_GRAD_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "Differentiate input i": SP_ARG(0) | SP_ARG(2). */
#define SP_ARG(i) (1u << (i))

/* What to differentiate with respect to what. At least one input or weight. */
typedef struct sp_grad_fn {
    sp_fn fn;
    void *self;
    unsigned wrt;    /* inputs, by SP_ARG                                                           */
    sp_list weights; /* parameters that fn uses                                                     */
    bool has_aux;    /* only the first output is differentiated, the others (at least one) are carried along */
} sp_grad_fn;

/* out: what fn returned. d_in: one for each input of wrt, in order; d_weights: one for each weight. Each has the shape and type
 * of what it belongs to; zeros where nothing depends on it. On failure all lists are empty. */
typedef struct sp_grads {
    sp_list out;
    sp_list d_in;
    sp_list d_weights;
} sp_grads;

/* Calls f->fn on in and differentiates the sum of all elements of all its outputs (of the first one if has_aux). Works
 * inside other calls of itself: gradients of gradients. SP_ERR_VALUE: nothing to differentiate, wrt names an input that
 * is not there, has_aux with a single output. SP_ERR_DTYPE: an input, weight or output that is not floating-point.
 * SP_ERR_UNSUPPORTED: the way back leads through an op without a gradient; the text names it and says why. */
SP_API sp_grads sp_value_and_grad(const sp_grad_fn *f, sp_list in);

/* The gradients alone, inputs' first; grad_fn points to an sp_grad_fn. Itself an sp_fn, so
 * {.fn = sp_grad, .self = &f} is a second derivative. */
SP_API sp_list sp_grad(void *grad_fn, sp_list in);

/* A function with a gradient of its own: what fn does is not looked at, vjp says what flows into its inputs. */
typedef struct sp_custom_fn {
    sp_fn fn;
    /* From fn's inputs and outputs, and what flows into each output (SP_NONE: nothing; not for all), a list of what flows into each
     * input: of its type and shape, or SP_NONE for nothing. Called if something is differentiated by an input, in the thread that
     * asked for it. Written with functions that have gradients it can be differentiated again. */
    sp_list (*vjp)(void *self, sp_list in, sp_list out, sp_list d_out);
    void *self;
    /* If given, called once for each call of sp_custom(), also one that fails: that call needs self no more. */
    void (*done)(void *self);
} sp_custom_fn;

/* Calls fn; custom_fn points to an sp_custom_fn, of which a copy is kept until the derivatives are made. Itself an sp_fn. In a
 * function that is traced both fn and the vjp are traced. fn's inputs alone are differentiated, not parameters that it uses.
 * SP_ERR_VALUE, SP_ERR_SHAPE, SP_ERR_DTYPE, from the call that differentiates: vjp's list does not fit the inputs. */
SP_API sp_list sp_custom(void *custom_fn, sp_list in);

/* x, behind which nothing is differentiated. */
SP_API sp_tensor *sp_stop_gradient(sp_tensor *x);

#ifdef __cplusplus
}
#endif
#endif
