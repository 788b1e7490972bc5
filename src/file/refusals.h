/* file/refusals.h: what a file or a graph holds that cannot be read or written, gathered for one error. */
#ifndef SP_FILE_REFUSALS_H
#define SP_FILE_REFUSALS_H

#include "base/base.h"

typedef struct sp__refusals {
    int n, left_out;
    const char *list; /* of the current scope */
} sp__refusals;

void sp__refusals_list(sp__refusals *r, const char *item);
/* SP_ERR_UNSUPPORTED: "onnx: net.onnx: 2 operators are not supported: Loop (a), Scan (b)", as many as the text has room for; SP_OK
 * if there are none. one, many: what follows the number, "operator is not supported", "operators are not supported". */
sp_status sp__refusals_end(const sp__refusals *r, const char *what, const char *path, const char *one,
                           const char *many);

#endif
