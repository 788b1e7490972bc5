/* cli/say.c: errors and progress, for people. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 2048, BAR = 24 };

/* ---- errors ---- */

/* Colours only for a person who has not asked for none (no-color.org). */
static bool colours(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static void write_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    fprintf(stderr, colours() ? "\033[31mspore:\033[0m %s\n" : "spore: %s\n", text);
}

void cli_complain(const char *format, ...)
{
    char text[LINE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(text);
}

int cli_failed(void)
{
    cli_complain("%s", sp_error() == SP_OK ? "failed without a cause" : sp_error_text());
    return sp_error() == SP_ERR_INTERRUPTED ? CLI_INTERRUPTED : CLI_FAILED;
}

int cli_misused(const char *command, const char *format, ...)
{
    char text[LINE];
    int n = snprintf(text, sizeof text, "%s: ", command);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    write_line(text);
    return CLI_MISUSED;
}

/* ---- numbers ---- */

/* One of four texts in turn: enough for a line. */
static char *next_text(size_t *size)
{
    static char texts[4][40];
    static unsigned next;
    *size = sizeof texts[0];
    return texts[next++ % 4];
}

const char *cli_duration(double seconds)
{
    size_t size;
    char *text = next_text(&size);
    int64_t s = (int64_t)(seconds + 0.5);
    if (seconds < 60)
        snprintf(text, size, seconds < 1 ? "%.2f s" : "%.1f s", seconds);
    else if (s < 3600)
        snprintf(text, size, "%d min %d s", (int)(s / 60), (int)(s % 60));
    else
        snprintf(text, size, "%lld h %d min", (long long)(s / 3600), (int)(s % 3600 / 60));
    return text;
}

const char *cli_bytes(int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    size_t size, unit = 0;
    char *text = next_text(&size);
    double x = (double)bytes;
    for (; x >= 1000 && unit < 4; unit++)
        x /= 1000;
    snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", x, units[unit]);
    return text;
}

const char *cli_number(int64_t n)
{
    size_t size;
    char *text = next_text(&size), digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < length; i++) {
        text[at++] = digits[i];
        if (digits[i] != '-' && i + 1 < length && (length - 1 - i) % 3 == 0)
            text[at++] = ',';
    }
    text[at] = 0;
    return text;
}

double cli_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool cli_ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

bool cli_is_tensors(const char *path)
{
    return cli_ends_with(path, ".ckpt") || cli_ends_with(path, ".safetensors") || cli_ends_with(path, ".npz");
}

bool cli_is_graph(const char *path) { return cli_ends_with(path, ".mindir") || cli_ends_with(path, ".onnx"); }

/* ---- progress ---- */

static void draw_bar(const sp_progress *p, bool last)
{
    char bar[BAR + 1];
    double part = p->total > 0 ? (double)p->done / (double)p->total : 0;
    int full = (int)(part * BAR);
    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = 0;
    fprintf(stderr, "\r%s [%s] %s", p->what, bar, cli_bytes(p->done));
    if (p->total > 0)
        fprintf(stderr, " of %s", cli_bytes(p->total));
    fprintf(stderr, ", %s/s", cli_bytes((int64_t)p->rate));
    if (p->eta >= 0 && !last)
        fprintf(stderr, ", %s left", cli_duration(p->eta));
    fprintf(stderr, "\033[K%s", last ? "\n" : ""); /* clears what a longer line left */
}

bool cli_progress(void *user, const sp_progress *p)
{
    (void)user;
    static double drawn;
    bool last = p->total >= 0 && p->done >= p->total;
    double now = cli_clock();
    if (isatty(STDERR_FILENO)) {
        if (last || now - drawn > 0.1) {
            draw_bar(p, last);
            drawn = now;
        }
    } else if (last) {
        fprintf(stderr, "%s: %s at %s/s\n", p->what, cli_bytes(p->done), cli_bytes((int64_t)p->rate));
    }
    return true;
}
