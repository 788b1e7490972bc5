/* The passes in their order, and their names. */
#include <string.h>

#include "graph/pass.h"
#include "tensor/text.h"

#define X(name, what) {#name, what, sp__pass_##name},
static const sp__pass passes[] = {SP__PASSES(X)};
#undef X
enum { PASSES = sizeof passes / sizeof passes[0] };

#define SEPARATORS ", "

/* The next name of a list into *name, its length; 0 at the end. */
static size_t next_name(const char **list, const char **name)
{
    *name = *list + strspn(*list, SEPARATORS);
    size_t n = strcspn(*name, SEPARATORS);
    *list = *name + n;
    return n;
}

static bool is_named(const char *name, const char *text, size_t n)
{
    return strlen(name) == n && !memcmp(name, text, n);
}

bool sp__pass_is_out(const char *without, const char *name)
{
    const char *word;
    for (size_t n; without && (n = next_name(&without, &word)) > 0;)
        if (is_named("all", word, n) || is_named(name, word, n))
            return true;
    return false;
}

static const char *all_names(void)
{
    sp__text text = {0};
    for (int i = 0; i < PASSES; i++)
        sp__text_printf(&text, "%s, ", passes[i].name);
    sp__text_add(&text, "in_place, all");
    return sp__text_finish_in_scope(&text);
}

bool sp__passes_known(const char *without)
{
    const char *word;
    for (size_t n; without && (n = next_name(&without, &word)) > 0;) {
        bool known = is_named("all", word, n) || is_named("in_place", word, n);
        for (int i = 0; !known && i < PASSES; i++)
            known = is_named(passes[i].name, word, n);
        if (!known) {
            sp__err(SP_ERR_VALUE, "compile: there is no pass '%.*s'; there are %s", (int)SP__MIN(n, 64), word,
                    all_names());
            return false;
        }
    }
    return true;
}

bool sp__passes_run(sp_graph *g, const char *without)
{
    if (!sp__graph_tidy(g))
        return false;
    for (int i = 0; i < PASSES; i++) {
        if (sp__pass_is_out(without, passes[i].name))
            continue;
        sp_scope scope = sp_scope_begin();
        bool ok = passes[i].run(g) && sp__graph_tidy(g);
        sp_scope_end(scope);
        if (!ok)
            return false;
    }
    return true;
}
