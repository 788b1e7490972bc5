/* parallel.c: the one place where loops are shared between threads. */
#include "kernels/loops.h"

#ifdef _OPENMP
#include <omp.h>
#endif

void sp__for(int64_t n, int64_t grain, int64_t work, sp__range body, const void *arg)
{
    if (n <= 0)
        return;
#ifdef _OPENMP
    if (n <= grain) {
        body(arg, 0, n);
        return;
    }
    int64_t pieces = (n - 1) / grain + 1;
    int threads = omp_in_parallel() ? 1 : sp__threads_for(work);
    if (threads > pieces)
        threads = (int)pieces;
    if (threads > 1) {
#pragma omp parallel num_threads(threads)
        {
            int64_t k = omp_get_thread_num(), all = omp_get_num_threads(); /* may be fewer than asked for */
            int64_t begin = pieces * k / all * grain, end = SP__MIN(pieces * (k + 1) / all * grain, n);
            if (begin < end)
                body(arg, begin, end);
        }
        return;
    }
#else
    (void)grain;
    (void)work;
#endif
    body(arg, 0, n);
}
