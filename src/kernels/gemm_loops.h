/* kernels/gemm_loops.h: the blocks of our own matrix product for one type: T the type, TILE the tiles' name for it,
 * NAME(f) the name of f for it. Included by gemm_own.c only, which says what L and R are. */

/* Columns of R that have been brought into order: panels of tile width, each (K, width). */
typedef struct NAME(panels) {
    const T *at, *last; /* the last panel, where it is narrower than a tile: always packed, filled up with zeros */
    int64_t step, row;  /* from panel to panel, from k to k */
    int64_t first, n;   /* which columns */
} NAME(panels);

/* The depth being added: K of the job's K, C scaled by beta. */
typedef struct NAME(slice) {
    int64_t k, K;
    T alpha, beta;
    bool last;
} NAME(slice);

/* R's columns [first, first + n) at k: packed into room, or where they lie. */
static NAME(panels)
    NAME(panels_of)(const gemm_job *j, const NAME(slice) * s, int64_t first, int64_t n, bool direct, T *room)
{
    const int64_t cols = j->cols;
    const T *R = (const T *)j->R + s->k * j->rk + first * j->rn;
    int64_t p = direct ? n / cols * cols : 0; /* from here on packed */
    T *out = room;
    for (; j->rn == 1 && p + GROUP * cols <= n; p += GROUP * cols, out += GROUP * cols * s->K)
        NAME(pack_group)(out, cols, R + p, j->rk, s->K);
    for (; p < n; p += cols, out += cols * s->K)
        NAME(pack)(out, cols, R + p * j->rn, j->rn, j->rk, SP__MIN(cols, n - p), s->K);
    if (direct)
        return (NAME(panels)){R, room, cols, j->rk, first, n};
    return (NAME(panels)){room, room + n / cols * cols * s->K, cols * s->K, cols, first, n};
}

/* C's tile of m rows of L and n <= cols columns of R at (i, c) */
static void NAME(tile)(const gemm_job *j, const NAME(slice) * s, const LEFT *l, int64_t m, const T *R, int64_t row,
                       int64_t i, int64_t c, int64_t n)
{
    const int64_t cols = j->cols, ldc = j->g->ldc;
    T *C = (T *)j->C + (j->turned ? c * ldc + i : i * ldc + c);
    if (n == cols && !j->turned) {
        j->tile->TILE[m](l, R, row, s->K, C, ldc, s->alpha, s->beta);
        return;
    }
    _Alignas(64) T sum[SP__TILE_ROWS * SP__TILE_BYTES / sizeof(T)];
    j->tile->TILE[m](l, R, row, s->K, sum, cols, s->alpha, 0);
    if (j->turned)
        NAME(add_turned)(C, ldc, sum, cols, m, n, s->beta);
    else
        NAME(add)(C, ldc, sum, cols, m, n, s->beta);
}

/* C's rows i .. i+m (at most a tile's), all columns of the panels */
static void NAME(strip)(const gemm_job *j, const NAME(slice) * s, LEFT l, const NAME(panels) * r, int64_t i, int64_t m)
{
    const int64_t cols = j->cols, count = (r->n - 1) / cols + 1;
    const bool dense = l.k == 1 && l.row == s->K; /* then the next tile's rows follow these: fetched along the way */
    while (m > 0) {
        int64_t rows = SP__MIN(m, j->tile->rows);
        while (!j->tile->TILE[rows])
            rows--;
        l.pace = dense ? rows * (int64_t)sizeof(T) / count : 0;
        for (int64_t p = 0; p < count; p++) {
            const int64_t c = p * cols, n = SP__MIN(cols, r->n - c);
            l.ahead = dense ? (const char *)(l.at + rows * l.row) + p * l.pace * s->K : (const char *)l.at;
            NAME(tile)
            (j, s, &l, rows, n < cols ? r->last : r->at + p * r->step, n < cols ? cols : r->row, i, r->first + c, n);
        }
        m -= rows, i += rows, l.at += rows * l.row;
    }
}

/* L's rows i .. i+m at k, packed into room where many panels will read them. */
static LEFT NAME(left_of)(const gemm_job *j, const NAME(slice) * s, int64_t i, int64_t m, bool pack, T *room)
{
    LEFT l = {.at = (const T *)j->L + i * j->ls + s->k * j->lk, .row = j->ls, .k = j->lk};
    if (!pack)
        return l;
    if (l.k == 1) {
        for (int64_t q = 0; q < m; q++)
            memcpy(room + q * (s->K + LEFT_PAD), l.at + q * l.row, (size_t)s->K * sizeof(T));
        l.row = s->K + LEFT_PAD;
    } else {
        NAME(pack)(room, m, l.at, l.row, l.k, m, s->K);
        l.row = 1, l.k = m;
    }
    l.at = room;
    return l;
}

/* C's rows [rows), columns [cols): panels of R as many as the buffer holds, K by slices, L by tiles. */
static void NAME(block)(const gemm_job *j, part rows, part cols)
{
    _Alignas(64) T right[RIGHT_BYTES / sizeof(T)], left[SP__TILE_ROWS * (DEPTH_BYTES / sizeof(T) + LEFT_PAD)];
    const int64_t most = RIGHT_BYTES / (int64_t)sizeof(T) / j->depth / j->cols * j->cols, high = j->tile->rows;
    const bool direct = j->rn == 1 && rows.n <= DIRECT_TILES * high;
    for (int64_t c = 0; c < cols.n; c += most)
        for (int64_t k = 0; k < j->K; k += j->depth) {
            const NAME(slice)
                s = {k, SP__MIN(j->depth, j->K - k), (T)j->g->alpha, k == 0 ? (T)j->g->beta : 1, k + j->depth >= j->K};
            const NAME(panels) r = NAME(panels_of)(j, &s, cols.first + c, SP__MIN(most, cols.n - c), direct, right);
            const bool pack = r.n > PACK_PANELS * j->cols || (j->lk != 1 && r.n > 2 * j->cols);
            int64_t done = 0; /* rows to the end */
            for (int64_t i = 0; i < rows.n; i += high) {
                const int64_t m = SP__MIN(high, rows.n - i), end = i + m;
                NAME(strip)(j, &s, NAME(left_of)(j, &s, rows.first + i, m, pack, left), &r, rows.first + i, m);
                if (j->e && s.last && (!j->turned || end - done >= TURNED_ROWS || end == rows.n)) {
                    sp__k_gemm_finish(j->dtype, j->g, j->C, j->e, j->turned ? r.first : rows.first + done,
                                      j->turned ? r.n : end - done, j->turned ? rows.first + done : r.first,
                                      j->turned ? end - done : r.n);
                    done = end;
                }
            }
        }
}

/* Parts [begin, end) of the grid. */
static void NAME(range)(const void *arg, int64_t begin, int64_t end)
{
    const gemm_job *j = arg;
    for (int64_t t = begin; t < end; t++) {
        const part rows = part_of(j->m, j->grid.m, t / j->grid.n, 2);
        const part cols = part_of(j->n, j->grid.n, t % j->grid.n, j->cols);
        if (rows.n > 0 && cols.n > 0)
            NAME(block)(j, rows, cols);
    }
}
