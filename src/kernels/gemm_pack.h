/* kernels/gemm_pack.h: moving elements into and out of the order of tiles, for one type: T the type, NAME(f) the name
 * of f for it, TURN_4(out, width, from, row) and so on the type's way to turn four by four (gemm_own.c). */

/* (n, K) at from[i fi + k fk], into out[k width + i]; zeros for n <= i < width */
static void NAME(pack)(T *restrict out, int64_t width, const T *restrict from, int64_t fi, int64_t fk, int64_t n,
                       int64_t K)
{
    int64_t i = 0;
    if (n < width)
        memset(out, 0, (size_t)(K * width) * sizeof(T));
    else if (fi == 1) { /* constant sizes become moves */
        const size_t bytes = (size_t)width * sizeof(T);
        for (int64_t k = 0; k < K; k++, out += width, from += fk)
            if (bytes == 64)
                memcpy(out, from, 64);
            else if (bytes == 24)
                memcpy(out, from, 24);
            else
                memcpy(out, from, bytes);
        return;
    }
    for (; fk == 1 && i + 4 <= n; i += 4)
        NAME(turn_4)(out + i, width, from + i * fi, fi, K);
    for (int64_t k0 = 0; k0 < K; k0 += STEP) { /* so that both sides' cache lines stay in use */
        const int64_t k1 = SP__MIN(k0 + STEP, K);
        for (int64_t rest = i; rest < n; rest++)
            for (int64_t k = k0; k < k1; k++)
                out[k * width + rest] = from[rest * fi + k * fk];
    }
}

/* n columns as panels side by side, a few rows of all at a time: rows are read on, and pages seldom changed. */
static void NAME(pack_panels)(T *restrict out, int64_t width, const T *restrict from, int64_t fk, int64_t n, int64_t K)
{
    for (int64_t k = 0; k < K; k += STEP)
        for (int64_t c = 0; c < n; c += width) {
            const int64_t w = SP__MIN(width, n - c); /* a narrower panel is as wide as it is */
            NAME(pack)(out + c * K + k * w, w, from + k * fk + c, 1, fk, w, SP__MIN(STEP, K - k));
        }
}

/* C (m, n) = sum + beta C; sum has rows of width. With beta 0 C is not read. */
static void NAME(add)(T *restrict C, int64_t ldc, const T *restrict sum, int64_t width, int64_t m, int64_t n, T beta)
{
    for (int64_t i = 0; i < m; i++, C += ldc, sum += width)
        for (int64_t j = 0; j < n; j++)
            C[j] = sum[j] + (beta == 0 ? 0 : beta * C[j]);
}

/* C (n, m) = sum^T + beta C; sum (m, n) has rows of width. With beta 0 C is not read. */
static void NAME(add_turned)(T *restrict C, int64_t ldc, const T *restrict sum, int64_t width, int64_t m, int64_t n,
                             T beta)
{
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
        NAME(add_turned_4)(C + i, ldc, sum + i * width, width, n, beta);
    for (int64_t j = 0; j < n; j++)
        for (int64_t rest = i; rest < m; rest++)
            C[j * ldc + rest] = sum[rest * width + j] + (beta == 0 ? 0 : beta * C[j * ldc + rest]);
}
