#define SP_EXPERIMENTAL /* sp_mem_fail_at() */
#include "support/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/npy.h"
#include "support/files.h"

enum { MOST = 64 };

typedef struct entry {
    const uint8_t *at;
    size_t size;
    char name[128];
} entry;

static bool next(const uint8_t **p, const uint8_t *end, entry *out)
{
    int used = 0;
    unsigned long size;
    if (*p == end)
        return false;
    assert_int_equal(sscanf((const char *)*p, "%lu %127s%n", &size, out->name, &used), 2);
    out->at = *p + used + 1;
    out->size = size;
    *p = out->at + size;
    assert_true(*p <= end);
    return true;
}

static sp_tensor *array_of(const entry *e)
{
    sp__source s;
    sp_tensor *t = sp__source_memory(&s, "npy", e->at, e->size) == SP_OK ? sp__npy_read_source(&s) : NULL;
    if (!t)
        fail_msg("%s: %s", e->name, sp_error_text());
    return t;
}

static bool is_model(const entry *e, const char *ending)
{
    size_t n = strlen(e->name), k = strlen(ending);
    return n > k && strcmp(e->name + n - k, ending) == 0;
}

int test_pack_visit(const char *path, const char *ending, void (*visit)(const test_pack_case *c, void *user),
                    void *user)
{
    size_t size;
    uint8_t *bytes = test_file_read(path, &size);
    assert_non_null(bytes);
    const uint8_t *p = bytes, *end = bytes + size;
    entry e;
    int cases = 0;
    bool more = next(&p, end, &e);
    for (; more; cases++) {
        assert_true(is_model(&e, ending));
        sp_scope scope = sp_scope_begin();
        sp_tensor *in[MOST], *want[MOST];
        int n_in = 0, n_want = 0;
        const entry model = e;
        while ((more = next(&p, end, &e)) && !is_model(&e, ending)) {
            assert_true(n_in < MOST && n_want < MOST);
            if (strstr(e.name, ".in"))
                in[n_in++] = array_of(&e);
            else
                want[n_want++] = array_of(&e);
        }
        visit(&(test_pack_case){model.name, model.at, model.size, sp_list_new(n_in, in), sp_list_new(n_want, want)},
              user);
        sp_scope_end(scope);
    }
    free(bytes);
    return cases;
}

void test_pack_near(const char *what, const sp_tensor *got, const sp_tensor *want, double relative)
{
    if (!got || !want)
        fail_msg("%s: %s", what, sp_error_text());
    if (got->dtype != want->dtype || !sp_shape_equal(got->shape, want->shape))
        fail_msg("%s: got %s %s, want %s %s", what, sp_dtype_name(got->dtype), SP__STR(got), sp_dtype_name(want->dtype),
                 SP__STR(want));
    for (int64_t i = 0; i < want->size; i++) {
        double g = sp_at(got, i), w = sp_at(want, i), d = g > w ? g - w : w - g, size = w < 0 ? -w : w;
        bool same = g == w || (g != g && w != w);
        if (!same && !(d <= 1e-5 + relative * size))
            fail_msg("%s: element %lld is %.9g, want %.9g", what, (long long)i, g, w);
    }
}

void test_pack_check(const test_pack_case *c, sp_graph *g, double relative)
{
    if (!g)
        fail_msg("%s: %s", c->name, sp_error_text());
    sp_list out = sp_graph_run(g, c->in);
    if (out.n != c->want.n)
        fail_msg("%s: %d results, want %d: %s", c->name, out.n, c->want.n, sp_error_text());
    for (int i = 0; i < out.n; i++)
        test_pack_near(c->name, out.at[i], c->want.at[i], relative);
    sp_graph_free(g);
}

void test_pack_short(const test_pack_case *c, sp_graph *(*load)(const test_pack_case *c), int *budget)
{
    bool done = false;
    for (int64_t n = 1; *budget > 0 && !done; n++, (*budget)--) {
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_graph *g = load(c);
        sp_mem_fail_at(0);
        done = g != NULL;
        if (sp_error() != (done ? SP_OK : SP_ERR_NOMEM))
            fail_msg("%s: allocation %lld: %s", c->name, (long long)n, sp_error_text());
        sp_graph_free(g);
        sp_error_clear();
        sp_scope_end(scope);
    }
}
