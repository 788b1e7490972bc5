/* tensor/text.h: a growing text, for everything that prints: tensors, cells, reports.
 *
 *     sp__text out = {0};
 *     sp__text_printf(&out, "%s<", name);
 *     sp__text_float(&out, rate);
 *     return sp__text_finish_in_scope(&out);
 *
 * Writing never fails visibly: when memory is short SP_ERR_NOMEM is recorded once, the rest of the writing does nothing,
 * and the finished text is "". So callers check nothing in between. Not to be copied while in use. */
#ifndef SP_TENSOR_TEXT_H
#define SP_TENSOR_TEXT_H

#include "base/base.h"

typedef struct sp__text {
    char *data;      /* length characters and a 0; NULL while nothing was written */
    size_t length;   /* without the 0                                             */
    size_t capacity; /* bytes of the block                                        */
    bool failed;     /* memory was short                                          */
} sp__text;

void sp__text_add(sp__text *text, const char *s);
/* n bytes, which may hold anything but are expected to be text. */
void sp__text_add_bytes(sp__text *text, const char *bytes, size_t n);
/* The character c, n times; nothing for n <= 0. */
void sp__text_fill(sp__text *text, char c, int64_t n);
/* As printf. Floats in it follow the program's locale: use sp__text_float() where the reader is not a person. */
void sp__text_printf(sp__text *text, const char *format, ...) SP_PRINTF(2, 3);
/* A double as Python's repr() prints it, in every locale: 0.001, 1e-05, 1.0, nan, -inf. */
void sp__text_float(sp__text *text, double value);
/* Removes spaces at the end. */
void sp__text_trim(sp__text *text);

/* Ends the writing: the text moves to the current scope, and *text is empty again. Never NULL: "" if memory was short. */
const char *sp__text_finish_in_scope(sp__text *text);
/* Ends the writing and forgets the text; for texts that were written elsewhere (a file) through data and length. */
void sp__text_free(sp__text *text);

#endif
