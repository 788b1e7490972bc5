/* file/text.c: texts from outside. The Unicode Standard, section 3.9: UTF-8 is well formed if it is the shortest
 * form of code points up to 0x10ffff without the surrogates d800 to dfff. */
#include "file/file.h"

#include <string.h>

#define NOT_A_CHARACTER 0xffffffffu

/* The character at *at, which moves behind it; NOT_A_CHARACTER if the bytes are no UTF-8. */
static uint32_t next_character(const uint8_t *s, size_t n, size_t *at)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = s[(*at)++];
    if (first < 0x80)
        return first;
    int more = first >= 0xf0 && first < 0xf8   ? 3
               : first >= 0xe0 && first < 0xf0 ? 2
               : first >= 0xc0 && first < 0xe0 ? 1
                                               : 0;
    if (more == 0 || n - *at < (size_t)more)
        return NOT_A_CHARACTER;
    uint32_t c = first & (0x3fu >> more);
    for (int i = 0; i < more; i++) {
        uint8_t byte = s[(*at)++];
        if ((byte & 0xc0) != 0x80)
            return NOT_A_CHARACTER;
        c = c << 6 | (byte & 0x3fu);
    }
    if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return NOT_A_CHARACTER;
    return c;
}

bool sp__utf8_ok(const uint8_t *s, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t c = next_character(s, n, &at);
        if (c == 0 || c == NOT_A_CHARACTER)
            return false;
    }
    return true;
}

const char *sp__shown(const void *text, size_t n)
{
    const uint8_t *s = text;
    char out[256];
    size_t used = 0;
    size_t at = 0;
    for (int shown = 0; at < n && shown < 80 && used + 4 < sizeof out; shown++) {
        size_t start = at;
        uint32_t c = next_character(s, n, &at);
        if (c == NOT_A_CHARACTER || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
            out[used++] = '?';
            at = start + 1;
            continue;
        }
        memcpy(out + used, s + start, at - start);
        used += at - start;
    }
    return sp__scope_printf("%.*s%s", (int)used, out, at < n ? "..." : "");
}

const char *sp__scope_copy(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = sp__scope_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

static size_t put_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (uint8_t)(lead[n] | c);
    return n;
}

static uint32_t read_u32(const uint8_t *s)
{
    return (uint32_t)s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24;
}

char *sp__utf32_to_utf8(const char *what, const uint8_t *s, size_t bytes)
{
    if (bytes == 0 || bytes % 4 != 0)
        return sp__fail(SP_ERR_FORMAT, "%s: a text of %zu bytes, expected 4 for each character", what, bytes);
    while (bytes > 0 && read_u32(s + bytes - 4) == 0)
        bytes -= 4;
    size_t room = bytes + 1; /* a character takes at most 4 bytes in both forms */
    uint8_t *out = sp__alloc(room);
    if (!out)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t c = read_u32(s + i);
        if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            sp__free(out, room);
            return sp__fail(SP_ERR_FORMAT, "%s: character %zu of a text is 0x%lx, which is none", what, i / 4,
                            (unsigned long)c);
        }
        used += put_utf8(out + used, c);
    }
    out[used] = 0;
    char *text = sp__strdup((char *)out);
    sp__free(out, room);
    return text;
}

uint8_t *sp__utf8_to_utf32(const char *what, const char *s, size_t *bytes)
{
    size_t n = strlen(s);
    if (!sp__utf8_ok((const uint8_t *)s, n))
        return sp__fail(SP_ERR_VALUE, "%s: the text '%s' is not UTF-8", what, sp__shown(s, n));
    size_t characters = 0;
    for (size_t i = 0; i < n; i++)
        characters += ((uint8_t)s[i] & 0xc0) != 0x80;
    *bytes = 4 * SP__MAX(characters, 1); /* the empty text is one zero */
    uint8_t *out = sp__alloc_zero(*bytes);
    if (!out)
        return NULL;
    size_t at = 0;
    for (uint8_t *p = out; at < n; p += 4) {
        uint32_t c = next_character((const uint8_t *)s, n, &at);
        for (int i = 0; i < 4; i++)
            p[i] = (uint8_t)(c >> 8 * i);
    }
    return out;
}

bool sp__ends_with(const char *path, const char *extension)
{
    size_t n = strlen(path), k = strlen(extension);
    return n > k && strcmp(path + n - k, extension) == 0;
}
