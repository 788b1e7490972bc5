/* cli/options.c: arguments by tables. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 40, HELP_COLUMN = 26, FIRST_CODE = 1000, HELP_CODE = FIRST_CODE + MAX_OPTIONS };

/* ---- values ---- */

static int wrong(const cli_usage *u, const cli_option *o, const char *found, const char *expected)
{
    return cli_misused(u->command, "--%s: found '%s', expected %s", o->name, found, expected);
}

static int read_whole(const cli_usage *u, const cli_option *o, const char *text)
{
    char *end, expected[96];
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end || errno || n < o->low || n > o->high) {
        if (o->high == INT64_MAX)
            snprintf(expected, sizeof expected, "a whole number from %lld", (long long)o->low);
        else
            snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)o->low,
                     (long long)o->high);
        return wrong(u, o, text, expected);
    }
    *(int64_t *)o->value = n;
    return CLI_GO_ON;
}

static int read_real(const cli_usage *u, const cli_option *o, const char *text)
{
    char *end;
    double x = strtod(text, &end); /* 1e-400 is read as 0, 1e400 as infinity: both are seen below */
    bool number = end != text && !*end && isfinite(x);
    if (o->kind == CLI_POSITIVE && !(number && x > 0))
        return wrong(u, o, text, "a number above 0");
    if (o->kind == CLI_NOT_NEGATIVE && !(number && x >= 0))
        return wrong(u, o, text, "a number from 0");
    if (o->kind == CLI_FRACTION && !(number && x >= 0 && x < 1))
        return wrong(u, o, text, "a number from 0 to below 1");
    *(double *)o->value = x;
    return CLI_GO_ON;
}

static int read_choice(const cli_usage *u, const cli_option *o, const char *text)
{
    char expected[160] = "one of ";
    size_t at = strlen(expected);
    for (const char *c = o->choices; *c;) {
        size_t n = strcspn(c, "|");
        if (strlen(text) == n && strncmp(text, c, n) == 0) {
            *(const char **)o->value = text;
            return CLI_GO_ON;
        }
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%.*s", c == o->choices ? "" : ", ", (int)n, c);
        c += n + (c[n] == '|');
    }
    return wrong(u, o, text, expected);
}

static int read_value(const cli_usage *u, const cli_option *o, const char *text)
{
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)o->value = true;
        return CLI_GO_ON;
    case CLI_REFUSED:
        return cli_misused(u->command, "--%s: %s", o->name, o->help);
    case CLI_CHOICE:
        return read_choice(u, o, text);
    case CLI_WHOLE:
        return read_whole(u, o, text);
    case CLI_POSITIVE:
    case CLI_NOT_NEGATIVE:
    case CLI_FRACTION:
        return read_real(u, o, text);
    case CLI_MAYBE:
        *(const char **)o->value = text;
        return CLI_GO_ON;
    case CLI_TEXT:
    case CLI_TEXTS:
        break;
    }
    if (!*text)
        return wrong(u, o, text, o->argument);
    if (o->kind == CLI_TEXT) {
        *(const char **)o->value = text;
        return CLI_GO_ON;
    }
    cli_texts *texts = o->value;
    if (texts->n == CLI_MAX_TEXTS)
        return cli_misused(u->command, "--%s: given more than %d times", o->name, CLI_MAX_TEXTS);
    texts->at[texts->n++] = text;
    return CLI_GO_ON;
}

static const cli_option *option_named(const cli_usage *u, const char *name)
{
    for (const cli_option *o = u->options; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

int cli_option_set(const cli_usage *u, const char *name, const char *text)
{
    const cli_option *o = option_named(u, name);
    return o ? read_value(u, o, text) : CLI_GO_ON;
}

const char *cli_option_text(const cli_usage *u, const char *name, char room[32])
{
    const cli_option *o = option_named(u, name);
    room[0] = 0;
    if (!o)
        return room;
    if (o->kind == CLI_TEXT || o->kind == CLI_CHOICE)
        return *(const char **)o->value ? *(const char **)o->value : room;
    if (o->kind == CLI_FLAG)
        return *(bool *)o->value ? "yes" : room;
    if (o->kind == CLI_WHOLE && *(int64_t *)o->value >= o->low)
        snprintf(room, 32, "%lld", (long long)*(int64_t *)o->value);
    double x = o->kind == CLI_WHOLE ? -1 : *(double *)o->value;
    for (int digits = 6; digits <= 17 && x >= 0 && (digits == 6 || strtod(room, NULL) != x); digits++)
        snprintf(room, 32, "%.*g", digits, x);
    return room;
}

/* ---- help ---- */

static void print_default(const cli_option *o)
{
    if (o->kind == CLI_WHOLE && *(int64_t *)o->value > 0)
        printf(" [%lld]", (long long)*(int64_t *)o->value);
    else if ((o->kind == CLI_TEXT || o->kind == CLI_CHOICE) && *(const char **)o->value)
        printf(" [%s]", *(const char **)o->value);
    else if ((o->kind == CLI_POSITIVE || o->kind == CLI_FRACTION) && *(double *)o->value > 0)
        printf(" [%g]", *(double *)o->value);
}

static void print_option(const char *name, const char *argument, const char *help)
{
    int n = printf("  --%s%s%s", name, argument ? " " : "", argument ? argument : "");
    if (n >= HELP_COLUMN - 1) {
        printf("\n");
        n = 0;
    }
    printf("%*s%s", HELP_COLUMN - n, "", help);
}

static void print_help(const cli_usage *u)
{
    printf("Usage: spore %s%s%s [OPTION]...\n%s\n\nOptions, [defaults]:\n", u->command, *u->operands ? " " : "",
           u->operands, u->about);
    for (const cli_option *o = u->options; o->name; o++) {
        if (o->kind == CLI_REFUSED)
            continue;
        print_option(o->name, o->argument, o->help);
        print_default(o);
        printf("\n");
    }
    print_option("help", NULL, "this text\n");
    if (u->more)
        u->more();
    printf("\nExamples:\n%s", u->examples);
}

/* ---- arguments ---- */

static int option_table(const cli_usage *u, struct option *table)
{
    int n = 0;
    for (const cli_option *o = u->options; o->name && n < MAX_OPTIONS; o++, n++) {
        int argument = o->kind == CLI_FLAG                              ? no_argument
                       : o->kind == CLI_REFUSED || o->kind == CLI_MAYBE ? optional_argument
                                                                        : required_argument;
        table[n] = (struct option){.name = o->name, .has_arg = argument, .val = FIRST_CODE + n};
    }
    table[n] = (struct option){.name = "help", .has_arg = no_argument, .val = HELP_CODE};
    return n;
}

/* code is getopt_long's ':' or '?'; optopt says which option, 0 where it knows none. */
static int refuse_word(const cli_usage *u, int code, char **words)
{
    const cli_option *known = optopt >= FIRST_CODE && optopt < HELP_CODE ? &u->options[optopt - FIRST_CODE] : NULL;
    if (code == ':' && known)
        return cli_misused(u->command, "--%s: expected %s, found nothing", known->name, known->argument);
    if (optopt >= FIRST_CODE) /* --json=yes */
        return cli_misused(u->command, "%s: this option takes no value", words[optind - 1]);
    char letter[3] = {'-', (char)optopt, 0};
    return cli_misused(u->command, "unknown option '%s' (spore %s --help lists them)",
                       optopt ? letter : words[optind - 1], u->command);
}

static int check_operands(const cli_usage *u, int found, char **words)
{
    if (found && found < u->min)
        return cli_misused(u->command, "expected %s, found '%s' alone (see spore %s --help)", u->operands, words[0],
                           u->command);
    if (found < u->min)
        return cli_misused(u->command, "expected %s, found nothing (see spore %s --help)", u->operands, u->command);
    if (found > u->max && u->max == 0)
        return cli_misused(u->command, "expected options only, found '%s' (see spore %s --help)", words[0], u->command);
    if (found > u->max)
        return cli_misused(u->command, "expected %s alone, found '%s' too (see spore %s --help)", u->operands,
                           words[u->max], u->command);
    return CLI_GO_ON;
}

int cli_parse(const cli_usage *u, int count, char **words, const char **operands)
{
    struct option table[MAX_OPTIONS + 2] = {{0}};
    option_table(u, table);
    opterr = 0;
    optind = 1;
    for (;;) {
        int code = getopt_long(count, words, ":h", table, NULL);
        if (code < 0)
            break;
        if (code == HELP_CODE || code == 'h') {
            print_help(u);
            return CLI_DONE;
        }
        if (code < FIRST_CODE)
            return refuse_word(u, code, words);
        const cli_option *o = &u->options[code - FIRST_CODE];
        if (o->kind == CLI_MAYBE && !optarg && optind < count && words[optind][0] != '-')
            optarg = words[optind++]; /* getopt knows --resume=FILE only */
        int status = read_value(u, o, optarg ? optarg : "");
        if (status != CLI_GO_ON)
            return status;
    }
    int status = check_operands(u, count - optind, words + optind);
    for (int i = optind; i < count && status == CLI_GO_ON; i++)
        operands[i - optind] = words[i];
    return status;
}
