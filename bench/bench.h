/* bench/bench.h: the clock and the median. These programs are for people who work on Spore: they link the static library and
 * reach its sp__ names. Built with -DSPORE_BENCH=ON. */
#ifndef SP_BENCH_H
#define SP_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "spore.h"

#define BENCH_MOST 1001 /* timings that a median is taken of */

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts them. */
static inline double bench_median(double *seconds, int n)
{
    qsort(seconds, (size_t)n, sizeof *seconds, bench_compare);
    return seconds[n / 2];
}

#endif
