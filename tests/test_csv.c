/* Tables of numbers as text: what RFC 4180 and spreadsheets allow, and what is refused. */
#include "support/test.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "file/csv.h"
#include "spore/ops.h"

static const char *const *names;

static sp_tensor *read_text(const char *text)
{
    sp__source s;
    return sp__source_memory(&s, "csv", text, strlen(text)) == SP_OK ? sp__csv_read_source(&s, &names) : NULL;
}

/* The table of text is (rows, columns) with these elements, all finite or NaN. */
static void is(const char *text, int64_t rows, int64_t columns, const float *want)
{
    const sp_tensor *t = read_text(text);
    if (!t)
        fail_msg("'%s': %s", text, sp_error_text());
    assert_int_equal(sp_dtype_of(t), SP_F32);
    assert_true(sp_shape_equal(sp_shape_of(t), SP_DIMS(rows, columns)));
    for (int64_t i = 0; i < rows * columns; i++)
        if ((float)sp_at(t, i) != want[i] && !(isnan(want[i]) && isnan(sp_at(t, i))))
            fail_msg("'%s': element %lld is %g, expected %g", text, (long long)i, sp_at(t, i), (double)want[i]);
}
#define IS(text, rows, columns, ...) is(text, rows, columns, (const float[]){__VA_ARGS__})

static void refused(const char *text, const char *says)
{
    assert_null(read_text(text));
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
    assert_string_equal(sp_error_text(), says);
    sp_error_clear();
    assert_null(names);
}

TEST(rows_of_numbers)
{
    IS("1,2\n3,4\n", 2, 2, 1, 2, 3, 4);
    IS("1,2\n3,4", 2, 2, 1, 2, 3, 4);
    IS("1;2\r\n3;4\r\n\r\n\n", 2, 2, 1, 2, 3, 4);
    IS("1\t2\r3\t4", 2, 2, 1, 2, 3, 4);
    IS("\n\n7\n", 1, 1, 7);
    IS("\xef\xbb\xbf"
       "1, 2 ,\t3",
       1, 3, 1, 2, 3);
    IS("1,,3\n,,\n", 2, 3, 1, NAN, 3, NAN, NAN, NAN);
    assert_null(names);
}

TEST(numbers_of_all_kinds)
{
    IS("-1.5,+2,.5,5.,1e3,1E-3,-0", 1, 7, -1.5f, 2, .5f, 5, 1000, .001f, 0);
    IS("inf,-Infinity,NaN,1e400,-1e400,1e-400,NA", 1, 7, INFINITY, -INFINITY, NAN, INFINITY, -INFINITY, 0, NAN);
    IS("3.4028234663852886e38,1.401298464324817e-45,16777217,0.1,123456789012345678901234567890", 1, 5,
       3.4028234663852886e38f, 1.401298464324817e-45f, 16777216, .1f, 123456789012345678901234567890.f);
}

/* Against the C library's strtof, on numbers of every size. */
TEST(numbers_are_those_of_the_c_library)
{
    uint64_t state = 88172645463325252u;
    char text[64];
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        snprintf(text, sizeof text, "%.*ge%d", 1 + (int)(state % 18), (double)(state >> 8) / 7, (int)(state % 90) - 60);
        char *e = strchr(text, 'e');
        if (strchr(e + 1, 'e'))
            continue; /* two exponents */
        sp_scope scope = sp_scope_begin();
        const float got = (float)sp_at(read_text(text), 0), want = strtof(text, NULL);
        if (got != want)
            fail_msg("%s is %.9g, expected %.9g", text, (double)got, (double)want);
        sp_scope_end(scope);
    }
}

TEST(the_first_line_may_be_a_header)
{
    IS("a,b\n1,2\n", 1, 2, 1, 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    assert_null(names[2]);
    IS("\"x, \"\"y\"\"\n z\";label\n\"1\";\"2\"\n", 1, 2, 1, 2);
    assert_string_equal(names[0], "x, \"y\"\n z");
    IS("1,label\n1,2\n", 1, 2, 1, 2);
    assert_string_equal(names[0], "1");
    assert_true(sp_shape_equal(sp_shape_of(read_text("a,b\n")), SP_DIMS(0, 2)));
}

TEST(what_is_no_table_is_refused)
{
    refused("1,2\n3,x\n", "csv: (memory): line 2, field 2: found 'x', expected a number");
    refused("1,2\n3\n", "csv: (memory): line 2 has 1 fields, expected 2 as in the first");
    refused("a,b\n\n1,2,3\n", "csv: (memory): line 3 has 3 fields, expected 2 as in the first");
    refused("1,\"2\n3", "csv: (memory): line 1, field 2: its quotes are not closed");
    refused("1,\"2\"3\n", "csv: (memory): line 1, field 2: text behind its quotes");
    refused("1,2e\n3,4\n3,e4\n", "csv: (memory): line 3, field 2: found 'e4', expected a number");
    refused("1\n0x10\n", "csv: (memory): line 2, field 1: found '0x10', expected a number");
    refused("\n\n", "csv: (memory) has no rows");
    refused("", "csv: (memory) is empty");
    char text[5000];
    memset(text, '1', sizeof text);
    text[4999] = 0;
    refused(text, "csv: (memory): line 1, field 1: more than 4096 characters");
}

TEST(a_point_is_a_point_in_every_locale)
{
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        IS("1.5;2.5\n", 1, 2, 1.5f, 2.5f);
    setlocale(LC_NUMERIC, "C");
}

/* Larger than the pieces that files are read in, with fields across their borders. */
TEST(a_large_file)
{
    enum { ROWS = 30000 };
    FILE *f = fopen("/tmp/spore_test_large.csv", "w");
    assert_non_null(f);
    fprintf(f, "row,square\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "%d,%.1f\n", i, (double)i * i);
    fclose(f);
    const sp_tensor *t = sp_csv_read("/tmp/spore_test_large.csv", &names);
    assert_non_null(t);
    assert_true(sp_shape_equal(sp_shape_of(t), SP_DIMS(ROWS, 2)));
    for (int64_t i = 0; i < ROWS; i++) {
        assert_true((int64_t)sp_at(t, 2 * i) == i);
        assert_true((float)sp_at(t, 2 * i + 1) == (float)(i * i));
    }
    remove("/tmp/spore_test_large.csv");
}

TEST(any_allocation_that_fails_is_an_error)
{
    for (int64_t n = 1; n < 100; n++) {
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_tensor *t = read_text("a,b\n1,2\n");
        sp_mem_fail_at(0);
        if (t) {
            assert_true(n > 3);
            return;
        }
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
        sp_error_clear();
        sp_scope_end(scope);
    }
    fail_msg("it never worked");
}

TEST_MAIN()
