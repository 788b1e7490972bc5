/* file/ckpt.h: checkpoints, inside. docs/formats/ckpt.md describes the format.
 *
 *   ckpt_read.c    records to entries
 *   ckpt_write.c   entries to records
 *   load.c         entries into a cell (sp_load_entries), and the functions of cells */
#ifndef SP_FILE_CKPT_H
#define SP_FILE_CKPT_H

#include "file/file.h"

/* A record holds at most this many bytes of content; a larger tensor is written in slices. As MindSpore's. */
#define SP__CKPT_SLICE ((size_t)512 << 20)

/* As sp_ckpt_read, from any source. */
sp_status sp__ckpt_read_source(sp__source *s, sp_entries *out);

/* As sp_ckpt_write, with another limit for slices, so that tests need no large tensors. At least 8. */
sp_status sp__ckpt_write_sliced(const char *path, int n, const sp_entry *entries, size_t slice);

#endif
