/* Checked sizes, growing arrays, copies of texts. */
#include <string.h>

#include "base/base.h"

bool sp__mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool sp__add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

bool sp__grow(void *array_pointer, int64_t count, int64_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : (size_t)*capacity * 2, bytes; /* twice an int64_t fits */
    if (wanted > INT64_MAX || !sp__mul_size(wanted, size, &bytes)) {
        sp__err(SP_ERR_NOMEM, "memory: an array of %lld elements cannot grow", (long long)*capacity);
        return false;
    }
    void *array;
    memcpy(&array, array_pointer, sizeof array); /* it is a T *, whatever T is */
    array = sp__realloc(array, (size_t)*capacity * size, bytes);
    if (!array)
        return false;
    memcpy(array_pointer, &array, sizeof array);
    *capacity = (int64_t)wanted;
    return true;
}

char *sp__strdup(const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    char *copy = sp__alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

void sp__free_str(char *s)
{
    if (s)
        sp__free(s, strlen(s) + 1);
}
