/* backend.c: the choice of who computes. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/backend.h"

static const sp__backend portable = {.name = "portable"};

static const sp__backend *const known[] = {
#ifdef SPORE_HAVE_ONEDNN
    &sp__onednn,
#endif
    &portable,
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* Place in known, DEFAULT for the first one without its being asked for, -1 before the first use. */
enum { DEFAULT = KNOWN };
static atomic_int chosen = -1;

static int place_of(const char *name)
{
    for (int i = 0; name && i < KNOWN; i++)
        if (strcmp(known[i]->name, name) == 0)
            return i;
    return name && strcmp(name, "default") == 0 ? DEFAULT : -1;
}

/* One that is loaded when it is first needed may turn out not to be there: then the portable kernels do the work. */
static bool can_be_had(int place) { return !known[place]->load || known[place]->load(); }

bool sp__k_use(const char *backend)
{
    int at = place_of(backend);
    if (at < 0 || (at != DEFAULT && !can_be_had(at)))
        return false;
    atomic_store(&chosen, at);
    return true;
}

static int place(void)
{
    int now = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (now < 0) {
        int wanted = place_of(getenv("SPORE_KERNELS"));
        wanted = wanted < 0 ? DEFAULT : wanted; /* an unknown name */
        if (atomic_compare_exchange_strong(&chosen, &now, wanted))
            now = wanted;
    }
    return now;
}

const sp__backend *sp__k_backend_table(void)
{
    int at = place();
    at = at == DEFAULT ? 0 : at;
    return known[can_be_had(at) ? at : KNOWN - 1];
}

bool sp__k_backend_asked(void) { return place() != DEFAULT; }

const char *sp__k_backend(void) { return sp__k_backend_table()->name; }
