#include "support/idx_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *folder_new(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/spore-test-XXXXXX");
    return mkdtemp(path);
}

static void remove_all(const char *path, int depth)
{
    struct stat info;
    if (depth > 8 || lstat(path, &info) != 0)
        return;
    DIR *dir = S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (!dir) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char inner[1024];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) < (int)sizeof inner)
            remove_all(inner, depth + 1);
    }
    closedir(dir);
    rmdir(path);
}

void folder_remove(const char *folder)
{
    if (folder && strncmp(folder, "/tmp/spore-test-", 16) == 0)
        remove_all(folder, 0);
}

int folder_count(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;
    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

const char *in_folder(const char *folder, const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

bool file_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool whole = f && fwrite(bytes, 1, n, f) == n;
    return f && fclose(f) == 0 && whole;
}

bool file_cut(const char *path, size_t n) { return truncate(path, (off_t)n) == 0; }

bool file_lengthen(const char *path, size_t added)
{
    struct stat info;
    return stat(path, &info) == 0 && truncate(path, info.st_size + (off_t)added) == 0;
}

bool file_set(const char *path, long at, int byte)
{
    FILE *f = fopen(path, "r+b");
    bool done = f && fseek(f, at, SEEK_SET) == 0 && fputc(byte, f) == byte;
    return f && fclose(f) == 0 && done;
}

static void put_be(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

bool idx_write(const char *folder, const char *prefix, uint32_t n, uint32_t height, uint32_t width)
{
    const size_t pixels = (size_t)height * width;
    uint8_t *images = malloc(16 + n * pixels), *labels = malloc(8 + n);
    char name[128];
    bool done = images && labels;
    if (done) {
        put_be(images, 0x803);
        put_be(images + 4, n);
        put_be(images + 8, height);
        put_be(images + 12, width);
        put_be(labels, 0x801);
        put_be(labels + 4, n);
        for (uint32_t i = 0; i < n; i++) {
            labels[8 + i] = (uint8_t)(i % 10);
            for (size_t k = 0; k < pixels; k++)
                images[16 + i * pixels + k] = (uint8_t)(31 * i + k);
        }
        snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefix);
        done = file_write(in_folder(folder, name), images, 16 + n * pixels);
        snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefix);
        done = done && file_write(in_folder(folder, name), labels, 8 + n);
    }
    free(images);
    free(labels);
    return done;
}
