/* kernels/optim_loops.h: optimizer steps for one type: T the type, F(f) libm's name of f for it, NAME(f) the name of
 * our f. Included by optim.c only. All do elements [0, n) in one pass. */

HOT static void NAME(sgd)(const sp__sgd *o, T *w, const T *g, int64_t n)
{
    const T lr = (T)o->lr, decay = (T)o->weight_decay, scale = (T)o->grad_scale;
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        w[i] -= lr * (scale * g[i] + decay * w[i]);
}

HOT static void NAME(sgd_momentum)(const sp__sgd *o, T *w, T *accum, const T *g, int64_t n)
{
    const T lr = (T)o->lr, decay = (T)o->weight_decay, scale = (T)o->grad_scale;
    const T momentum = (T)o->momentum, keep = (T)(1 - o->dampening);
    const bool first = o->first, nesterov = o->nesterov;
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T d = scale * g[i] + decay * w[i];
        const T a = first ? d : momentum * accum[i] + keep * d;
        accum[i] = a;
        w[i] -= lr * (nesterov ? d + momentum * a : a);
    }
}

HOT static void NAME(adam)(const sp__adam *o, T *w, T *m, T *v, T *vmax, const T *g, int64_t n)
{
    const T b1 = (T)o->beta1, b2 = (T)o->beta2, c1 = 1 - b1, c2 = 1 - b2, eps = (T)o->eps;
    const T scale = (T)o->grad_scale;
    const T before = o->decoupled ? 0 : (T)o->weight_decay, after = o->decoupled ? (T)(o->lr * o->weight_decay) : 0;
    const T lr = (T)(o->decoupled ? o->lr : o->lr * sqrt(1 - o->beta2_power) / (1 - o->beta1_power));
    const bool nesterov = o->nesterov;
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T d = scale * g[i] + before * w[i];
        const T mean = b1 * m[i] + c1 * d;
        T square = b2 * v[i] + c2 * d * d;
        m[i] = mean;
        v[i] = square;
        if (vmax) {
            square = vmax[i] > square ? vmax[i] : square;
            vmax[i] = square;
        }
        const T step = nesterov ? b1 * mean + c1 * d : mean;
        w[i] -= lr * step / (F(sqrt)(square) + eps) + after * w[i];
    }
}

HOT static void NAME(rmsprop)(const sp__rmsprop *o, T *w, T *ms, T *mom, T *mg, const T *g, int64_t n)
{
    const T lr = (T)o->lr, b = (T)o->decay, c = 1 - b, momentum = (T)o->momentum, eps = (T)o->eps;
    const T scale = (T)o->grad_scale, decay = (T)o->weight_decay;
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T d = scale * g[i] + decay * w[i];
        const T square = b * ms[i] + c * d * d;
        T mean = 0;
        if (mg) {
            mean = b * mg[i] + c * d;
            mg[i] = mean;
        }
        ms[i] = square;
        mom[i] = momentum * mom[i] + lr * d / F(sqrt)(square - mean * mean + eps);
        w[i] -= mom[i];
    }
}

HOT static void NAME(adagrad)(const sp__sgd *o, T *w, T *accum, const T *g, int64_t n)
{
    const T lr = (T)o->lr, scale = (T)o->grad_scale, decay = (T)o->weight_decay;
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T d = scale * g[i] + decay * w[i];
        accum[i] += d * d;
        w[i] -= lr * d / F(sqrt)(accum[i]);
    }
}

/* Elements [begin, end) of the job's optimizer. */
static void NAME(step_range)(const void *arg, int64_t begin, int64_t end)
{
    const step_job *j = arg;
    const int64_t n = end - begin;
    T *w = (T *)j->w + begin, *s[3];
    const T *g = (const T *)j->g + begin;
    for (int k = 0; k < 3; k++)
        s[k] = j->state[k] ? (T *)j->state[k] + begin : NULL;
    switch (j->kind) {
    case SGD:
        NAME(sgd)(j->options, w, g, n);
        break;
    case SGD_MOMENTUM:
        NAME(sgd_momentum)(j->options, w, s[0], g, n);
        break;
    case ADAM:
        NAME(adam)(j->options, w, s[0], s[1], s[2], g, n);
        break;
    case RMSPROP:
        NAME(rmsprop)(j->options, w, s[0], s[1], s[2], g, n);
        break;
    case ADAGRAD:
        NAME(adagrad)(j->options, w, s[0], g, n);
        break;
    }
}
