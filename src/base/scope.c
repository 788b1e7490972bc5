/* The thread's stack of objects and its arena. A scope is a mark: how many objects there were and where the arena
 * stood. Ending it releases the objects above the mark, newest first, and sets the arena back.
 *
 *   owned   | root ... | scope 1 ... | scope 2 ... |->          chunks   [####|##.....] -> [.......] -> [.......]
 *                      ^ mark 1      ^ mark 2                                  ^ used in `current`; the rest is ready
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/thread.h"

#define CHUNK_BYTES ((size_t)32 << 10)

struct sp__chunk {
    sp__chunk *next;
    size_t bytes; /* of the whole block */
    size_t used;  /* from the block's beginning, this header included */
    bool single;  /* made for one large piece: given back when its scope ends */
};

#define ALIGN_UP(n) (((n) + 15) & ~(size_t)15)
#define CHUNK_HEAD  ALIGN_UP(sizeof(sp__chunk))

/* ---- the arena ---- */

static bool fits(const sp__chunk *c, size_t n) { return c && !c->single && c->bytes - c->used >= n; }

/* A new chunk behind the current one. */
static sp__chunk *chunk_new(sp__scopes *s, size_t n)
{
    bool single = n > CHUNK_BYTES - CHUNK_HEAD || !sp__mem_caches();
    size_t bytes = single ? CHUNK_HEAD + n : CHUNK_BYTES;
    sp__chunk *c = sp__alloc(bytes);
    if (!c)
        return NULL;
    sp__chunk **link = s->current ? &s->current->next : &s->first;
    *c = (sp__chunk){*link, bytes, CHUNK_HEAD, single};
    *link = c;
    return c;
}

void *sp__scope_alloc(size_t n)
{
    sp__scopes *s = &sp__self.scopes;
    if (n > SIZE_MAX - CHUNK_HEAD - 15)
        return sp__fail(SP_ERR_NOMEM, "memory: %zu bytes cannot be had", n);
    n = ALIGN_UP(SP__MAX(n, 1));
    sp__chunk *c = s->current;
    if (!fits(c, n)) {
        c = c ? c->next : s->first;
        if (!fits(c, n) && !(c = chunk_new(s, n)))
            return NULL;
        s->current = c;
    }
    void *p = (char *)c + c->used;
    c->used += n;
    return p;
}

/* Sets the arena back: `chunk` (NULL: the beginning) is filled up to `used`, those behind it are empty. */
static void rewind_arena(sp__scopes *s, sp__chunk *chunk, size_t used)
{
    if (chunk)
        chunk->used = used;
    s->current = chunk;
    for (sp__chunk **link = chunk ? &chunk->next : &s->first; *link;) {
        sp__chunk *c = *link;
        if (c->single) {
            *link = c->next;
            sp__free(c, c->bytes);
        } else {
            if (c->used == CHUNK_HEAD)
                break; /* not used since it was last rewound, nor those behind it */
            c->used = CHUNK_HEAD;
            link = &c->next;
        }
    }
}

static const char *scope_vprintf(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    char *text = n < 0 ? NULL : sp__scope_alloc((size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text ? text : "";
}

const char *sp__scope_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = scope_vprintf(format, arguments);
    va_end(arguments);
    return text;
}

const char *sp_format(const char *format, ...)
{
    if (!sp__given("format", 1, format))
        return "";
    va_list arguments;
    va_start(arguments, format);
    const char *text = scope_vprintf(format, arguments);
    va_end(arguments);
    return text;
}

/* ---- objects ---- */

bool sp__scope_own(void *object, void (*release)(void *object))
{
    sp__scopes *s = &sp__self.scopes;
    if (s->owned_count == s->owned_capacity &&
        !sp__grow(&s->owned, s->owned_count, &s->owned_capacity, sizeof *s->owned))
        return false;
    s->owned[s->owned_count++] = (sp__owned){object, release};
    return true;
}

static void release_down_to(sp__scopes *s, int64_t count)
{
    while (s->owned_count > count) {
        sp__owned o = s->owned[--s->owned_count];
        o.release(o.object);
    }
}

/* ---- scopes ---- */

sp_scope sp_scope_begin(void)
{
    sp__scopes *s = &sp__self.scopes;
    if (s->depth == s->marks_capacity && !sp__grow(&s->marks, s->depth, &s->marks_capacity, sizeof *s->marks))
        return (sp_scope){0}; /* things made from here on belong to the scope around it */
    s->marks[s->depth++] = (sp__mark){s->owned_count, s->current, s->current ? s->current->used : 0};
    return (sp_scope){(int)s->depth};
}

/* False for one that has ended already, with a scope around it, or never began. */
static bool is_open(const sp__scopes *s, sp_scope scope) { return scope.depth > 0 && scope.depth <= s->depth; }

void sp_scope_end(sp_scope scope)
{
    sp__scopes *s = &sp__self.scopes;
    if (!is_open(s, scope))
        return;
    sp__mark mark = s->marks[scope.depth - 1];
    release_down_to(s, mark.owned);
    rewind_arena(s, mark.chunk, mark.used);
    s->depth = scope.depth - 1;
}

void sp__scopes_end(sp__scopes *s)
{
    release_down_to(s, 0);
    rewind_arena(s, NULL, 0);
    for (sp__chunk *c = s->first; c;) {
        sp__chunk *next = c->next;
        sp__free(c, c->bytes);
        c = next;
    }
    sp__free(s->owned, (size_t)s->owned_capacity * sizeof *s->owned);
    sp__free(s->marks, (size_t)s->marks_capacity * sizeof *s->marks);
    *s = (sp__scopes){0};
}
