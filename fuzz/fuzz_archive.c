/* Any bytes as an archive of each kind: what is in it lies in the folder afterwards, or one error and nothing is there. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        closedir(d);
    return n;
}

/* top/in/ARCHIVE is unpacked to top/out: whatever is written, top holds these two and no more. */
static void unpack(const char *top, const char *name, const uint8_t *data, size_t size)
{
    char path[128], out[128];
    snprintf(path, sizeof path, "%s/in/%s", top, name);
    snprintf(out, sizeof out, "%s/out", top);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size)
        __builtin_trap();
    fclose(f);
    const sp_status st = sp_unpack(path, out, 1 << 20);
    if ((st == SP_OK) != (sp_error() == SP_OK) || (st != SP_OK && entries(out) > 0) || entries(top) > 2)
        __builtin_trap(); /* a failure without a cause, what is half unpacked, or something outside */
    sp_error_clear();
    sp__remove_tree(out);
    remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char top[64];
    if (!*top) {
        snprintf(top, sizeof top, "/tmp/spore-fuzz-archive-XXXXXX");
        if (!mkdtemp(top))
            __builtin_trap();
    }
    sp_scope scope = sp_scope_begin();
    char in[80];
    snprintf(in, sizeof in, "%s/in", top);
    sp__make_folder("fuzz", in);
    static const char *const names[] = {"a.zip", "a.tar", "a.tgz", "a.gz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unpack(top, names[i], data, size);
    sp_scope_end(scope);
    sp__remove_tree(top);
    *top = 0;
    return 0;
}
