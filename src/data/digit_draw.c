/* Drawing a digit as a hand might: each is a few strokes through points, which are moved a little; the whole is
 * slanted, turned, stretched and shifted; the pen is thick or thin; then comes dirt.
 *
 * Every number is a float made by + - * / and square roots, which have one correct result: no sine, no logarithm. */
#include "data/data.h"

#include <math.h>
#include <string.h>

enum { SIDE = SP__DIGIT_SIDE, MAX_POINTS = 14, PIECES = 5 };

typedef struct point {
    float x, y;
} point;

/* Points in a box 1 wide and 1 high, y downwards; the curve goes through all of them. */
typedef struct stroke {
    int n;
    point at[MAX_POINTS];
} stroke;

static const struct glyph {
    int strokes;
    stroke stroke[3];
} glyphs[10] = {
    {1,
     {{9,
       {{.5f, .05f},
        {.2f, .2f},
        {.12f, .5f},
        {.2f, .82f},
        {.5f, .95f},
        {.8f, .82f},
        {.88f, .5f},
        {.8f, .2f},
        {.5f, .05f}}}}},
    {2, {{2, {{.32f, .25f}, {.55f, .05f}}}, {3, {{.55f, .05f}, {.55f, .5f}, {.55f, .95f}}}}},
    {2,
     {{7, {{.15f, .25f}, {.3f, .07f}, {.6f, .05f}, {.82f, .22f}, {.75f, .45f}, {.45f, .7f}, {.12f, .95f}}},
      {3, {{.12f, .95f}, {.5f, .93f}, {.9f, .95f}}}}},
    {2,
     {{5, {{.15f, .12f}, {.5f, .04f}, {.8f, .2f}, {.7f, .42f}, {.42f, .48f}}},
      {6, {{.42f, .48f}, {.78f, .55f}, {.85f, .76f}, {.6f, .95f}, {.3f, .95f}, {.1f, .84f}}}}},
    {3,
     {{3, {{.62f, .05f}, {.35f, .35f}, {.1f, .66f}}},
      {3, {{.1f, .66f}, {.5f, .66f}, {.92f, .66f}}},
      {3, {{.65f, .35f}, {.65f, .65f}, {.65f, .97f}}}}},
    {3,
     {{3, {{.82f, .06f}, {.5f, .06f}, {.25f, .06f}}},
      {3, {{.25f, .06f}, {.22f, .25f}, {.2f, .45f}}},
      {6, {{.2f, .45f}, {.5f, .37f}, {.82f, .52f}, {.82f, .8f}, {.5f, .96f}, {.15f, .88f}}}}},
    {1,
     {{9,
       {{.7f, .05f},
        {.38f, .22f},
        {.18f, .55f},
        {.2f, .82f},
        {.5f, .96f},
        {.8f, .82f},
        {.78f, .58f},
        {.5f, .46f},
        {.2f, .64f}}}}},
    {2, {{3, {{.1f, .08f}, {.5f, .07f}, {.88f, .07f}}}, {3, {{.88f, .07f}, {.6f, .45f}, {.42f, .95f}}}}},
    {1,
     {{13,
       {{.5f, .48f},
        {.22f, .32f},
        {.3f, .1f},
        {.5f, .04f},
        {.7f, .1f},
        {.78f, .32f},
        {.5f, .48f},
        {.18f, .68f},
        {.25f, .9f},
        {.5f, .96f},
        {.75f, .9f},
        {.82f, .68f},
        {.5f, .48f}}}}},
    {2,
     {{7, {{.8f, .3f}, {.6f, .06f}, {.3f, .08f}, {.18f, .28f}, {.35f, .48f}, {.65f, .45f}, {.8f, .28f}}},
      {3, {{.8f, .28f}, {.78f, .6f}, {.6f, .96f}}}}},
};

/* ---- random numbers, in the order they are asked for ---- */

typedef struct dice {
    sp__random r;
    uint64_t block;
    uint32_t word[4];
    int left;
} dice;

static uint32_t next_word(dice *d)
{
    if (d->left == 0) {
        sp__philox(d->word, d->r.seed, d->r.stream, d->block++);
        d->left = 4;
    }
    return d->word[--d->left];
}

static float between(dice *d, float low, float high)
{
    return low + (high - low) * ((float)(next_word(d) >> 8) * (1.f / 16777216.f));
}

/* Sum of three uniform numbers: mean 0, bell-shaped, within +-3 s, deviation s. */
static float about(dice *d, float s)
{
    float sum = 0;
    for (int i = 0; i < 3; i++)
        sum += between(d, -1, 1);
    return sum * s;
}

/* ---- the hand ---- */

/* Takes a point of the box to the picture. */
typedef struct hand {
    float xx, xy, yx, yy, x0, y0;
    float radius; /* of the pen, in pixels */
    float ink;    /* brightness of its line */
} hand;

static hand hand_new(dice *d)
{
    float turn = SP__MAX(-.45f, SP__MIN(.45f, about(d, .13f))), t2 = turn * turn;
    float sine = turn * (1 - t2 / 6), cosine = 1 - t2 / 2 + t2 * t2 / 24;
    float slant = about(d, .17f), width = between(d, 10, 19), height = between(d, 15, 21.5f);
    return (hand){
        .xx = cosine * width,
        .xy = -sine * height - slant * height,
        .yx = sine * width,
        .yy = cosine * height,
        .x0 = (float)SIDE / 2 + about(d, 1.1f),
        .y0 = (float)SIDE / 2 + about(d, 1.1f),
        .radius = between(d, .55f, 1.7f),
        .ink = between(d, .6f, 1),
    };
}

static point to_picture(const hand *h, point p)
{
    float x = p.x - .5f, y = p.y - .5f;
    return (point){h->x0 + h->xx * x + h->xy * y, h->y0 + h->yx * x + h->yy * y};
}

/* ---- the pen ---- */

/* Brightens the pixels near the line from a to b; picture: SIDE x SIDE, 0 to 1. */
static void draw_line(float *picture, const hand *h, point a, point b)
{
    float reach = h->radius + .5f, dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    float scale = length2 > 0 ? 1 / length2 : 0; /* a line without length is a dot */
    int left = (int)SP__MAX(0.f, SP__MIN(a.x, b.x) - reach),
        right = (int)SP__MIN(SIDE - 1.f, SP__MAX(a.x, b.x) + reach);
    int top = (int)SP__MAX(0.f, SP__MIN(a.y, b.y) - reach),
        bottom = (int)SP__MIN(SIDE - 1.f, SP__MAX(a.y, b.y) + reach);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            float px = (float)x + .5f - a.x, py = (float)y + .5f - a.y;
            float along = (px * dx + py * dy) * scale;
            along = SP__MAX(0.f, SP__MIN(1.f, along));
            float ex = px - along * dx, ey = py - along * dy, distance2 = ex * ex + ey * ey;
            if (distance2 >= reach * reach)
                continue;
            float ink = SP__MIN(1.f, reach - sqrtf(distance2)) * h->ink; /* fades over one pixel */
            float *at = &picture[y * SIDE + x];
            *at = SP__MAX(*at, ink);
        }
}

/* Catmull and Rom's spline (1974) through b and c, coming from a and going to d. */
static float spline(float a, float b, float c, float d, float t)
{
    return b + .5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

static void draw_stroke(float *picture, const hand *h, const stroke *s, dice *d)
{
    point p[MAX_POINTS + 2]; /* the ends twice */
    for (int i = 0; i < s->n; i++) {
        point moved = {s->at[i].x + about(d, .026f), s->at[i].y + about(d, .02f)};
        p[i + 1] = to_picture(h, moved);
    }
    p[0] = p[1];
    p[s->n + 1] = p[s->n];
    for (int i = 0; i + 1 < s->n; i++) {
        const point *q = p + i;
        point from = q[1];
        for (int k = 1; k <= PIECES; k++) {
            float t = (float)k / PIECES;
            point to = {spline(q[0].x, q[1].x, q[2].x, q[3].x, t), spline(q[0].y, q[1].y, q[2].y, q[3].y, t)};
            draw_line(picture, h, from, to);
            from = to;
        }
    }
}

/* Some sevens are crossed, some pictures have a stray scratch. */
static void draw_extras(float *picture, const hand *h, int digit, dice *d)
{
    if (digit == 7 && next_word(d) % 4 == 0)
        draw_line(picture, h, to_picture(h, (point){.35f, .48f}), to_picture(h, (point){.8f, .5f}));
    if (next_word(d) % 6 == 0) {
        point a = {between(d, 1, SIDE - 1), between(d, 1, SIDE - 1)};
        point b = {a.x + between(d, -6, 6), a.y + between(d, -6, 6)};
        draw_line(picture, &(hand){.radius = .5f, .ink = between(d, .3f, .8f)}, a, b);
    }
}

void sp__digit_draw(uint8_t out[SIDE * SIDE], int digit, sp__random r)
{
    dice d = {.r = r};
    float picture[SIDE * SIDE] = {0};
    const hand h = hand_new(&d);
    for (int i = 0; i < glyphs[digit].strokes; i++)
        draw_stroke(picture, &h, &glyphs[digit].stroke[i], &d);
    draw_extras(picture, &h, digit, &d);
    float dirt = between(&d, 0, .35f);
    for (int i = 0; i < SIDE * SIDE; i += 4) {
        uint32_t w = next_word(&d);
        for (int k = 0; k < 4; k++) {
            float noise = ((float)(w >> (8 * k) & 0xff) - 127.5f) * dirt;
            out[i + k] = (uint8_t)SP__MAX(0.f, SP__MIN(255.f, picture[i + k] * 255 + noise + .5f));
        }
    }
}
