/* The progress bar:
 *
 *     epoch 2/3 [=========>          ] 450/938 loss 0.4269, 812 steps/s, 0:01 left       on a terminal, redrawn in place
 *     epoch 2/3: 938 steps, loss 0.3871, 1.2 s                                           elsewhere, a line an epoch */
#include <unistd.h>

#include "train/train.h"

#define BAR_WIDTH    20
#define REDRAW_AFTER 0.1 /* seconds: more often cannot be read, and costs time */

typedef struct bar {
    FILE *file;
    bool terminal;
    double drawn; /* seconds of the epoch when it was last drawn; negative: not yet */
} bar;

/* Seconds until the last epoch's end, at the rate of this one; -1: not known. */
static double seconds_left(const sp_train_state *s)
{
    if (s->steps < 0 || s->step == 0)
        return -1;
    double steps = (double)(s->epochs - s->epoch) * (double)s->steps + (double)(s->steps - s->step);
    return steps * s->seconds / (double)s->step;
}

static void draw_bar(FILE *file, const sp_train_state *s)
{
    if (s->steps <= 0) {
        fprintf(file, " %lld", (long long)s->step);
        return;
    }
    int full = (int)(BAR_WIDTH * s->step / s->steps);
    fputs(" [", file);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '=' : i == full ? '>' : ' ', file);
    fprintf(file, "] %lld/%lld", (long long)s->step, (long long)s->steps);
}

static void draw(bar *b, const sp_train_state *s)
{
    double left = seconds_left(s), rate = s->seconds > 0 ? (double)s->step / s->seconds : 0;
    fprintf(b->file, "\repoch %d/%d", s->epoch, s->epochs);
    draw_bar(b->file, s);
    fprintf(b->file, " loss %.4f, %.*f steps/s", s->epoch_loss, rate < 10 ? 1 : 0, rate);
    if (left >= 0)
        fprintf(b->file, ", %lld:%02d left", (long long)left / 60, (int)((long long)left % 60));
    fputs("\033[K", b->file); /* what is left of a longer line before */
    fflush(b->file);
    b->drawn = s->seconds;
}

static void end_line(bar *b)
{
    if (b->drawn >= 0)
        fputc('\n', b->file);
    fflush(b->file);
    b->drawn = -1;
}

static bool bar_on(void *user, sp_event event, const sp_train_state *s)
{
    bar *b = user;
    if (event == SP_EPOCH_BEGIN)
        b->drawn = -1;
    if (!b->terminal) {
        if (event == SP_EPOCH_END) {
            fprintf(b->file, "epoch %d/%d: %lld steps, loss %.4f, %.1f s\n", s->epoch, s->epochs, (long long)s->step,
                    s->epoch_loss, s->seconds);
            fflush(b->file);
        }
        return true;
    }
    if (event == SP_EPOCH_END || (event == SP_STEP_END && (b->drawn < 0 || s->seconds - b->drawn > REDRAW_AFTER)))
        draw(b, s);
    if (event == SP_EPOCH_END || event == SP_TRAIN_END)
        end_line(b);
    return true;
}

static void bar_free(void *user) { sp__free(user, sizeof(bar)); }

sp_callback sp_progress_bar(void *file)
{
    bar *b = sp__alloc(sizeof *b);
    if (!b)
        return (sp_callback){0};
    FILE *f = sp__callback_file(file);
    int number = fileno(f); /* -1 for one that is only in memory */
    *b = (bar){f, number >= 0 && isatty(number) == 1, -1};
    return (sp_callback){bar_on, bar_free, b};
}
