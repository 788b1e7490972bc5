/* file/refusals.c: one error for all that cannot be read or written (refusals.h). */
#include "file/refusals.h"

#include <string.h>

#define LIST_MAX 350 /* what an error's text has room for */

void sp__refusals_list(sp__refusals *r, const char *item)
{
    const char *list = r->list ? r->list : "";
    r->n++;
    if (r->left_out || strlen(list) + strlen(item) > LIST_MAX)
        r->left_out++;
    else
        r->list = sp__scope_printf("%s%s %s", list, *list ? "," : "", item);
}

sp_status sp__refusals_end(const sp__refusals *r, const char *what, const char *path, const char *one, const char *many)
{
    if (r->n == 0)
        return SP_OK;
    const char *list = r->list ? r->list : "";
    return sp__err(SP_ERR_UNSUPPORTED, "%s: %s: %d %s:%s%s", what, path, r->n, r->n == 1 ? one : many, list,
                   r->left_out ? sp__scope_printf("%s and %d more", *list ? "," : "", r->left_out) : "");
}
