/* file/npz.h: NumPy's .npz archives: a zip file whose members are .npy files. docs/formats/npy.md describes them.
 *
 *   npz_read.c    the directory of the archive, its members unpacked while they are read
 *   npz_write.c   entries to an archive, not compressed */
#ifndef SP_FILE_NPZ_H
#define SP_FILE_NPZ_H

#include "file/file.h"

#define SP__NPZ_MAX_MEMBERS ((uint64_t)1 << 17)

/* What is unpacked from a file may have so many bytes more than twice the file. */
#define SP__NPZ_ROOM ((uint64_t)48 << 20)

/* APPNOTE.TXT of zip, section 4.3: signatures and sizes without names. */
enum {
    SP__ZIP_LOCAL = 0x04034b50,
    SP__ZIP_ENTRY = 0x02014b50,
    SP__ZIP_END = 0x06054b50,
    SP__ZIP_END64 = 0x06064b50,
    SP__ZIP_LOCATOR = 0x07064b50,
    SP__ZIP_LOCAL_SIZE = 30,
    SP__ZIP_ENTRY_SIZE = 46,
    SP__ZIP_END_SIZE = 22,
    SP__ZIP_END64_SIZE = 56,
    SP__ZIP_LOCATOR_SIZE = 20
};

sp_status sp__npz_read_source(sp__source *s, sp_entries *out);
sp_status sp__npz_read(const char *path, sp_entries *out);
sp_status sp__npz_write(const char *path, int n, const sp_entry *entries);

/* As that; sizes and places from `wide` on are written in 64 bits, so that tests need no large files. */
sp_status sp__npz_write_wide(const char *path, int n, const sp_entry *entries, uint64_t wide);

#endif
