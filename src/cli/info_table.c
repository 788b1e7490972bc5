/* cli/info_table.c: tables of tensors. */
#include "cli/info.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t bytes_of(const sp_tensor *t) { return sp_size_of(t) * (int64_t)sp_dtype_size(sp_dtype_of(t)); }

void info_count(info_totals *sum, const sp_tensor *t)
{
    sum->tensors++;
    sum->elements += sp_size_of(t);
    sum->bytes += bytes_of(t);
}

info_stats info_stats_of(const sp_tensor *t)
{
    info_stats s = {.min = (double)INFINITY, .max = -(double)INFINITY};
    int64_t n = sp_size_of(t), finite = 0;
    double sum = 0, rest = 0; /* Kahan 1965: as if with twice the digits */
    for (int64_t i = 0; i < n; i++) {
        double x = sp_at(t, i);
        s.nan += isnan(x) != 0;
        s.inf += isinf(x) != 0;
        if (!isfinite(x))
            continue;
        double y = x - rest, next = sum + y;
        rest = (next - sum) - y;
        sum = next;
        s.min = x < s.min ? x : s.min;
        s.max = x > s.max ? x : s.max;
        finite++;
    }
    if (finite == 0)
        s.min = s.max = (double)NAN;
    s.mean = finite ? sum / (double)finite : (double)NAN;
    return s;
}

void info_name(const char *name, int width)
{
    int n = 0;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        putchar(*c < 0x20 || *c == 0x7f ? '?' : *c);
        n += (*c & 0xc0) != 0x80; /* characters, not bytes */
    }
    printf("%*s", n < width ? width - n : 0, "");
}

int info_widest(int width, const char *name)
{
    size_t length = strlen(name);
    return length > (size_t)width && length <= 60 ? (int)length : width;
}

void info_heading(int width, bool stats)
{
    printf("  %-*s  %-18s %-9s %14s", width, "name", "shape", "type", "bytes");
    printf(stats ? " %12s %12s %12s %8s %8s\n" : "\n", "min", "max", "mean", "NaN", "Inf");
}

void info_row(const char *name, int width, const sp_tensor *t, bool stats)
{
    printf("  ");
    info_name(name, width);
    printf("  %-18s %-9s %14s", sp_shape_str(sp_shape_of(t)), sp_dtype_name(sp_dtype_of(t)), cli_number(bytes_of(t)));
    if (stats) {
        info_stats s = info_stats_of(t);
        printf(" %12.6g %12.6g %12.6g %8lld %8lld", s.min, s.max, s.mean, (long long)s.nan, (long long)s.inf);
    }
    printf("\n");
}

void info_json_row(cli_json *j, const char *name, const sp_tensor *t, bool stats, const char *role)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", name);
    cli_json_shape(j, "shape", sp_shape_of(t));
    cli_json_text(j, "dtype", sp_dtype_name(sp_dtype_of(t)));
    cli_json_whole(j, "bytes", bytes_of(t));
    if (role)
        cli_json_text(j, "role", role);
    if (stats) {
        info_stats s = info_stats_of(t);
        cli_json_real(j, "min", s.min);
        cli_json_real(j, "max", s.max);
        cli_json_real(j, "mean", s.mean);
        cli_json_whole(j, "nan", s.nan);
        cli_json_whole(j, "inf", s.inf);
    }
    cli_json_close(j);
}
