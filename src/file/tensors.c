/* file/tensors.c: files of named tensors, whichever format their name ends with. */
#include <string.h>

#include "file/npz.h"
#include "file/safetensors.h"

/* ---- an array alone: its name is the file's ---- */

static const char *stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *point = strrchr(name, '.');
    return point ? sp__scope_printf("%.*s", (int)(point - name), name) : name;
}

static sp_status read_array(const char *path, sp_entries *out)
{
    sp_entry *e = sp__scope_alloc(sizeof *e);
    if (!e)
        return sp_error();
    *e = (sp_entry){.name = stem(path), .tensor = sp_npy_read(path)};
    if (!e->tensor)
        return sp_error();
    *out = (sp_entries){.at = e, .n = 1};
    return SP_OK;
}

static sp_status write_array(const char *path, int n, const sp_entry *entries)
{
    int tensors = 0;
    const sp_entry *e = entries;
    for (int i = 0; i < n; i++)
        if (!sp__absent(entries[i].tensor) && tensors++ == 0)
            e = &entries[i];
    if (tensors != 1 || n != 1)
        return sp__err(SP_ERR_VALUE, "npy: %s: found %d record%s to write, expected one array", path, n,
                       n == 1 ? "" : "s");
    return sp_npy_write(path, e->tensor);
}

/* ---- all formats ---- */

static const struct format {
    const char *ending;
    sp_status (*read)(const char *path, sp_entries *out);
    sp_status (*write)(const char *path, int n, const sp_entry *entries);
} formats[] = {{".ckpt", sp_ckpt_read, sp_ckpt_write},
               {".safetensors", sp__safetensors_read, sp__safetensors_write},
               {".npz", sp__npz_read, sp__npz_write},
               {".npy", read_array, write_array}};

/* Files were checkpoints, whatever they are called, before there were other formats. */
static const struct format *format_of(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t k = strlen(formats[i].ending);
        if (n >= k && strcmp(path + n - k, formats[i].ending) == 0)
            return &formats[i];
    }
    return &formats[0];
}

sp_status sp_tensors_read(const char *path, sp_entries *out)
{
    if (!sp__given("tensors_read", 1, path) || !sp__given("tensors_read", 2, out))
        return SP_ERR_VALUE;
    *out = (sp_entries){0};
    return format_of(path)->read(path, out);
}

sp_status sp_tensors_write(const char *path, int n, const sp_entry *entries)
{
    if (!sp__given("tensors_write", 1, path) || !sp__given("tensors_write", 3, entries))
        return SP_ERR_VALUE;
    return format_of(path)->write(path, n, entries);
}
