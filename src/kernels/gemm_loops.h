/* kernels/gemm_loops.h: the blocks of a matrix product for one type: T the type, TILE the tile's name for it, NAME(f)
 * the name of f for it. Included by gemm.c only. lda and ldb with their flags become strides: element (i,k) of op(A)
 * is at A[i ra + k ca], element (k,j) of op(B) at B[k rb + j cb]. */

/* strips of `cols` columns of op(B) (K, n), zeros beyond n: out (ceil(n / cols), K, cols) */
static void NAME(pack_b)(T *restrict out, const T *restrict B, int64_t rb, int64_t cb, int64_t K, int64_t n,
                         int64_t cols)
{
    for (int64_t j0 = 0; j0 < n; j0 += cols, out += K * cols) {
        int64_t width = SP__MIN(cols, n - j0);
        if (cb == 1 && width == cols) {
            for (int64_t k = 0; k < K; k++)
                memcpy(out + k * cols, B + k * rb + j0, (size_t)cols * sizeof(T));
            continue;
        }
        memset(out, 0, (size_t)(K * cols) * sizeof(T));
        for (int64_t k0 = 0; k0 < K; k0 += STEP) { /* so that both sides' cache lines stay in use */
            int64_t k1 = SP__MIN(k0 + STEP, K);
            for (int64_t j = 0; j < width; j++)
                for (int64_t k = k0; k < k1; k++)
                    out[k * cols + j] = B[k * rb + (j0 + j) * cb];
        }
    }
}

/* `rows` rows of op(A) (m, K), zeros beyond m; kept the way round they are stored. Sets the buffer's strides. */
static void NAME(pack_a)(T *restrict out, const T *restrict A, int64_t ra, int64_t ca, int64_t m, int64_t K,
                         int64_t rows, int64_t *rs, int64_t *cs)
{
    bool by_row = ca == 1;
    *rs = by_row ? DEPTH + ROW_PAD / (int64_t)sizeof(T) : 1;
    *cs = by_row ? 1 : rows;
    if (m < rows)
        memset(out, 0, (size_t)(by_row ? rows * *rs : rows * K) * sizeof(T));
    if (by_row)
        for (int64_t i = 0; i < m; i++)
            memcpy(out + i * *rs, A + i * ra, (size_t)K * sizeof(T));
    else
        for (int64_t k = 0; k < K; k++)
            for (int64_t i = 0; i < m; i++)
                out[k * rows + i] = A[i * ra + k * ca];
}

/* C (m, n) = alpha acc + beta C; acc has rows of cols elements. with beta 0 C is not read. */
static void NAME(update)(T *restrict C, int64_t ldc, const T *restrict acc, int64_t cols, int64_t m, int64_t n, T alpha,
                         T beta)
{
    for (int64_t i = 0; i < m; i++, C += ldc, acc += cols) {
        if (beta == 0)
            for (int64_t j = 0; j < n; j++)
                C[j] = alpha * acc[j];
        else
            for (int64_t j = 0; j < n; j++)
                C[j] = alpha * acc[j] + beta * C[j];
    }
}

/* C (m, n) of one task */
static void NAME(task)(const gemm_job *j, int64_t m0, int64_t m, int64_t n0, int64_t n)
{
    const sp__gemm *g = j->g;
    const int64_t rows = j->tile->rows, cols = j->tile->cols;
    const int64_t ra = g->ta ? 1 : g->lda, ca = g->ta ? g->lda : 1;
    const int64_t rb = g->tb ? 1 : g->ldb, cb = g->tb ? g->ldb : 1;
    _Alignas(64) T b[DEPTH * TASK_BYTES / sizeof(T)];
    _Alignas(64) T a[SP__TILE_ROWS * (DEPTH + ROW_PAD / sizeof(T))];
    _Alignas(64) T acc[SP__TILE_ROWS * SP__TILE_BYTES / sizeof(T)];
    for (int64_t k0 = 0; k0 < g->K; k0 += DEPTH) {
        int64_t K = SP__MIN(DEPTH, g->K - k0);
        T beta = k0 == 0 ? (T)g->beta : 1;
        NAME(pack_b)(b, (const T *)j->B + k0 * rb + n0 * cb, rb, cb, K, n, cols);
        for (int64_t i = 0; i < m; i += rows) {
            int64_t height = SP__MIN(rows, m - i), rs, cs;
            NAME(pack_a)(a, (const T *)j->A + (m0 + i) * ra + k0 * ca, ra, ca, height, K, rows, &rs, &cs);
            for (int64_t c = 0; c < n; c += cols) {
                j->tile->TILE(acc, a, rs, cs, b + c * K, K);
                NAME(update)
                ((T *)j->C + (m0 + i) * g->ldc + n0 + c, g->ldc, acc, cols, height, SP__MIN(cols, n - c), (T)g->alpha,
                 beta);
            }
        }
    }
}

static void NAME(gemm_range)(const void *arg, int64_t begin, int64_t end)
{
    const gemm_job *j = arg;
    const int64_t task_cols = TASK_BYTES / (int64_t)sizeof(T);
    for (int64_t t = begin; t < end; t++) {
        int64_t m0 = t / j->tasks_n * TASK_ROWS, n0 = t % j->tasks_n * task_cols;
        NAME(task)(j, m0, SP__MIN(TASK_ROWS, j->g->M - m0), n0, SP__MIN(task_cols, j->g->N - n0));
    }
}
