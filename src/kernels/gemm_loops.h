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

static NAME(slice) NAME(slice_of)(const gemm_job *j, int64_t k)
{
    return (NAME(slice)){k, SP__MIN(j->depth, j->K - k), (T)j->g->alpha, k == 0 ? (T)j->g->beta : 1,
                         k + j->depth >= j->K};
}

/* R's columns [first, first + n) at k: packed into room, or where they lie. */
static NAME(panels)
    NAME(panels_of)(const gemm_job *j, const NAME(slice) * s, int64_t first, int64_t n, bool direct, T *room)
{
    const int64_t cols = j->cols;
    const T *R = (const T *)j->R + s->k * j->rk + first * j->rn;
    int64_t p = direct ? n / cols * cols : 0; /* from here on packed */
    T *out = room;
    for (; j->rn == 1 && p + cols <= n;) {
        const int64_t width = SP__MIN(GROUP, (n - p) / cols) * cols;
        NAME(pack_panels)(out, cols, R + p, j->rk, width, s->K);
        p += width, out += width * s->K;
    }
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

/* L's rows i .. i+m (at most a tile's) at k; packed into room. Rows that follow each other in memory by k are packed
 * several tiles at a time: `packed` rows from i on are in room already. */
typedef struct NAME(lefts) {
    int64_t first, packed; /* rows in room */
    T room[LEFT_BYTES / sizeof(T)];
} NAME(lefts);

static LEFT NAME(left_of)(const gemm_job *j, const NAME(slice) * s, int64_t i, int64_t m, int64_t end,
                          NAME(lefts) * keep)
{
    const T *L = (const T *)j->L + i * j->ls + s->k * j->lk;
    const int64_t high = j->tile->rows;
    if (!keep)
        return (LEFT){.at = L, .row = j->ls, .k = j->lk};
    if (j->lk == 1) {
        for (int64_t q = 0; q < m; q++)
            memcpy(keep->room + q * (s->K + LEFT_PAD), L + q * j->ls, (size_t)s->K * sizeof(T));
        return (LEFT){.at = keep->room, .row = s->K + LEFT_PAD, .k = 1};
    }
    if (i >= keep->first + keep->packed) {
        const int64_t fit = LEFT_BYTES / (int64_t)sizeof(T) / s->K / high * high;
        keep->first = i, keep->packed = SP__MIN(fit, end - i);
        if (j->ls == 1)
            NAME(pack_panels)(keep->room, high, L, j->lk, keep->packed, s->K);
        else
            for (int64_t q = 0; q < keep->packed; q += high)
                NAME(pack)
                (keep->room + q * s->K, SP__MIN(high, keep->packed - q), L + q * j->ls, j->ls, j->lk,
                 SP__MIN(high, keep->packed - q), s->K);
    }
    return (LEFT){.at = keep->room + (i - keep->first) * s->K, .row = 1, .k = m};
}

/* C's rows i .. i+n, all columns of the panels */
static void NAME(rows)(const gemm_job *j, const NAME(slice) * s, const NAME(panels) * r, int64_t i, int64_t n)
{
    _Alignas(64) NAME(lefts) keep;
    keep.first = i, keep.packed = 0;
    const bool pack = r->n > PACK_PANELS * j->cols || (j->lk != 1 && r->n > 2 * j->cols);
    const int64_t end = i + n;
    for (int64_t done = i; i < end;) { /* rows from `done` on are not finished yet */
        const int64_t m = SP__MIN(j->tile->rows, end - i);
        NAME(strip)(j, s, NAME(left_of)(j, s, i, m, end, pack ? &keep : NULL), r, i, m);
        i += m;
        if (!j->e || !s->last || (j->turned && i - done < TURNED_ROWS && i < end))
            continue;
        if (j->turned)
            sp__k_gemm_finish(j->dtype, j->g, j->C, j->e, r->first, r->n, done, i - done);
        else
            sp__k_gemm_finish(j->dtype, j->g, j->C, j->e, done, i - done, r->first, r->n);
        done = i;
    }
}

/* C's block `rows` by c .. c+n, as many columns as the buffer holds; K by slices */
static void NAME(columns)(const gemm_job *j, part rows, int64_t c, int64_t n, T *right)
{
    const bool direct = j->rn == 1 && rows.n <= DIRECT_TILES * j->tile->rows;
    for (int64_t k = 0; k < j->K; k += j->depth) {
        const NAME(slice) s = NAME(slice_of)(j, k);
        const NAME(panels) r = NAME(panels_of)(j, &s, c, n, direct, right);
        NAME(rows)(j, &s, &r, rows.first, rows.n);
    }
}

/* The columns are cut into pieces that threads take, first of their own part, then of the others'. */
static void NAME(share_columns)(const gemm_job *j, int64_t part_n, T *right)
{
    for (int64_t q = 0; q < j->grid.n; q++) {
        const int64_t whose = (part_n + q) % j->grid.n;
        const part cols = part_of(j->n, j->grid.n, whose, j->cols);
        for (int64_t c; (c = take(j, whose, j->piece)) < cols.n;)
            NAME(columns)(j, (part){0, j->m}, cols.first + c, SP__MIN(j->piece, cols.n - c), right);
    }
}

/* One slice, and all columns of the part fit the buffer: packed once, then threads take rows. */
static void NAME(share_rows)(const gemm_job *j, int64_t part_m, int64_t part_n, T *right)
{
    const part cols = part_of(j->n, j->grid.n, part_n, j->cols);
    const NAME(slice) s = NAME(slice_of)(j, 0);
    const bool direct = j->rn == 1 && j->m <= DIRECT_TILES * j->tile->rows;
    const NAME(panels) r = NAME(panels_of)(j, &s, cols.first, cols.n, direct, right);
    for (int64_t q = 0; q < j->grid.m; q++) {
        const int64_t whose = (part_m + q) % j->grid.m;
        const part rows = part_of(j->m, j->grid.m, whose, j->unit);
        for (int64_t i; (i = take(j, whose * j->grid.n + part_n, j->piece)) < rows.n;)
            NAME(rows)(j, &s, &r, rows.first + i, SP__MIN(j->piece, rows.n - i));
    }
}

/* Parts [begin, end) of the grid. */
static void NAME(range)(const void *arg, int64_t begin, int64_t end)
{
    const gemm_job *j = arg;
    _Alignas(64) T right[RIGHT_BYTES / sizeof(T)];
    for (int64_t t = begin; t < end; t++) {
        const int64_t m = t / j->grid.n, n = t % j->grid.n;
        const part rows = part_of(j->m, j->grid.m, m, j->unit), cols = part_of(j->n, j->grid.n, n, j->cols);
        if (j->share == SHARE_COLUMNS)
            NAME(share_columns)(j, n, right);
        else if (j->share == SHARE_ROWS && cols.n > 0)
            NAME(share_rows)(j, m, n, right);
        else
            for (int64_t c = 0; c < cols.n && rows.n > 0; c += j->most)
                NAME(columns)(j, rows, cols.first + c, SP__MIN(j->most, cols.n - c), right);
    }
}
