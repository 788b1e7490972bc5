/* kernels/backend.h: what another library may compute. NULL, or false from a function, means: not this one, and the
 * portable kernel runs. Contracts are those of kernels.h; supports() tells before memory is planned, and what it
 * promised for a geometry the pass then does, unless memory runs out. */
#ifndef SP_KERNELS_BACKEND_H
#define SP_KERNELS_BACKEND_H

#include "kernels/kernels.h"

typedef struct sp__backend {
    const char *name;
    bool (*load)(void); /* called before it is first used; false: it cannot be had. May be NULL. */
    bool (*gemm_f32)(const sp__gemm *g, const float *A, const float *B, float *C);
    /* Whether conv_* will do this pass, without workspace. */
    bool (*conv_supports)(const sp__conv *c, sp__conv_pass pass);
    bool (*conv)(const sp__conv *c, float *y, const float *x, const float *w, const float *b);
    bool (*conv_grad_input)(const sp__conv *c, float *dx, const float *dy, const float *w);
    bool (*conv_grad_weight)(const sp__conv *c, float *dw, const float *dy, const float *x);
    /* Of arrays rounded to BFloat16, if this processor multiplies that type; y, a, b as in sp__k_conv_narrow. */
    bool (*gemm_bf16)(const sp__gemm *g, const float *A, const float *B, float *C);
    bool (*conv_bf16)(const sp__conv *c, sp__conv_pass pass, float *y, const float *a, const float *b);
} sp__backend;

/* The one in use; never NULL. Loads it if need be: ask only when there is work for it. */
const sp__backend *sp__k_backend_table(void);
/* Whether it was chosen by name: then it does all that it can, not only what it does faster. */
bool sp__k_backend_asked(void);

#ifdef SPORE_HAVE_ONEDNN
extern const sp__backend sp__onednn; /* onednn/onednn.c */
#endif

#endif
