/* copy.c: fills, strided copies, transposition. Elements are moved as words of their size. */
#include "kernels/loops.h"

/* ---- fill ---- */

typedef struct fill_job {
    void *y;
    const void *value;
    size_t esize;
} fill_job;

static void fill_range(const void *arg, int64_t begin, int64_t end)
{
    const fill_job *j = arg;
#define X(T)                                   \
    if (j->esize == sizeof(T)) {               \
        T *y = j->y, v = *(const T *)j->value; \
        for (int64_t i = begin; i < end; i++)  \
            y[i] = v;                          \
    }
    SP__WORDS(X)
#undef X
}

static bool is_word(size_t esize) { return esize == 1 || esize == 2 || esize == 4 || esize == 8; }

bool sp__k_fill(size_t esize, void *y, const void *value, int64_t n)
{
    if (!is_word(esize))
        return false;
    fill_job job = {y, value, esize};
    sp__for(n, SP__GRAIN, n, fill_range, &job);
    return true;
}

/* ---- strided copies ---- */

/* y[i sy] = x[i sx], i < n */
typedef void (*line_loop)(void *y, int64_t sy, const void *x, int64_t sx, int64_t n);

#define X(T)                                                                          \
    static void line_##T(void *y_, int64_t sy, const void *x_, int64_t sx, int64_t n) \
    {                                                                                 \
        T *restrict y = y_;                                                           \
        const T *restrict x = x_;                                                     \
        if (sy == 1 && sx == 1)                                                       \
            memcpy(y, x, (size_t)n * sizeof(T));                                      \
        else if (sy == 1 && sx == 0)                                                  \
            for (int64_t i = 0; i < n; i++)                                           \
                y[i] = x[0];                                                          \
        else                                                                          \
            for (int64_t i = 0; i < n; i++)                                           \
                y[i * sy] = x[i * sx];                                                \
    }
SP__WORDS(X)
#undef X

/* y[i sy + j] = x[i + j sx] for i < rows, j < cols: tiles of 16 by 16 keep both sides' cache lines in use. */
typedef void (*tile_loop)(void *y, int64_t sy, const void *x, int64_t sx, int64_t rows, int64_t cols);
enum { TILE = 16 };

#define X(T)                                                                                           \
    static void tile_##T(void *y_, int64_t sy, const void *x_, int64_t sx, int64_t rows, int64_t cols) \
    {                                                                                                  \
        T *restrict y = y_;                                                                            \
        const T *restrict x = x_;                                                                      \
        for (int64_t i0 = 0; i0 < rows; i0 += TILE)                                                    \
            for (int64_t j0 = 0; j0 < cols; j0 += TILE) {                                              \
                int64_t i1 = SP__MIN(i0 + TILE, rows), j1 = SP__MIN(j0 + TILE, cols);                  \
                for (int64_t i = i0; i < i1; i++)                                                      \
                    for (int64_t j = j0; j < j1; j++)                                                  \
                        y[i * sy + j] = x[i + j * sx];                                                 \
            }                                                                                          \
    }
SP__WORDS(X)
#undef X

static const line_loop line_loops[9] = {
    [1] = line_sp__word1, [2] = line_sp__word2, [4] = line_sp__word4, [8] = line_sp__word8};
static const tile_loop tile_loops[9] = {
    [1] = tile_sp__word1, [2] = tile_sp__word2, [4] = tile_sp__word4, [8] = tile_sp__word8};

/* s with merged dimensions; the last one or two are done by a loop above, the others (`outer` of them) are walked. With
 * tiles, dimension `across` (where x is dense) is moved to the place before the last. */
typedef struct copy_job {
    sp__strided s;
    char *y;
    const char *x;
    size_t esize;
    int outer;
    bool tiles;
} copy_job;

/* Items of the walk: rows, or blocks of TILE rows of a transposed plane. */
static int64_t blocks_of(const copy_job *j) { return j->tiles ? (j->s.dim[j->outer] - 1) / TILE + 1 : 1; }

static void copy_item(const copy_job *j, int64_t oy, int64_t ox, int64_t block)
{
    const sp__strided *s = &j->s;
    int last = s->rank - 1;
    int64_t e = (int64_t)j->esize;
    if (!j->tiles) {
        line_loops[j->esize](j->y + oy * e, s->sy[last], j->x + ox * e, s->sx[last], s->dim[last]);
        return;
    }
    int64_t row = block * TILE, sy = s->sy[j->outer], sx = s->sx[last];
    tile_loops[j->esize](j->y + (oy + row * sy) * e, sy, j->x + (ox + row) * e, sx,
                         SP__MIN(TILE, s->dim[j->outer] - row), s->dim[last]);
}

static void copy_range(const void *arg, int64_t begin, int64_t end)
{
    const copy_job *j = arg;
    int64_t blocks = blocks_of(j);
    for (int64_t item = begin; item < end; item++) {
        int64_t rest = item / blocks, oy = 0, ox = 0;
        for (int d = j->outer - 1; d >= 0; d--) {
            int64_t i = rest % j->s.dim[d];
            rest /= j->s.dim[d];
            oy += i * j->s.sy[d];
            ox += i * j->s.sx[d];
        }
        copy_item(j, oy, ox, item % blocks);
    }
}

/* Moves dimension d before the last one. */
static void move_before_last(sp__strided *s, int d)
{
    int64_t dim = s->dim[d], sy = s->sy[d], sx = s->sx[d];
    for (; d < s->rank - 2; d++) {
        s->dim[d] = s->dim[d + 1];
        s->sy[d] = s->sy[d + 1];
        s->sx[d] = s->sx[d + 1];
    }
    s->dim[d] = dim;
    s->sy[d] = sy;
    s->sx[d] = sx;
}

bool sp__k_copy_strided(size_t esize, void *y, const void *x, const sp__strided *s)
{
    if (!is_word(esize))
        return false;
    copy_job j = {.s = *s, .y = y, .x = x, .esize = esize};
    int64_t size = 1;
    for (int d = 0; d < s->rank; d++)
        size *= s->dim[d];
    if (size == 0)
        return true;
    int64_t *stride[2] = {j.s.sy, j.s.sx};
    j.s.rank = sp__merge(s->rank, j.s.dim, stride, 2);
    int last = j.s.rank - 1;
    j.outer = last;
    if (j.s.sy[last] == 1 && j.s.sx[last] != 1 && j.s.sx[last] != 0)
        for (int d = last - 1; d >= 0 && !j.tiles; d--)
            if (j.s.sx[d] == 1) {
                move_before_last(&j.s, d);
                j.outer = last - 1;
                j.tiles = true;
            }
    int64_t items = blocks_of(&j);
    for (int d = 0; d < j.outer; d++)
        items *= j.s.dim[d];
    sp__for(items, 1, size, copy_range, &j);
    return true;
}

bool sp__k_transpose(size_t esize, void *y, const void *x, int64_t rows, int64_t cols)
{
    sp__strided s = {.rank = 2, .dim = {cols, rows}, .sy = {rows, 1}, .sx = {1, cols}};
    return sp__k_copy_strided(esize, y, x, &s);
}

void sp__k_strides(int64_t stride[SP_MAX_RANK], const sp_shape *shape)
{
    int64_t step = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        stride[d] = step;
        step *= shape->dim[d];
    }
}
