/* base/library.h: shared libraries that are loaded when they are first needed.
 *
 * Loading libcurl and what it stands on takes longer than most programs run, and few of them download anything. So such
 * a part is not linked; its functions are pointers, found by name when it is first asked for. cmake/SporeLazy.cmake
 * decides which parts, and writes for each a header "base/lazy/NAME.h" that names the functions that we call: one struct of
 * pointers, and a macro per function, so that calls are written as if it were linked. SPORE_LAZY_<PART> is defined then. */
#ifndef SP_BASE_LIBRARY_H
#define SP_BASE_LIBRARY_H

#include <stdatomic.h>

#include "base/base.h"

#define SP__LIBRARY_MEMBER(f) __typeof__(&f) f;
#define SP__LIBRARY_NAME(f)   #f,

typedef struct sp__library {
    const char *file; /* what the loader knows it by, "libcurl.so.4" */
    int calls;
    const char *const *names; /* (calls)                             */
    void *pointers;           /* (calls) function pointers, no gaps  */
    atomic_int state;         /* 0 not tried yet, 1 there, 2 not     */
    char why[192];            /* not                                 */
} sp__library;

/* Defines the struct of pointers of base/lazy/<lower>.h and a library `var` for it. Once per part, at file level. */
#define SP__LIBRARY_DEFINE(var, NAME, lower)                                            \
    struct sp__lazy_##lower sp__lazy_##lower;                                           \
    static const char *const var##_names[] = {SP__LAZY_##NAME(SP__LIBRARY_NAME)};       \
    static sp__library var = {.file = SP__LAZY_##NAME##_FILE,                           \
                              .calls = (int)(sizeof var##_names / sizeof *var##_names), \
                              .names = var##_names,                                     \
                              .pointers = &sp__lazy_##lower}

/* Loads it unless it is there; any thread, any number of times. False: l->why says in one line why not. No failure is
 * recorded. */
bool sp__library_load(sp__library *l);

#endif
