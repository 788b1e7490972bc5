/* text.c: a growing text. */
#include "tensor/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tensor/print.h"

/* Makes room for n more characters and the 0. */
static bool reserve(sp__text *text, size_t n)
{
    size_t need;
    if (text->failed)
        return false;
    if (!sp__add_size(text->length, n, &need) || !sp__add_size(need, 1, &need) || need > SIZE_MAX / 2) {
        sp__err(SP_ERR_NOMEM, "text: %zu more characters after %zu do not fit in memory", n, text->length);
        text->failed = true;
        return false;
    }
    if (need <= text->capacity)
        return true;
    size_t capacity = SP__MAX(need, SP__MAX(2 * text->capacity, (size_t)256));
    char *data = text->data ? sp__realloc(text->data, text->capacity, capacity) : sp__alloc(capacity);
    text->failed = data == NULL;
    if (text->failed)
        return false;
    text->data = data;
    text->capacity = capacity;
    return true;
}

void sp__text_add_bytes(sp__text *text, const char *bytes, size_t n)
{
    if (!reserve(text, n))
        return;
    memcpy(text->data + text->length, bytes, n);
    text->length += n;
    text->data[text->length] = '\0';
}

void sp__text_add(sp__text *text, const char *s) { sp__text_add_bytes(text, s, strlen(s)); }

void sp__text_fill(sp__text *text, char c, int64_t n)
{
    if (n <= 0 || !reserve(text, (size_t)n))
        return;
    memset(text->data + text->length, c, (size_t)n);
    text->length += (size_t)n;
    text->data[text->length] = '\0';
}

void sp__text_printf(sp__text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(text, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)n + 1, format, args);
    va_end(args);
    text->length += (size_t)n;
}

void sp__text_float(sp__text *text, double value)
{
    char buf[SP__NUMBER_TEXT];
    sp__text_add_bytes(text, buf, (size_t)sp__float_str(buf, value, SP_F64));
}

void sp__text_trim(sp__text *text)
{
    while (text->length > 0 && text->data[text->length - 1] == ' ')
        text->data[--text->length] = '\0';
}

const char *sp__text_finish_in_scope(sp__text *text)
{
    char *kept = text->failed || text->length == 0 ? NULL : sp__scope_alloc(text->length + 1);
    if (kept)
        memcpy(kept, text->data, text->length + 1);
    sp__text_free(text);
    return kept ? kept : "";
}

void sp__text_free(sp__text *text)
{
    sp__free(text->data, text->capacity);
    *text = (sp__text){0};
}
