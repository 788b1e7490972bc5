/* The thread's first failure and the path of the cells being called. Nothing here allocates: running out of memory is
 * one of the failures that must be told. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

sp_status sp_error(void) { return sp__self.errors.code; }
const char *sp_error_text(void) { return sp__self.errors.text; }

void sp_error_clear(void)
{
    sp__self.errors.code = SP_OK;
    sp__self.errors.text[0] = '\0';
}

const char *sp_status_text(sp_status status)
{
#define X(code, text) text,
    static const char *const texts[] = { "no error", SP_ERRORS(X) };
#undef X
    return (int)status < 0 || status >= SP_ERR_COUNT_ ? "unknown status" : texts[status];
}

int64_t sp__error_count(void) { return sp__self.errors.count; }

void sp_on_error(sp_error_hook hook, void *user)
{
    sp__self.errors.hook = hook;
    sp__self.errors.user = user;
}

/* ---- the path of the cells being called ---- */

void sp__path_push(const char *name, const char *type)
{
    sp__errors *e = &sp__self.errors;
    if (e->depth < SP__PATH_MAX)
        e->path[e->depth] = (sp__path_entry){name ? name : "", type ? type : ""};
    e->depth++;
}

void sp__path_pop(void)
{
    if (sp__self.errors.depth > 0)
        sp__self.errors.depth--;
}

int sp__path_depth(void) { return sp__self.errors.depth; }

void sp__path_text(char *buf, size_t size)
{
    const sp__errors *e = &sp__self.errors;
    size_t at = 0;
    if (size > 0)
        buf[0] = '\0';
    for (int i = 0; i < e->depth && at < size; i++) {
        const char *separator = i > 0 ? " > " : "";
        sp__path_entry p = i < SP__PATH_MAX ? e->path[i] : (sp__path_entry){"...", ""};
        const char *format = *p.name && *p.type ? "%s%s (%s)" : "%s%s%s";
        int n = snprintf(buf + at, size - at, format, separator, p.name, p.type);
        at += n > 0 ? (size_t)n : 0;
        if (i >= SP__PATH_MAX)
            break;
    }
}

/* ---- recording ---- */

/* One line: a file's name or content must not be able to forge a second one. */
static void make_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = ' ';
}

static void stop_if_asked(const char *text)
{
    const char *asked = getenv("SPORE_ABORT_ON_ERROR");
    if (!asked || strcmp(asked, "1") != 0)
        return;
    fprintf(stderr, "spore: %s\n", text);
    abort();
}

/* Takes a finished text. */
static void record(sp_status code, const char *text)
{
    sp__errors *e = &sp__self.errors;
    if (e->code == SP_OK) {
        stop_if_asked(text);
        e->code = code;
        snprintf(e->text, sizeof e->text, "%s", text);
    }
    if (!e->hook || e->in_hook)
        return;
    e->in_hook = true; /* a hook that fails must not call itself */
    e->hook(e->user, code, text);
    e->in_hook = false;
}

static void record_format(sp_status code, const char *format, va_list arguments)
{
    char text[SP__TEXT_MAX];
    sp__self.errors.count++;
    if (sp__self.errors.code != SP_OK && !sp__self.errors.hook)
        return; /* nobody would see the text */
    if (vsnprintf(text, sizeof text, format, arguments) < 0)
        snprintf(text, sizeof text, "%s", sp_status_text(code));
    size_t used = strlen(text);
    if (sp__self.errors.depth > 0 && used + sizeof ", in " < sizeof text) {
        memcpy(text + used, ", in ", sizeof ", in ");
        used += sizeof ", in " - 1;
        sp__path_text(text + used, sizeof text - used);
    }
    make_one_line(text);
    record(code, text);
}

sp_status sp__err(sp_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    record_format(code, format, arguments);
    va_end(arguments);
    return code;
}

void *sp__fail(sp_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    record_format(code, format, arguments);
    va_end(arguments);
    return NULL;
}

sp_status sp_set_error(sp_status code, const char *format, ...)
{
    if ((int)code <= SP_OK || code >= SP_ERR_COUNT_)
        return sp__err(SP_ERR_VALUE, "set_error: %d is not the code of a failure", (int)code);
    if (!format)
        return sp__err(code, "%s", sp_status_text(code));
    va_list arguments;
    va_start(arguments, format);
    record_format(code, format, arguments);
    va_end(arguments);
    return code;
}

bool sp__given(const char *op, int index, const void *p)
{
    if (p)
        return true;
    if (sp__self.errors.code == SP_OK)
        sp__err(SP_ERR_VALUE, "%s: argument %d is NULL", op, index);
    return false;
}

/* ---- from thread to thread ---- */

void sp__failure_take(sp__failure *f)
{
    f->code = sp__self.errors.code;
    snprintf(f->text, sizeof f->text, "%s", sp__self.errors.text);
    sp_error_clear();
}

sp_status sp__failure_raise(const sp__failure *f)
{
    if (f->code != SP_OK)
        record(f->code, f->text); /* with the path of the thread it happened in */
    return f->code;
}
