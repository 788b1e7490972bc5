/* support/files.c: files in tests. */
#include "support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint8_t *test_file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    uint8_t *data = NULL;
    size_t room = 0;
    *size = 0;
    do {
        room = room ? 2 * room : 65536;
        uint8_t *more = realloc(data, room + 1);
        if (!more)
            break;
        data = more;
        *size += fread(data + *size, 1, room - *size, f);
    } while (*size == room);
    fclose(f);
    if (data)
        data[*size] = 0;
    return data;
}

bool test_file_write(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && (size == 0 || fwrite(data, 1, size, f) == size);
    return f && fclose(f) == 0 && ok;
}

static char folder[64];

static void visit_path(void (*visit)(const char *path, void *user), const char *in, const char *name, void *user)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", in, name);
    visit(path, user);
}

static void remove_file(const char *path, void *user)
{
    (void)user;
    remove(path);
}

static void remove_folder(void)
{
    test_files_visit(folder, "", remove_file, NULL);
    rmdir(folder);
}

const char *test_path(const char *name)
{
    static char texts[4][256];
    static unsigned next;
    if (!folder[0]) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%.40s/spore-test-XXXXXX", base ? base : "/tmp");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", folder, name);
    return text;
}

static void count(const char *path, void *user)
{
    (void)path;
    ++*(int *)user;
}

int test_path_count(void)
{
    int n = 0;
    test_files_visit(folder, "", count, &n);
    return n;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int test_files_visit(const char *in, const char *ending, void (*visit)(const char *path, void *user), void *user)
{
    DIR *d = opendir(in);
    char **names = NULL;
    size_t n = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t length = strlen(e->d_name), end = strlen(ending);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || length < end ||
            strcmp(e->d_name + length - end, ending) != 0)
            continue;
        char **more = realloc(names, (n + 1) * sizeof *names);
        if (!more)
            abort();
        names = more;
        names[n] = malloc(length + 1);
        if (names[n])
            strcpy(names[n++], e->d_name);
    }
    if (d)
        closedir(d);
    if (n > 0)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++) {
        visit_path(visit, in, names[i], user);
        free(names[i]);
    }
    free(names);
    return (int)n;
}
