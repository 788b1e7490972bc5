/* A main() for a fuzz target where there is no fuzzer: reads every file given, whole, cut short and with bytes changed,
 * always the same way. It fails if there is nothing to read; what the target does wrong, a sanitizer or a crash shows. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUTS = 64, CHANGES = 128, WORK = 32 << 20 }; /* damaged copies of a file, and bytes read in all of them */

/* xorshift64 (Marsaglia 2003): the same damage in every run, so that a failure can be repeated */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* In a block of exactly its size, so that a sanitizer sees the first byte read beyond it. */
static int run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return -1;
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

static int cut_short(const uint8_t *data, size_t size, size_t budget)
{
    size_t step = size / CUTS + 1;
    for (size_t at = 0; at < size && budget >= at; at += step) {
        if (run(data, at))
            return -1;
        budget -= at;
    }
    return 0;
}

/* One to four bytes of each copy get the values that readers are known to trip over, or any. */
static int change_bytes(uint8_t *data, size_t size, size_t budget)
{
    static const uint8_t awkward[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint64_t state = 0x9e3779b97f4a7c15u ^ size;
    for (int i = 0; i < CHANGES && size && budget >= size; i++, budget -= size) {
        size_t at[4];
        uint8_t old[4];
        size_t n = 1 + (size_t)(next_random(&state) % 4);
        for (size_t k = 0; k < n; k++) {
            uint64_t r = next_random(&state);
            at[k] = (size_t)(r % size);
            old[k] = data[at[k]];
            data[at[k]] = r >> 60 ? awkward[(r >> 40) % sizeof awkward] : (uint8_t)(r >> 32);
        }
        int failed = run(data, size);
        while (n-- > 0)
            data[at[n]] = old[n];
        if (failed)
            return -1;
    }
    return 0;
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    if (f && fseek(f, 0, SEEK_END) == 0) {
        long end = ftell(f);
        rewind(f);
        if (end >= 0 && (data = malloc((size_t)end + 1)) != NULL && fread(data, 1, (size_t)end, f) == (size_t)end)
            *size = (size_t)end;
        else
            free(data), data = NULL;
    }
    if (f)
        fclose(f);
    return data;
}

int main(int count, char **paths)
{
    if (count < 2) {
        fprintf(stderr, "replay: no files to read\n");
        return 1;
    }
    for (int i = 1; i < count; i++) {
        size_t size = 0;
        uint8_t *data = read_file(paths[i], &size);
        int failed = !data || run(data, size) || cut_short(data, size, WORK) || change_bytes(data, size, WORK);
        free(data);
        if (failed) {
            fprintf(stderr, "replay: %s: not read, or out of memory\n", paths[i]);
            return 1;
        }
    }
    printf("replay: %d files, each whole and damaged\n", count - 1);
    return 0;
}
