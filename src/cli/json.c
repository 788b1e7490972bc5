/* cli/json.c: JSON (RFC 8259) by hand: what is written here is small and flat. */
#include "cli/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Length of the UTF-8 character at s (Unicode 15, table 3-7), 0 if there is none. */
static int utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    int n = s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

static void write_text(const char *text)
{
    putchar('"');
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int n = utf8_length(s);
        if (n == 0) {
            fputs("\\ufffd", stdout);
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            printf("\\%c", *s);
        } else if (*s < 0x20 || *s == 0x7f) {
            printf("\\u%04x", *s);
        } else {
            fwrite(s, 1, (size_t)n, stdout);
        }
        s += n;
    }
    putchar('"');
}

/* The comma before a value, and its key. */
static void begin(cli_json *j, const char *key)
{
    if (j->depth > 0 && j->more[j->depth - 1])
        fputs(", ", stdout);
    if (j->depth > 0)
        j->more[j->depth - 1] = true;
    if (key) {
        write_text(key);
        fputs(": ", stdout);
    }
}

void cli_json_open(cli_json *j, const char *key, char bracket)
{
    assert(j->depth < CLI_JSON_DEPTH);
    begin(j, key);
    putchar(bracket);
    j->closing[j->depth] = bracket == '{' ? '}' : ']';
    j->more[j->depth++] = false;
}

void cli_json_close(cli_json *j)
{
    assert(j->depth > 0);
    putchar(j->closing[--j->depth]);
    if (j->depth == 0)
        putchar('\n');
}

void cli_json_text(cli_json *j, const char *key, const char *text)
{
    begin(j, key);
    if (text)
        write_text(text);
    else
        fputs("null", stdout);
}

void cli_json_whole(cli_json *j, const char *key, int64_t n)
{
    begin(j, key);
    printf("%lld", (long long)n);
}

void cli_json_real(cli_json *j, const char *key, double x)
{
    begin(j, key);
    if (isfinite(x))
        printf("%.9g", x);
    else
        fputs("null", stdout);
}

void cli_json_shape(cli_json *j, const char *key, sp_shape shape)
{
    cli_json_open(j, key, '[');
    for (int i = 0; i < shape.rank; i++)
        cli_json_whole(j, NULL, shape.dim[i]);
    cli_json_close(j);
}
