/* kernels/onednn/onednn.h: shared by the files that call oneDNN. */
#ifndef SP_KERNELS_ONEDNN_ONEDNN_H
#define SP_KERNELS_ONEDNN_ONEDNN_H

#include "kernels/backend.h"

/* oneDNN takes OpenMP's number of threads: sets it for the work ahead, and gives the old one back to restore it. */
int sp__onednn_threads_begin(int64_t work);
void sp__onednn_threads_end(int usual);

#endif
