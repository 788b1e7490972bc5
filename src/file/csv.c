/* file/csv.c: tables of numbers as text (RFC 4180, and what spreadsheets make of it).
 *
 * Read twice: first the rows are counted, then their numbers stored; so no more than a piece of the file is in memory. */
#include "file/csv.h"

#include <math.h>
#include <string.h>

static const char what[] = "csv";

enum { PIECE = 1 << 16, MAX_FIELD = 4096, MAX_COLUMNS = 1 << 20 };

/* What ends a field. */
typedef enum ending { END_FIELD, END_ROW, END_FILE, END_FAILED } ending;

typedef struct reader {
    sp__source *s;
    uint8_t *piece; /* (PIECE) */
    size_t at, n;   /* in it */
    bool failed;    /* a read: nothing more is tried */
    char separator;
    int64_t row,
        column; /* of the field being read, from 1: lines as an editor counts them, but for line ends in quotes */
    size_t length;
    char field[MAX_FIELD + 1];
} reader;

/* ---- characters ---- */

/* The next byte, not taken; -1 at the end, -2 after a failure. */
static int peek(reader *r)
{
    if (r->failed)
        return -2;
    if (r->at == r->n) {
        r->n = (size_t)SP__MIN((uint64_t)PIECE, r->s->size - r->s->at);
        r->at = 0;
        if (r->n == 0)
            return -1;
        r->failed = sp__source_read(r->s, r->piece, r->n) != SP_OK;
        if (r->failed)
            return r->n = 0, -2;
    }
    return r->piece[r->at];
}

static bool take(reader *r, int c)
{
    if (peek(r) != c)
        return false;
    r->at++;
    return true;
}

static ending bad(const reader *r, const char *fault)
{
    sp__err(SP_ERR_FORMAT, "%s: %s: line %lld, field %lld: %s", what, r->s->path, (long long)r->row,
            (long long)r->column, fault);
    return END_FAILED;
}

/* Back to the first field. A mark for UTF-8 at the start is passed over. */
static bool begin(reader *r)
{
    r->at = r->n = 0;
    r->row = r->column = 1;
    return sp__source_seek(r->s, 0) == SP_OK &&
           (!take(r, 0xef) || (take(r, 0xbb) && take(r, 0xbf)) || bad(r, "no text") == END_FIELD);
}

/* ---- fields ---- */

static ending put(reader *r)
{
    if (r->length == MAX_FIELD)
        return bad(r, "more than 4096 characters");
    r->field[r->length++] = (char)r->piece[r->at++];
    return END_FIELD;
}

/* The rest of "..."; a quote in it is written twice. */
static ending quoted(reader *r)
{
    for (;;) {
        const int c = peek(r);
        if (c == -1)
            return bad(r, "its quotes are not closed");
        if (c == -2)
            return END_FAILED;
        if (take(r, '"') && peek(r) != '"')
            return END_FIELD;
        if (put(r) == END_FAILED)
            return END_FAILED;
    }
}

static ending ended(reader *r)
{
    if (take(r, r->separator))
        return END_FIELD;
    if (take(r, '\r'))
        return take(r, '\n') || peek(r) != -2 ? END_ROW : END_FAILED;
    if (take(r, '\n'))
        return END_ROW;
    const int c = peek(r);
    return c == -1 ? END_FILE : c == -2 ? END_FAILED : bad(r, "text behind its quotes");
}

static void skip_space(reader *r)
{
    for (int c = peek(r); (c == ' ' || c == '\t') && c != r->separator; c = peek(r))
        r->at++;
}

/* Reads a field into r->field, without space around it, and says what follows. */
static ending next(reader *r)
{
    r->length = 0;
    skip_space(r);
    if (take(r, '"')) {
        if (quoted(r) == END_FAILED)
            return END_FAILED;
        skip_space(r);
    } else {
        for (int c = peek(r); c >= 0 && c != r->separator && c != '\r' && c != '\n'; c = peek(r))
            if (put(r) == END_FAILED)
                return END_FAILED;
        while (r->length && (r->field[r->length - 1] == ' ' || r->field[r->length - 1] == '\t'))
            r->length--;
    }
    r->field[r->length] = 0;
    return ended(r);
}

/* Lines without anything are passed over: at the end of a file, mostly. True: there is another row. */
static bool another_row(reader *r)
{
    while (peek(r) == '\n' || peek(r) == '\r') {
        const bool both = take(r, '\r') && peek(r) == '\n';
        if (both || peek(r) == '\n')
            r->at++;
        r->row++;
    }
    r->column = 1;
    return peek(r) >= 0;
}

/* ---- numbers: written with a point in every locale ---- */

static bool is_word(const char *s, const char *word)
{
    for (; *s && *word; s++, word++)
        if ((*s | 0x20) != *word)
            return false;
    return !*s && !*word;
}

/* Digits from *s on, a point among them: value and the power of ten it is to be multiplied by; how many there were. */
static int digits(const char **s, long double *value, int64_t *power)
{
    int n = 0;
    bool point = false;
    for (;; (*s)++) {
        if (**s == '.' && !point) {
            point = true;
            continue;
        }
        if (**s < '0' || **s > '9')
            return n;
        n++;
        const bool counts = *value < 1e18L;
        if (counts)
            *value = *value * 10 + (**s - '0');
        *power += (counts ? 0 : 1) - (point ? 1 : 0);
    }
}

static bool exponent(const char **s, int64_t *power)
{
    if ((**s | 0x20) != 'e')
        return true;
    const bool minus = *++*s == '-';
    int64_t e = 0;
    *s += minus || **s == '+';
    if (**s < '0' || **s > '9')
        return false;
    for (; **s >= '0' && **s <= '9'; (*s)++)
        e = SP__MIN(e * 10 + (**s - '0'), 100000);
    *power += minus ? -e : e;
    return true;
}

static bool number(const char *s, float *out)
{
    const bool minus = *s == '-';
    s += minus || *s == '+';
    long double value = 0;
    int64_t power = 0;
    if (is_word(s, "inf") || is_word(s, "infinity"))
        value = HUGE_VALL;
    else if (is_word(s, "nan") || is_word(s, "na"))
        value = (long double)NAN;
    else if (digits(&s, &value, &power) == 0 || !exponent(&s, &power) || *s)
        return false;
    else if (value > 0)
        value = power < -5000 ? 0 : power > 5000 ? HUGE_VALL : value * powl(10, power);
    *out = (float)(minus ? -value : value);
    return true;
}

/* ---- the table ---- */

typedef struct table {
    int64_t rows, columns;
    bool header;
    const char **names; /* (columns), in the scope */
} table;

/* The first of , ; and tab in the first line, outside of quotes; a comma if there is none. */
static bool find_separator(reader *r)
{
    r->separator = ',';
    if (!begin(r))
        return false;
    bool quotes = false;
    for (int c; (c = peek(r)) >= 0 && (quotes || c != '\n'); r->at++) {
        quotes = quotes != (c == '"');
        if (!quotes && (c == ',' || c == ';' || c == '\t')) {
            r->separator = (char)c;
            break;
        }
    }
    return true;
}

/* Counts the columns of the first row, and keeps their names if one of them is no number: it is the header then. */
static bool read_first(reader *r, table *t)
{
    int64_t room = 0;
    const char **names = NULL;
    ending e = END_FIELD;
    if (!begin(r) || !another_row(r))
        return sp__fail(SP_ERR_FORMAT, "%s: %s has no rows", what, r->s->path) != NULL;
    for (; e == END_FIELD; r->column++) {
        float value;
        if (t->columns == MAX_COLUMNS)
            return bad(r, "more than 1,048,576 columns") == END_FIELD;
        e = next(r);
        if (e == END_FAILED || !sp__grow(&names, t->columns, &room, sizeof *names))
            break;
        names[t->columns++] = sp__scope_printf("%s", r->field);
        t->header = t->header || (r->length > 0 && !number(r->field, &value));
    }
    const bool done = e == END_ROW || e == END_FILE;
    t->names = done && t->header ? sp__scope_alloc((size_t)(t->columns + 1) * sizeof *names) : NULL;
    if (t->names) {
        memcpy(t->names, names, (size_t)t->columns * sizeof *names);
        t->names[t->columns] = NULL;
    }
    sp__free(names, (size_t)room * sizeof *names);
    return done && (t->names || !t->header);
}

/* A row's numbers to out, unless that is NULL; what is left out is NaN. */
static bool read_row(reader *r, const table *t, float *out, bool numbers)
{
    ending e = END_FIELD;
    int64_t n = 0;
    for (; e == END_FIELD; n++, r->column++) {
        float value = NAN;
        e = next(r);
        if (e == END_FAILED)
            return false;
        if (numbers && r->length > 0 && !number(r->field, &value))
            return bad(r, sp__scope_printf("found '%s', expected a number", sp__shown(r->field, r->length))) ==
                   END_FIELD;
        if (out && n < t->columns)
            out[n] = value;
    }
    if (n != t->columns)
        return sp__fail(SP_ERR_FORMAT, "%s: %s: line %lld has %lld fields, expected %lld as in the first", what,
                        r->s->path, (long long)r->row, (long long)n, (long long)t->columns) != NULL;
    r->row++;
    return true;
}

static bool count_rows(reader *r, table *t)
{
    bool header = t->header;
    if (!begin(r))
        return false;
    for (; another_row(r); header = false) {
        if (!read_row(r, t, NULL, !header))
            return false;
        t->rows += !header;
    }
    return peek(r) == -1;
}

static sp_tensor *read_table(reader *r, table *t)
{
    sp_tensor *result = sp__tensor_new(SP_F32, SP_DIMS(t->rows, t->columns));
    float *out = result ? sp__data_mut(result) : NULL;
    bool header = t->header;
    int64_t row = 0;
    if (!result || !begin(r))
        return NULL;
    for (; row < t->rows && another_row(r); header = false)
        if (!read_row(r, t, header ? NULL : out + t->columns * row, !header))
            return NULL;
        else
            row += !header;
    return row == t->rows ? result : sp__fail(SP_ERR_IO, "%s: %s changed while it was read", what, r->s->path);
}

sp_tensor *sp__csv_read_source(sp__source *s, const char *const **names)
{
    reader *r = sp__alloc_zero(sizeof *r);
    sp_tensor *result = NULL;
    table t = {0};
    const int64_t failures = sp__error_count(); /* a name for which memory is short is "" */
    if (r && (r->piece = sp__alloc(PIECE)) != NULL) {
        r->s = s;
        if (find_separator(r) && read_first(r, &t) && count_rows(r, &t))
            result = read_table(r, &t);
    }
    if (r)
        sp__free(r->piece, PIECE);
    sp__free(r, sizeof *r);
    if (sp__error_count() != failures)
        result = NULL;
    if (names)
        *names = result ? t.names : NULL;
    return result;
}

sp_tensor *sp_csv_read(const char *path, const char *const **names)
{
    if (names)
        *names = NULL;
    if (!sp__given("csv_read", 1, path))
        return NULL;
    sp__source s;
    if (sp__source_open(&s, what, path, (uint64_t)1 << 40) != SP_OK)
        return NULL;
    sp_tensor *result = sp__csv_read_source(&s, names);
    sp__source_close(&s);
    return result;
}
