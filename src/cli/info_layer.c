/* cli/info_layer.c: which layer a node belongs to, by the path that its file or its trace gives.
 *
 *     net (SequentialCell) > 0 (Conv2d)                                     Spore, also behind "Default/" in a .mindir file
 *     Default/dense_relu_sequential-SequentialCell/0-Dense/MatMul-op0       MindSpore
 *     /features/features.0/Conv                                             PyTorch's ONNX files */
#include "cli/info.h"

#include <stdio.h>
#include <string.h>

static void copy(char *out, size_t size, const char *from, size_t n) { snprintf(out, size, "%.*s", (int)n, from); }

/* Adds a step to a name: "a/b". */
static void add(char name[INFO_NAME], const char *step, size_t n)
{
    size_t at = strlen(name);
    snprintf(name + at, INFO_NAME - at, "%s%.*s", at ? "/" : "", (int)n, step);
}

/* "net (SequentialCell) > 0 (Conv2d)": the outermost cell is left out where there is another in it. */
static void spore_layer(const char *path, char name[INFO_NAME], char type[INFO_TYPE])
{
    bool inner = strstr(path, " > ") != NULL, first = true;
    for (const char *step = path; step; first = false) {
        const char *next = strstr(step, " > ");
        size_t n = next ? (size_t)(next - step) : strlen(step);
        const char *open = memchr(step, '(', n);
        size_t named = open && open > step ? (size_t)(open - step) - 1 : n;
        if (!first || !inner)
            add(name, step, named);
        copy(type, INFO_TYPE, open ? open + 1 : "", open && step + n > open + 1 ? (size_t)(step + n - open) - 2 : 0);
        step = next ? next + 3 : NULL;
    }
}

/* Steps between '/', the last of which is the node itself. "0-Dense" is a name and a type. */
static void path_layer(const char *path, char name[INFO_NAME], char type[INFO_TYPE])
{
    const char *end = strrchr(path, '/');
    for (const char *step = path; end && step < end;) {
        const char *next = memchr(step, '/', (size_t)(end - step));
        size_t n = (size_t)((next ? next : end) - step), named = n;
        for (size_t i = 1; i + 1 < n; i++)
            if (step[i] == '-')
                named = i;
        if (n)
            add(name, step, named);
        if (named < n)
            copy(type, INFO_TYPE, step + named + 1, n - named - 1);
        else
            type[0] = 0;
        step += n + 1;
    }
}

void info_layer(const char *path, char name[INFO_NAME], char type[INFO_TYPE])
{
    static const char home[] = "Default/";
    name[0] = type[0] = 0;
    if (strncmp(path, home, sizeof home - 1) == 0)
        path += sizeof home - 1;
    if (strstr(path, " > ") || (*path && path[strlen(path) - 1] == ')'))
        spore_layer(path, name, type);
    else
        path_layer(path, name, type);
}
