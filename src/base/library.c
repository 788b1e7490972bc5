/* Loading shared libraries. They stay: a library with threads of its own cannot be let go of safely. */
#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static bool find_all(sp__library *l, void *handle)
{
    for (int i = 0; i < l->calls; i++) {
        void *found = dlsym(handle, l->names[i]);
        if (!found) {
            snprintf(l->why, sizeof l->why, "%s has no %s", l->file, l->names[i]);
            return false;
        }
        memcpy((char *)l->pointers + (size_t)i * sizeof found, &found,
               sizeof found); /* POSIX: it is one, and as large */
    }
    return true;
}

static bool load(sp__library *l)
{
    void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
    if (handle)
        return find_all(l, handle);
    const char *why = dlerror();
    snprintf(l->why, sizeof l->why, "%s", why ? why : l->file);
    return false;
}

bool sp__library_load(sp__library *l)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int state = atomic_load_explicit(&l->state, memory_order_acquire);
    if (state == 0) {
        pthread_mutex_lock(&lock);
        state = atomic_load(&l->state);
        if (state == 0) {
            state = load(l) ? 1 : 2;
            atomic_store_explicit(&l->state, state, memory_order_release);
        }
        pthread_mutex_unlock(&lock);
    }
    return state == 1;
}
