/* gemm_own.c: C = alpha op(A) op(B) + beta C by our own kernels.
 *
 *      R's panels      L's rows are spread element by element, R's meet them as vectors (gemm_tile.c). Usually L is
 *      +--+--+--+      op(A) and R op(B). Where B is stored as (N, K), as a layer's weights are, and has more rows than
 *    K |  |  |  |      A, the product is turned: C^T = B A^T. Then B is read as it lies, and only the smaller A^T is
 *      +--+--+--+      brought into panels; the tiles of C^T are turned when they are written.
 *   K
 * +---+-+--+--+--+     A grid of blocks of C is shared between the threads, one each. In a block, as many panels of R
 * | L |m|  |  |  |     as fit the buffer are packed (none where few rows read them), then tiles of L go along them: a
 * +---+-+--+--+--+     tile's rows stay in the first cache, the panels in the second.
 *      C
 * K is cut into slices by the product's size alone, and each element of C is summed in order of k: it has the same bits
 * for every number of threads. Buffers are on the stack: about 320 KiB. */
#include <stdatomic.h>

#include "kernels/gemm.h"
#include "kernels/loops.h"

#ifdef __SSE__
#include <immintrin.h>
#endif

enum {
    RIGHT_BYTES = 256 << 10, /* panels of R                                                  */
    DEPTH_BYTES = 4096,      /* a slice of K, in bytes of an element each: at most           */
    LEFT_BYTES = 60 << 10,   /* L's rows: at least a tile's */
    LEFT_PAD = 16,           /* elements between L's rows, so that they fall on different sets of the cache */
    SQUARE_DEPTH = 384,      /* ... and where neither side is short */
    SHORT = 128,
    GROUP = 4,              /* panels packed together                                       */
    STEP = 16,              /* of K at a time while packing                                 */
    DIRECT_TILES = 2,       /* with so few tiles of L, R's rows are read where they lie     */
    PACK_PANELS = 6,        /* with so few panels, L's rows are                             */
    NEAR_BYTES = 192 << 10, /* what a slice of L may take to stay in the second cache */
    PIECES = 16,            /* a thread's part is taken in so many pieces                   */
    MOST_PARTS = 64,
    TURNED_ROWS = 64,  /* rows of C^T that are finished together                       */
    PER_OPERATION = 8, /* products that cost as much as one operation of sp__threads_for() */
};

typedef struct part {
    int64_t first, n;
} part;

typedef struct grid {
    int64_t m, n;
} grid;

/* How much of a part has been taken; on a cache line of its own. */
typedef struct taken {
    _Alignas(SP__CACHE_LINE) atomic_llong n;
} taken;

/* L (m,K): (i,k) at L[i ls + k lk]; R (K,n): (k,j) at R[k rk + j rn] */
typedef struct gemm_job {
    sp_dtype dtype;
    const sp__gemm *g;
    const sp__epilogue *e;
    const sp__tile *tile;
    int64_t cols; /* of the tile, for this type */
    const void *L, *R;
    void *C;
    bool turned;
    int64_t m, n, K, depth;
    int64_t ls, lk, rk, rn;
    grid grid;
    int64_t most; /* columns that R's buffer holds */
    enum { SHARE_NOTHING, SHARE_ROWS, SHARE_COLUMNS } share;
    int64_t unit, piece; /* parts along m are cut at multiples of unit; what a thread takes at a time */
    taken *taken;        /* of each part of the grid */
} gemm_job;

/* The next piece of a part: where in the part it begins. */
static int64_t take(const gemm_job *j, int64_t whose, int64_t piece)
{
    return atomic_fetch_add_explicit(&j->taken[whose].n, piece, memory_order_relaxed);
}

/* Part i of n, cut into `parts` at multiples of unit. */
static part part_of(int64_t n, int64_t parts, int64_t i, int64_t unit)
{
    const int64_t units = (n - 1) / unit + 1;
    const int64_t begin = units * i / parts * unit, end = SP__MIN(units * (i + 1) / parts * unit, n);
    return (part){begin, end - begin};
}

/* ---- turning: out[k width + i] = from[i row + k], four i at a time; C (n, 4) = sum (4, n)^T + beta C ---- */

static void turn_4_f32(float *restrict out, int64_t width, const float *restrict from, int64_t row, int64_t K)
{
    int64_t k = 0;
#ifdef __SSE__
    for (; k + 4 <= K; k += 4, out += 4 * width) {
        __m128 a = _mm_loadu_ps(from + k), b = _mm_loadu_ps(from + row + k);
        __m128 c = _mm_loadu_ps(from + 2 * row + k), d = _mm_loadu_ps(from + 3 * row + k);
        _MM_TRANSPOSE4_PS(a, b, c, d);
        _mm_storeu_ps(out, a), _mm_storeu_ps(out + width, b);
        _mm_storeu_ps(out + 2 * width, c), _mm_storeu_ps(out + 3 * width, d);
    }
#endif
    for (; k < K; k++, out += width)
        for (int64_t i = 0; i < 4; i++)
            out[i] = from[i * row + k];
}

static void turn_4_f64(double *restrict out, int64_t width, const double *restrict from, int64_t row, int64_t K)
{
    for (int64_t k = 0; k < K; k++, out += width)
        for (int64_t i = 0; i < 4; i++)
            out[i] = from[i * row + k];
}

static void add_turned_4_f32(float *restrict C, int64_t ldc, const float *restrict sum, int64_t width, int64_t n,
                             float beta)
{
    float turned[4 * SP__TILE_BYTES / sizeof(float)];
    turn_4_f32(turned, 4, sum, width, n);
    if (beta == 0)
        for (int64_t j = 0; j < n; j++)
            memcpy(C + j * ldc, turned + 4 * j, 4 * sizeof(float));
    else
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < 4; i++)
                C[j * ldc + i] = turned[4 * j + i] + beta * C[j * ldc + i];
}

static void add_turned_4_f64(double *restrict C, int64_t ldc, const double *restrict sum, int64_t width, int64_t n,
                             double beta)
{
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < 4; i++)
            C[j * ldc + i] = sum[i * width + j] + (beta == 0 ? 0 : beta * C[j * ldc + i]);
}

#define T       float
#define LEFT    sp__left_f32
#define TILE    f32
#define NAME(f) f##_f32
#include "kernels/gemm_pack.h"
#include "kernels/gemm_loops.h"
#undef T
#undef LEFT
#undef TILE
#undef NAME
#define T       double
#define LEFT    sp__left_f64
#define TILE    f64
#define NAME(f) f##_f64
#include "kernels/gemm_pack.h"
#include "kernels/gemm_loops.h"
#undef T
#undef LEFT
#undef TILE
#undef NAME

/* ---- how a product is cut ---- */

/* A thread's cost, in multiplications for each k: what it computes, the panels that it packs, the rows of L that it is
 * the first to read. */
static int64_t cost_of(const gemm_job *j, int64_t grid_m, int64_t grid_n)
{
    const int64_t m = (j->m - 1) / grid_m + 1, n = ((j->n - 1) / j->cols / grid_n + 1) * j->cols;
    return m * n + (j->rn == 1 ? 4 : 8) * n + 4 * m;
}

static grid grid_for(const gemm_job *j, int64_t threads)
{
    grid best = {threads, 1};
    for (int64_t n = 2; n <= threads; n++)
        if (threads % n == 0 && cost_of(j, threads / n, n) < cost_of(j, best.m, best.n))
            best = (grid){threads / n, n};
    return best;
}

static int64_t depth_for(const gemm_job *j)
{
    const int64_t most = DEPTH_BYTES / sp__bytes(j->dtype);
    const int64_t depth = SP__MIN(j->m, j->n) <= SHORT ? most : SP__MIN(most, SQUARE_DEPTH);
    const int64_t slices = (j->K - 1) / depth + 1;
    return SP__MIN(((j->K - 1) / slices + 4) / 4 * 4, depth);
}

/* Threads are seldom equally fast (other programs, other guests of the processor), so where a product allows it they take
 * pieces, some for each, until none is left. Whose piece it was does not change the result. */
static void share(gemm_job *j)
{
    const int64_t m = (j->m - 1) / j->grid.m + 1, n = (j->n - 1) / j->grid.n + 1;
    j->most = RIGHT_BYTES / sp__bytes(j->dtype) / j->depth / j->cols * j->cols;
    j->unit = m >= PIECES * j->tile->rows ? j->tile->rows : 2;
    if (j->grid.m * j->grid.n == 1 || j->grid.m * j->grid.n > MOST_PARTS)
        return;
    if (j->grid.m == 1) {
        j->share = SHARE_COLUMNS;
        const bool near = j->m * SP__MIN(j->K, j->depth) * sp__bytes(j->dtype) <= NEAR_BYTES;
        j->piece =
            near ? SP__MIN(j->most, ((n - 1) / PIECES / j->cols + 1) * j->cols) : j->most; /* L is read anew for each */
    } else if (j->K <= j->depth && n + j->cols <= j->most) {
        j->share = SHARE_ROWS;
        j->piece = ((m - 1) / PIECES / j->unit + 1) * j->unit;
    }
}

/* Which of A and B is L, and how they lie */
static void set_sides(gemm_job *j, const void *A, const void *B)
{
    const sp__gemm *g = j->g;
    const int64_t am = g->ta ? 1 : g->lda, ak = g->ta ? g->lda : 1, bk = g->tb ? 1 : g->ldb, bn = g->tb ? g->ldb : 1;
    j->turned = g->tb && 2 * g->M <= g->N;
    if (j->turned)
        j->L = B, j->R = A, j->m = g->N, j->n = g->M, j->ls = bn, j->lk = bk, j->rk = ak, j->rn = am;
    else
        j->L = A, j->R = B, j->m = g->M, j->n = g->N, j->ls = am, j->lk = ak, j->rk = bk, j->rn = bn;
}

void sp__k_gemm_own(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e)
{
    const sp__tile *tile = sp__k_tile();
    taken parts[MOST_PARTS];
    gemm_job j = {.dtype = dtype, .g = g, .e = e, .tile = tile, .C = C, .K = g->K, .taken = parts};
    j.cols = dtype == SP_F32 ? tile->cols : tile->cols / 2;
    set_sides(&j, A, B);
    j.depth = depth_for(&j);
    const int64_t work = g->M * g->N * g->K / PER_OPERATION + 2 * g->M * g->N, threads = sp__threads_for(work);
    j.grid = grid_for(&j, threads);
    share(&j);
    for (int64_t i = 0; j.share != SHARE_NOTHING && i < threads; i++)
        atomic_init(&parts[i].n, 0);
    sp__for(threads, 1, work, dtype == SP_F32 ? range_f32 : range_f64, &j);
}
