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

/* Place in known, -1 before the first use. */
static atomic_int chosen = -1;

static int place_of(const char *name)
{
    for (int i = 0; name && i < KNOWN; i++)
        if (strcmp(known[i]->name, name) == 0)
            return i;
    return -1;
}

/* One that is loaded when it is first needed may turn out not to be there: then the portable kernels do the work. */
static bool can_be_had(int place) { return !known[place]->load || known[place]->load(); }

bool sp__k_use(const char *backend)
{
    int place = place_of(backend);
    if (place < 0 || !can_be_had(place))
        return false;
    atomic_store(&chosen, place);
    return true;
}

const sp__backend *sp__k_backend_table(void)
{
    int place = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (place < 0) {
        int wanted = SP__MAX(place_of(getenv("SPORE_KERNELS")), 0); /* an unknown name: the default */
        if (!can_be_had(wanted))
            wanted = KNOWN - 1;
        if (atomic_compare_exchange_strong(&chosen, &place, wanted))
            place = wanted;
    }
    return known[place];
}

const char *sp__k_backend(void) { return sp__k_backend_table()->name; }
