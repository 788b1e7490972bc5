/* file/names.c: a set of names with a number each, by open addressing. The hash is mixed with a value of the
 * process, so a file cannot be made to hit one slot with all its names. */
#include "file/file.h"

#include <string.h>

/* FNV-1a (Fowler, Noll, Vo), 64 bits, started from the process's own value and mixed at the end. */
static uint64_t hash(const char *name)
{
    static const char here = 0;
    uint64_t h = 0xcbf29ce484222325u ^ ((uint64_t)(uintptr_t)&here * 0x9e3779b97f4a7c15u);
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* The slot where name is, or would be put. There is always an empty one. */
static size_t slot_of(const char *const *names, size_t slots, const char *name)
{
    size_t i = (size_t)hash(name) & (slots - 1);
    while (names[i] && strcmp(names[i], name) != 0)
        i = (i + 1) & (slots - 1);
    return i;
}

int sp__names_find(const sp__names *set, const char *name)
{
    if (set->slots == 0)
        return SP__NAME_NONE;
    size_t i = slot_of(set->names, set->slots, name);
    return set->names[i] ? set->numbers[i] : SP__NAME_NONE;
}

static bool enlarge(sp__names *set)
{
    sp__names wide = {.slots = set->slots ? set->slots * 2 : 64, .used = set->used};
    wide.names = sp__alloc_zero(wide.slots * sizeof *wide.names);
    wide.numbers = sp__alloc_zero(wide.slots * sizeof *wide.numbers);
    if (!wide.names || !wide.numbers) {
        sp__names_free(&wide);
        return false;
    }
    for (size_t i = 0; i < set->slots; i++) {
        if (!set->names[i])
            continue;
        size_t at = slot_of(wide.names, wide.slots, set->names[i]);
        wide.names[at] = set->names[i];
        wide.numbers[at] = set->numbers[i];
    }
    sp__names_free(set);
    *set = wide;
    return true;
}

bool sp__names_put(sp__names *set, const char *name, int number)
{
    if (2 * (set->used + 1) > set->slots && !enlarge(set))
        return false;
    size_t i = slot_of(set->names, set->slots, name);
    set->used += !set->names[i];
    set->names[i] = name;
    set->numbers[i] = number;
    return true;
}

void sp__names_free(sp__names *set)
{
    sp__free(set->names, set->slots * sizeof *set->names);
    sp__free(set->numbers, set->slots * sizeof *set->numbers);
    *set = (sp__names){0};
}
